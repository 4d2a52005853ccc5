import type { Priority } from "../../src/domain/alarm.ts";
import type { BodyKind } from "../../src/domain/observation.ts";
import type { Samples } from "../../src/domain/sample.ts";
import { SECOND_MS, type Wall, wall } from "../../src/domain/time.ts";
import type { DeviceReading } from "../../src/driver/contract.ts";
import { inOrder, type LocalTimes, localTimeOf } from "../../src/wire/card.ts";
import type { Chunk } from "./codec.ts";
import { type AlarmCode, eventsOf, type Happening } from "./events.ts";
import { summaryOf } from "./summary.ts";
import { oximetryOf, wavesOf } from "./waves.ts";

/** Collects the chunks of one session. */
export interface Session {
  add(chunk: Chunk): void;
  /** Everything that was added, in order of time; no two readings of a kind have the same. */
  readings(): readonly DeviceReading[];
}

const ALARMS: { readonly [code in AlarmCode]: { readonly text: string; readonly priority: Priority } } = {
  apnea: { text: "Apnea", priority: "high" },
  disconnect: { text: "Patient disconnect", priority: "high" },
  minute_volume_low: { text: "Low minute ventilation", priority: "high" },
  pressure_low: { text: "Low pressure", priority: "high" },
};

/** Of events that are said to begin together: an interval counts up to 255 of each of three kinds. */
const MOST_CODES = 1_000;
/** Events, alarms and statistics of one session: a night has some thousand. */
const MOST_HAPPENINGS = 20_000;

export interface SessionOptions {
  readonly times: LocalTimes;
  /** Where it goes when something does not fit. */
  tell(problem: string): void;
}

/** Holds at most what a card has of one session, some megabytes. */
export function createSession({ times, tell }: SessionOptions): Session {
  /** By the second of the session. */
  const samples = new Map<number, Samples>();
  const codes = new Map<number, string[]>();
  const alarms = new Map<number, Map<AlarmCode, boolean>>();
  const waves: { readonly at: number; readonly reading: Omit<DeviceReading, "deviceAt"> }[] = [];
  let settings: DeviceReading["body"] | undefined;
  let counts: ReturnType<typeof summaryOf>["counts"];
  let begins: number | undefined;
  let start: Wall | undefined;
  let ends = 0;
  let waveEnd = Number.NEGATIVE_INFINITY;
  const counted = { obstructive: 0, central: 0, events: false };
  let happenings = 0;

  const put = (at: number, more: Samples): void => {
    samples.set(at, { ...samples.get(at), ...more });
  };

  const take = (happening: Happening): void => {
    const { at } = happening;
    ends = Math.max(ends, at);
    if (happening.kind === "samples") put(at, happening.samples);
    else if (happening.kind === "event") {
      const before = codes.get(at) ?? [];
      codes.set(at, before);
      if (before.length < MOST_CODES) before.push(...happening.codes);
      counted.obstructive += happening.codes.filter((code) => code === "obstructive_apnea").length;
      counted.central += happening.codes.filter((code) => code === "central_apnea").length;
    } else {
      const now = alarms.get(at) ?? new Map<AlarmCode, boolean>();
      alarms.set(at, now.set(happening.code, happening.active));
    }
  };

  const addSummary = (chunk: Chunk): void => {
    const summary = summaryOf(chunk);
    if (summary.problem !== undefined) tell(summary.problem);
    if (summary.settings !== undefined) settings = { kind: "settings", settings: summary.settings };
    counts = summary.counts;
    for (const { at, on } of summary.mask) {
      put(at, { therapy: on ? 1 : 0 });
      ends = Math.max(ends, at);
    }
  };

  const addWaves = (chunk: Chunk, from: number): void => {
    const stretches = wavesOf(chunk, { begins: from, from: waveEnd });
    if (typeof stretches === "string") return tell(stretches);
    for (const { at, body } of stretches) {
      waves.push({ at, reading: { body } });
      waveEnd = Math.max(waveEnd, at);
    }
  };

  const addOximetry = (chunk: Chunk, from: number): void => {
    const seconds = oximetryOf(chunk);
    if (typeof seconds === "string") return tell(seconds);
    for (const { at, samples: numbers } of seconds) put(from + at, numbers);
  };

  /** An alarm of which only the beginning is told has ended when the session has. */
  const endAlarms = (): void => {
    const sounding = new Set<AlarmCode>();
    for (const at of [...alarms.keys()].toSorted((a, b) => a - b)) {
      for (const [code, active] of alarms.get(at) ?? []) {
        if (active) sounding.add(code);
        else sounding.delete(code);
      }
    }
    const after = ends + 1;
    for (const code of sounding) {
      const now = alarms.get(after) ?? new Map<AlarmCode, boolean>();
      alarms.set(after, now.set(code, false));
    }
  };

  const compare = (): void => {
    if (counts === undefined || !counted.events) return;
    if (counts.obstructive !== counted.obstructive || counts.central !== counted.central) {
      tell(
        `its summary counts ${counts.obstructive} obstructive and ${counts.central} central apneas, ` +
          `its events are ${counted.obstructive} and ${counted.central}`,
      );
    }
  };

  return {
    add(chunk) {
      begins ??= chunk.time;
      start ??= times(localTimeOf(chunk.time * SECOND_MS));
      if (start === undefined) return tell("a begin that is no date");
      const from = chunk.time - begins;
      if (chunk.part === 1) addSummary(chunk);
      else if (chunk.part === 2) {
        if (happenings > MOST_HAPPENINGS) return tell("more events than a session has");
        const { list, problem } = eventsOf(chunk);
        if (problem !== undefined) tell(problem);
        counted.events = true;
        happenings += list.length;
        for (const happening of list) take({ ...happening, at: happening.at + from });
      } else if (chunk.part === 5) addWaves(chunk, from);
      else if (chunk.part === 6) addOximetry(chunk, from);
    },
    readings() {
      const zero = start;
      if (zero === undefined) return [];
      compare();
      endAlarms();
      const at = (seconds: number): Wall => wall(zero + Math.round(seconds * SECOND_MS));
      const readings: DeviceReading[] = [
        ...(settings === undefined ? [] : [{ body: settings, deviceAt: zero }]),
        ...[...samples].map(
          ([s, all]): DeviceReading => ({ body: { kind: "samples", samples: all }, deviceAt: at(s) }),
        ),
        ...[...codes].map(
          ([s, all]): DeviceReading => ({ body: { kind: "status", codes: all }, deviceAt: at(s) }),
        ),
        ...[...alarms].map(([s, all]): DeviceReading => ({ body: ownAlarm(all), deviceAt: at(s) })),
        ...waves.map(({ at: s, reading }): DeviceReading => ({ ...reading, deviceAt: at(s) })),
      ];
      return withoutDoubles(inOrder(readings));
    },
  };
}

const ownAlarm = (codes: ReadonlyMap<AlarmCode, boolean>): DeviceReading["body"] => ({
  kind: "ownAlarm",
  alarms: [...codes].map(([code, active]) => ({ code, ...ALARMS[code], active })),
});

/** Damaged times may fall together: of a kind the first of an instant stays. */
function withoutDoubles(readings: readonly DeviceReading[]): readonly DeviceReading[] {
  const newest = new Map<BodyKind, number>();
  return readings.filter(({ body, deviceAt }) => {
    if (newest.get(body.kind) === deviceAt) return false;
    newest.set(body.kind, deviceAt ?? 0);
    return true;
  });
}
