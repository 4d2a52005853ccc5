import type { SettingsBody } from "../../src/domain/observation.ts";
import { MINUTE_MS, type Wall, wall } from "../../src/domain/time.ts";
import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import type { FileEntry, FileLink } from "../../src/port/link.ts";
import { inOrder, type LocalTimes, wholeFile } from "../../src/wire/card.ts";
import { cardFile, DAY, type DayValues, INDEX_HEADER_BYTES, MODES } from "./codec.ts";
import { type Machine, type PastDay, readUsr } from "./usr.ts";

/** What a card says beside its packets: who the machine is, its settings by day, its events, its sums. */
export interface Marks {
  /** What was not given before: who it is, and what happened when, in order of time. */
  look(files: readonly FileEntry[]): Promise<{
    readonly who: readonly DeviceReading[];
    readonly marks: readonly DeviceReading[];
  }>;
  /** Tells the technician where the machine's own sum of a day and its packets differ; once a day. */
  compare(secondsOfDays: ReadonlyMap<string, number>): void;
}

/** Largest index and .USR file that are believed. */
const LARGEST_INDEX_BYTES = 4 << 20;
const LARGEST_USR_BYTES = 16 << 20;
/** Of events that are said to begin together. */
const MOST_CODES = 32;
/** The machine counts whole minutes, also those before the first packet. */
const DIFFERENCE_MINUTES = 3;

type Context = DriverContext<FileLink>;

export function createMarks({ link, trace, clock }: Context, stem: string, times: LocalTimes): Marks {
  const sizes = new Map<string, number>();
  const told = new Set<string>();
  const compared = new Set<string>();
  let newestSettings = Number.NEGATIVE_INFINITY;
  let newestEvent = Number.NEGATIVE_INFINITY;
  let settingsBefore = "";
  let days: readonly PastDay[] = [];

  const tell = (problem: string): void => {
    if (told.has(problem)) return;
    told.add(problem);
    trace.reject(new Uint8Array(0), `${stem}: ${problem}`);
  };

  const noonOf = (date: {
    readonly year: number;
    readonly month: number;
    readonly day: number;
  }): Wall | undefined => times({ ...date, hour: 12, minute: 0, second: 0 });

  const identity = ({ serial, model }: Machine): readonly DeviceReading[] => {
    const name = stem.slice(stem.lastIndexOf("/") + 1);
    if (serial === undefined) tell("the .USR file names no serial number");
    else if (!serial.endsWith(name)) tell(`the serial number ${serial} is not that of the files' names`);
    return [
      {
        body: { kind: "identity", serial: serial ?? name, ...(model === undefined ? {} : { model }) },
        deviceAt: clock.wall(),
      },
    ];
  };

  const events = (machine: Machine): readonly DeviceReading[] => {
    const byTime = new Map<number, string[]>();
    for (const { date, minutesSinceNoon, seconds, code } of machine.events) {
      const noon = noonOf(date);
      if (noon === undefined) continue;
      const at = noon + minutesSinceNoon * MINUTE_MS;
      const codes = byTime.get(at) ?? [];
      if (at <= newestEvent || codes.length >= MOST_CODES) continue;
      byTime.set(at, codes);
      codes.push(code, `lasted_${seconds}_s`);
    }
    for (const at of byTime.keys()) newestEvent = Math.max(newestEvent, at);
    return [...byTime].map(([at, codes]) => ({ body: { kind: "status", codes }, deviceAt: wall(at) }));
  };

  const settings = (index: Uint8Array): readonly DeviceReading[] => {
    const readings: DeviceReading[] = [];
    for (let at = INDEX_HEADER_BYTES; at + DAY.lengthBytes <= index.length; at += DAY.lengthBytes) {
      if (DAY.check(index, at) !== 0) {
        tell(`day ${(at - INDEX_HEADER_BYTES) / DAY.lengthBytes + 1} of the index is none`);
        continue;
      }
      const values = DAY.decode(index, at);
      const noon = noonOf({ year: 2000 + values.year, month: values.month, day: values.day });
      const body = settingsOf(values);
      if (noon === undefined || body === undefined) {
        tell(`day ${values.index} of the index has no date, or a mode that is not known`);
        continue;
      }
      const key = JSON.stringify(body);
      if (noon <= newestSettings || key === settingsBefore) continue;
      newestSettings = noon;
      settingsBefore = key;
      readings.push({ body, deviceAt: noon });
    }
    return readings;
  };

  return {
    async look(files) {
      const who: DeviceReading[] = [];
      const marks: DeviceReading[] = [];
      for (const file of files) {
        const kind = cardFile(file.path)?.kind;
        if (typeof kind === "number" || sizes.get(file.path) === file.bytes) continue;
        sizes.set(file.path, file.bytes);
        const limit = kind === "usr" ? LARGEST_USR_BYTES : LARGEST_INDEX_BYTES;
        const bytes = await wholeFile(link, file, limit);
        if (bytes === undefined) tell(`${file.path} is larger than any such file`);
        else if (kind === "usr") {
          const machine = readUsr(bytes);
          for (const problem of machine.problems) tell(problem);
          days = machine.days;
          who.push(...identity(machine));
          for (const event of events(machine)) marks.push(event);
        } else for (const setting of settings(bytes)) marks.push(setting);
      }
      return { who, marks: inOrder(marks) };
    },
    compare(secondsOfDays) {
      for (const { date, minutes } of days) {
        const day = new Date(Date.UTC(date.year, date.month - 1, date.day)).toISOString().slice(0, 10);
        const seconds = secondsOfDays.get(day);
        if (seconds === undefined || compared.has(day)) continue;
        compared.add(day);
        const packets = Math.round(seconds / 60);
        if (Math.abs(packets - minutes) > DIFFERENCE_MINUTES) {
          tell(`the day ${day} has ${packets} min of packets, its own sum says ${minutes} min`);
        }
      }
    },
  };
}

/** Settings of a day in the modes that a ventilator's are known of; undefined for a mode that is not known. */
function settingsOf(values: DayValues): SettingsBody | undefined {
  const mode = MODES[values.mode];
  if (mode === undefined) return undefined;
  const epap = values.pressure / 2;
  const fixed = mode === "S" || mode === "S/T" || mode === "T";
  return {
    kind: "settings",
    settings: {
      mode,
      ...(fixed && { epap, ipap: epap + values.support / 2, pressure_support: values.support / 2 }),
    },
  };
}
