import type { WaveId } from "../../src/domain/signal.ts";

/** How much of a waveform is on the screen. */
export const WINDOW_S = 8;
/** Samples that may wait to be drawn: more than this, and the drawing hurries. */
const QUEUE_S = 2.5;
const QUEUE_LIMIT_S = 10;
/** So much is gathered before it is drawn, so that a late bundle tears no hole. */
const GATHER_S = 0.8;
/** From here on it is a hole in the data. */
const STARVED_MS = 2_500;

/** The range shown at least, so that noise around zero does not fill the screen; and the step in which it grows. */
const RANGES: {
  readonly [wave in WaveId]: { readonly low: number; readonly high: number; readonly step: number };
} = {
  flow: { low: -40, high: 40, step: 20 },
  airway_pressure: { low: 0, high: 25, step: 5 },
  pleth: { low: 0, high: 100, step: 50 },
  co2: { low: 0, high: 50, step: 10 },
};

/**
 * One waveform that runs across the screen and starts again at the left, as on a bedside monitor. Samples come about
 * once a second in bundles and are drawn evenly; a pause in the data stays an empty stretch.
 */
export class Sweep {
  readonly wave: WaveId;
  readonly #points: (number | undefined)[];
  readonly #rateHz: number;
  #queue: (number | undefined)[] = [];
  #position = 0;
  #owed = 0;
  #waiting = true;
  #starvedMs = 0;

  constructor(wave: WaveId, rateHz: number) {
    this.wave = wave;
    this.#rateHz = rateHz;
    this.#points = Array.from<number | undefined>({
      length: Math.max(1, Math.round(rateHz * WINDOW_S)),
    }).fill(undefined);
  }

  get rateHz(): number {
    return this.#rateHz;
  }

  /** Where the next sample goes, 0..1 of the width. */
  get cursor(): number {
    return this.#position / this.#points.length;
  }

  get points(): readonly (number | undefined)[] {
    return this.#points;
  }

  /** `torn`: they do not go on from what was added before, and no line joins them to it. */
  add(samples: readonly number[], torn = false): void {
    if (torn) this.#queue.push(undefined);
    this.#queue.push(...samples);
    const limit = Math.round(QUEUE_LIMIT_S * this.#rateHz);
    if (this.#queue.length > limit) this.#queue = this.#queue.slice(-limit);
  }

  /**
   * Moves on by so many milliseconds. Bundles come a little early or late: when nothing is left to draw, it stands
   * still until some has gathered again; only after STARVED_MS does it leave an empty stretch, since then data is
   * really missing.
   */
  advance(ms: number): void {
    if (this.#waiting) {
      if (this.#queue.length >= GATHER_S * this.#rateHz) this.#waiting = false;
      else if (this.#starvedMs < STARVED_MS) {
        this.#starvedMs += ms;
        return;
      }
    }
    const hurry = this.#queue.length > QUEUE_S * this.#rateHz ? 1.3 : 1;
    this.#owed += (Math.min(ms, WINDOW_S * 1000) / 1000) * this.#rateHz * hurry;
    while (this.#owed >= 1) {
      this.#owed -= 1;
      if (this.#queue.length === 0 && this.#starvedMs < STARVED_MS) {
        this.#waiting = true;
        this.#starvedMs += (this.#owed / this.#rateHz) * 1000;
        this.#owed = 0;
        return;
      }
      const sample = this.#queue.shift();
      if (sample !== undefined) this.#starvedMs = 0;
      this.#points[this.#position] = sample;
      this.#position = (this.#position + 1) % this.#points.length;
    }
  }

  /** Everything that waits is drawn at once: for people who asked their system for less motion. */
  flush(): void {
    this.#owed = 0;
    this.#waiting = false;
    this.advance((this.#queue.length / this.#rateHz) * 1000);
  }

  clear(): void {
    this.#points.fill(undefined);
    this.#queue = [];
  }

  /** Lowest and highest value of the scale for what is on the screen. */
  range(): { readonly low: number; readonly high: number } {
    let { low, high } = RANGES[this.wave];
    const { step } = RANGES[this.wave];
    for (const value of this.#points) {
      if (value === undefined) continue;
      if (value < low) low = Math.floor(value / step) * step;
      if (value > high) high = Math.ceil(value / step) * step;
    }
    return { low, high };
  }
}
