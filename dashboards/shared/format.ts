import { isConditionId } from "../../src/domain/alarm.ts";
import type { Language } from "../../src/domain/person.ts";
import { isSignalId, SIGNALS, type SignalId } from "../../src/domain/signal.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../src/domain/time.ts";
import type { Words } from "../../src/words/en.ts";
import { fill } from "../../src/words/template.ts";

/** Numbers, times and ages as people of one language read them. */
export class Format {
  readonly words: Words;
  readonly language: Language;

  constructor(language: Language, words: Words) {
    this.language = language;
    this.words = words;
  }

  number(value: number, decimals: number): string {
    return new Intl.NumberFormat(this.language, {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
      useGrouping: false,
    }).format(value);
  }

  /** A count, with the digits in groups. */
  count(value: number): string {
    return new Intl.NumberFormat(this.language, { maximumFractionDigits: 0 }).format(value);
  }

  /** "Space or Enter". */
  choice(names: readonly string[]): string {
    return new Intl.ListFormat(this.language, { type: "disjunction" }).format(names);
  }

  /** In the signal's resolution, without unit; on/off signals in words. */
  value(signal: SignalId, value: number): string {
    const { unit, resolution } = SIGNALS[signal];
    if (unit === "on/off") return value === 0 ? this.words.terms.off : this.words.terms.on;
    return this.number(value, decimalsOf(resolution));
  }

  /** A UCUM unit in words; unknown ones as they are. */
  unit(ucum: string): string {
    const units: { readonly [unit: string]: string | undefined } = this.words.terms.units;
    return units[ucum] ?? ucum;
  }

  measured(signal: SignalId, value: number): string {
    return joined(this.value(signal, value), this.unit(SIGNALS[signal].unit));
  }

  /** A duration, rounded down, in at most two units: "14 s", "3 min 20 s", "2 h 5 min". */
  age(ms: number): string {
    const { units } = this.words.terms;
    const whole = (part: number) => this.number(Math.floor(part), 0);
    if (ms < MINUTE_MS) return joined(whole(Math.max(0, ms) / SECOND_MS), units.s);
    const minutes = joined(whole((ms % HOUR_MS) / MINUTE_MS), units.min);
    if (ms < 10 * MINUTE_MS) {
      const seconds = joined(whole((ms % MINUTE_MS) / SECOND_MS), units.s);
      return ms % MINUTE_MS < SECOND_MS ? minutes : `${minutes} ${seconds}`;
    }
    if (ms < HOUR_MS) return minutes;
    const hours = joined(whole(ms / HOUR_MS), units.h);
    return ms % HOUR_MS < MINUTE_MS ? hours : `${hours} ${minutes}`;
  }

  ago(ms: number): string {
    return fill(this.words.pages.common.ago, { age: this.age(ms) });
  }

  /** Time of day in a bed's zone, 24 hours, in every language. */
  time(at: number, zone: string, seconds = false): string {
    return new Intl.DateTimeFormat(this.language, {
      timeZone: zone,
      hourCycle: "h23",
      hour: "2-digit",
      minute: "2-digit",
      ...(seconds ? { second: "2-digit" as const } : {}),
    }).format(at);
  }

  /** Two dates of a night, shortened where they agree. */
  dates(from: number, to: number, zone: string): string {
    return new Intl.DateTimeFormat(this.language, {
      timeZone: zone,
      weekday: "short",
      day: "numeric",
      month: "short",
      year: "numeric",
    }).formatRange(from, to);
  }

  /** The condition's title; a condition that this page does not know yet keeps its id. */
  conditionTitle(condition: string): string {
    return isConditionId(condition) ? this.words.conditions[condition].title : condition;
  }

  conditionSteps(condition: string): readonly string[] {
    return isConditionId(condition) ? this.words.conditions[condition].check : [];
  }

  /** A name in an alarm's evidence: a signal, or one of the words for evidence. */
  evidenceName(name: string): string {
    if (isSignalId(name)) return this.words.terms.signals[name];
    return lookUp(this.words.terms.evidence, name) ?? name;
  }

  evidenceValue(name: string, value: number | string): string {
    if (typeof value === "number") {
      return isSignalId(name)
        ? this.measured(name, value)
        : this.number(value, Number.isInteger(value) ? 0 : 1);
    }
    if (name === "kind") return lookUp(this.words.terms.callKinds, value) ?? value;
    if (name === "how") return lookUp(this.words.terms.callHow, value) ?? value;
    if (isSignalId(value)) return this.words.terms.signals[value];
    return lookUp(this.words.terms.absences, value) ?? value;
  }
}

/** A word by a name that came from outside. */
export function lookUp(list: { readonly [name: string]: string }, name: string): string | undefined {
  return Object.hasOwn(list, name) ? list[name] : undefined;
}

export const decimalsOf = (resolution: number): number =>
  resolution >= 1 ? 0 : Math.ceil(-Math.log10(resolution));

const joined = (value: string, unit: string): string => (unit === "" ? value : `${value} ${unit}`);
