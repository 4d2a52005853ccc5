// What is particular to Nonin's Bluetooth record; what every family owes is in conformance.test.ts.
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { RECORD, RECORD_CHANNEL } from "../../devices/nonin-ble/codec.ts";
import { noninBle, noninBle3150 } from "../../devices/nonin-ble/module.ts";
import type { ObservationBody } from "../../src/domain/observation.ts";
import { absent } from "../../src/domain/sample.ts";
import { fromHex } from "../../src/wire/transcript.ts";
import { feedStream, type Heard } from "../support/conformance.ts";

const hear = (...records: readonly string[]): Promise<Heard> =>
  feedStream(
    noninBle,
    {},
    records.map((record, i) => ({
      offsetMs: i * 1000,
      channel: RECORD_CHANNEL,
      bytes: fromHex(record) ?? new Uint8Array(),
    })),
  );

const bodies = ({ readings }: Heard): ObservationBody[] => readings.map(({ reading }) => reading.body);

describe("documented records", () => {
  test("on the finger: 97 %, 72, amplitude 2.10 %, big endian", async () => {
    expect(bodies(await hear("0A 10 1E 00 D2 00 01 61 00 48"))).toEqual([
      { kind: "samples", samples: { spo2: 97, pulse_rate: 72, perfusion_index: 2.1 }, counter: 1 },
    ]);
  });

  test("searching, with the missing codes", async () => {
    const searching = absent("searching");
    expect(bodies(await hear("0A 08 1E 00 00 00 02 7F 01 FF"))).toEqual([
      {
        kind: "samples",
        samples: { spo2: searching, pulse_rate: searching, perfusion_index: searching },
        counter: 2,
      },
    ]);
  });
});

describe("status", () => {
  test("numbers beside a sensor that is not on the finger are not passed on", async () => {
    const off = absent("sensor_off");
    expect(bodies(await hear("0A 00 1E 00 D2 00 03 61 00 48"))).toMatchObject([
      { samples: { spo2: off, pulse_rate: off, perfusion_index: off } },
    ]);
  });

  test("a weak signal is a remark and takes nothing away", async () => {
    expect(bodies(await hear("0A 12 1E 00 1E 00 03 61 00 48"))).toMatchObject([
      { samples: { spo2: 97, pulse_rate: 72 }, flags: ["low_perfusion"] },
    ]);
  });

  test("a low battery is told when it becomes low, and when it is not any more", async () => {
    const low = "0A 30 15 00 D2 00 01 61 00 48";
    const heard = await hear(low, low, "0A 10 1E 00 D2 00 01 61 00 48");
    expect(bodies(heard).filter(({ kind }) => kind === "status")).toEqual([
      { kind: "status", codes: ["battery_low"] },
      { kind: "status", codes: [] },
    ]);
  });

  test("a pulse of 255 or 256 is a number, 511 is none, 320 is not believed", async () => {
    const record = (pulse: string): string => `0A 10 1E 00 D2 00 01 61 ${pulse}`;
    const heard = await hear(record("00 FF"), record("01 00"), record("01 FF"), record("01 40"));
    expect(bodies(heard).map((body) => body.kind === "samples" && body.samples.pulse_rate)).toEqual([
      255,
      256,
      absent("not_measured"),
      absent("invalid"),
    ]);
  });

  test("SpO2 missing beside a pulse, after 69 %, is under the range", async () => {
    const heard = await hear("0A 10 1E 00 D2 00 01 45 00 48", "0A 10 1E 00 D2 00 02 7F 00 48");
    expect(bodies(heard)[1]).toMatchObject({ samples: { spo2: absent("under_range"), pulse_rate: 72 } });
  });
});

test("a record of another length is refused", async () => {
  const heard = await hear("0A 10 1E 00 D2 00 01 61 00", "0B 10 1E 00 D2 00 01 61 00 48", "");
  expect(heard.readings).toEqual([]);
  expect(heard.rejects).toEqual([
    "a record of 9 bytes instead of 10",
    "byte 1 is not 0A, the length",
    "a record of 0 bytes instead of 10",
  ]);
});

test("only the wrist oximeter wants a bond and is one for nights", () => {
  expect([noninBle.gatt.bonded, noninBle.facts.night.suited]).toEqual([false, "no"]);
  expect([noninBle3150.gatt.bonded, noninBle3150.facts.night.suited]).toEqual([true, "yes"]);
});

test("README shows the declared frame", () => {
  const readme = readFileSync(path.join(import.meta.dirname, "../../devices/nonin-ble/README.md"), "utf8");
  expect(readme).toContain(RECORD.table());
});
