import { signal } from "@preact/signals";
import type { Clock } from "../../src/port/clock.ts";

/** A gaze that wanders off for less than this has not left: eyes tremble, and trackers lose them for a blink. */
const BLINK_MS = 150;

export interface DwellTimes {
  /** Until it is armed; the ring fills. */
  readonly armMs: number;
  /** From armed to done; the ring changes, so that looking away still helps. */
  readonly confirmMs: number;
}

/** Choosing by resting the pointer on something, as eye trackers and head mice do. */
export class Dwell {
  readonly phase = signal<"idle" | "arming" | "confirming">("idle");
  readonly #clock: Clock;
  readonly #times: () => DwellTimes;
  readonly #onChosen: () => void;
  #cancelStep: (() => void) | undefined;
  #cancelLeave: (() => void) | undefined;

  constructor(clock: Clock, times: () => DwellTimes, onChosen: () => void) {
    this.#clock = clock;
    this.#times = times;
    this.#onChosen = onChosen;
  }

  enter(): void {
    this.#cancelLeave?.();
    this.#cancelLeave = undefined;
    if (this.phase.value !== "idle") return;
    this.phase.value = "arming";
    this.#cancelStep = this.#clock.after(this.#times().armMs, () => {
      this.phase.value = "confirming";
      this.#cancelStep = this.#clock.after(this.#times().confirmMs, () => {
        this.reset();
        this.#onChosen();
      });
    });
  }

  leave(): void {
    if (this.phase.value === "idle") return;
    this.#cancelLeave?.();
    this.#cancelLeave = this.#clock.after(BLINK_MS, () => this.reset());
  }

  /** Back to the start, as after a touch: the pointer must leave and come again. */
  reset(): void {
    this.#cancelStep?.();
    this.#cancelLeave?.();
    this.#cancelStep = undefined;
    this.#cancelLeave = undefined;
    this.phase.value = "idle";
  }
}
