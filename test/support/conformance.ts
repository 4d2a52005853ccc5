import type { BedView } from "../../src/domain/bed.ts";
import type { BodyKind } from "../../src/domain/observation.ts";
import type { Samples } from "../../src/domain/sample.ts";
import type { SignalId } from "../../src/domain/signal.ts";
import { wall } from "../../src/domain/time.ts";
import { attach, simulateAt } from "../../src/driver/attach.ts";
import type { DeviceModule, DeviceReading, OptionValues, Trace } from "../../src/driver/contract.ts";
import { fillOptions } from "../../src/driver/options.ts";
import type { Clock } from "../../src/port/clock.ts";
import type { ByteLink, PacketLink } from "../../src/port/link.ts";
import { createVirtualClock, settle, type VirtualClock } from "../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import { createLinks } from "../../src/transport/links.ts";
import { createMemoryLinks, type MemoryCable } from "../../src/transport/memory.ts";
import type { TimedBytes } from "../../src/transport/replay.ts";
import { toHex } from "../../src/wire/transcript.ts";

/**
 * How a stream of one kind of link is cut, damaged and flooded: binary frames and text lines come in pieces of any
 * size; packets (notifications, reports, messages, modem lines) arrive whole; files are truncated instead.
 */
export type StreamKind = "binary frames" | "text lines" | "packets" | "files";

/** What one state of the bed must look like after the way through simulator, bytes and driver. */
export interface ConformanceScene {
  /** Part of the test's name: "spo2 missing alone". */
  readonly name: string;
  /** Only what differs from the module's defaults. */
  readonly options?: OptionValues;
  /** A bed that stays as it is, or one that changes by the clock. */
  readonly bed: BedView | ((clock: Clock) => BedView);
  /** How long it is played, on virtual time. */
  readonly seconds: number;
  /** The newest value of each signal at the end; a tolerance where the device's way of measuring needs one. */
  readonly expected: {
    readonly [id in SignalId]?: Samples[id] | { readonly about: number; readonly within: number };
  };
  /** Kinds of readings that must have come at least once. */
  readonly kinds: readonly BodyKind[];
}

/**
 * What the conformance suite must know of a family beside its module; listed in test/devices/profiles.ts. Round trips
 * run for every scene; cutting, damage and noise for the scenes named in `streams`.
 */
export interface ConformanceProfile {
  readonly kind: StreamKind;
  /** Packets whose frames may be spread over several of them are cut and joined like a stream. */
  readonly cuttable?: boolean;
  /** Round trips: ordinary values, extremes, and every missing code of the family. */
  readonly scenes: readonly ConformanceScene[];
  /** Names of the scenes whose byte stream is also cut, damaged and mixed with noise: one per format. */
  readonly streams: readonly string[];
  /** Whether frames of these options carry a checksum: then one damaged byte costs at most one frame. */
  checksum(options: OptionValues): boolean;
  /** The reading without what depends on when bytes arrived (a breath's start and end). */
  timeless(reading: DeviceReading): unknown;
}

/** What came out of a driver, and when. */
export interface Heard {
  readonly readings: { readonly atMs: number; readonly reading: DeviceReading }[];
  /** Frames that the driver understood, in hex. */
  readonly frames: string[];
  readonly rejects: string[];
  /** How observe() ended: undefined by returning, else what it threw. */
  failure: unknown;
  ended: boolean;
}

/** A driver that reads a memory cable on virtual time. */
export interface Bench {
  readonly clock: VirtualClock;
  readonly cable: MemoryCable;
  readonly options: OptionValues;
  readonly heard: Heard;
  /** What the device says, on whichever strand of the cable it belongs to. */
  send(chunk: Omit<TimedBytes, "offsetMs">): Promise<void>;
  /** Aborts the driver; the link stays open. */
  abort(): Promise<void>;
}

/** Starts a driver on one end of a cable; `onReading` in place of keeping all of them. */
export async function createBench(
  module: DeviceModule,
  given: OptionValues = {},
  onReading?: (reading: DeviceReading) => void,
): Promise<Bench> {
  const clock = createVirtualClock(wall(Date.UTC(2026, 0, 15, 22)));
  const memory = createMemoryLinks();
  const cable = memory.cable("bench");
  const options = fillOptions(module.options, given);
  const stop = new AbortController();
  const { signal } = stop;
  const heard: Heard = { readings: [], frames: [], rejects: [], failure: undefined, ended: false };
  const keep = onReading === undefined;
  const trace: Trace = {
    frame(bytes, meaning) {
      if (keep) heard.frames.push(toHex(bytes));
      if (meaning() === "") throw new Error("a frame without a meaning");
    },
    reject(_bytes, reason) {
      if (heard.rejects.length < 1000) heard.rejects.push(reason);
    },
    sent: () => undefined,
  };
  const links = createLinks({ clock, memory });
  const attached = await attach({ module, options, links, address: "memory:bench", signal });
  const observe = async (): Promise<void> => {
    try {
      for await (const reading of attached.observe({ clock, options, zone: ZONE, trace, signal })) {
        if (keep) heard.readings.push({ atMs: clock.mono(), reading });
        else onReading(reading);
      }
    } catch (error) {
      heard.failure = error;
    }
    heard.ended = true;
  };
  const observing = observe();
  await settle();
  return {
    clock,
    cable,
    options,
    heard,
    send: ({ channel, bytes }) =>
      channel === undefined ? cable.device.write(bytes) : cable.packets.write({ channel, bytes }),
    async abort() {
      stop.abort();
      await settle();
      if (!heard.ended) throw new Error("observe() did not return when it was told to stop");
      await observing;
    },
  };
}

/** Where the beds of these tests stand: half an hour off the full ones, so that a forgotten zone shows. */
export const ZONE = "Asia/Kolkata";

/** A scene through simulator, bytes and driver; the stream is what the simulator sent, with its times. */
export async function playScene(
  module: DeviceModule,
  scene: ConformanceScene,
): Promise<{ readonly heard: Heard; readonly stream: readonly TimedBytes[] }> {
  const bench = await createBench(module, scene.options);
  const { clock, cable } = bench;
  const stream: TimedBytes[] = [];
  const stop = new AbortController();
  const device: ByteLink = {
    ...cable.device,
    write(bytes) {
      stream.push({ offsetMs: clock.mono(), bytes: bytes.slice() });
      return cable.device.write(bytes);
    },
  };
  const packets: PacketLink = {
    ...cable.packets,
    write({ channel, bytes }) {
      stream.push({ offsetMs: clock.mono(), channel, bytes: bytes.slice() });
      return cable.packets.write({ channel, bytes });
    },
  };
  const bed = typeof scene.bed === "function" ? scene.bed(clock) : scene.bed;
  const random = createSeededRandom(7);
  const simulating = simulateAt(
    module,
    { device, packets, card: cable.card },
    { bed, clock, random, options: bench.options, signal: stop.signal },
  );
  await clock.advance(scene.seconds * 1000);
  await bench.abort();
  stop.abort();
  await simulating;
  return { heard: bench.heard, stream };
}

/** The driver alone, fed with given bytes at given times. */
export async function feedStream(
  module: DeviceModule,
  options: OptionValues | undefined,
  stream: Iterable<TimedBytes>,
): Promise<Heard> {
  const bench = await createBench(module, options);
  await feed(bench, stream);
  await bench.abort();
  return bench.heard;
}

/** Plays bytes into a bench; times count from now. */
export async function feed(bench: Bench, stream: Iterable<TimedBytes>): Promise<void> {
  const startMs: number = bench.clock.mono();
  for (const chunk of stream) {
    const waitMs = startMs + chunk.offsetMs - bench.clock.mono();
    if (waitMs > 0) await bench.clock.advance(waitMs);
    await bench.send(chunk);
  }
  await settle();
}

/** The newest value of every signal. */
export function newestSamples(readings: Heard["readings"]): Samples {
  const newest: Record<string, unknown> = {};
  for (const { reading } of readings) {
    if (reading.body.kind === "samples") Object.assign(newest, reading.body.samples);
  }
  return newest;
}
