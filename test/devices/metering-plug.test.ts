import { describe, expect, test } from "vitest";
import { readPlug } from "../../devices/metering-plug/codec.ts";
import { meteringPlug } from "../../devices/metering-plug/module.ts";
import type { Samples } from "../../src/domain/sample.ts";
import { fillOptions } from "../../src/driver/options.ts";
import { createBench, feed } from "../support/conformance.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (topic: string, text: string) => readPlug(topic, bytes(text));

describe("a plug's messages", () => {
  test.each([
    [
      "zigbee2mqtt/bed",
      '{"power":31.2,"voltage":229,"state":"ON"}',
      { power: 31.2, voltage: 229, relay: true },
    ],
    ["zigbee2mqtt/bed/availability", '{"state":"offline"}', { online: false }],
    ["zigbee2mqtt/bed/availability", "online", { online: true }],
    [
      "tele/bed/SENSOR",
      '{"Time":"2026-01-01","ENERGY":{"Power":6,"Voltage":231}}',
      { power: 6, voltage: 231 },
    ],
    ["tele/bed/LWT", "Offline", { online: false }],
    ["stat/bed/POWER", "OFF", { relay: false }],
    ["shellies/bed/relay/0/power", "12.5", { power: 12.5 }],
    ["shellies/bed/relay/0", "on", { relay: true }],
    ["shellies/bed/online", "false", { online: false }],
    [
      "bed/status/switch:0",
      '{"apower":0.0,"voltage":0.4,"output":true}',
      { power: 0, voltage: 0.4, relay: true },
    ],
    ["bed/events/rpc", '{"method":"NotifyStatus","params":{"switch:0":{"apower":8}}}', { power: 8 }],
  ])("%s %s", (topic, text, news) => {
    expect(read(topic, text)).toEqual(news);
  });

  test.each([
    ["another topic", "sensors/kitchen", '{"power":1}'],
    ["nothing", "zigbee2mqtt/bed", ""],
    ["no JSON", "zigbee2mqtt/bed", "{power"],
    ["a list", "zigbee2mqtt/bed", "[1]"],
    ["a power that is text", "zigbee2mqtt/bed", '{"power":"31"}'],
    ["a negative power", "zigbee2mqtt/bed", '{"power":-3}'],
    ["an absurd power", "shellies/bed/relay/0/power", "999999"],
    ["infinity", "shellies/bed/relay/0/power", "1e400"],
    ["a word that is no state", "tele/bed/LWT", "perhaps"],
  ])("%s is no news", (_name, topic, text) => {
    expect(read(topic, text)).toBeUndefined();
  });
});

test("listens to the plug that the address names, to one dialect or all", () => {
  const options = fillOptions(meteringPlug.options, { dialect: "tasmota" });
  expect(meteringPlug.topics(options, "mqtt://box.local:1883/bed%20plug")).toEqual([
    "tele/bed plug/SENSOR",
    "tele/bed plug/LWT",
    "stat/bed plug/POWER",
  ]);
  expect(meteringPlug.topics(fillOptions(meteringPlug.options, {}), "memory:x").length).toBe(11);
});

describe("from watts to a ventilator", () => {
  const play = async (reports: readonly (readonly [atS: number, topic: string, text: string])[]) => {
    const bench = await createBench(meteringPlug, { idle_w: 6, running_w: 20, window_s: 60 });
    await feed(
      bench,
      reports.map(([atS, channel, text]) => ({ offsetMs: atS * 1000, channel, bytes: bytes(text) })),
    );
    await bench.abort();
    return bench.heard.readings.flatMap(({ atMs, reading }) =>
      reading.body.kind === "samples" ? [[atMs / 1000, reading.body.samples] as const] : [],
    );
  };
  const power = (atS: number, watts: number) => [atS, "zigbee2mqtt/bed", `{"power":${watts}}`] as const;
  const therapies = (told: readonly (readonly [number, Samples])[]) =>
    told.map(([atS, { therapy }]) => [atS, typeof therapy === "number" ? therapy : therapy?.absent]);

  test("a blower that cycles goes on running; off is believed after a minute of little", async () => {
    const told = await play([
      power(10, 25),
      power(20, 9),
      power(40, 9),
      power(60, 22),
      power(70, 6),
      power(129, 6),
      power(131, 6),
    ]);
    expect(therapies(told)).toEqual([
      [10, 1],
      [20, 1],
      [40, 1],
      [60, 1],
      [70, 1],
      [129, 1],
      [131, 0],
    ]);
  });

  test("between the two powers nothing changes", async () => {
    const told = await play([power(10, 25), power(20, 12), power(100, 12), power(200, 12)]);
    expect(therapies(told).map(([, runs]) => runs)).toEqual([1, 1, 1, 1]);
  });

  test("until a report decides it, nobody knows", async () => {
    const told = await play([power(10, 12), power(20, 25)]);
    expect(therapies(told).map(([, runs]) => runs)).toEqual(["not_measured", 1]);
  });

  test("a power that the broker kept from yesterday counts for nothing", async () => {
    const told = await play([power(0.1, 25), [0.2, "zigbee2mqtt/bed/availability", "online"], power(30, 4)]);
    expect(therapies(told).map(([, runs]) => runs)).toEqual(["not_measured", "not_measured"]);
  });

  test("no voltage is no mains, although the plug still speaks", async () => {
    const told = await play([[10, "bed/status/switch:0", '{"apower":0,"voltage":3,"output":true}']]);
    expect(told.map(([, samples]) => samples)).toEqual([{ mains: 0, therapy: { absent: "not_measured" } }]);
  });
});

describe("the address of a plug", () => {
  const topics = (address: string): readonly string[] =>
    meteringPlug.topics(fillOptions(meteringPlug.options, { dialect: "tasmota" }), address);

  test.each([
    "mqtt://h/+",
    "mqtt://h/#",
    "mqtt://h/%23",
    "mqtt://h/a/+/b",
    "mqtt://h",
    "mqtt://h/",
    "mqtt://h/a%00",
  ])("%s would take other devices for the plug: refused", (address) => {
    expect(() => topics(address)).toThrow(/does not name one plug/);
  });

  test("never lets user or password into a topic or a sentence", () => {
    expect(() => topics("mqtt://ann:s3cret@h")).toThrow(/mqtt:\/\/h does not name/);
    expect(topics("mqtt://ann:s3cret@h/bed").join()).not.toContain("s3cret");
    expect(topics("mqtt://h/$&bed")).toContain("stat/$&bed/POWER");
  });
});
