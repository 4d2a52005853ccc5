import { describe, expect, test } from "vitest";
import { readConfig } from "../../../src/config/read.ts";

const FAMILY = { id: "nonin-serial", optionsProblem: () => undefined };
const read = (text: string) =>
  readConfig(
    `beds:\n  - id: b1\n    devices: [{ family: nonin-serial, port: /dev/ttyUSB0 }]\n${text}`,
    [FAMILY],
    { zone: "Asia/Shanghai" },
  );
const errors = (text: string) =>
  read(text)
    .findings.filter(({ level }) => level === "error")
    .map(({ where, what }) => `${where}: ${what}`);

describe("rooms that sound", () => {
  test("a house that names none is one, as before", () => {
    expect(read("").config?.sounder).toBeUndefined();
    expect(read("sounder: {}\n").config?.sounder?.rooms).toBeUndefined();
  });

  test("a caregiver's has the siren, a patient's only when nobody has answered, unless they say otherwise", () => {
    const { config } = read(`sounder:
  rooms:
    - { name: Bedroom, for: caregiver, device: "hw:1" }
    - { name: Bedside, for: patient, bed: b1 }
    - { name: Kitchen, for: caregiver, siren: exhausted, device: "hw:2" }
`);
    expect(config?.sounder?.rooms).toEqual([
      { name: "Bedroom", for: "caregiver", siren: "always", device: "hw:1" },
      { name: "Bedside", for: "patient", siren: "exhausted", bed: "b1" },
      { name: "Kitchen", for: "caregiver", siren: "exhausted", device: "hw:2" },
    ]);
  });

  test.each([
    [
      "two through one output",
      '[{ name: A, for: caregiver, device: "hw:1" }, { name: B, for: patient, device: "hw:1" }]',
      'line 5, sounder.rooms.1: "A" sounds through hw:1 already',
    ],
    [
      "two through the default output",
      "[{ name: A, for: caregiver }, { name: B, for: patient }]",
      'line 5, sounder.rooms.1: "A" sounds through the default output already',
    ],
    [
      "one name for two",
      "[{ name: A, for: caregiver }, { name: A, for: patient, device: x }]",
      "line 5, sounder.rooms.1.name: two rooms have this name",
    ],
    [
      "a bed that is not there",
      "[{ name: A, for: caregiver }, { name: B, for: patient, device: x, bed: b2 }]",
      "line 5, sounder.rooms.1.bed: there is no bed b2",
    ],
    [
      "a caregiver's for one bed alone",
      "[{ name: A, for: caregiver, bed: b1 }]",
      "line 5, sounder.rooms.0.bed: a caregiver's room rings for every bed",
    ],
    [
      "nobody has the siren",
      "[{ name: A, for: patient }, { name: B, for: caregiver, siren: never, device: x }]",
      "line 5, sounder.rooms: no room has the siren when an alarm begins",
    ],
    [
      "an unknown siren",
      "[{ name: A, for: caregiver, siren: sometimes }]",
      "line 5, sounder.rooms.0.siren: this value is not one of the allowed ones",
    ],
  ])("are refused with words: %s", (_what, rooms, problem) => {
    expect(errors(`sounder:\n  rooms: ${rooms}\n`)).toEqual([problem]);
  });

  test("a patient's room alone may have the siren by choice", () => {
    expect(errors("sounder:\n  rooms: [{ name: A, for: patient, siren: always }]\n")).toEqual([]);
  });
});

describe("lamps and shakers", () => {
  test("a line of this machine blinks, a plug on a broker is steady, unless they say otherwise", () => {
    const { config } = read(`sounder:
  outputs:
    - { kind: gpio, name: Shaker, line: 17 }
    - { kind: mqtt, name: Lamp, url: "mqtt://ann:s3c%40ret@10.0.0.2:1884", topic: cmnd/lamp/POWER, pattern: blink }
`);
    expect(config?.sounder?.outputs).toEqual([
      { kind: "gpio", name: "Shaker", pattern: "blink", chip: "gpiochip0", line: 17, activeLow: false },
      {
        ...{ kind: "mqtt", name: "Lamp", pattern: "blink", url: "mqtt://10.0.0.2:1884" },
        ...{ username: "ann", password: "s3c@ret", topic: "cmnd/lamp/POWER", on: "ON", off: "OFF" },
      },
    ]);
  });

  test.each([
    ["no line", "[{ kind: gpio, name: A }]", '"line" is missing'],
    ["no topic", '[{ kind: mqtt, name: A, url: "mqtt://h" }]', '"topic" is missing'],
    ["no address", '[{ kind: mqtt, name: A, url: "mqtt://:x@", topic: a }]', "no address of a broker"],
    [
      "a password that is none",
      '[{ kind: mqtt, name: A, url: "mqtt://u:%zz@h", topic: a }]',
      "no address of a broker",
    ],
    [
      "one name for two",
      "[{ kind: gpio, name: A, line: 1 }, { kind: gpio, name: A, line: 2 }]",
      "have this name",
    ],
    [
      "a topic with a wildcard",
      '[{ kind: mqtt, name: A, url: "mqtt://h", topic: "a/#" }]',
      "outputs.0.topic",
    ],
  ])("are refused with words: %s", (_what, outputs, problem) => {
    expect(errors(`sounder:\n  outputs: ${outputs}\n`).join("\n")).toContain(problem);
  });

  test("a plug that a bed's device is read from is never switched (law 8)", () => {
    const text = (topic: string) => `beds:
  - id: b1
    devices: [{ family: nonin-serial, port: "mqtt://u:p@10.0.0.2/bedroom_plug" }]
sounder:
  outputs: [{ kind: mqtt, name: Lamp, url: "mqtt://10.0.0.2", topic: ${topic} }]
`;
    const problems = (topic: string) =>
      readConfig(text(topic), [FAMILY], { zone: "UTC" })
        .findings.filter(({ level }) => level === "error")
        .map(({ what }) => what);
    for (const topic of ["zigbee2mqtt/bedroom_plug/set", "cmnd/bedroom_plug/POWER"])
      expect(problems(topic)).toEqual([
        '"bedroom_plug" is the metering plug of a bed: whatever hangs on it is never switched',
      ]);
    expect(problems("zigbee2mqtt/lamp/set")).toEqual([]);
  });
});
