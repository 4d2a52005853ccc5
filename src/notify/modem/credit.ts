import { HOUR_MS, localDate, type Mono, minuteOfDay } from "../../domain/time.ts";
import type { Clock } from "../../port/clock.ts";
import type { Log } from "../../port/log.ts";
import type { Stick } from "./stick.ts";
import { amountIn, type UssdAnswer } from "./ussd.ts";

/** What the home entered about the credit of its SIM card. */
export interface CreditSettings {
  /** The provider's short code, such as *100#. */
  readonly code: string;
  /** Below this the credit is low; absent: never said. */
  readonly least?: number;
}

/** What is known of the credit. */
export type Credit =
  | {
      readonly kind: "said";
      /** The provider's own words: one line of at most 160 characters. */
      readonly text: string;
      /** Read from it, where that is unmistakable. */
      readonly amount?: number;
      readonly isLow: boolean;
    }
  | { readonly kind: "unavailable" };

/** Asks for the credit once a day, while nothing else has to be done with the stick. */
export interface CreditKeeper {
  /** Asks, if it is time. Never rejects; ends at once when `giveWay` is called. */
  look(stick: Stick): Promise<void>;
  /** Somebody has to be called or texted now. */
  giveWay(): void;
  /** An answer is waited for. */
  isAsking(): boolean;
  /** What the code that is entered now has brought; undefined: nothing yet, or none is entered. */
  known(): Credit | undefined;
}

export interface CreditOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: () => CreditSettings | undefined;
  /** IANA; undefined: when it is day is not known, and nothing is asked. */
  readonly zone: string | undefined;
}

/** Minutes of the day: people are awake, and could top up. */
const DAY = { from: 9 * 60, to: 18 * 60 };
/** A clock that was put right must not make two days of one. */
const LEAST_APART_MS = 12 * HOUR_MS;

export function createCreditKeeper({ clock, log, settings, zone }: CreditOptions): CreditKeeper {
  let asked: { readonly date: string; readonly at: Mono; readonly code: string } | undefined;
  let answer: { readonly code: string; readonly said: UssdAnswer } | undefined;
  let running: AbortController | undefined;

  /** The local date, where something has to be asked now. */
  const dueDate = (code: string): string | undefined => {
    if (zone === undefined || running !== undefined) return undefined;
    const minute = minuteOfDay(clock.wall(), zone);
    if (minute < DAY.from || minute >= DAY.to) return undefined;
    const date = localDate(clock.wall(), zone);
    if (asked === undefined || asked.code !== code) return date;
    return asked.date === date || clock.mono() - asked.at < LEAST_APART_MS ? undefined : date;
  };

  return {
    async look(stick) {
      const code = settings()?.code;
      const date = code === undefined ? undefined : dueDate(code);
      if (code === undefined || date === undefined) return;
      const stop = new AbortController();
      running = stop;
      const before = asked;
      asked = { date, at: clock.mono(), code };
      const said = await stick.ussd(code, stop.signal);
      running = undefined;
      // Given way to a call: asked again at the next quiet moment.
      if (said === undefined) asked = before;
      else {
        answer = { code, said };
        log.note("modem.credit", { outcome: said.kind === "text" ? "said" : said.why });
      }
    },
    giveWay() {
      running?.abort();
    },
    isAsking: () => running !== undefined,
    known() {
      const now = settings();
      return now === undefined || answer?.code !== now.code ? undefined : creditOf(answer.said, now);
    },
  };
}

export function creditOf(said: UssdAnswer, { least }: CreditSettings): Credit {
  if (said.kind === "unavailable") return { kind: "unavailable" };
  const amount = amountIn(said.text);
  const isLow = amount !== undefined && least !== undefined && amount < least;
  return { kind: "said", text: said.text, isLow, ...(amount === undefined ? {} : { amount }) };
}
