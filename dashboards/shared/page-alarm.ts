import { signal } from "@preact/signals";
import { MINUTE_MS, type Mono, mono, SECOND_MS } from "../../src/domain/time.ts";
import type { Clock } from "../../src/port/clock.ts";
import type { BedState } from "../../src/server/contract.ts";
import { type Choice, choose, GENTLE_EVERY_MS } from "../../src/sound/choice.ts";
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
  ring(wanted: Choice["ring"]): void;
  /** One burst of the low sound. */
  ask(): void;
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
  /** True while it rings as urgently as an alarm: nobody has been seen for a minute. */
  readonly lossIsUrgent = signal(false);
  readonly #clock: Clock;
  readonly #sound: Ringing;
  #lostSince: Mono | undefined;
  #quietUntil: Mono | undefined;
  #askedAt: Mono | undefined;

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
    this.lossIsUrgent.value = loss === "high" && !this.#isQuiet(now);
    const heard = occurrenceChoice(input.beds, input.demo);
    const { ring, gentle } = lost ? lossChoice(loss, heard) : heard;
    const isQuiet = this.#isQuiet(now);
    this.#sound.ring(isQuiet ? undefined : ring);
    if (!gentle || ring !== undefined || isQuiet) return;
    if (this.#askedAt !== undefined && now - this.#askedAt < GENTLE_EVERY_MS) return;
    this.#askedAt = now;
    this.#sound.ask();
  }

  /** Somebody is looking: this page keeps quiet for 3 minutes, whatever could not be sent. */
  keepQuiet(): void {
    const now = this.#clock.mono();
    this.#quietUntil = mono(now + QUIET_MS);
    this.ringsForLoss.value = false;
    this.lossIsUrgent.value = false;
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

/**
 * What rang when the connection went goes on ringing (law 1), unless the loss is the more urgent by now. The loss has
 * no words: whether the box or this page's own network is gone cannot be known here.
 */
function lossChoice(loss: SoundKind | undefined, { ring }: Choice): Choice {
  if (ring !== undefined && (loss === undefined || ring.kind !== "medium")) return { ring, gentle: false };
  return { gentle: false, ...(loss === undefined ? {} : { ring: { kind: loss, spoken: [] } }) };
}

/** What the house sounds for, and in a demo also what is simulated. */
const occurrenceChoice = (beds: readonly BedState[], demo: boolean): Choice =>
  choose(
    beds.map((bed) => bed.alarms),
    (occurrence) => demo || !occurrence.simulated || occurrence.drill,
  );
