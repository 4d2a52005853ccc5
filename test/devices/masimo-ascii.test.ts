// What is particular to Masimo ASCII 1; what every family owes is in conformance.test.ts.
import { readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ALARMS, EXCEPTIONS, encodeLine, LONGEST_LINE_BYTES } from "../../devices/masimo-ascii/codec.ts";
import { masimoAscii } from "../../devices/masimo-ascii/module.ts";
import type { ObservationBody } from "../../src/domain/observation.ts";
import { absent, type Samples } from "../../src/domain/sample.ts";
import { lineBytes } from "../../src/wire/line.ts";
import { feedStream, type Heard } from "../support/conformance.ts";
import { recordings } from "../support/require.ts";

/** Lines as they come on the wire, a second apart. */
const decode = (...lines: readonly string[]): Promise<Heard> =>
  feedStream(
    masimoAscii,
    {},
    lines.map((line, second) => ({ offsetMs: second * 1000, bytes: lineBytes(`${line}\r\n`) })),
  );

const bodies = <Kind extends ObservationBody["kind"]>(heard: Heard, kind: Kind) =>
  heard.readings.flatMap(({ reading }) =>
    reading.body.kind === kind ? [reading.body as Extract<ObservationBody, { kind: Kind }>] : [],
  );

const samples = (heard: Heard): readonly Samples[] => bodies(heard, "samples").map((body) => body.samples);

const active = (heard: Heard): readonly (readonly string[])[] =>
  bodies(heard, "ownAlarm").map(({ alarms }) => alarms.flatMap(({ code, active }) => (active ? [code] : [])));

const line = (fields: string): string => `01/15/26 22:00:00 SN=0000000001 ${fields}`;

const both = (reason: Parameters<typeof absent>[0]): Samples => ({
  spo2: absent(reason),
  pulse_rate: absent(reason),
});

describe("lines of real monitors", () => {
  const { test, path: file } = recordings("oximeters/masimo_ascii1.txt");
  const lines = (): readonly string[] =>
    readFileSync(file, "latin1")
      .split("\n")
      .filter((text) => /^\d/.test(text));

  test("all ten are understood, with the published numbers, gated by EXC", async () => {
    expect(lines()).toHaveLength(10);
    const heard = await decode(...lines());
    expect(heard.rejects).toEqual([]);
    expect(heard.frames).toHaveLength(10);
    const off = { ...both("sensor_off"), perfusion_index: absent("sensor_off") };
    expect(samples(heard)).toEqual([
      { spo2: 98, pulse_rate: 97, perfusion_index: 3.6 },
      { spo2: 98, pulse_rate: 96, perfusion_index: 4 },
      { spo2: 98, pulse_rate: 96, perfusion_index: 4.3 },
      { spo2: 98, pulse_rate: 96, perfusion_index: 3.2 },
      { spo2: 98, pulse_rate: 97, perfusion_index: 2.4 },
      // 98 % and 101 stand in this line, and the sensor is off.
      off,
      { spo2: 98, pulse_rate: 57, perfusion_index: 7 },
      both("not_connected"),
      { spo2: 98, pulse_rate: 123, perfusion_index: 0.6 },
      { ...both("not_measured"), perfusion_index: absent("not_measured") },
    ]);
  });

  test("a Rad-8 whose sensor is off is in alarm without an alarm on SpO2 or pulse", async () => {
    const heard = await decode(lines()[5] ?? "");
    expect(active(heard)).toEqual([["alarm_active"]]);
    expect(bodies(heard, "status")[0]?.codes).toEqual(["sensor_off", "low_perfusion"]);
  });

  test("ALARM=0038 is pulse low, silenced", async () => {
    const heard = await decode(lines()[6] ?? "");
    expect(active(heard)).toEqual([["pulse_low"]]);
    expect(bodies(heard, "status")[0]?.codes).toEqual(["alarm_silenced"]);
  });

  test("a serial number binds the monitor, dashes do not", async () => {
    const [, , , , , , , , radical] = lines();
    expect(bodies(await decode(lines()[0] ?? ""), "identity")).toEqual([
      { kind: "identity", serial: "0000056661" },
    ]);
    expect(bodies(await decode(radical ?? ""), "identity")).toEqual([]);
  });
});

describe("ALARM", () => {
  const alarmsIn = async (alarm: string, exc = "000800"): Promise<readonly string[]> =>
    active(await decode(line(`SPO2=090% BPM=060 ALARM=${alarm} EXC=${exc}`)))[0] ?? [];

  test("is a hexadecimal bit field, not a decimal code to compare with", async () => {
    expect(await alarmsIn("0012")).toEqual(["spo2_low"]);
    // A decimal 18 would be 0012 again; in hex it is pulse low.
    expect(await alarmsIn("0018")).toEqual(["pulse_low"]);
    expect(await alarmsIn("001A")).toEqual(["spo2_low", "pulse_low"]);
    expect(await alarmsIn("7B")).toEqual(["spo2_low", "spo2_high", "pulse_low", "battery_low"]);
    expect(await alarmsIn("001a")).toEqual(["spo2_low", "pulse_low"]);
  });

  test("on measured values does not count while the sensor is off or away", async () => {
    expect(await alarmsIn("001A", "000820")).toEqual(["alarm_active"]);
    expect(await alarmsIn("004A", "000001")).toEqual(["battery_low"]);
  });
});

describe("EXC", () => {
  const reasonBeside = async (bits: number): Promise<unknown> => {
    const exc = bits.toString(16).padStart(6, "0");
    return samples(await decode(line(`SPO2=098% BPM=060 PI=01.00% ALARM=0000 EXC=${exc}`)))[0]?.spo2;
  };

  test.each([
    [0x000001, "not_connected"],
    [0x000002, "not_connected"],
    [0x000008, "searching"],
    [0x000010, "poor_signal"],
    [0x000020, "sensor_off"],
    [0x000040, "poor_signal"],
    [0x001000, "not_connected"],
    [0x020000, "searching"],
    [0x000828, "sensor_off"],
    [0x000c3c, "sensor_off"],
  ] as const)("%s makes a number that is still shown absent", async (bits, reason) => {
    expect(await reasonBeside(bits)).toEqual(absent(reason));
  });

  test.each([0x000800, 0x000004, 0x000400, 0x002000, 0x040000, 0x600000])(
    "%s leaves the numbers",
    async (bits) => {
      expect(await reasonBeside(bits)).toBe(98);
    },
  );

  test("has 3 to 7 digits", async () => {
    const beside = (exc: string): string => line(`SPO2=098% BPM=060 ALARM=00 EXC=${exc}`);
    const heard = await decode(beside("020"), beside("0000820"), beside("800"));
    expect(samples(heard).map(({ spo2 }) => spo2)).toEqual([absent("sensor_off"), absent("sensor_off"), 98]);
  });
});

describe("fields", () => {
  test("are found by key, in any order, with widths of other models", async () => {
    const heard = await decode(
      line("EXC=000800 PI=0.5 BPM=72 NEW=1.2/x SPO2=97 ALARM=00"),
      line("SPO2=100% BPM=255 ALARM=000000 EXC=0000800 EXC1=FFFFFFFF"),
    );
    expect(samples(heard)).toEqual([
      { spo2: 97, pulse_rate: 72, perfusion_index: 0.5 },
      { spo2: 100, pulse_rate: 255 },
    ]);
  });

  test.each([
    ["SPO2=098% BPM=060 ALARM=0000", "a key missing"],
    ["SPO2=098% BPM=060 SPO2=097% ALARM=0000 EXC=000800", "a key twice"],
    ["SPO2=098% BPM 060 ALARM=0000 EXC=000800", "not KEY=VALUE"],
    ["SPO2=0x8% BPM=060 ALARM=0000 EXC=000800", "a value unreadable"],
    ["SPO2=098% BPM=060 ALARM=00G0 EXC=000800", "a value unreadable"],
    ["SPO2=098% BPM=-60 ALARM=0000 EXC=000800", "a value unreadable"],
  ])("a line with %s is refused: %s", async (fields, refusal) => {
    const heard = await decode(line(fields));
    expect(heard.readings).toEqual([]);
    expect(heard.rejects).toEqual([refusal]);
  });

  test("numbers outside the plausible range are invalid, not clamped", async () => {
    const heard = await decode(line("SPO2=000% BPM=000 PI=99.99% ALARM=0000 EXC=000800"));
    expect(samples(heard)).toEqual([{ ...both("invalid"), perfusion_index: absent("invalid") }]);
  });

  test("joining in the middle of a line loses that line alone", async () => {
    const heard = await decode(
      "47 PI=01.00% ALARM=0000 EXC=000800",
      "",
      line("SPO2=97% BPM=60 ALARM=0 EXC=800"),
    );
    expect(heard.rejects).toEqual(["front of the line missing"]);
    expect(samples(heard)).toHaveLength(1);
  });

  test("a line without an end is given up, and the next one read", async () => {
    const heard = await decode("x".repeat(3 * LONGEST_LINE_BYTES), line("SPO2=97% BPM=60 ALARM=0 EXC=800"));
    expect(new Set(heard.rejects)).toEqual(new Set(["line too long"]));
    expect(samples(heard)).toHaveLength(1);
  });

  test("every number survives the way there and back", async () => {
    const number = (max: number) => fc.option(fc.integer({ min: 1, max }), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(number(100), number(300), async (spo2, pulse) => {
        const exceptions = 0x800;
        const bytes = encodeLine({ spo2, pulse, exceptions, alarms: 0 }, "01/15/26 22:00:00");
        const [got] = samples(await feedStream(masimoAscii, {}, [{ offsetMs: 0, bytes }]));
        expect(got?.spo2).toEqual(spo2 ?? absent("not_measured"));
        if (pulse === undefined || pulse >= 20)
          expect(got?.pulse_rate).toEqual(pulse ?? absent("not_measured"));
        else expect(got?.pulse_rate).toEqual(absent("invalid"));
      }),
    );
  });
});

test("README.md names every exception and every alarm", () => {
  const text = readFileSync(path.join(import.meta.dirname, "../../devices/masimo-ascii/README.md"), "utf8");
  for (const { code, bit } of [...EXCEPTIONS, ...ALARMS]) {
    const width = EXCEPTIONS.some((exception) => exception.code === code) ? 6 : 4;
    const hex = bit.toString(16).toUpperCase().padStart(width, "0");
    expect(text).toMatch(new RegExp(`\\| ${hex} \\| \`${code}\` \\|`));
  }
});
