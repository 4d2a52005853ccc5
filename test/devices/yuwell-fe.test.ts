// What is particular to Yuwell; what every family owes is in conformance.test.ts.
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { VALUES, WAVE } from "../../devices/yuwell-fe/codec.ts";
import { yuwellFe } from "../../devices/yuwell-fe/module.ts";
import { absent } from "../../src/domain/sample.ts";
import { parseHexFrames } from "../../src/wire/transcript.ts";
import type { Heard } from "../support/conformance.ts";
import { hearPackets, samplesIn } from "../support/packets.ts";
import { recordings } from "../support/require.ts";

const hear = (...packets: readonly (string | Uint8Array)[]): Promise<Heard> =>
  hearPackets(yuwellFe, "ffe4", packets);

const values = (pulse: number | undefined, spo2: number | undefined, perfusion?: number): Uint8Array =>
  VALUES.encode({ pulse, spo2, perfusion, count: 1 });

const wave = (set: object): Uint8Array =>
  WAVE.encode({
    pleth: 1,
    lowPerfusion: false,
    motion: false,
    sensorOff: false,
    beat: false,
    bar: 0,
    count: 1,
    ...set,
  });

const off = absent("sensor_off");

describe("a real YX110", () => {
  const { test, path: file } = recordings("oximeters/yuwell_yx110.hex");

  test("says 95 %, 82 and a perfusion index of 6.0 %", async () => {
    const heard = await hear(...parseHexFrames(readFileSync(file, "utf8")));
    expect(samplesIn(heard)).toEqual([{ spo2: 95, pulse_rate: 82, perfusion_index: 6 }]);
    expect(heard.rejects).toEqual([]);
  });
});

describe("documented frames", () => {
  test("missing codes", async () => {
    expect(samplesIn(await hear("FE 0A 55 01 FF 7F 00 00 01 DD"))).toEqual([
      {
        spo2: absent("searching"),
        pulse_rate: absent("searching"),
        perfusion_index: absent("not_measured"),
      },
    ]);
  });

  test("a wave with a beat is a frame and no reading", async () => {
    const heard = await hear("FE 08 56 32 01 07 10 A6");
    expect([heard.frames.length, heard.readings.length, heard.rejects.length]).toEqual([1, 0, 0]);
  });
});

test("a claim that is false: the pulse is no single byte (256 and more, and 01 FF, would be misread)", async () => {
  const heard = await hear(values(256, 95), values(300, 95), values(undefined, 95), values(127, 95));
  expect(samplesIn(heard).map(({ pulse_rate }) => pulse_rate)).toEqual([
    256,
    300,
    absent("not_measured"),
    127,
  ]);
});

test("numbers beside a wave that says sensor off are not passed on, until a wave says otherwise", async () => {
  const heard = await hear(
    wave({ sensorOff: true }),
    values(72, 97, 3000),
    values(72, 97, 3000),
    wave({ sensorOff: false }),
    values(72, 97, 3000),
  );
  expect(samplesIn(heard)).toEqual([
    { spo2: off, pulse_rate: off, perfusion_index: off },
    { spo2: off, pulse_rate: off, perfusion_index: off },
    { spo2: 97, pulse_rate: 72, perfusion_index: 3 },
  ]);
});

test("motion and low perfusion of any wave since the last values are remarks", async () => {
  const heard = await hear(
    wave({ motion: true }),
    wave({ lowPerfusion: true }),
    wave({}),
    values(72, 97),
    values(72, 97),
  );
  expect(heard.readings.map(({ reading }) => reading.body)).toMatchObject([
    { flags: ["low_perfusion", "motion"] },
    { samples: { spo2: 97 } },
  ]);
  expect(heard.readings[1]?.reading.body).not.toHaveProperty("flags");
});

test("SpO2 gone beside a pulse after 69 % is under the range", async () => {
  expect(samplesIn(await hear(values(96, 69), values(96, undefined)))[1]).toMatchObject({
    spo2: absent("under_range"),
    pulse_rate: 96,
  });
});

test("frames may be cut anywhere, stand two in a notification, and a damaged one costs itself alone", async () => {
  const [first, second] = [values(72, 97, 3000), values(73, 96, 3000)];
  for (let cut = 1; cut < first.length; cut++) {
    expect(samplesIn(await hear(first.subarray(0, cut), first.subarray(cut)))).toMatchObject([{ spo2: 97 }]);
  }
  const both = Uint8Array.from([...first, ...second]);
  for (let at = 0; at < first.length; at++) {
    const damaged = both.map((byte, i) => (i === at ? byte ^ 0x40 : byte));
    expect(samplesIn(await hear(damaged, both)).at(0)).toMatchObject({ spo2: 96, pulse_rate: 73 });
  }
});

test("README shows the declared frames", () => {
  const readme = readFileSync(path.join(import.meta.dirname, "../../devices/yuwell-fe/README.md"), "utf8");
  for (const format of [VALUES, WAVE]) expect(readme).toContain(format.table());
});
