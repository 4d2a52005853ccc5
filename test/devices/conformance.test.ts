// Every family in devices/index.ts, on virtual time, over a memory cable: what a driver owes whoever relies on it.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import v8 from "node:v8";
import vm from "node:vm";
import { describe, expect, test } from "vitest";
import { DEVICES } from "../../devices/index.ts";
import type { BodyKind } from "../../src/domain/observation.ts";
import { isPresent, type Samples } from "../../src/domain/sample.ts";
import { roundTo, SIGNALS, type SignalId } from "../../src/domain/signal.ts";
import { HOUR_MS, wall } from "../../src/domain/time.ts";
import { simulateAt } from "../../src/driver/attach.ts";
import type { DeviceModule } from "../../src/driver/contract.ts";
import { fillOptions } from "../../src/driver/options.ts";
import { supervise } from "../../src/driver/supervise.ts";
import { createVirtualClock } from "../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import { createLinks } from "../../src/transport/links.ts";
import { createMemoryLinks } from "../../src/transport/memory.ts";
import type { TimedBytes } from "../../src/transport/replay.ts";
import { parseTranscript } from "../../src/wire/transcript.ts";
import {
  type ConformanceProfile,
  type ConformanceScene,
  createBench,
  feed,
  feedStream,
  type Heard,
  newestSamples,
  playScene,
  type StreamKind,
  ZONE,
} from "../support/conformance.ts";
import { silentLog } from "../support/silent-log.ts";
import { PROFILES } from "./profiles.ts";

describe("the list of devices", () => {
  test("names every family once", () => {
    const ids = DEVICES.map((device) => device.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("has a conformance profile for every family, and none besides", () => {
    expect(Object.keys(PROFILES).toSorted()).toEqual(DEVICES.map((device) => device.id).toSorted());
  });
});

for (const module of DEVICES) {
  const profile = PROFILES[module.id];
  if (profile !== undefined) describe(module.id, () => conformance(module, profile));
}

function conformance(module: DeviceModule, profile: ConformanceProfile): void {
  const named = (name: string): ConformanceScene => {
    const scene = profile.scenes.find((candidate) => candidate.name === name);
    if (scene === undefined) throw new Error(`no scene is called ${name}`);
    return scene;
  };
  const streams = profile.streams.map(named);
  const summed = streams.filter((scene) =>
    profile.checksum(fillOptions(module.options, scene.options ?? {})),
  );

  describe("round trip", () => {
    test.each(profile.scenes)("$name", async (scene) => {
      const { heard } = await playScene(module, scene);
      expect(heard.failure).toBeUndefined();
      expectSamples(newestSamples(heard.readings), scene.expected);
      const kinds = new Set(heard.readings.map(({ reading }) => reading.body.kind));
      for (const kind of scene.kinds) expect(kinds).toContain(kind);
      expect(heard.rejects).toEqual([]);
      expectHonest(module, scene, heard);
    });
  });

  if (isStream(profile)) cutting(module, profile, streams);

  if (summed.length > 0) {
    describe("one damaged byte costs at most one frame", () => {
      test.each(summed)("$name", async (scene) => {
        const { heard, stream } = await playScene(module, scene);
        const total = stream.reduce((sum, { bytes }) => sum + bytes.length, 0);
        const random = createSeededRandom(13);
        for (let round = 0; round < 40; round++) {
          const place = Math.floor(random.uniform() * total);
          const change = 1 + Math.floor(random.uniform() * 255);
          const damaged = await feedStream(module, scene.options, withDamage(stream, place, change));
          expectAtMostOneLost(heard.frames, damaged.frames);
        }
      });
    });
  }

  if (profile.kind === "files") truncating(module, streams);
  else
    describe("noise", () => {
      // What holds a megabyte of the first stream in bounds holds it for the others, which are at other settings.
      test.each(streams)("$name: up to a megabyte of it is survived in bounded memory", async (scene) => {
        const bytes = scene === streams[0] ? 1 << 20 : 1 << 17;
        const { heard, stream } = await playScene(module, scene);
        let last: Samples = {};
        const bench = await createBench(module, scene.options, ({ body }) => {
          if (body.kind === "samples") last = { ...last, ...body.samples };
        });
        const collect = exposedGc();
        collect();
        const before = process.memoryUsage();
        await feed(bench, noise(profile.kind, stream, bytes, createSeededRandom(14)));
        collect();
        const after = process.memoryUsage();
        expect(bench.heard.ended).toBe(false);
        expect(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(4e6);

        // And then everything is as if nothing had been.
        await bench.clock.advance(3000);
        await feed(bench, twice(stream));
        expectSamples(last, newestSamples(heard.readings));
        await bench.abort();
        expect(bench.heard.failure).toBeUndefined();
      });
    });

  describe("the end", () => {
    test("observe() returns when told to stop, with nothing left behind", async () => {
      const bench = await createBench(module, streams[0]?.options);
      await bench.clock.advance(1500);
      await bench.abort();
      expect(bench.heard.failure).toBeUndefined();
      expect(bench.clock.pending).toBe(0);
    });

    test("observe() throws the link's fault when the cable is pulled", async () => {
      const bench = await createBench(module, streams[0]?.options);
      bench.cable.unplug();
      // A card is only looked at again and again.
      await bench.clock.advance(profile.kind === "files" ? 60_000 : 0);
      expect(bench.heard.ended).toBe(true);
      expect(bench.heard.failure).toMatchObject({ code: "LINK_LOST" });
      expect(bench.clock.pending).toBe(0);
    });

    test("the simulator returns when told to stop, with nothing left behind", async () => {
      const clock = createVirtualClock(wall(0));
      const cable = createMemoryLinks().cable("x");
      const stop = new AbortController();
      const options = fillOptions(module.options, streams[0]?.options ?? {});
      const bed = bedOf(streams[0], clock);
      const random = createSeededRandom(1);
      let ended = false;
      const simulating = simulateAt(module, cable, { bed, clock, random, options, signal: stop.signal }).then(
        () => {
          ended = true;
        },
      );
      await clock.advance(2500);
      stop.abort();
      await clock.advance(0);
      expect(ended).toBe(true);
      await simulating;
      expect(clock.pending).toBe(0);
    });
  });

  // What may rest for days (a call switch) says itself when its link is lost.
  const rests = module.quietMs(fillOptions(module.options, streams[0]?.options ?? {})) > HOUR_MS;
  if (profile.kind !== "files" && !rests)
    test("a silent device is reopened after its quiet time and read again when it speaks", async () => {
      const scene = streams[0];
      const clock = createVirtualClock(wall(Date.UTC(2026, 0, 15, 22)));
      const memory = createMemoryLinks();
      const cable = memory.cable("x");
      const options = fillOptions(module.options, scene?.options ?? {});
      let observations = 0;
      const supervisor = supervise({
        module,
        device: "d",
        bed: "b1",
        epoch: "e",
        address: "memory:x",
        options,
        links: createLinks({ clock, memory }),
        zone: ZONE,
        clock,
        random: createSeededRandom(2),
        log: silentLog,
        onObservation: () => {
          observations += 1;
        },
      });
      const stop = new AbortController();
      const random = createSeededRandom(1);
      const bed = bedOf(scene, clock);
      const simulating = simulateAt(module, cable, { bed, clock, random, options, signal: stop.signal });
      cable.stall(true);
      supervisor.start();
      const quietMs = module.quietMs(options);
      await clock.advance(quietMs - 1);
      expect(supervisor.view().link).toBe("open");
      await clock.advance(1);
      expect(supervisor.view()).toMatchObject({ link: "quiet", counters: { observations: 0 } });
      cable.stall(false);
      await clock.advance((scene?.seconds ?? 10) * 1000);
      expect(supervisor.view().link).toBe("open");
      expect(supervisor.view().counters.reopens).toBeGreaterThanOrEqual(1);
      expect(observations).toBeGreaterThan(0);
      stop.abort();
      await simulating;
      await supervisor.stop();
      expect(supervisor.view().link).toBe("stopped");
      expect(clock.pending).toBe(0);
    });

  if (profile.kind === "files") return;
  describe("fixtures", () => {
    const folder = path.join(import.meta.dirname, "../../devices", module.folder ?? module.id, "fixtures");
    const transcripts = readdirSync(folder).filter(
      (name) =>
        name.endsWith(".transcript") &&
        parseTranscript(readFileSync(path.join(folder, name), "utf8")).device === module.id,
    );

    test("there is at least one", () => expect(transcripts).not.toEqual([]));

    test.each(transcripts)("%s decodes to what stands beside it", async (name) => {
      const transcript = parseTranscript(readFileSync(path.join(folder, name), "utf8"));
      const fromDevice = transcript.chunks.filter((chunk) => chunk.direction === "in");
      const heard = await feedStream(module, transcript.options, fromDevice);
      const lines = heard.readings.map(({ atMs, reading }) => `${JSON.stringify({ atMs, ...reading })}\n`);
      const expected = path.join(folder, name.replace(/transcript$/, "expected.jsonl"));
      await expect(lines.join("")).toMatchFileSnapshot(expected);
    });
  });
}

/** Frames that are spread over chunks of any size. */
const isStream = ({ kind, cuttable }: ConformanceProfile): boolean =>
  kind === "binary frames" || kind === "text lines" || cuttable === true;

function cutting(
  module: DeviceModule,
  profile: ConformanceProfile,
  streams: readonly ConformanceScene[],
): void {
  describe("the stream may be cut anywhere", () => {
    test.each(streams)("$name: byte by byte", async (scene) => {
      const { heard, stream } = await playScene(module, scene);
      const cut = await feedStream(
        module,
        scene.options,
        inPieces(stream, () => 1),
      );
      expect(cut.readings).toEqual(heard.readings);
      expect(cut.frames).toEqual(heard.frames);
    });

    test.each(streams)("$name: at random places", async (scene) => {
      const { heard, stream } = await playScene(module, scene);
      const random = createSeededRandom(11);
      const cut = await feedStream(
        module,
        scene.options,
        inPieces(stream, () => 1 + Math.floor(random.uniform() * 60)),
      );
      expect(cut.readings).toEqual(heard.readings);
    });

    test.each(streams)("$name: in large pieces that come late", async (scene) => {
      const { heard, stream } = await playScene(module, scene);
      const joined = await feedStream(module, scene.options, joinedStream(stream, createSeededRandom(12)));
      const timeless = (all: Heard): unknown[] =>
        all.readings.map(({ reading }) => profile.timeless(reading));
      expect(timeless(joined)).toEqual(timeless(heard));
    });
  });
}

/** A card that was pulled while it was written, or a file that stopped anywhere, ends nothing. */
function truncating(module: DeviceModule, streams: readonly ConformanceScene[]): void {
  test.each(streams)(
    "$name: files that end anywhere, or hold rubbish, are read as far as they go",
    async (scene) => {
      const files = await writtenFiles(module, scene);
      const random = createSeededRandom(15);
      for (let round = 0; round < 25; round++) {
        const bench = await createBench(module, scene.options);
        for (const [name, bytes] of files) {
          const end = Math.floor(random.uniform() * (bytes.length + 1));
          const damaged = bytes.slice(0, round % 2 === 0 ? end : bytes.length);
          if (round % 3 === 0 && damaged.length > 0) {
            damaged[Math.floor(random.uniform() * damaged.length)] = Math.floor(random.uniform() * 256);
          }
          await bench.cable.card.write(name, 0, damaged);
        }
        await bench.clock.advance(180_000);
        expect(bench.heard.ended).toBe(false);
        expectHonest(module, { ...scene, seconds: Number.POSITIVE_INFINITY }, bench.heard);
        await bench.abort();
        expect(bench.heard.failure).toBeUndefined();
      }
    },
  );
}

/** What the simulator left on its card. */
async function writtenFiles(
  module: DeviceModule,
  scene: ConformanceScene,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const clock = createVirtualClock(wall(Date.UTC(2026, 0, 15, 22)));
  const memory = createMemoryLinks();
  const stop = new AbortController();
  const simulating = simulateAt(module, memory.cable("card"), {
    bed: bedOf(scene, clock),
    clock,
    random: createSeededRandom(7),
    options: fillOptions(module.options, scene.options ?? {}),
    signal: stop.signal,
  });
  await clock.advance(scene.seconds * 1000);
  stop.abort();
  await simulating;
  const { link } = memory.openFiles("card");
  const files = new Map<string, Uint8Array>();
  for (const { path: name, bytes } of await link.list()) files.set(name, await link.read(name, 0, bytes));
  return files;
}

function expectSamples(got: Samples, expected: ConformanceScene["expected"]): void {
  for (const [signal, value] of Object.entries(expected)) {
    const sample = got[signal as SignalId];
    if (typeof value === "object" && "about" in value) {
      expect(sample, signal).toBeTypeOf("number");
      expect(Math.abs(Number(sample) - value.about), signal).toBeLessThanOrEqual(value.within);
    } else expect(sample, signal).toEqual(value);
  }
}

/** What the module promises of itself is kept: its signals and waves only, rounded, no kind above one a second. */
function expectHonest(module: DeviceModule, scene: ConformanceScene, { readings }: Heard): void {
  const signals = new Set(module.signals(fillOptions(module.options, scene.options ?? {})));
  const counts = new Map<BodyKind, number>();
  for (const { reading } of readings) {
    const { body } = reading;
    counts.set(body.kind, (counts.get(body.kind) ?? 0) + 1);
    if (body.kind === "samples") {
      for (const [id, sample] of Object.entries(body.samples)) {
        const signal = id as SignalId;
        expect(signals).toContain(signal);
        if (isPresent(sample)) expect(sample).toBe(roundTo(sample, SIGNALS[signal].resolution));
      }
    }
    if (body.kind === "wave") {
      for (const id of Object.keys(body.channels)) expect(module.waves).toContain(id);
    }
  }
  for (const [kind, count] of counts) {
    // Breaths come as often as somebody breathes.
    if (kind !== "breath") expect(count, kind).toBeLessThanOrEqual(scene.seconds + 2);
  }
}

const bedOf = (scene: ConformanceScene | undefined, clock: ReturnType<typeof createVirtualClock>) => {
  if (scene === undefined) throw new Error("a profile needs a stream");
  return typeof scene.bed === "function" ? scene.bed(clock) : scene.bed;
};

function* inPieces(stream: Iterable<TimedBytes>, size: () => number): Iterable<TimedBytes> {
  for (const { offsetMs, bytes, ...where } of stream) {
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + size());
      yield { ...where, offsetMs, bytes: bytes.subarray(at, end) };
      at = end;
    }
  }
}

/** Up to a second's chunks at once, when the last of them came. */
function* joinedStream(stream: readonly TimedBytes[], random: { uniform(): number }): Iterable<TimedBytes> {
  let held: TimedBytes[] = [];
  let untilMs = 0;
  for (const [index, chunk] of stream.entries()) {
    held.push(chunk);
    const sameChannel = stream[index + 1]?.channel === chunk.channel;
    if (chunk.offsetMs < untilMs && index < stream.length - 1 && sameChannel) continue;
    yield { ...chunk, bytes: Buffer.concat(held.map(({ bytes }) => bytes)) };
    held = [];
    untilMs = chunk.offsetMs + random.uniform() * 1000;
  }
}

function* withDamage(stream: Iterable<TimedBytes>, place: number, change: number): Iterable<TimedBytes> {
  let passed = 0;
  for (const chunk of stream) {
    const { bytes } = chunk;
    const at = place - passed;
    passed += bytes.length;
    if (at < 0 || at >= bytes.length) yield chunk;
    else yield { ...chunk, bytes: bytes.map((byte, i) => (i === at ? byte ^ change : byte)) };
  }
}

/** The frames after damage are the frames before, one missing at most. */
function expectAtMostOneLost(before: readonly string[], after: readonly string[]): void {
  expect(after.length).toBeGreaterThanOrEqual(before.length - 1);
  const firstDifference = before.findIndex((frame, i) => frame !== after[i]);
  if (firstDifference < 0) return;
  expect(after.slice(firstDifference)).toEqual(before.slice(firstDifference + 1));
}

/** The same stream again, right after itself. */
function* twice(stream: readonly TimedBytes[]): Iterable<TimedBytes> {
  yield* stream;
  const offset = (stream.at(-1)?.offsetMs ?? 0) + 1000;
  for (const chunk of stream) yield { ...chunk, offsetMs: offset + chunk.offsetMs };
}

/** Random bytes, on packet links on the device's own channels and a foreign one; on text links with the characters of text, lines of any length and stretches without a line end. */
function* noise(
  kind: StreamKind,
  stream: readonly TimedBytes[],
  count: number,
  random: ReturnType<typeof createSeededRandom>,
): Iterable<TimedBytes> {
  const text = "0123456789.,-:;SBE \r\n\u0002\u0003";
  const channels = [...new Set(stream.flatMap(({ channel }) => channel ?? []))];
  const longest = kind === "packets" ? 80 : 8000;
  let offsetMs = 0;
  for (let made = 0; made < count; ) {
    const bytes = random.bytes(1 + Math.floor(random.uniform() * longest));
    if (kind === "text lines" && random.uniform() < 0.7) {
      for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt((bytes[i] ?? 0) % text.length);
    }
    offsetMs += 10;
    made += bytes.length;
    const channel = [...channels, "ffff"][Math.floor(random.uniform() * (channels.length + 1))];
    yield channels.length === 0 || channel === undefined ? { offsetMs, bytes } : { offsetMs, channel, bytes };
  }
}

function exposedGc(): () => void {
  v8.setFlagsFromString("--expose-gc");
  return vm.runInNewContext("gc") as () => void;
}
