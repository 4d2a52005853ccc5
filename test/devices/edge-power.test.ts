import { describe, expect, test } from "vitest";
import {
  parseNutLine,
  parseSupply,
  powerOf,
  type Supply,
  upsPowerOf,
} from "../../devices/edge-power/codec.ts";
import { edgePowerLinux, edgePowerNut } from "../../devices/edge-power/module.ts";
import { absent } from "../../src/domain/sample.ts";
import { createBench, newestSamples } from "../support/conformance.ts";

const NOT = absent("not_measured");

const supply = (values: { readonly [key: string]: string | number }): Supply =>
  parseSupply(
    Object.entries(values)
      .map(([key, value]) => `POWER_SUPPLY_${key}=${value}\n`)
      .join(""),
  ) as Supply;

const mains = (online: number) => supply({ TYPE: "Mains", ONLINE: online });
const battery = (values: { readonly [key: string]: string | number }) =>
  supply({ TYPE: "Battery", ...values });

describe("supplies of a machine", () => {
  test.each([
    ["mains on", [mains(1)], { mains: 1, battery_percent: NOT, battery_minutes: NOT }],
    [
      "mains off",
      [mains(0), battery({ STATUS: "Discharging", CAPACITY: 55 })],
      { mains: 0, battery_percent: 55 },
    ],
    [
      "fed by USB-C while the round socket is empty",
      [mains(0), supply({ TYPE: "USB", ONLINE: 1 })],
      { mains: 1 },
    ],
    ["a battery alone, emptied", [battery({ STATUS: "Discharging", CAPACITY: 9 })], { mains: 0 }],
    [
      "a battery alone, full",
      [battery({ STATUS: "Full", CAPACITY: 100 })],
      { mains: 1, battery_percent: 100 },
    ],
    ["a battery alone that does not know", [battery({ STATUS: "Unknown", CAPACITY: 50 })], { mains: NOT }],
    [
      "a mouse's battery is none of this machine's",
      [mains(1), battery({ SCOPE: "Device", STATUS: "Discharging", CAPACITY: 3 })],
      { mains: 1, battery_percent: NOT, codes: [] },
    ],
    ["an empty bay", [mains(1), battery({ PRESENT: 0, CAPACITY: 0 })], { battery_percent: NOT }],
    [
      "two batteries, by energy",
      [battery({ ENERGY_NOW: 10, ENERGY_FULL: 20 }), battery({ ENERGY_NOW: 50, ENERGY_FULL: 80 })],
      { battery_percent: 60 },
    ],
    ["a charge that cannot be", [battery({ CAPACITY: 250 })], { battery_percent: absent("invalid") }],
    ["a charge that is no number", [battery({ CAPACITY: "n/a" })], { battery_percent: absent("invalid") }],
    [
      "minutes by the kernel's estimate",
      [battery({ STATUS: "Discharging", TIME_TO_EMPTY_NOW: 5_400 })],
      { battery_minutes: 90 },
    ],
    [
      "minutes by charge and a current that some drivers give below zero",
      [battery({ STATUS: "Discharging", CHARGE_NOW: 3_000_000, CURRENT_NOW: -1_500_000 })],
      { battery_minutes: 120 },
    ],
    [
      "minutes while it is charged",
      [mains(1), battery({ STATUS: "Charging", TIME_TO_EMPTY_NOW: 60 })],
      { battery_minutes: NOT },
    ],
    [
      "a charger that is too weak",
      [mains(1), battery({ STATUS: "Discharging", CAPACITY: 50 })],
      { mains: 1, codes: ["draining"] },
    ],
  ] as const)("%s", (_name, supplies, expected) => {
    expect(powerOf(supplies)).toMatchObject(expected);
  });

  test("what is no supply is refused", () => {
    expect(parseSupply("")).toBeUndefined();
    expect(parseSupply("DEVTYPE=power_supply\nTYPE=Mains\n")).toBeUndefined();
  });

  test("one that was unplugged is forgotten, not held", async () => {
    const bench = await createBench(edgePowerLinux);
    const say = (channel: string, text: string) =>
      bench.send({ channel, bytes: new TextEncoder().encode(text) });
    await say("BAT1", "POWER_SUPPLY_TYPE=Battery\nPOWER_SUPPLY_CAPACITY=80\n");
    for (let i = 0; i < 4; i++) {
      await say("AC", "POWER_SUPPLY_TYPE=Mains\nPOWER_SUPPLY_ONLINE=1\n");
      await bench.clock.advance(5_000);
    }
    expect(newestSamples(bench.heard.readings)).toMatchObject({ mains: 1, battery_percent: NOT });
    await bench.abort();
  });
});

describe("a UPS", () => {
  const ups = (status: string, more: { readonly [name: string]: string } = {}) =>
    upsPowerOf(new Map(Object.entries({ "ups.status": status, ...more })));

  test.each([
    ["OL", { mains: 1, codes: [] }],
    ["OL CHRG", { mains: 1 }],
    ["OB DISCHRG", { mains: 0 }],
    ["OB LB", { mains: 0, codes: ["battery_low"] }],
    ["OL RB", { mains: 1, codes: ["replace_battery"] }],
    ["FSD OB LB", { mains: 0, codes: ["battery_low", "shutting_down"] }],
    ["OFF", { mains: NOT, codes: ["ups_off"] }],
    ["", { mains: NOT }],
    // A word that holds another one is not it.
    ["BOLD", { mains: NOT }],
  ])("whose status is %j", (status, expected) => expect(ups(status)).toMatchObject(expected));

  test("whose numbers are none has none", () => {
    expect(ups("OL", { "battery.charge": "", "battery.runtime": "soon" })).toMatchObject({
      battery_percent: NOT,
      battery_minutes: NOT,
    });
    expect(ups("OL", { "battery.charge": "140" }).battery_percent).toEqual(absent("invalid"));
  });

  test("lines: quotes inside values, and what is no answer", () => {
    expect(parseNutLine('VAR ups device.mfr "A \\"B\\" \\\\C"')).toMatchObject({ value: 'A "B" \\C' });
    expect(parseNutLine("ERR DATA-STALE")).toEqual({ kind: "error", code: "DATA-STALE" });
    for (const line of ["", "OK", 'VAR ups x "open', 'VAR ups "x"', "BEGIN LIST UPS", "ERR "]) {
      expect(parseNutLine(line)).toBeUndefined();
    }
  });

  async function answered(...lines: string[]) {
    const bench = await createBench(edgePowerNut);
    await bench.send({ bytes: new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")) });
    await bench.clock.advance(0);
    const samples = newestSamples(bench.heard.readings);
    await bench.abort();
    return samples;
  }

  test("that its server has lost is not connected, whatever was said before", async () => {
    const list = ["BEGIN LIST VAR ups", 'VAR ups ups.status "OL"', "END LIST VAR ups"];
    expect(await answered(...list)).toMatchObject({ mains: 1 });
    expect(await answered("ERR DATA-STALE")).toMatchObject({ mains: absent("not_connected") });
    expect(await answered("ERR UNKNOWN-UPS")).toMatchObject({ mains: absent("unsupported") });
  });

  test("of another name, or a list that does not end, says nothing", async () => {
    expect(await answered("BEGIN LIST VAR other", 'VAR other ups.status "OB"', "END LIST VAR other")).toEqual(
      {},
    );
    expect(await answered("BEGIN LIST VAR ups", 'VAR ups ups.status "OB"')).toEqual({});
  });
});
