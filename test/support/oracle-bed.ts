import { explains, goodAgain } from "../../src/alarm/care.ts";
import { type CareAct, higherPriority, type Priority, priorityRank } from "../../src/domain/alarm.ts";
import {
  BORNE_S,
  ORACLE_CONDITIONS,
  type OracleCondition,
  type Others,
  type Says,
} from "./oracle-conditions.ts";
import {
  type Fact,
  isMerged,
  isMore,
  isWorse,
  occurrenceOf,
  RECURRENT_REST_S,
  type Rung,
  type SharedOccurrence,
  settled,
} from "./oracle-facts.ts";
import {
  type GivenLimits,
  type Night,
  type NightCommand,
  NightRecord,
  type Resolved,
} from "./oracle-night.ts";
import { careAt, isExplained, isPaused } from "./oracle-quiet.ts";

const GOOD_AGAIN_S = 60;
const LASTS_S = 30;

/** One thing that happened, as engine and oracle are compared. */
export interface OracleLine {
  /** Second of the series. */
  readonly at: number;
  readonly kind: string;
  /** `SPO2_LOW`, or `DATA_STALE/oxi`. */
  readonly condition: string;
  /** Of the occurrence, after it. */
  readonly priority: Priority;
  /** Second in which the occurrence that it belongs to was first raised: alarms that share one have the same. */
  readonly opened: number;
  readonly group: string;
}

/** The alarm rules in words, computed slowly: at every second everything anew from the series and the facts so far. */
export function nightOracle(night: Night, resolve: (limits: GivenLimits) => Resolved): readonly OracleLine[] {
  const bed = new OracleBed(new NightRecord(night, resolve));
  for (let t = 0; t < night.seconds.length; t++) bed.second(t);
  return bed.lines;
}

interface Instance extends Rung {
  readonly rule: OracleCondition;
}

class OracleBed {
  readonly lines: OracleLine[] = [];
  readonly #night: NightRecord;
  readonly #instances: readonly Instance[];
  readonly #groups: ReadonlySet<string>;
  readonly #facts: Fact[] = [];
  /** What each second said to each condition: kept only because the same question is asked very often. */
  readonly #said = new Map<string, Says[]>();

  constructor(night: NightRecord) {
    this.#night = night;
    this.#instances = ORACLE_CONDITIONS.filter(({ id }) => night.night.conditions.includes(id)).map(
      instanceOf,
    );
    this.#groups = new Set(this.#instances.map((one) => one.group));
  }

  second(t: number): void {
    const night = this.#night;
    night.now = t;
    night.taken = 0;
    const commands = night.night.seconds[t]?.commands ?? [];
    for (const command of commands) if (command.kind === "limits") this.#command(command, t);
    for (const one of this.#instances) this.#hear(one, t);
    for (const device of ["vent", "oxi"] as const) {
      if (this.#night.spoken(device, t) === undefined) continue;
      this.#judge(t, ({ rule }) => rule.device === device);
    }
    // The same evidence is never counted twice: the rest is what only time brings.
    this.#judge(t, ({ rule }) => rule.technical || night.spoken(rule.device, t) === undefined);
    for (const group of this.#groups) this.#later(group, t);
    this.#settle(t);
    for (const command of commands) {
      night.taken += 1;
      if (command.kind === "limits") continue;
      this.#command(command, t);
      this.#settle(t);
    }
  }

  #judge(t: number, isDue: (one: Instance) => boolean): void {
    for (const one of this.#instances) {
      if (isDue(one) && this.#night.isOn(one.condition, t)) this.#judgeOne(one, t);
    }
    this.#settle(t);
  }

  /** The end of each step: what is acknowledged, or recurrent, goes down with what is still in alarm; then quiet. */
  #settle(t: number): void {
    for (const group of this.#groups) {
      const occurrence = this.#open(group);
      if (occurrence === undefined) continue;
      if (JSON.stringify(settled(occurrence)) !== JSON.stringify(occurrence)) {
        this.#facts.push({ at: t, fact: "settled", group });
      }
      this.#quieten(group, t);
    }
  }

  #command(command: NightCommand, t: number): void {
    if (command.kind === "end_watch") {
      const open = this.#instances.filter((one) => this.#isInAlarm(one));
      for (const one of open) this.#close(one, t);
      for (const one of this.#instances) {
        this.#facts.push({ at: this.#before(one, t, t), fact: "forgotten", one });
      }
      // What has no delay rings again at once, on the newest value.
      for (const one of open) {
        const start = this.#violationStart(one, t);
        const delay = one.rule.delayS(this.#night, t, this.#others(t));
        const isOld =
          start !== undefined && delay !== undefined && this.#before(one, t, t) + 1 - start >= delay;
        if (isOld && !one.rule.technical) this.#enter(one, t, t - start);
      }
    }
    if (command.kind === "pause") {
      for (const one of this.#instances) {
        if (one.condition === command.condition && this.#isInAlarm(one))
          this.#facts.push({ at: t, fact: "covered", one });
      }
    }
    if (command.kind === "limits") {
      for (const one of this.#instances) {
        if (this.#isInAlarm(one) && !this.#night.isOn(one.condition, t)) this.#close(one, t);
      }
    }
    if (command.kind !== "acknowledge") return;
    for (const group of this.#groups) {
      const occurrence = this.#open(group);
      if (occurrence === undefined || (command.place === "watching" && !this.#isTechnical(group))) continue;
      this.#facts.push({ at: t, fact: "acknowledged", group, place: command.place });
      this.#tell(t, "acknowledged", occurrence.worst, occurrence);
    }
  }

  /** Writes down what this second says, and whether that makes an open alarm unknown or known again. */
  #hear(one: Instance, t: number): void {
    const said = this.#said.get(one.key) ?? [];
    said[t] = one.rule.says(this.#night, t, this.#others(t));
    this.#said.set(one.key, said);
    if (!this.#isInAlarm(one)) return;
    const isUnknown = this.#isUnknown(one);
    if (!isUnknown && said[t] === undefined && this.#unheardS(one, t) > BORNE_S)
      this.#tell(t, "unknown", one, this.#open(one.group));
    if (isUnknown && said[t] !== undefined) this.#tell(t, "known", one, this.#open(one.group));
  }

  /** Open, and since the last time that nobody knew, nothing has come that says anything about it. */
  #isUnknown(one: Instance): boolean {
    const last = this.lines.findLast(
      ({ condition, kind }) => condition === one.key && ["occurred", "unknown", "known"].includes(kind),
    );
    return last?.kind === "unknown";
  }

  #judgeOne(one: Instance, t: number): void {
    if (this.#isInAlarm(one)) {
      if (this.#recoveredS(one, t) >= Math.max(1, one.rule.clearS(this.#night, t))) this.#leave(one, t);
      else {
        this.#tellAtLast(one, t);
        this.#rise(one, t);
      }
      return;
    }
    const says = this.#says(one, t);
    const start = this.#violationStart(one, t);
    if ((says !== "beyond" && says !== "band") || start === undefined) return;
    if (one.rule.technical && !this.#night.isOnWatch(t)) return;
    const delay = one.rule.delayS(this.#night, t, this.#others(t));
    if (delay !== undefined && t - start >= delay) this.#enter(one, t, t - start);
  }

  #enter(one: Instance, t: number, heldS: number): void {
    const before = this.#open(one.group);
    const own = one.rule.priority(this.#night, t, heldS, this.#others(t));
    const since = t - heldS;
    const fact = { at: t, fact: "in", one, own, since, base: one.rule.base(this.#night.night.cls) } as const;
    this.#facts.push(fact);
    const after = this.#open(one.group);
    this.#tell(t, "occurred", one, after);
    const member = { one, own, merged: isMerged(fact, this.#facts) };
    if (before !== undefined && isWorse(before, member)) this.#tell(t, "escalated", one, after);
  }

  /** While it violates, seen or not, its own priority may rise; the occurrence's with it. */
  #rise(one: Instance, t: number): void {
    const start = this.#violationStart(one, t);
    const before = this.#open(one.group);
    const member = before?.members.find((each) => each.one.key === one.key);
    if (start === undefined || member === undefined || !this.#violatedLast(one, t)) return;
    const own = one.rule.priority(this.#night, t, this.#ageS(one, t, start), this.#others(t));
    if (!isMore(own, member.own)) return;
    this.#facts.push({ at: t, fact: "rise", one, own });
    if (before !== undefined && isWorse(before, { one, own, merged: false })) {
      this.#tell(t, "escalated", one, this.#open(one.group));
    }
  }

  /** One of many that lasts is told after all. */
  #tellAtLast(one: Instance, t: number): void {
    const before = this.#open(one.group);
    const member = before?.members.find((each) => each.one.key === one.key);
    const start = this.#violationStart(one, t);
    if (before === undefined || member?.merged !== true || start === undefined) return;
    const delay = one.rule.delayS(this.#night, t, this.#others(t)) ?? 0;
    if (!this.#violatedLast(one, t) || this.#ageS(one, t, start) < Math.max(LASTS_S, 2 * delay)) return;
    this.#facts.push({ at: t, fact: "told", one });
    if (isWorse(before, { ...member, merged: false })) this.#tell(t, "escalated", one, this.#open(one.group));
  }

  /** In the last second that told anything, it did. */
  #violatedLast(one: Instance, t: number): boolean {
    const says = this.#says(one, t - this.#unheardS(one, t));
    return says === "beyond" || says === "band";
  }

  #leave(one: Instance, t: number): void {
    this.#facts.push({ at: t, fact: "out", one });
    this.#tell(t, "ended", one, occurrenceOf(this.#facts, one.group));
  }

  #close(one: Instance, t: number): void {
    this.#facts.push({ at: t, fact: "closed", one });
    this.#tell(t, "ended", one, occurrenceOf(this.#facts, one.group));
  }

  /** What time alone brings: an acknowledgement runs out, a recurrent occurrence has rested long enough. */
  #later(group: string, t: number): void {
    const occurrence = this.#open(group);
    if (occurrence === undefined) return;
    const { acknowledgement, recurrent, emptySince, members } = occurrence;
    if (recurrent && emptySince !== undefined && members.length === 0 && t - emptySince >= RECURRENT_REST_S) {
      this.#facts.push({ at: t, fact: "over", group });
      this.#tell(t, "ended", occurrence.worst, occurrence);
      return;
    }
    if (acknowledgement === undefined || t < acknowledgement.until) return;
    const goesOn = this.#instances.some(
      (one) => one.group === group && this.#isInAlarm(one) && this.#holdsOrUnknown(one, t),
    );
    if (!goesOn) return;
    this.#facts.push({ at: t, fact: "lapsed", group });
    this.#tell(t, "lapsed", occurrence.worst, occurrence);
  }

  /** A pause or a care act makes an alarm quiet while it covers everything that is in alarm; then it rings again. */
  #quieten(group: string, t: number): void {
    const occurrence = this.#open(group);
    if (occurrence === undefined || occurrence.members.length === 0) return;
    const isQuiet = this.#instances
      .map((one) => ({ one, member: occurrence.members.find((each) => each.one.key === one.key) }))
      .every(({ one, member }) => member === undefined || this.#isCovered(one, t, member.own));
    if (isQuiet === occurrence.quiet) return;
    const fact = isQuiet ? "paused" : "resumed";
    this.#facts.push({ at: t, fact, group });
    this.#tell(t, fact, occurrence.worst, occurrence);
  }

  #isCovered(one: Instance, t: number, priority: Priority): boolean {
    const pausable = { ...one, ...one.rule };
    if (isPaused(this.#night, t, pausable, priority, (s) => this.#wasCovered(one, s))) return true;
    const care = careAt(this.#night, t);
    return care !== undefined && isExplained(care.act, pausable) && !this.#isOverSince(care, t);
  }

  /** A pause covers a condition that exists once per device only for those in alarm when it was given. */
  #wasCovered(one: Instance, at: number): boolean {
    return (
      one.rule.subject === undefined ||
      this.#facts.some((fact) => fact.fact === "covered" && fact.at === at && fact.one.key === one.key)
    );
  }

  /** The act disturbed something, and for a minute everything it disturbs has been good again. */
  #isOverSince({ act, since }: { readonly act: CareAct; readonly since: number }, t: number): boolean {
    let isDisturbed = false;
    let goodSince: number | undefined;
    for (let s = since; s <= t; s++) {
      if (!this.#isGood(act, s)) {
        isDisturbed = true;
        goodSince = undefined;
        continue;
      }
      goodSince ??= s;
      if (isDisturbed && s - goodSince >= GOOD_AGAIN_S) return true;
    }
    return false;
  }

  #isGood(act: CareAct, t: number): boolean {
    return (
      goodAgain(act).every((signal) => t - (this.#night.newestAt(signal, t) ?? t) <= BORNE_S) &&
      this.#instances.every(
        (one) =>
          !explains(act, one.condition) ||
          (this.#violationStart(one, t) === undefined && !this.#isInAlarm(one, t)),
      )
    );
  }

  #holdsOrUnknown(one: Instance, t: number): boolean {
    return this.#isUnknown(one) || this.#violationStart(one, t) !== undefined;
  }

  #tell(at: number, kind: string, one: Rung | undefined, occurrence: SharedOccurrence | undefined): void {
    if (one === undefined || occurrence === undefined) throw new RangeError(`${kind} of nothing at ${at}`);
    this.lines.push({
      at,
      kind,
      condition: one.key,
      priority: occurrence.priority,
      opened: occurrence.openedAt,
      group: one.group,
    });
  }

  #open(group: string): SharedOccurrence | undefined {
    const occurrence = occurrenceOf(this.#facts, group);
    return occurrence?.endedAt === undefined ? occurrence : undefined;
  }

  #isTechnical(group: string): boolean {
    return this.#instances.some((one) => one.group === group && one.rule.technical);
  }

  #isInAlarm(one: Rung, t = Number.POSITIVE_INFINITY): boolean {
    const last = this.#facts.findLast(
      (fact) =>
        (fact.fact === "in" || fact.fact === "out" || fact.fact === "closed") &&
        fact.one.key === one.key &&
        fact.at <= t,
    );
    return last?.fact === "in";
  }

  #says(one: Instance, t: number): Says {
    return this.#said.get(one.key)?.[t];
  }

  /** Seconds without evidence up to and including this one. */
  #unheardS(one: Instance, t: number): number {
    let missing = 0;
    while (t - missing >= 0 && !this.#hears(one, t - missing)) missing += 1;
    return missing;
  }

  #hears(one: Instance, t: number): boolean {
    return one.rule.hears?.(this.#night, t) ?? this.#says(one, t) !== undefined;
  }

  /** The last second that no longer counts: it ended then, the watch did, or it was off. */
  #countsAfter(one: Instance, t: number): number {
    const gone = this.#facts.findLast(
      (fact) =>
        (fact.fact === "out" || fact.fact === "forgotten") && fact.one.key === one.key && fact.at <= t,
    );
    const ended = gone?.at ?? -1;
    const unwatched = one.rule.technical ? this.#night.watchFrom(t) - 1 : -1;
    return Math.max(ended, this.#offUntil(one, t), unwatched);
  }

  /** Switched on, it begins with the newest value that there is. */
  #offUntil(one: Instance, t: number): number {
    const off = this.#night.lastOff(one.condition, t);
    return off < 0 ? off : this.#before(one, off, off + 1);
  }

  /** The second before the newest value up to `newest`, where that is not too old to count `now`; else `newest`. */
  #before(one: Instance, newest: number, now: number): number {
    for (let s = newest; s >= 0 && now - s <= BORNE_S; s--)
      if (this.#says(one, s) !== undefined) return s - 1;
    return newest;
  }

  /** First violating second of the violation that goes on at `t`; an open alarm holds inside the whole band. */
  #violationStart(one: Instance, t: number): number | undefined {
    const after = this.#countsAfter(one, t);
    const openedAt = this.#isInAlarm(one) ? this.#cameAt(one) : Number.POSITIVE_INFINITY;
    let start: number | undefined;
    for (let s = t; s > after; s--) {
      const says = this.#says(one, s);
      if (says === "clear" || says === "over") break;
      if (says === "beyond" || (says === "band" && s > openedAt)) start = s;
    }
    return start;
  }

  #cameAt(one: Rung): number {
    return this.#came(one)?.at ?? Number.POSITIVE_INFINITY;
  }

  #came(one: Rung): Extract<Fact, { fact: "in" }> | undefined {
    return this.#facts.filter((fact) => fact.fact === "in").findLast((fact) => fact.one.key === one.key);
  }

  /** An open alarm is as old as its first violation, also where values were in range for less than its clearing time. */
  #ageS(one: Rung, t: number, start: number): number {
    return t - (this.#isInAlarm(one) ? (this.#came(one)?.since ?? start) : start);
  }

  /** Seconds in range in one row up to `t`, since it came into alarm; a long silence among them begins anew. */
  #recoveredS(one: Instance, t: number): number {
    if (this.#says(one, t) !== "clear") return 0;
    const since = this.#cameAt(one);
    let count = 0;
    let silent = 0;
    for (let s = t; s > since && silent <= BORNE_S; s--) {
      const says = this.#says(one, s);
      silent = this.#hears(one, s) ? 0 : silent + 1;
      if (says === "clear") count += 1;
      else if (says === "beyond" || says === "band") break;
    }
    return count;
  }

  #others(t: number): Others {
    const of = (id: string) => this.#instances.filter(({ condition, key }) => condition === id || key === id);
    return {
      isInAlarm: (id) => of(id).some((one) => this.#isInAlarm(one)),
      isViolating: (id) => of(id).some((one) => this.#violationStart(one, t) !== undefined),
      lastBeyond: (key) => this.#said.get(key)?.lastIndexOf("beyond") ?? -1,
      inherited: (device) =>
        this.#instances
          .filter(({ rule }) => !rule.technical && rule.device === device)
          .map((one) => this.#lost(one, t))
          .filter((priority) => priority === "medium" || priority === "high")
          .toSorted((a, b) => priorityRank(b) - priorityRank(a))[0],
    };
  }

  /** The priority of a condition that violated when its data stopped, more than ten seconds ago. */
  #lost(one: Instance, t: number): Priority | undefined {
    const start = this.#violationStart(one, t);
    if (start === undefined || this.#unheardS(one, t) <= BORNE_S) return undefined;
    const now = one.rule.priority(this.#night, t, this.#ageS(one, t, start), this.#others(t));
    const member = this.#open(one.group)?.members.find((each) => each.one.key === one.key);
    return higherPriority(now, member?.own ?? now);
  }
}

function instanceOf(rule: OracleCondition): Instance {
  const key = rule.subject === undefined ? rule.id : `${rule.id}/${rule.subject}`;
  const { id: condition, rank, neverMerged, neverQuiet } = rule;
  return { key, condition, group: rule.ladder ?? key, rank, neverMerged, neverQuiet, rule };
}
