// What is particular to Jumper; what every family owes is in conformance.test.ts.
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { CHANNEL, VALUES } from "../../devices/jumper-oximeter/codec.ts";
import { jumperOximeter } from "../../devices/jumper-oximeter/module.ts";
import { absent } from "../../src/domain/sample.ts";
import { parseHexFrames } from "../../src/wire/transcript.ts";
import type { Heard } from "../support/conformance.ts";
import { hearPackets, samplesIn } from "../support/packets.ts";
import { recordings } from "../support/require.ts";

const hear = (...packets: readonly (string | Uint8Array)[]): Promise<Heard> =>
  hearPackets(jumperOximeter, CHANNEL, packets);

const off = absent("sensor_off");

describe("a real JPD-500F", () => {
  const { test, path: file } = recordings("oximeters/jumper_jpd500f.hex");

  test("says 99 %, 56 and a perfusion index of 6.8 %", async () => {
    const heard = await hear(...parseHexFrames(readFileSync(file, "utf8")));
    expect(samplesIn(heard)).toEqual([{ spo2: 99, pulse_rate: 56, perfusion_index: 6.8 }]);
    expect(heard.rejects).toEqual([]);
  });
});

test("documented: no finger", async () => {
  expect(samplesIn(await hear("81 FF 7F 00"))).toEqual([
    { spo2: off, pulse_rate: off, perfusion_index: off },
  ]);
});

test("a claim that is false: 177 is not the missing code of SpO2, 127 is, and neither is a number", async () => {
  expect(samplesIn(await hear("81 48 7F 23", "81 48 B1 23"))).toEqual([
    { spo2: absent("not_measured"), pulse_rate: 72, perfusion_index: 3.5 },
    { spo2: absent("invalid"), pulse_rate: 72, perfusion_index: 3.5 },
  ]);
});

test("127, 128 and 254 are pulses, 255 is none", async () => {
  const heard = await hear("81 7F 61 23", "81 80 61 23", "81 FE 61 23", "81 FF 61 23");
  expect(samplesIn(heard).map(({ pulse_rate }) => pulse_rate)).toEqual([
    127,
    128,
    254,
    absent("not_measured"),
  ]);
});

test("a wave that holds 81 is no value; filler is skipped; of two values in a notification the newer counts", async () => {
  const heard = await hear("80 81 48 61 23", "2D 81 48 61 23 2D 81 49 60 23");
  expect(samplesIn(heard)).toEqual([{ spo2: 96, pulse_rate: 73, perfusion_index: 3.5 }]);
  expect(heard.frames).toHaveLength(3);
});

test("SpO2 gone beside a pulse after 70 % is under the range", async () => {
  expect(samplesIn(await hear("81 60 46 23", "81 60 7F 23"))[1]).toMatchObject({
    spo2: absent("under_range"),
    pulse_rate: 96,
  });
});

test("values cut short, and anything else, are refused", async () => {
  const heard = await hear("81 48 61", "81", "00 81 48 61 23", "81 48 61 23 81");
  expect(heard.rejects).toHaveLength(4);
  expect(samplesIn(heard)).toEqual([{ spo2: 97, pulse_rate: 72, perfusion_index: 3.5 }]);
});

test("README shows the declared frame", () => {
  const readme = readFileSync(
    path.join(import.meta.dirname, "../../devices/jumper-oximeter/README.md"),
    "utf8",
  );
  expect(readme).toContain(VALUES.table());
});
