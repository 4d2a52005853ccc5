import { Fault } from "../../src/domain/fault.ts";
import { fromLocalClock } from "../../src/domain/local-clock.ts";
import { absent, measured, type Sample, type Samples } from "../../src/domain/sample.ts";
import { SECOND_MS, type Wall, wall } from "../../src/domain/time.ts";
import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import {
  DO,
  LENGTH,
  REASONS,
  SEGMENTS,
  START_DATE,
  START_TIME,
  STORED,
  STORED_PERFUSION,
  USERS,
} from "./codec.ts";
import { keepAlive } from "./driver.ts";
import { ask, is, openQuestions, type Questions, TRIES } from "./questions.ts";

/** Three days at four bytes a second; a device that claims more is not believed. */
const BYTES_MAX = 3 * 86_400 * 4;
/** 115200 baud carry some eight bytes of a session in a millisecond: ten times that, and ten seconds. */
const transferMs = (bytes: number): number => 10_000 + bytes;

const BYTES_A_SECOND = 2;
const BYTES_A_SECOND_WITH_PERFUSION = 4;
const NO_SPO2: ReadonlySet<number> = new Set([0, 0x7f]);
const NO_PULSE: ReadonlySet<number> = new Set([0, 0xff]);
const NO_PERFUSION: ReadonlySet<number> = new Set([0, 0xffff]);

/** One second of a session, as it is stored. */
interface Second {
  readonly spo2: number;
  readonly pulse: number;
  readonly perfusion?: number;
}

interface Session {
  readonly start: Wall;
  readonly seconds: readonly Second[];
}

/** Where a session lies. */
interface Place {
  readonly user: number;
  readonly segment: number;
}

/** Fetches the sessions of all users, oldest first; they stay on the device. */
export async function* storedSessions(context: DriverContext): AsyncGenerator<DeviceReading> {
  const own = new AbortController();
  const signal = AbortSignal.any([context.signal, own.signal]);
  const questions = openQuestions(context, signal);
  let failed: { readonly cause: unknown } | undefined;
  const keeping = keepAlive(context, signal).catch((cause: unknown) => {
    failed = { cause };
    own.abort();
  });
  try {
    const sessions = await fetchSessions(context, questions);
    for (const session of sessions.toSorted((a, b) => a.start - b.start)) yield* readings(session);
  } finally {
    own.abort();
    await questions.exchange.stop();
    await keeping;
  }
  if (failed !== undefined && !context.signal.aborted) throw failed.cause;
}

function* readings({ start, seconds }: Session): Iterable<DeviceReading> {
  for (const [i, second] of seconds.entries()) {
    yield { body: { kind: "samples", samples: samplesOf(second) }, deviceAt: wall(start + i * SECOND_MS) };
  }
}

function samplesOf({ spo2, pulse, perfusion }: Second): Samples {
  const samples: Samples = {
    spo2: NO_SPO2.has(spo2) ? absent("sensor_off") : measured("spo2", spo2),
    pulse_rate: NO_PULSE.has(pulse) ? absent("sensor_off") : measured("pulse_rate", pulse),
  };
  if (perfusion === undefined) return samples;
  const index: Sample = NO_PERFUSION.has(perfusion)
    ? absent("not_measured")
    : measured("perfusion_index", perfusion / 100);
  return { ...samples, perfusion_index: index };
}

/** Live data and a download that was left half finished are ended first: neither runs beside a download. */
async function fetchSessions(context: DriverContext, questions: Questions): Promise<readonly Session[]> {
  await ask(questions, DO.stopSegment, [], is("free"));
  await ask(questions, DO.stopLive, [], is("free"));
  const users = await ask(questions, DO.countUsers, [], is("users"));
  const sessions: Session[] = [];
  for (let user = 0; user < (users.kind === "answer" ? USERS.decode(users.packet, 0).count : 1); user++) {
    const segments = await ask(questions, DO.countSegments, [user], is("sessions"));
    // Models that keep one session do not know the question.
    const count = segments.kind === "answer" ? SEGMENTS.decode(segments.packet, 0).count : 1;
    for (let segment = 0; segment < count && !questions.exchange.ended; segment++) {
      const session = await fetchSession(context, questions, { user, segment });
      if (session !== undefined) sessions.push(session);
    }
  }
  return sessions;
}

/** Undefined for an empty one, for one without a date that is to be skipped, and when the exchange has ended. */
async function fetchSession(
  context: DriverContext,
  questions: Questions,
  place: Place,
): Promise<Session | undefined> {
  const { trace, clock, options } = context;
  const length = await ask(questions, DO.tellLength, [place.user, place.segment], is("length"));
  if (questions.exchange.ended) return undefined;
  if (length.kind !== "answer") throw notTold(length.kind === "refused" ? length.reason : undefined);
  const { bytes } = LENGTH.decode(length.packet, 0);
  if (bytes === 0) return undefined;
  if (bytes > BYTES_MAX) {
    trace.reject(length.packet, "a session that is longer than three days");
    return undefined;
  }
  const start = await fetchStart(context, questions, place);
  if (start === undefined && options["undated"] !== "ended_now") {
    trace.reject(length.packet, "a session without a date: the oximeter has no clock, or it was not set");
    return undefined;
  }
  const seconds = await fetchSeconds(context, questions, place, bytes);
  if (seconds === undefined) return undefined;
  return { start: start ?? wall(clock.wall() - seconds.length * SECOND_MS), seconds };
}

/** The answer is two packets. */
async function fetchStart(
  { zone }: DriverContext,
  questions: Questions,
  { user, segment }: Place,
): Promise<Wall | undefined> {
  let date: Uint8Array | undefined;
  let time: Uint8Array | undefined;
  await ask(questions, DO.tellStart, [user, segment], (packet) => {
    if (packet[0] === START_DATE.spec.constants[0]?.value) date = packet;
    if (packet[0] === START_TIME.spec.constants[0]?.value) time = packet;
    return date !== undefined && time !== undefined;
  });
  if (date === undefined || time === undefined) return undefined;
  const day = START_DATE.decode(date, 0);
  return fromLocalClock({ ...day, year: 100 * day.century + day.year, ...timeOf(time) }, zone);
}

function timeOf(packet: Uint8Array): { hour: number; minute: number; second: number } {
  const { hour, minute, second } = START_TIME.decode(packet, 0);
  return { hour, minute, second };
}

/** Packets have no numbers: where one byte was damaged nobody knows what is missing, so all is asked for again. */
async function fetchSeconds(
  { trace }: DriverContext,
  questions: Questions,
  { user, segment }: Place,
  bytes: number,
): Promise<readonly Second[] | undefined> {
  for (let round = 0; round < TRIES && !questions.exchange.ended; round++) {
    const noiseBefore = questions.noise();
    const seconds: Second[] = [];
    let wanted = Number.POSITIVE_INFINITY;
    const answer = await ask(
      questions,
      DO.sendSegment,
      [user, segment],
      (packet) => {
        const came = secondsIn(packet);
        if (came.length === 0) return false;
        wanted = Math.floor(
          bytes / (came[0]?.perfusion === undefined ? BYTES_A_SECOND : BYTES_A_SECOND_WITH_PERFUSION),
        );
        seconds.push(...came);
        return seconds.length >= wanted;
      },
      { timeoutMs: transferMs(bytes), tries: 1 },
    );
    if (answer.kind === "refused") throw notTold(answer.reason);
    if (seconds.length >= wanted && questions.noise() === noiseBefore) return seconds.slice(0, wanted);
    if (questions.exchange.ended) return undefined;
    trace.reject(new Uint8Array(0), "a session did not come whole");
    await ask(questions, DO.stopSegment, [], is("free"));
  }
  if (questions.exchange.ended) return undefined;
  throw notTold(undefined);
}

function secondsIn(packet: Uint8Array): readonly Second[] {
  if (packet.length === STORED_PERFUSION.lengthBytes && STORED_PERFUSION.check(packet, 0) === 0) {
    return [STORED_PERFUSION.decode(packet, 0)];
  }
  if (packet.length !== STORED.lengthBytes || STORED.check(packet, 0) !== 0) return [];
  const three = STORED.decode(packet, 0);
  return [
    { spo2: three.spo2First, pulse: three.pulseFirst },
    { spo2: three.spo2Second, pulse: three.pulseSecond },
    { spo2: three.spo2Third, pulse: three.pulseThird },
  ];
}

const notTold = (reason: number | undefined): Fault =>
  reason === undefined
    ? new Fault("DEVICE_NO_REPLY", "The oximeter did not send its memory.", {
        fix: "Switch the oximeter on, stop a recording that runs, and plug its cable in again.",
      })
    : new Fault("DEVICE_REFUSED", `The oximeter refused to send its memory (${REASONS[reason] ?? reason}).`, {
        fix: "Stop a recording that runs and keep the oximeter switched on.",
      });
