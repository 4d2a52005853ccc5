import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { HOUR_MS, MINUTE_MS, SECOND_MS, wall } from "../../../src/domain/time.ts";
import { createFlightRecorder } from "../../../src/record/flight.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { createMemoryDisk, type MemoryDisk } from "../../../src/rehearsal/disk.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import {
  parseTranscript,
  writeTranscriptChunk,
  writeTranscriptHeader,
} from "../../../src/wire/transcript.ts";
import { silentLog } from "../../support/silent-log.ts";

const START = wall(Date.UTC(2026, 0, 15, 22));
const HEAD = writeTranscriptHeader({ device: "nonin-serial", simulated: false, options: { format: "2" } })
  .trimEnd()
  .concat("\n");

function recorder(
  given: { disk?: MemoryDisk; startsAt?: typeof START; keepMs?: number; bytesMax?: number } = {},
) {
  const { disk = createMemoryDisk(), startsAt = START, ...limits } = given;
  const clock = createVirtualClock(startsAt);
  const flight = createFlightRecorder({
    ...{ disk, clock, head: HEAD, log: silentLog, folder: "flight/d", line: writeTranscriptChunk },
    ...limits,
  });
  return { disk, clock, flight };
}

describe("the flight recorder", () => {
  test("gives back what went over the link around a moment, as a transcript", async () => {
    const { clock, flight } = recorder();
    for (let second = 0; second < 600; second++) {
      flight.chunk("in", Uint8Array.of(second >> 8, second & 0xff));
      await clock.advance(SECOND_MS);
      if (second === 300) flight.remark("link lost: the cable went away");
    }
    flight.chunk("out", Uint8Array.of(9), "2a52");
    const around = await flight.between(wall(START + 298_000), wall(START + 304_000));
    expect(around).toContain("# 3000.000 link lost: the cable went away");
    const { device, options, chunks } = parseTranscript(around);
    expect({ device, options }).toEqual({ device: "nonin-serial", options: { format: "2" } });
    expect(chunks.map(({ offsetMs, bytes }) => [offsetMs, (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0)])).toEqual(
      [298, 299, 300, 301, 302, 303].map((second, i) => [i * 1000, second]),
    );
    const last = parseTranscript(await flight.between(wall(START + 599_500), wall(START + 700_000))).chunks;
    expect(last).toEqual([{ offsetMs: 500, direction: "out", channel: "2a52", bytes: Uint8Array.of(9) }]);
    await flight.stop();
    expect(clock.pending).toBe(0);
  });

  test("keeps 48 hours and no more, in files of an hour that anybody can unpack", async () => {
    const { disk, clock, flight } = recorder();
    for (let minute = 0; minute < 52 * 60; minute++) {
      flight.chunk("in", Uint8Array.of(minute & 0xff));
      await clock.advance(MINUTE_MS);
    }
    await flight.between(START, START);
    const names = await disk.list("flight/d");
    expect(names.length).toBeGreaterThanOrEqual(48);
    expect(names.length).toBeLessThanOrEqual(50);
    const newest = await disk.read(`flight/d/${names.toSorted().at(-2)}`);
    const text = gunzipSync(newest ?? new Uint8Array()).toString();
    expect(parseTranscript(text).chunks.length).toBeGreaterThanOrEqual(59);
    expect(flight.kept().since).toBeGreaterThanOrEqual(START + 2 * HOUR_MS);
    await flight.stop();
  });

  test("is bounded in bytes: the oldest hour goes first", async () => {
    const { clock, flight } = recorder({ bytesMax: 60_000 });
    const random = createSeededRandom(1);
    for (let minute = 0; minute < 5 * 60; minute++) {
      flight.chunk("in", random.bytes(400));
      await clock.advance(MINUTE_MS);
    }
    await flight.between(START, START);
    await flight.between(START, START);
    expect(flight.kept().bytes).toBeLessThan(100_000);
    expect(flight.kept().since).toBeGreaterThan(START);
    await flight.stop();
  });

  test("a power cut costs a minute at most, and the next run finds the rest", async () => {
    const { disk, clock, flight } = recorder();
    for (let second = 0; second < 150; second++) {
      flight.chunk("in", Uint8Array.of(second));
      await clock.advance(SECOND_MS);
    }
    await flight.between(START, START);
    const [name] = await disk.list("flight/d");
    const file = await disk.read(`flight/d/${name}`);
    const torn = createMemoryDisk();
    torn.poke(`flight/d/${name}`, (file ?? new Uint8Array()).slice(0, -5));
    const next = recorder({ disk: torn, startsAt: wall(START + 200_000) });
    const found = parseTranscript(await next.flight.between(START, wall(START + 200_000))).chunks;
    expect(found.length).toBeGreaterThanOrEqual(120);
    await flight.stop();
    await next.flight.stop();
  });

  test("a disk that takes nothing hinders nobody and fills no memory", async () => {
    const disk = createMemoryDisk();
    disk.setFull(true);
    const { clock, flight } = recorder({ disk });
    for (let second = 0; second < 300; second++) {
      flight.chunk("in", new Uint8Array(20_000));
      await clock.advance(SECOND_MS);
    }
    const stopping = flight.stop();
    await clock.advance(3_000);
    await stopping;
  });

  test("a disk that stands still leaves little waiting, and the recording says what is missing", async () => {
    const { disk, clock, flight } = recorder();
    disk.stall();
    for (let second = 0; second < 300; second++) {
      flight.chunk("in", new Uint8Array(20_000));
      await clock.advance(SECOND_MS);
    }
    disk.resume();
    const before = await flight.between(START, wall(START + HOUR_MS));
    expect(before.length).toBeLessThan(6 << 20);
    flight.chunk("in", Uint8Array.of(1));
    const after = await flight.between(START, wall(START + HOUR_MS));
    expect(/# [\d.]+ 2\d\d chunks are missing here/.exec(after)).not.toBeNull();
    await flight.stop();
  });

  test("a flood of what packs well is bounded unpacked, too, on disk and when it is given back", async () => {
    const { disk, clock, flight } = recorder();
    const chunk = new Uint8Array(1 << 16);
    let given = 0;
    while (given < 36 << 20) {
      for (let i = 0; i < 16; i++) flight.chunk("in", chunk);
      given += 16 * 3 * chunk.length;
      await flight.between(START, START);
      await clock.advance(10);
    }
    const names = await disk.list("flight/d");
    expect(names.length).toBeGreaterThan(1);
    for (const name of names) {
      const file = await disk.read(`flight/d/${name}`);
      expect(gunzipSync(file ?? new Uint8Array()).length).toBeLessThan(21 << 20);
    }
    const transcript = await flight.between(START, wall(START + HOUR_MS));
    expect(transcript.length).toBeLessThan(34 << 20);
    expect(transcript.endsWith("ask for a shorter time\n")).toBe(true);
    await flight.stop();
  });

  test("a remark is one line without control characters, whoever's words it holds", async () => {
    const { flight } = recorder();
    flight.remark("another device: \u001b[2J\r\n1.000 < 00\u009b instead");
    const transcript = await flight.between(START, wall(START + HOUR_MS));
    expect(transcript).toContain("# 0.000 another device: [2J 1.000 < 00 instead");
    await flight.stop();
  });
});
