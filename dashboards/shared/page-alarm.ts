import { signal } from "@preact/signals";
import { type Occurrence, type Priority, priorityRank } from "../../src/domain/alarm.ts";
import { MINUTE_MS, type Mono, mono, SECOND_MS } from "../../src/domain/time.ts";
import type { Clock } from "../../src/port/clock.ts";
import type { BedState } from "../../src/server/contract.ts";
import type { SoundKind } from "../../src/sound/pattern.ts";
import type { LinkPhase } from "./live-connection.ts";

/** The connection may be gone for so long before the page sounds: a hiccup of the radio wakes nobody. */
const LOSS_HOLD_OFF_MS = 5 * SECOND_MS;
/** A loss that lasts so long sounds as urgent as an alarm: nobody can be seen any more. */
const LOSS_URGENT_MS = MINUTE_MS;
/** How long the page keeps quiet for somebody who says that they are looking. */
const QUIET_MS = 3 * MINUTE_MS;

/** Something that rings until told otherwise. */
interface Ringing {
  ring(kind: SoundKind | undefined): void;
}

export interface PageAlarmInput {
  readonly phase: LinkPhase;
  readonly beds: readonly BedState[];
  /** In a demo the simulated bed may sound on the page that somebody opened for it. */
  readonly demo: boolean;
}

/** What this page rings for: open alarms until somebody takes them, and the loss of its own connection. */
export class PageAlarm {
  /** True while the loss of connection rings, or would. */
  readonly ringsForLoss = signal(false);
  readonly #clock: Clock;
  readonly #sound: Ringing;
  #lostSince: Mono | undefined;
  #quietUntil: Mono | undefined;

  constructor(clock: Clock, sound: Ringing) {
    this.#clock = clock;
    this.#sound = sound;
  }

  /** Called once a second and at every message. */
  update(input: PageAlarmInput): void {
    const now = this.#clock.mono();
    const lost = input.phase === "lost";
    if (!lost) this.#lostSince = undefined;
    else this.#lostSince ??= now;
    const lossMs = this.#lostSince === undefined ? undefined : now - this.#lostSince;
    const loss = lossSound(lossMs, input.beds);
    this.ringsForLoss.value = loss !== undefined && !this.#isQuiet(now);
    const kind = lost ? loss : occurrenceSound(input.beds, input.demo);
    this.#sound.ring(this.#isQuiet(now) ? undefined : kind);
  }

  /** Somebody is looking: this page keeps quiet for 3 minutes, whatever could not be sent. */
  keepQuiet(): void {
    const now = this.#clock.mono();
    this.#quietUntil = mono(now + QUIET_MS);
    this.ringsForLoss.value = false;
    this.#sound.ring(undefined);
  }

  #isQuiet(now: Mono): boolean {
    return this.#quietUntil !== undefined && now < this.#quietUntil;
  }
}

/** Like every absence, the loss of the connection rings only while a bed is on watch. */
function lossSound(lossMs: number | undefined, beds: readonly BedState[]): SoundKind | undefined {
  if (lossMs === undefined || lossMs < LOSS_HOLD_OFF_MS) return undefined;
  if (!beds.some((bed) => bed.alarms.watch.on)) return undefined;
  return lossMs >= LOSS_URGENT_MS ? "high" : "medium";
}

/** The sound of the highest alarm that nobody has taken yet; a call has its own sound, but never hides another. */
export function occurrenceSound(beds: readonly BedState[], demo: boolean): SoundKind | undefined {
  const ringing = beds
    .flatMap((bed) => bed.alarms.open)
    .filter((each) => each.acknowledgement === undefined && (demo || !each.simulated || each.drill));
  const highest = ringing.reduce<Priority | undefined>(
    (found, each) =>
      found === undefined || priorityRank(each.priority) > priorityRank(found) ? each.priority : found,
    undefined,
  );
  const isCall = (each: Occurrence) => each.condition === "PATIENT_CALL";
  const loudest = ringing.filter((each) => each.priority === highest);
  return loudest.length > 0 && loudest.every(isCall) ? "call" : highest;
}
