import { type HomeId, qualifiedBed } from "../domain/ids.ts";
import { SECOND_MS } from "../domain/time.ts";
import { MANY_HOMES } from "./commits.ts";
import { createIntake, type Intake, type IntakeOptions, type IntakeScope } from "./intake.ts";
import { allHomesFilter } from "./topics.ts";

export interface HomesIngestOptions
  extends Omit<IntakeOptions, "scope">,
    Pick<IntakeScope, "share" | "onObservation" | "pairingKeyOf"> {
  /** What other homes say is counted and dropped. Asked at every message. */
  readonly isKnown: (home: HomeId) => boolean;
}

const MARK_EVERY_MS = 5 * SECOND_MS;
/** Of one home: no house has so many, and one that makes names up must not push others out. */
const DEVICES_MAX = 100;

/**
 * The way into the store of many homes over one connection; their beds are called `<home>~<bed>` there. With `share`
 * several hubs on one broker (MQTT 5, or Mosquitto) and one store share the messages among them. Idle until `start`.
 */
export function createHomesIngest({
  isKnown,
  share,
  onObservation,
  pairingKeyOf,
  ...options
}: HomesIngestOptions): Intake {
  const group = share === undefined ? "" : `$share/${share}/`;
  return createIntake({
    ...options,
    scope: {
      filter: (kind) => `${group}${allHomesFilter(kind)}`,
      states: allHomesFilter("state"),
      isOurs: isKnown,
      nameOf: ({ home, bed }) => qualifiedBed(home, bed),
      bounds: MANY_HOMES,
      markEveryMs: MARK_EVERY_MS,
      devicesMax: DEVICES_MAX,
      ...(share === undefined ? {} : { share }),
      ...(onObservation === undefined ? {} : { onObservation }),
      ...(pairingKeyOf === undefined ? {} : { pairingKeyOf }),
    },
  });
}
