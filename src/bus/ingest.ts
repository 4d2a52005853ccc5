import type { HomeId } from "../domain/ids.ts";
import { ONE_HOME } from "./commits.ts";
import { createIntake, type Intake, type IntakeOptions } from "./intake.ts";
import { homeFilter } from "./topics.ts";

export type { IngestStatus } from "./intake.ts";

export interface IngestOptions extends Omit<IntakeOptions, "scope"> {
  readonly home: HomeId;
}

/** The way into the store of one home alone, whose beds keep their own names there. Idle until `start`. */
export function createIngest({ home, ...options }: IngestOptions): Intake {
  return createIntake({
    ...options,
    scope: {
      filter: (kind) => homeFilter(home, kind),
      states: homeFilter(home, "state"),
      isOurs: (named) => named === home,
      nameOf: ({ bed }) => bed,
      bounds: ONE_HOME,
      markEveryMs: 0,
      devicesMax: 1_000,
    },
  });
}
