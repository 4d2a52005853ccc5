import { MINUTE_MS, type Mono } from "../../src/domain/time.ts";
import type { Clock } from "../../src/port/clock.ts";

/** What the phone's own screen says. */
export interface LossWords {
  readonly title: string;
  readonly body: string;
  readonly lang: string;
}

/** The phone's notifications, as far as they are needed; nothing where they were not allowed. Must not reject. */
export interface Notices {
  show(words: LossWords): Promise<void>;
  clear(): Promise<void>;
}

const AGAIN_MS = MINUTE_MS;

/**
 * A page that hears nothing may lie under another app, on a screen that is dark, without its sound: the phone itself says
 * so, again every minute, until the page hears again or somebody says that they look. No server has a part in it.
 */
export class LossNotice {
  readonly #clock: Clock;
  readonly #notices: Notices;
  #shownAt: Mono | undefined;

  constructor(clock: Clock, notices: Notices) {
    this.#clock = clock;
    this.#notices = notices;
  }

  /** Called once a second. `isUrgent`: the loss rings as urgently as an alarm. */
  async update(isUrgent: boolean, words: () => LossWords): Promise<void> {
    if (!isUrgent) {
      if (this.#shownAt === undefined) return;
      this.#shownAt = undefined;
      return this.#notices.clear();
    }
    const now = this.#clock.mono();
    if (this.#shownAt !== undefined && now - this.#shownAt < AGAIN_MS) return;
    this.#shownAt = now;
    return this.#notices.show(words());
  }
}
