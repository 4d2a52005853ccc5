import { fromLocalClock, type LocalClock } from "../../src/domain/local-clock.ts";
import { absent, measured, type Samples } from "../../src/domain/sample.ts";
import { SECOND_MS, type Wall, wall } from "../../src/domain/time.ts";
import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import type { Exchange } from "../../src/driver/exchange.ts";
import {
  ASK_AUTO_HEAD,
  ASK_MANUAL_HEAD,
  ASK_MANUAL_PULSE,
  ASK_MANUAL_SPO2,
  ASK_PRESENCE,
  AUTO_DATA,
  AUTO_HEAD,
  askAutoData,
  MANUAL_HEAD,
  MANUAL_PULSE,
  MANUAL_SPO2,
  PRESENCE,
  STOP,
  STOPPED,
} from "./codec.ts";
import { keepAlive } from "./driver.ts";
import { ANSWER_MS, ask, noReply, openQuestions, TRIES } from "./questions.ts";
import { decodeAuto, decodeManual, type RecordFrame, type Values } from "./record.ts";

/** The maker's limits: so many records, none longer than a day. */
const RECORDS_MAX = 99;
const SECONDS_MAX = 86_400;
/** A record of this length is waited for as long as the slowest transmission seen would take, and again as long. */
const transferMs = (seconds: number): number => 10_000 + 5 * seconds;

/** One record: its head, and how to get its values. */
interface StoredRecord {
  readonly start: Wall;
  readonly seconds: number;
  readonly spo2: Part;
  readonly pulse: Part;
}

interface Part {
  readonly ask: Uint8Array;
  readonly meaning: string;
  /** Number and contents of a frame that belongs to this part. */
  read(frame: Uint8Array): (RecordFrame & { readonly number: number }) | undefined;
  decode(frames: readonly RecordFrame[], seconds: number): Values;
}

/** Fetches the records of the memory over USB, oldest first; what is fetched stays on the device. */
export async function* storedRecords(context: DriverContext): AsyncGenerator<DeviceReading> {
  const own = new AbortController();
  const signal = AbortSignal.any([context.signal, own.signal]);
  const { exchange } = openQuestions(context, signal);
  let failed: { readonly cause: unknown } | undefined;
  const keeping = keepAlive(context, signal).catch((cause: unknown) => {
    failed = { cause };
    own.abort();
  });
  try {
    const records = await listRecords(context, exchange);
    for (const record of records.toSorted((a, b) => a.start - b.start)) {
      const spo2 = await fetchPart(context, exchange, record.spo2, record.seconds);
      const pulse = await fetchPart(context, exchange, record.pulse, record.seconds);
      if (spo2 === undefined || pulse === undefined) break;
      yield* readings(record, spo2, pulse);
    }
  } finally {
    own.abort();
    await exchange.stop();
    await keeping;
  }
  if (failed !== undefined && !context.signal.aborted) throw failed.cause;
}

function* readings({ start, seconds }: StoredRecord, spo2: Values, pulse: Values): Iterable<DeviceReading> {
  for (let i = 0; i < seconds; i++) {
    const samples: Samples = {
      spo2: storedSample("spo2", spo2[i]),
      pulse_rate: storedSample("pulse_rate", pulse[i]),
    };
    yield { body: { kind: "samples", samples }, deviceAt: wall(start + i * SECOND_MS) };
  }
}

const storedSample = (signal: "spo2" | "pulse_rate", value: number | undefined) =>
  value === undefined ? absent("sensor_off") : measured(signal, value);

async function listRecords(
  context: DriverContext,
  exchange: Exchange<Uint8Array>,
): Promise<readonly StoredRecord[]> {
  await exchange.request({
    bytes: STOP,
    meaning: "stop the streams",
    matches: (frame) => frame.length === STOPPED.lengthBytes && STOPPED.check(frame, 0) === 0,
    timeoutMs: ANSWER_MS,
  });
  const answer = await ask(exchange, ASK_PRESENCE, PRESENCE);
  if (answer === undefined) return [];
  const { present, auto } = PRESENCE.decode(answer, 0);
  if (present === 0) return [];
  return auto === 0 ? listManual(context, exchange) : listAuto(context, exchange);
}

async function listManual(
  context: DriverContext,
  exchange: Exchange<Uint8Array>,
): Promise<readonly StoredRecord[]> {
  const answer = await ask(exchange, ASK_MANUAL_HEAD, MANUAL_HEAD);
  if (answer === undefined) return [];
  return dated(context, answer, MANUAL_HEAD.decode(answer, 0), {
    spo2: manualPart(ASK_MANUAL_SPO2, MANUAL_SPO2),
    pulse: manualPart(ASK_MANUAL_PULSE, MANUAL_PULSE),
  });
}

async function listAuto(
  context: DriverContext,
  exchange: Exchange<Uint8Array>,
): Promise<readonly StoredRecord[]> {
  const records: StoredRecord[] = [];
  for (let i = 0; i < RECORDS_MAX; i++) {
    const answer = await ask(exchange, ASK_AUTO_HEAD, AUTO_HEAD);
    if (answer === undefined) return [];
    const head = AUTO_HEAD.decode(answer, 0);
    const parts = { spo2: autoPart(1, head.record), pulse: autoPart(2, head.record) };
    records.push(...dated(context, answer, head, parts));
    if (head.last !== 0) break;
  }
  return records;
}

/** A record with a date that is one; else it is refused, because nobody could say when it was. */
function dated(
  { trace, zone }: DriverContext,
  frame: Uint8Array,
  head: LocalClock & { readonly seconds: number },
  parts: Pick<StoredRecord, "spo2" | "pulse">,
): readonly StoredRecord[] {
  const start = fromLocalClock({ ...head, year: 2000 + head.year }, zone);
  if (start === undefined) {
    trace.reject(frame, "a record without a date: the oximeter's clock was not set");
    return [];
  }
  if (head.seconds > SECONDS_MAX) {
    trace.reject(frame, "a record that is longer than a day");
    return [];
  }
  return [{ start, seconds: head.seconds, ...parts }];
}

const manualPart = (bytes: Uint8Array, format: typeof MANUAL_SPO2): Part => ({
  ask: bytes,
  meaning: format.spec.name,
  read(frame) {
    if (frame.length !== format.lengthBytes || format.check(frame, 0) !== 0) return undefined;
    return { ...format.decode(frame, 0), data: frame.subarray(5, 19) };
  },
  decode: decodeManual,
});

const autoPart = (kind: 1 | 2, record: number): Part => ({
  ask: askAutoData(kind, record),
  meaning: `record ${record}, ${kind === 1 ? "SpO2" : "pulse"}`,
  read(frame) {
    if (frame.length !== AUTO_DATA.lengthBytes || AUTO_DATA.check(frame, 0) !== 0) return undefined;
    const values = AUTO_DATA.decode(frame, 0);
    return values.kind === kind ? { ...values, data: frame.subarray(8, 29) } : undefined;
  },
  decode: decodeAuto,
});

/**
 * All values of one part. A frame that is missing loses an unknown number of seconds, so the whole part is asked for
 * again. Undefined when the exchange has ended.
 */
async function fetchPart(
  { trace }: DriverContext,
  exchange: Exchange<Uint8Array>,
  part: Part,
  seconds: number,
): Promise<Values | undefined> {
  if (seconds === 0) return [];
  for (let round = 0; round < TRIES && !exchange.ended; round++) {
    const frames: RecordFrame[] = [];
    let values: Values = [];
    await exchange.request({
      bytes: part.ask,
      meaning: `${part.meaning}?`,
      matches(frame) {
        const read = part.read(frame);
        if (read?.number !== frames.length) return read !== undefined;
        frames.push(read);
        // A frame holds two values a data byte at most: no need to unpack before there can be enough.
        if (frames.length * 2 * read.data.length < seconds) return false;
        values = part.decode(frames, seconds);
        return values.length === seconds;
      },
      timeoutMs: transferMs(seconds),
    });
    if (values.length === seconds) return values;
    if (!exchange.ended) trace.reject(new Uint8Array(0), `${part.meaning} did not come whole`);
  }
  if (exchange.ended) return undefined;
  throw noReply(`The oximeter did not send a record of its memory whole (${part.meaning})`);
}
