import { createOximetry, inWords } from "../../src/domain/oximetry.ts";
import { absent, measured, type Sample, type Samples } from "../../src/domain/sample.ts";
import { roundTo, WAVES } from "../../src/domain/signal.ts";
import { MINUTE_MS, SECOND_MS, type Wall, wall } from "../../src/domain/time.ts";
import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import type { FileEntry, FileLink } from "../../src/port/link.ts";
import { createLocalTimes, type LocalTimes, looks, merged } from "../../src/wire/card.ts";
import { createBaseline } from "./baseline.ts";
import { cardFile, FLOW_RATE_HZ, flowOf, PACKET, type PacketValues } from "./codec.ts";
import { createMarks, type Marks } from "./marks.ts";
import { createPacketRing, type PacketRing, packetsOf, type Stretch } from "./packets.ts";

type Context = DriverContext<FileLink>;

/** A longer gap between packets begins a new time of use. */
const SESSION_GAP_MS = 5 * MINUTE_MS;
/** The rate is not valid before. */
const RATE_AFTER_MS = 30 * SECOND_MS;
/** The oximeter's place in the packet is known from one reader only: what is outside is no SpO2. */
const SPO2 = { min: 50, max: 100 };

/** Times of use that are remembered, to notice what comes twice: some of the 70 nights that a card holds. */
const MOST_SPANS = 4000;

/** Reads a card, the oldest packets first; machines that share a card one after the other. */
export async function* observeBmc(context: Context): AsyncGenerator<DeviceReading> {
  const machines = new Map<string, Machine>();
  const refusals = new Set<string>();
  yield* looks(context, (files) => look(files, context, machines, refusals));
}

interface Machine {
  readonly ring: PacketRing;
  readonly marks: Marks;
  readonly track: Track;
}

async function* look(
  files: readonly FileEntry[],
  context: Context,
  machines: Map<string, Machine>,
  refusals: Set<string>,
): AsyncGenerator<DeviceReading> {
  const { link, trace, zone } = context;
  const refuse = (code: string, reason: string): DeviceReading[] => {
    if (refusals.has(reason)) return [];
    refusals.add(reason);
    trace.reject(new Uint8Array(0), reason);
    return [{ body: { kind: "status", codes: [code] }, deviceAt: context.clock.wall() }];
  };
  const found = Map.groupBy(files, ({ path }) => cardFile(path)?.stem);
  for (const [stem, own] of found) {
    if (stem === undefined) continue;
    const named = own.map((file) => ({ file, kind: cardFile(file.path)?.kind }));
    if (!named.some(({ kind }) => kind === "usr" || kind === "idx")) continue;
    const times = createLocalTimes(zone);
    const machine = machines.get(stem) ?? {
      ring: createPacketRing(link),
      marks: createMarks(context, stem, times),
      track: createTrack(context, times),
    };
    machines.set(stem, machine);
    const packets = named.flatMap(({ file, kind }) =>
      typeof kind === "number" && kind < 30
        ? [{ path: file.path, number: kind, packets: Math.floor(file.bytes / PACKET.lengthBytes) }]
        : [],
    );
    const { who, marks } = await machine.marks.look(own);
    yield* who;
    const stretches = await machine.ring.look(packets);
    yield* merged(readings(stretches, context, machine.track), marks);
    machine.marks.compare(machine.track.secondsOfDays);
  }
  if (machines.size > 0 || link.growing || files.length === 0) return;
  yield* files.some(({ path }) => /(?:^|\/)DATAFILE\//i.test(path))
    ? refuse("other_model", "a newer BMC card (DATAFILE), whose format nobody has published")
    : refuse("other_card", "no BMC card: no file like 12345678.USR or 12345678.idx");
}

async function* readings(
  stretches: readonly Stretch[],
  { link, trace }: Context,
  track: Track,
): AsyncGenerator<DeviceReading> {
  for (const stretch of stretches) {
    for await (const { bytes, at } of packetsOf(link, stretch)) {
      const refusal = PACKET.check(bytes, at);
      if (refusal === 0) yield* track.take(bytes, at);
      else
        trace.reject(
          bytes.subarray(at, at + PACKET.lengthBytes),
          PACKET.refusals[refusal - 1] ?? "no packet",
        );
    }
  }
}

/** Packets in order of time to readings. */
interface Track {
  take(bytes: Uint8Array, at: number): Iterable<DeviceReading>;
  /** Packets of each day that began at noon, by its local date. */
  readonly secondsOfDays: ReadonlyMap<string, number>;
}

interface Span {
  readonly from: Wall;
  to: Wall;
}

function createTrack({ trace }: Context, times: LocalTimes): Track {
  const secondsOfDays = new Map<string, number>();
  const spans: Span[] = [];
  let baseline = createBaseline();
  let oximetry = createOximetry();
  let hasOximeter = false;
  let newest = Number.NEGATIVE_INFINITY;

  /** Whether this time was given before: by a clock that was set back, or a packet that was written twice. */
  const isTaken = (at: Wall): boolean => at <= newest && spans.some(({ from, to }) => at >= from && at <= to);

  const begin = (at: Wall): void => {
    spans.push({ from: at, to: at });
    if (spans.length > MOST_SPANS) spans.shift();
    baseline = createBaseline();
    oximetry = createOximetry();
  };

  const samplesOf = (packet: PacketValues, intoSpanMs: number): Samples => {
    hasOximeter ||= packet.spo2 !== undefined || packet.heartRate !== undefined;
    const spo2 = packet.spo2 === 0 ? undefined : packet.spo2;
    const pulse = packet.heartRate === 0 ? undefined : packet.heartRate;
    const both = oximetry(spo2, pulse, "not_measured");
    const outside = spo2 !== undefined && (spo2 < SPO2.min || spo2 > SPO2.max);
    return {
      therapy: 1,
      pressure_insp: scaled("pressure_insp", packet.ipap, 0.5),
      pressure_exp: scaled("pressure_exp", packet.epap, 0.5),
      leak: scaled("leak", packet.leak, 0.1),
      tidal_volume_exp: scaled("tidal_volume_exp", packet.tidalVolume, 1),
      minute_volume: scaled("minute_volume", packet.minuteVolume, 0.1),
      resp_rate:
        intoSpanMs < RATE_AFTER_MS ? absent("not_measured") : scaled("resp_rate", packet.respRate, 1),
      ...(hasOximeter && { ...both, ...(outside && { spo2: absent("invalid") }) }),
    };
  };

  function* take(bytes: Uint8Array, place: number): Generator<DeviceReading> {
    const packet = PACKET.decode(bytes, place);
    const frame = bytes.subarray(place, place + PACKET.lengthBytes);
    const before = spans.at(-1);
    const at = times(packet, before?.to);
    if (at === undefined) return trace.reject(frame, "no date and time");
    if (isTaken(at)) return trace.reject(frame, "the time of another packet");
    const follows = before !== undefined && at > before.to && at - before.to <= SESSION_GAP_MS;
    if (before !== undefined && !follows) {
      const off = wall(before.to + SECOND_MS);
      if (!isTaken(off) && off !== at)
        yield { body: { kind: "samples", samples: { therapy: 0 } }, deviceAt: off };
    }
    if (!follows) begin(at);
    const span = spans.at(-1);
    if (span === undefined) return;
    span.to = at;
    newest = Math.max(newest, at);
    const day = therapyDay(packet);
    secondsOfDays.set(day, (secondsOfDays.get(day) ?? 0) + 1);
    const samples = samplesOf(packet, at - span.from);
    trace.frame(frame, () => inWordsOf(samples));
    yield { body: { kind: "samples", samples }, deviceAt: at };
    const flow = flowOf(bytes, place);
    if (flow === undefined) return;
    for (const value of flow) baseline.push(value);
    const channels = {
      flow: flow.map((value) => roundTo((value - baseline.median) / 10, WAVES.flow.resolution)),
    };
    yield { body: { kind: "wave", rateHz: FLOW_RATE_HZ, channels }, deviceAt: at };
  }

  return { take, secondsOfDays };
}

function scaled(signal: keyof Samples, value: number | undefined, step: number): Sample {
  return value === undefined ? absent("not_measured") : measured(signal, value * step);
}

/** The local date of the noon before. */
function therapyDay({ year, month, day, hour }: PacketValues): string {
  return new Date(Date.UTC(year, month - 1, hour < 12 ? day - 1 : day)).toISOString().slice(0, 10);
}

const inWordsOf = (samples: Samples): string =>
  Object.entries(samples)
    .map(([signal, sample]) => `${signal} ${inWords(sample)}`)
    .join(", ");
