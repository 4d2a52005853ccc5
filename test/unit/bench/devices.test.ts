import { describe, expect, test } from "vitest";
import { findDevice } from "../../../devices/index.ts";
import { measureCards } from "../../../src/bench/device-cards.ts";
import { measureDecoder, simulatedPieces } from "../../../src/bench/device-rates.ts";
import { type DevicesMeasurements, devicesTable } from "../../../src/bench/devices.ts";
import { plainNonin, plainWaveform } from "../../../src/bench/plain.ts";
import { wall } from "../../../src/domain/time.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { feedStream } from "../../support/conformance.ts";

const family = (id: string) => {
  const device = findDevice(id);
  if (device === undefined) throw new Error(`no family is called ${id}`);
  return device;
};

/** What both make of a minute of the family's simulator, in order of time. */
async function both(id: string, create: typeof plainNonin) {
  const pieces = await simulatedPieces(family(id));
  const told: unknown[] = [];
  const plain = create((reading) => told.push(reading));
  for (const { bytes } of pieces) plain.push(bytes);
  let atMs = 0;
  const heard = await feedStream(
    family(id),
    {},
    pieces.map(({ waitMs, ...piece }) => {
      atMs += waitMs;
      return { offsetMs: atMs, ...piece };
    }),
  );
  return { plain, told, heard };
}

describe("the plain loops beside the decoders do the same work", () => {
  test("Nonin format 2: the same packets and the same numbers", async () => {
    const { plain, told, heard } = await both("nonin-serial", plainNonin);
    expect(heard.frames.length).toBeGreaterThan(150);
    expect(Math.abs(plain.frames - heard.frames.length)).toBeLessThanOrEqual(1);
    const numbers = new Set(told.flatMap((reading) => JSON.stringify(reading).match(/"spo2":\d+/) ?? []));
    const ours = new Set(
      heard.readings.flatMap(({ reading }) => JSON.stringify(reading).match(/"spo2":\d+/) ?? []),
    );
    expect(numbers).toEqual(ours);
  });

  test("the waveform port: the same lines, breaths of the same rate", async () => {
    const { plain, told, heard } = await both("puritan-bennett-840-waveform", plainWaveform);
    expect(heard.frames.length).toBeGreaterThan(2_000);
    expect(Math.abs(plain.frames - heard.frames.length)).toBeLessThanOrEqual(2);
    const rates = told.flatMap((reading) => {
      const text = /"rateMin":([\d.]+)/.exec(JSON.stringify(reading));
      return text === null ? [] : [Number(text[1])];
    });
    const ours = heard.readings.flatMap(({ reading: { body } }) =>
      body.kind === "breath" ? [body.breath.rateMin] : [],
    );
    expect(ours.length).toBeGreaterThan(5);
    expect(rates.at(-1)).toBeCloseTo(ours.at(-1) ?? 0, 1);
  });
});

test("a device that only answers is named as not measured instead of getting a rate", async () => {
  const clock = createVirtualClock(wall(0));
  expect(await measureDecoder(family("resmed-card"), { clock, seconds: 0.01 })).toBeUndefined();
});

test("a card of many nights is that of one night, so many times, each on its own day", async () => {
  const [night, many] = await measureCards({ nightHours: 0.05, days: 4 });
  expect(night?.readings).toBeGreaterThan(50);
  // What is told of the machine itself is told once.
  expect(many?.readings).toBeGreaterThan(4 * ((night?.readings ?? 0) - 10));
  expect(many?.readings).toBeLessThanOrEqual(4 * (night?.readings ?? 0));
});

test("the table names what was measured beside what, and what was not", () => {
  const measured: DevicesMeasurements = {
    date: "2026-01-02",
    machine: { cores: 2, kind: "Some Processor", platform: "linux", node: "24.0.0" },
    load: { before: 1, after: 2 },
    plan: { seconds: 1, nightHours: 8, days: 400 },
    decoders: [
      {
        device: "a",
        bytesPerSecond: 5e6,
        framesPerSecond: 1e6,
        plain: { bytesPerSecond: 1e7, framesPerSecond: 2e6 },
      },
    ],
    asked: ["b"],
    memory: [{ device: "a", idleBytes: 20_000, streamingBytes: 70_000 }],
    cards: [{ card: "one night", bytes: 5e6, readings: 1234, processorMs: 1500 }],
    problems: ["c: it broke"],
  };
  const table = devicesTable(measured);
  expect(table).toMatch(/^2026-01-02: 2 x Some Processor, linux, node 24\.0\.0/);
  expect(table).toMatch(/^a +5\.00 +1,000,000 +10\.0 +x 0\.50$/m);
  expect(table).toMatch(/^a +20\.0 +70\.0$/m);
  expect(table).toMatch(/^one night +5\.00 +1,234 +1\.50$/m);
  expect(table).toMatch(/ask.*: b$/m);
  expect(table).toMatch(/not measured: c: it broke/);
});
