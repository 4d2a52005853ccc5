// What is particular to Nellcor's printed lines; what every family owes is in conformance.test.ts.
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { STATUS } from "../../devices/nellcor-text/codec.ts";
import { nellcorText } from "../../devices/nellcor-text/module.ts";
import type { ObservationBody } from "../../src/domain/observation.ts";
import { absent, type Samples } from "../../src/domain/sample.ts";
import { lineBytes } from "../../src/wire/line.ts";
import { toHex } from "../../src/wire/transcript.ts";
import { createBench, feedStream, type Heard } from "../support/conformance.ts";

const decode = (...lines: readonly string[]): Promise<Heard> =>
  feedStream(
    nellcorText,
    {},
    lines.map((line, index) => ({ offsetMs: index * 2000, bytes: lineBytes(`${line}\r\n`) })),
  );

const bodies = <Kind extends ObservationBody["kind"]>(heard: Heard, kind: Kind) =>
  heard.readings.flatMap(({ reading }) =>
    reading.body.kind === kind ? [reading.body as Extract<ObservationBody, { kind: Kind }>] : [],
  );

const samples = (heard: Heard): readonly Samples[] => bodies(heard, "samples").map((body) => body.samples);

const active = (heard: Heard): readonly string[] =>
  bodies(heard, "ownAlarm").flatMap(({ alarms }) =>
    alarms.flatMap(({ code, active }) => (active ? [code] : [])),
  );

const at = (fields: string): string => `22-NOV-25 03:14:05 ${fields}`;

describe("a documented line", () => {
  test("of each kind gives its numbers or the reason for their absence", async () => {
    const heard = await decode(
      "12-NOV-97 14:00:05    100    120    50",
      "22-NOV-25 03:14:05 97 72 45",
      "22-NOV-25 03:14:07 --- --- --- SO",
    );
    expect(heard.rejects).toEqual([]);
    expect(samples(heard)).toEqual([
      { spo2: 100, pulse_rate: 120 },
      { spo2: 97, pulse_rate: 72 },
      { spo2: absent("sensor_off"), pulse_rate: absent("sensor_off") },
    ]);
  });

  test("of the heading tells model and version, and is no measurement", async () => {
    const heard = await decode(
      "N-595    VERSION 2.1.0   CRC:1A2B  SpO2 Limit: 70-100%    PR Limit: 60-160BPM",
      "             ADULT",
      "TIME                %SPO2    BPM    PA    Status",
      "",
    );
    expect(heard.rejects).toEqual([]);
    expect(heard.readings.map(({ reading }) => reading.body)).toEqual([
      { kind: "identity", model: "Nellcor N-595", firmware: "2.1.0" },
    ]);
  });
});

describe("status", () => {
  test.each([
    ["SO", "sensor_off"],
    ["SD", "not_connected"],
    ["PS", "searching"],
    ["LP", "no_pulse"],
    ["LM", "poor_signal"],
    ["LP SO", "sensor_off"],
  ] as const)("%s makes numbers that are still printed absent: %s", async (code, reason) => {
    const [got] = samples(await decode(at(`97 72 45 ${code}`)));
    expect(got).toEqual({ spo2: absent(reason), pulse_rate: absent(reason) });
  });

  test.each(["AO", "AS", "LB", "MO", "SL PL", "SH PH"])("%s leaves the numbers", async (code) => {
    expect(samples(await decode(at(`97 72 45 ${code}`)))).toEqual([{ spo2: 97, pulse_rate: 72 }]);
  });

  test("a star marks a broken limit and is no part of the number", async () => {
    const heard = await decode(at("68* 158* 20 SL PH AS"));
    expect(samples(heard)).toEqual([{ spo2: 68, pulse_rate: 158 }]);
    expect(active(heard)).toEqual(["spo2_low", "pulse_high"]);
    expect(bodies(heard, "status")[0]?.codes).toEqual(["alarm_silenced"]);
  });

  test("limits do not alarm while the sensor is off, the battery does", async () => {
    expect(active(await decode(at("68* 58* 20 SO SL PL LB")))).toEqual(["battery_low"]);
  });

  test("an unknown code leaves the numbers and is told", async () => {
    const heard = await decode(at("97 72 45 QQ"));
    expect(samples(heard)).toEqual([{ spo2: 97, pulse_rate: 72 }]);
    expect(bodies(heard, "status")[0]?.codes).toEqual(["unknown_status"]);
  });

  test("SpO2 that goes missing below 70 % beside a pulse is under range", async () => {
    const heard = await decode(at("66 120 20"), at("--- 121 20"), at("--- --- --- SO"), at("--- 90 20"));
    expect(samples(heard).map(({ spo2 }) => spo2)).toEqual([
      66,
      absent("under_range"),
      absent("sensor_off"),
      absent("not_measured"),
    ]);
  });
});

describe("bad input", () => {
  test.each([
    [at("9x 72 45"), "a value unreadable"],
    [at("97 72"), "a value unreadable"],
    [at("-7- 72 45"), "a value unreadable"],
    [at("97 72 45 sensor off"), "a value unreadable"],
    ["22-NOV-25 97 72 45", "not a line of this family"],
    ["SPO2=098% BPM=097", "not a line of this family"],
  ])("%s is refused: %s", async (line, refusal) => {
    const heard = await decode("", line, at("97 72 45"));
    expect(heard.rejects).toEqual([refusal]);
    expect(samples(heard)).toHaveLength(1);
  });

  test("a line joined in its middle is lost alone, even where what is left begins like a number", async () => {
    const heard = await decode("7 72 45", at("96 71 45"));
    expect(heard.rejects).toEqual(["front of the line missing"]);
    expect(samples(heard)).toEqual([{ spo2: 96, pulse_rate: 71 }]);
  });
});

test("everything in a large chunk is read, as from a file", async () => {
  const text = Array.from({ length: 1200 }, (_, i) => `${at(`${50 + (i % 50)} 72 45`)}\r\n`).join("");
  const heard = await feedStream(nellcorText, {}, [{ offsetMs: 0, bytes: lineBytes(text) }]);
  expect(samples(heard)).toHaveLength(1200);
});

describe("a silent monitor", () => {
  /** What the driver sends, with its times. */
  const listen = async (options = {}) => {
    const bench = await createBench(nellcorText, options);
    const sent: (readonly [number, string])[] = [];
    const listening = (async () => {
      for await (const chunk of bench.cable.device.chunks) sent.push([bench.clock.mono(), toHex(chunk)]);
    })();
    // Ends with the cable, which nobody closes here.
    listening.catch(() => undefined);
    await bench.clock.advance(0);
    return { ...bench, sent };
  };

  test("is told that it may send, one that speaks is left alone", async () => {
    const { clock, cable, sent, abort } = await listen();
    for (let second = 0; second < 20; second += 2) {
      await cable.device.write(lineBytes(`${at("97 72 45")}\r\n`));
      await clock.advance(2000);
    }
    expect(sent).toEqual([]);
    await clock.advance(10_000);
    expect(sent).toEqual([[30_000, "11"]]);
    await abort();
  });

  test("that must be started gets its commands, once", async () => {
    const { clock, sent, abort } = await listen({ start: true });
    await clock.advance(5000);
    expect(sent).toEqual([
      [0, "03 03"],
      [500, "31 0D 0A"],
      [1000, "30 0D 0A"],
    ]);
    await abort();
  });
});

test("README.md explains every status code", () => {
  const text = readFileSync(path.join(import.meta.dirname, "../../devices/nellcor-text/README.md"), "utf8");
  for (const [code, status] of Object.entries(STATUS)) {
    expect(text).toMatch(new RegExp(`\\| ${code} \\| ${status.meaning} \\|`));
  }
});
