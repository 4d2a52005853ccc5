/*
 * The .USR file: who the machine is, and what it counted. Offsets in hexadecimal.
 *
 *   2D       serial number, 32 characters           2296     ? model, characters up to a zero
 *   431      date of the running day, 441 its messages: type, length, data; type 02 has no length and 3 bytes; FF ends
 *   102338   number of past days, 102340 the first: E1, offset of the next (u32), at +7 date, at +F minutes of use,
 *            at +45 messages of 1 + 4 bytes up to and with one of type FF, then blocks: type 80-8F, count u16, 0 u16, data
 *
 * Dates: year - 2000 in bits 15-9, month in 8-5, day in 4-0. Events: hours since noon, minute, seconds long.
 */
import { isDate } from "../../src/wire/card.ts";

export interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

export type EventCode = "central_apnea" | "obstructive_apnea" | "hypopnea";

export interface MachineEvent {
  /** The day that began at noon. */
  readonly date: Day;
  readonly minutesSinceNoon: number;
  readonly seconds: number;
  readonly code: EventCode;
}

/** A day that is over, as the machine sums it up. */
export interface PastDay {
  readonly date: Day;
  readonly minutes: number;
}

export interface Machine {
  readonly serial: string | undefined;
  readonly model: string | undefined;
  readonly days: readonly PastDay[];
  readonly events: readonly MachineEvent[];
  /** What could not be read, one sentence each. */
  readonly problems: readonly string[];
}

const AT = {
  serial: 0x2d,
  runningDate: 0x431,
  runningMessages: 0x441,
  model: 0x2296,
  pastCount: 0x102338,
  past: 0x102340,
} as const;

const SERIAL_BYTES = 32;
/** Ten years. */
const MOST_DAYS = 4000;
const MOST_EVENTS = 100_000;
/** Some thousand happen in the worst of nights. */
const MOST_EVENTS_OF_DAY = 10_000;

const RUNNING_EVENTS: ReadonlyMap<number, EventCode> = new Map([
  [0x07, "central_apnea"],
  [0x08, "obstructive_apnea"],
  [0x09, "hypopnea"],
]);

/** 85 and 87 are central apnea for different readers. */
const PAST_EVENTS: ReadonlyMap<number, EventCode> = new Map([
  [0x83, "obstructive_apnea"],
  [0x84, "hypopnea"],
  [0x85, "central_apnea"],
  [0x87, "central_apnea"],
]);

/** Reads as much as the file has. Never throws. */
export function readUsr(bytes: Uint8Array): Machine {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const events: MachineEvent[] = [];
  const days: PastDay[] = [];
  const problems: string[] = [];
  const has = (at: number, length: number): boolean => at + length <= bytes.length;

  let at: number = AT.past;
  const count = has(AT.pastCount, 4) ? Math.min(view.getUint32(AT.pastCount, true), MOST_DAYS) : 0;
  for (let i = 0; i < count && events.length < MOST_EVENTS; i++) {
    if (!has(at, 0x45) || bytes[at] !== 0xe1) {
      problems.push(`past day ${i + 1} of ${count} does not begin where it should`);
      break;
    }
    const next = view.getUint32(at + 1, true);
    const end = next > at && next <= bytes.length ? next : bytes.length;
    const date = dateOf(view.getUint16(at + 0x07, true));
    if (date === undefined) problems.push(`past day ${i + 1} has no date`);
    else {
      days.push({ date, minutes: view.getUint16(at + 0x0f, true) });
      const found = pastEvents(bytes.subarray(at + 0x45, end), date);
      if (found === undefined) problems.push(`the events of past day ${i + 1} are not laid out as known`);
      else for (const event of found) events.push(event);
    }
    if (end === bytes.length) break;
    at = end;
  }
  if (has(AT.runningMessages, 1)) {
    const date = dateOf(view.getUint16(AT.runningDate, true));
    if (date !== undefined) {
      for (const event of runningEvents(bytes.subarray(AT.runningMessages, AT.model), date))
        events.push(event);
    }
  }
  return {
    serial: textAt(bytes, AT.serial, SERIAL_BYTES),
    model: textAt(bytes, AT.model, SERIAL_BYTES),
    days,
    events,
    problems,
  };
}

/** Up to the end mark, or to where the file ends. */
function runningEvents(bytes: Uint8Array, date: Day): readonly MachineEvent[] {
  const events: MachineEvent[] = [];
  for (let at = 0; at < bytes.length; ) {
    const type = bytes[at] ?? 0xff;
    if (type === 0xff) break;
    const length = type === 0x02 ? 3 : (bytes[at + 1] ?? 0);
    const data = at + (type === 0x02 ? 1 : 2);
    const code = RUNNING_EVENTS.get(type);
    const event = code === undefined || length < 3 ? undefined : eventAt(bytes, data, date, code);
    if (event !== undefined) events.push(event);
    at = data + length;
  }
  return events;
}

/** Undefined where the blocks do not end with the day under either reading of block 85. */
function pastEvents(bytes: Uint8Array, date: Day): readonly MachineEvent[] | undefined {
  let at = 0;
  while (at < bytes.length && bytes[at] !== 0xff) at += 5;
  const blocks = bytes.subarray(Math.min(bytes.length, at + 5));
  return blocksOf(blocks, date, 3) ?? blocksOf(blocks, date, 2);
}

function blocksOf(bytes: Uint8Array, date: Day, width85: 2 | 3): readonly MachineEvent[] | undefined {
  const events: MachineEvent[] = [];
  for (let at = 0; at < bytes.length; ) {
    const type = bytes[at] ?? 0;
    if (at + 5 > bytes.length || type < 0x80 || type > 0x8f) return undefined;
    const count = (bytes[at + 1] ?? 0) | ((bytes[at + 2] ?? 0) << 8);
    const width = type === 0x85 ? width85 : widthOf(type);
    const end = at + 5 + count * width;
    if (end > bytes.length || events.length + count > MOST_EVENTS_OF_DAY) return undefined;
    const code = width === 3 ? PAST_EVENTS.get(type) : undefined;
    for (let i = 0; code !== undefined && i < count; i++) {
      const event = eventAt(bytes, at + 5 + i * width, date, code);
      if (event === undefined) return undefined;
      events.push(event);
    }
    at = end;
  }
  return events;
}

function widthOf(type: number): number {
  if (type === 0x82 || type === 0x86) return 4;
  return PAST_EVENTS.has(type) ? 3 : 2;
}

function eventAt(bytes: Uint8Array, at: number, date: Day, code: EventCode): MachineEvent | undefined {
  const hours = bytes[at] ?? 0xff;
  const minute = bytes[at + 1] ?? 0xff;
  if (hours > 23 || minute > 59) return undefined;
  return { date, minutesSinceNoon: hours * 60 + minute, seconds: bytes[at + 2] ?? 0, code };
}

function dateOf(encoded: number): Day | undefined {
  const date = { year: 2000 + (encoded >> 9), month: (encoded >> 5) & 0x0f, day: encoded & 0x1f };
  return isDate(date.year, date.month, date.day) ? date : undefined;
}

/** Printable characters up to the first other; undefined where there are none. */
function textAt(bytes: Uint8Array, at: number, length: number): string | undefined {
  const text = String.fromCharCode(...bytes.subarray(at, at + length));
  return /^[\x21-\x7e][\x20-\x7e]*/.exec(text)?.[0].trimEnd();
}

/** A .USR file of a machine in its first day. */
export function encodeUsr(serial: string, model: string, date: Day): Uint8Array {
  const bytes = new Uint8Array(AT.model + SERIAL_BYTES);
  const encoder = new TextEncoder();
  bytes.set(encoder.encode(serial).subarray(0, SERIAL_BYTES), AT.serial);
  bytes.set(encoder.encode(model).subarray(0, SERIAL_BYTES), AT.model);
  new DataView(bytes.buffer).setUint16(AT.runningDate, encodeDate(date), true);
  bytes[AT.runningMessages] = 0xff;
  return bytes;
}

const encodeDate = ({ year, month, day }: Day): number => ((year - 2000) << 9) | (month << 5) | day;
