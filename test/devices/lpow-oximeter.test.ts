// What is particular to LPOW; what every family owes is in conformance.test.ts.
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { VALUES } from "../../devices/lpow-oximeter/codec.ts";
import { lpowOximeter } from "../../devices/lpow-oximeter/module.ts";
import { absent } from "../../src/domain/sample.ts";
import { parseHexFrames } from "../../src/wire/transcript.ts";
import type { Heard } from "../support/conformance.ts";
import { hearPackets, samplesIn } from "../support/packets.ts";
import { recordings } from "../support/require.ts";

const hear = (...packets: readonly (string | Uint8Array)[]): Promise<Heard> =>
  hearPackets(lpowOximeter, "fff6", packets);

const values = (spo2: number | undefined, pulse: number | undefined, unknown = 0): Uint8Array =>
  VALUES.encode({ spo2, pulse, unknown, maybePerfusion: 910 });

describe("a real A340B-LK", () => {
  const { test, path: file } = recordings("oximeters/lpow_a340b.hex");

  test("all twelve frames fit and say what was written beside them", async () => {
    const text = readFileSync(file, "utf8");
    const said = [...text.matchAll(/\| (\d+) % (\d+) bpm/g)].map(([, spo2, pulse]) => ({
      spo2: Number(spo2),
      pulse_rate: Number(pulse),
    }));
    expect(said).toHaveLength(12);
    const heard = await hear(...parseHexFrames(text));
    expect(samplesIn(heard)).toEqual(said);
    expect(heard.frames).toHaveLength(12);
    expect(heard.rejects).toEqual([]);
  });
});

test("zeros are no value; 69 % and then none beside a pulse is under the range", async () => {
  const heard = await hear(values(undefined, undefined), values(69, 96), values(undefined, 96));
  expect(samplesIn(heard)).toEqual([
    { spo2: absent("not_measured"), pulse_rate: absent("not_measured") },
    { spo2: 69, pulse_rate: 96 },
    { spo2: absent("under_range"), pulse_rate: 96 },
  ]);
});

test("numbers that no finger has are not passed on, nor a pulse beside such a saturation", async () => {
  const invalid = absent("invalid");
  expect(samplesIn(await hear(values(127, 255), values(101, 72), values(97, 19), values(100, 128)))).toEqual([
    { spo2: invalid, pulse_rate: invalid },
    { spo2: invalid, pulse_rate: invalid },
    { spo2: 97, pulse_rate: invalid },
    { spo2: 100, pulse_rate: 128 },
  ]);
});

test("with the unknown byte set nothing is passed on", async () => {
  const invalid = absent("invalid");
  expect(samplesIn(await hear(values(97, 72, 1)))).toEqual([{ spo2: invalid, pulse_rate: invalid }]);
});

test("frames may be cut anywhere, and a damaged one costs itself alone", async () => {
  const [first, second] = [values(97, 72), values(96, 73)];
  for (let cut = 1; cut < first.length; cut++) {
    expect(samplesIn(await hear(first.subarray(0, cut), first.subarray(cut)))).toMatchObject([{ spo2: 97 }]);
  }
  for (let at = 0; at < first.length; at++) {
    const damaged = Uint8Array.from([...first, ...second], (byte, i) => (i === at ? byte ^ 0x20 : byte));
    expect(samplesIn(await hear(damaged))).toEqual([{ spo2: 96, pulse_rate: 73 }]);
  }
});

test("README shows the declared frame", () => {
  const readme = readFileSync(
    path.join(import.meta.dirname, "../../devices/lpow-oximeter/README.md"),
    "utf8",
  );
  expect(readme).toContain(VALUES.table());
});
