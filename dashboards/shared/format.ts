import { type AlarmValues, isConditionId } from "../../src/domain/alarm.ts";
import type { Language } from "../../src/domain/person.ts";
import { isSignalId, SIGNALS, type SignalId } from "../../src/domain/signal.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../src/domain/time.ts";
import type { Words } from "../../src/words/en.ts";
import { fill } from "../../src/words/template.ts";

/** One item of an alarm's evidence; without a name where the value speaks for itself. */
export interface Evidence {
  readonly name: string | undefined;
  readonly value: string;
}

/** Said elsewhere on an alarm's card: its device, and since when. How a patient called matters to nobody at night. */
const UNSPOKEN: readonly string[] = ["device", "seconds", "how"];

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

  /** Weekday and time of day in a bed's zone, 24 hours. */
  dayTime(at: number, zone: string): string {
    return new Intl.DateTimeFormat(this.language, {
      ...{ timeZone: zone, hourCycle: "h23" as const },
      ...{ weekday: "short", hour: "2-digit", minute: "2-digit" },
    }).format(at);
  }

  /** The day of the week in a bed's zone, in full. */
  weekday(at: number, zone: string): string {
    return new Intl.DateTimeFormat(this.language, { timeZone: zone, weekday: "long" }).format(at);
  }

  /** A date in a bed's zone. */
  date(at: number, zone: string): string {
    return new Intl.DateTimeFormat(this.language, {
      ...{ timeZone: zone, year: "numeric", month: "short", day: "numeric" },
    }).format(at);
  }

  /** A day with its time in a bed's zone, 24 hours. */
  dateTime(at: number, zone: string): string {
    return new Intl.DateTimeFormat(this.language, {
      ...{ timeZone: zone, hourCycle: "h23" as const },
      ...{ year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" },
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

  /** Why a condition cannot be judged, from the engine's word for it. */
  unknownWhy(why: string): string {
    const { terms } = this.words;
    const [, kind, name] = /^(setting|baseline):(.+)$/.exec(why) ?? [];
    if (name === undefined) return lookUp(terms.unknownWhys, why) ?? why;
    if (kind === "setting") return fill(terms.unknownSetting, { what: lookUp(terms.settings, name) ?? name });
    return fill(terms.unknownBaseline, { what: lookUp(terms.signals, name) ?? name });
  }

  /**
   * What an alarm was raised on, as people read it: measured values first; the card says since when itself. Times are
   * told in `zone`; `device` is the label of the one that says what it says itself, absent for a ventilator.
   */
  evidence(values: AlarmValues, zone: string, device?: string): readonly Evidence[] {
    // Where a machine says it in words, its code says nothing more.
    const isSaid = (name: string) =>
      UNSPOKEN.includes(name) || (name === "code" && values["text"] !== undefined);
    const named = Object.entries(values).filter(([name]) => !isSaid(name));
    const ordered = [
      ...named.filter(([name]) => isSignalId(name)),
      ...named.filter(([name]) => !isSignalId(name)),
    ];
    return ordered.map(([name, value]) => this.#evidence(name, value, { values, zone, device }));
  }

  #evidence(
    name: string,
    value: number | string,
    { values, zone, device }: { values: AlarmValues; zone: string; device: string | undefined },
  ): Evidence {
    const { terms, causes } = this.words;
    if (name === "text" && typeof value === "string") {
      const { own } = causes;
      const text =
        device === undefined
          ? fill(own.ventilator, { text: value })
          : fill(own.device, { name: device, text: value });
      return { name: undefined, value: text };
    }
    if (name === "until" && typeof value === "number") {
      return { name: terms.evidence.until, value: this.dateTime(value, zone) };
    }
    if (isSignalId(name)) {
      const text =
        typeof value === "number" ? this.measured(name, value) : (lookUp(terms.absences, value) ?? value);
      return { name: terms.signals[name], value: text };
    }
    if (name === "limit" && typeof value === "number") {
      // A limit is in the unit of what was measured; conditions on time alone have theirs in seconds.
      const measured = Object.keys(values).find(isSignalId);
      const text =
        measured === undefined ? joined(String(value), terms.units.s) : this.measured(measured, value);
      return { name: terms.evidence.limit, value: text };
    }
    const found = this.#listed(name, value);
    if (found !== undefined) return found;
    const label = lookUp(terms.evidence, name) ?? lookUp(terms.settings, name) ?? name;
    return {
      name: label,
      value: typeof value === "number" ? this.number(value, Number.isInteger(value) ? 0 : 1) : value,
    };
  }

  /** Ids in a value, in words; undefined for a value that has none. */
  #listed(name: string, value: number | string): Evidence | undefined {
    const { terms, care } = this.words;
    if (typeof value !== "string") return undefined;
    const words = (word: (id: string) => string): string =>
      this.list(
        value
          .split(" ")
          .filter((id) => id !== "")
          .map(word),
      );
    const from = (list: { readonly [id: string]: string }) => words((id) => lookUp(list, id) ?? id);
    switch (name) {
      case "kind":
        return { name: undefined, value: from(terms.callKinds) };
      case "signs":
        return { name: undefined, value: from(terms.signs) };
      case "signals":
        return { name: undefined, value: from(terms.signals) };
      case "act":
        return { name: undefined, value: from(care.acts) };
      case "conditions":
        return { name: undefined, value: words((id) => this.conditionTitle(id)) };
      case "names":
        return { name: terms.evidence.names, value: from(terms.settings) };
      case "step":
        return { name: terms.evidence.step, value: value === "yes" ? terms.yes : terms.no };
      default:
        return undefined;
    }
  }

  /** Several things one after the other, without a word between the last two. */
  list(items: readonly string[]): string {
    return items.join(this.language === "en" ? ", " : "、");
  }
}

/** A word by a name that came from outside. */
export function lookUp(list: { readonly [name: string]: string }, name: string): string | undefined {
  return Object.hasOwn(list, name) ? list[name] : undefined;
}

export const decimalsOf = (resolution: number): number =>
  resolution >= 1 ? 0 : Math.ceil(-Math.log10(resolution));

const joined = (value: string, unit: string): string => (unit === "" ? value : `${value} ${unit}`);
