// What is particular to Microstream; what every family owes is in conformance.test.ts.
import { readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  COMMAND,
  co2Of,
  DEVICE_RULE,
  decodeMessage,
  encodeMessage,
  identityIn,
  NUMERICS,
  type Numerics,
  RESPONSE,
  WAVE,
} from "../../devices/oridion-microstream/codec.ts";
import { oridionMicrostream } from "../../devices/oridion-microstream/module.ts";
import { ALARMS } from "../../devices/oridion-microstream/readings.ts";
import type { ObservationBody } from "../../src/domain/observation.ts";
import { absent, type Samples } from "../../src/domain/sample.ts";
import { lineBytes } from "../../src/wire/line.ts";
import { fromHex, toHex } from "../../src/wire/transcript.ts";
import { createBench, feedStream, type Heard } from "../support/conformance.ts";
import { protocolVectors } from "../support/protocol-vectors.ts";

const bodies = <Kind extends ObservationBody["kind"]>(heard: Heard, kind: Kind) =>
  heard.readings.flatMap(({ reading }) =>
    reading.body.kind === kind ? [reading.body as Extract<ObservationBody, { kind: Kind }>] : [],
  );

const samples = (heard: Heard): readonly Samples[] => bodies(heard, "samples").map((body) => body.samples);

const decode = (...messages: readonly Uint8Array[]): Promise<Heard> =>
  feedStream(
    oridionMicrostream,
    {},
    messages.map((bytes, count) => ({ offsetMs: count * 100, bytes })),
  );

const CLEAR = Object.fromEntries(
  Object.entries(NUMERICS.spec.fields).map(([name, { kind }]) => [name, kind === "flag" ? false : 0]),
) as Numerics;

const numerics = (values: Partial<Numerics>): Uint8Array =>
  encodeMessage(
    RESPONSE.numerics,
    NUMERICS.encode({ ...CLEAR, etco2: 41, respRate: 16, spo2: 94, pulse: 78, unit: 1, ...values }),
  );

/** A wave message of 38.5 mmHg. */
const wave = (number: number, fastStatus = 0): Uint8Array =>
  encodeMessage(RESPONSE.wave, Uint8Array.of(number, 38, 128, fastStatus));

describe("frames made by hand from the published rules", () => {
  const { test, vector } = protocolVectors("capnostream20");

  test("are written alike", () => {
    expect(encodeMessage(COMMAND.enable)).toEqual(vector("enable communication").bytes);
    expect(encodeMessage(COMMAND.startRealtime)).toEqual(vector("start realtime").bytes);
    expect(encodeMessage(COMMAND.linkActive)).toEqual(vector("link active (send every 5 s)").bytes);
  });

  test("are read alike, an escaped byte too", () => {
    const read = (name: string) => {
      const { bytes } = vector(name);
      expect(DEVICE_RULE.match(bytes, 0, bytes.length)).toBe(bytes.length);
      return decodeMessage(bytes, 0, bytes.length);
    };
    const plain = WAVE.decode(read("CO2 wave 38.25").data, 0);
    expect([plain.number, co2Of(plain), plain.invalid]).toEqual([7, 38.25, false]);
    const escaped = WAVE.decode(read("CO2 wave 38.5 with escaped 0x80").data, 0);
    expect([escaped.number, co2Of(escaped)]).toEqual([8, 38.5]);
    expect(NUMERICS.decode(read("numerics").data, 0)).toMatchObject({
      etco2: 41,
      fico2: 0,
      respRate: 16,
      spo2: 94,
      pulse: 78,
      seconds: 0x6555a000,
      noBreathSeconds: 20,
      unit: 1,
      batteryLow: false,
    });
  });
});

describe("escaping", () => {
  test("any data comes back, and 85 stands nowhere but in front", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 255 }), fc.uint8Array({ maxLength: 60 }), (code, data) => {
        const bytes = encodeMessage(code, data);
        expect(bytes.indexOf(0x85, 1)).toBe(-1);
        expect(DEVICE_RULE.match(bytes, 0, bytes.length)).toBe(bytes.length);
        expect(decodeMessage(bytes, 0, bytes.length)).toEqual({ code, data });
      }),
    );
  });

  test.each([
    ["85 05 00 07 26 40 00 65", "the check does not fit"],
    ["85 05 00 85 05 00", "a message begins inside another"],
    ["85 05 00 80 07 26 40", "escape without its second half"],
    ["85 00 00", "length out of place"],
    ["85 7F 00", "length out of place"],
    ["85 04 00 07 26 40 65", "length does not fit the code"],
    ["85 05 01 29 00 10 5E 63", "length does not fit the code"],
    ["84 05", "no message begins"],
  ])("%s is refused: %s", (hex, refusal) => {
    const bytes = fromHex(hex) ?? new Uint8Array(0);
    const found = DEVICE_RULE.match(bytes, 0, bytes.length);
    expect(DEVICE_RULE.refusals[-found - 1]).toBe(refusal);
  });
});

describe("CO2 numbers", () => {
  test("leave beside a wave whose status vouches for them, an ended breath among it", async () => {
    for (const status of [0x00, 0x08]) {
      const heard = await decode(wave(1, status), numerics({}));
      expect(samples(heard)).toEqual([{ etco2: 41, resp_rate: 16, spo2: 94, pulse_rate: 78 }]);
    }
  });

  test.each([
    [0x01, "invalid", "co2_invalid"],
    [0x02, "searching", "starting"],
    [0x04, "poor_signal", "line_blocked"],
    [0x10, "searching", "self_test"],
    [0x20, "poor_signal", "purging"],
    [0x40, "not_connected", "line_off"],
    [0x80, "not_measured", "co2_fault"],
  ] as const)("do not leave beside fast status %s: %s", async (status, reason, code) => {
    const heard = await decode(wave(1, status), numerics({}));
    expect(samples(heard)).toEqual([
      { etco2: absent(reason), resp_rate: absent(reason), spo2: 94, pulse_rate: 78 },
    ]);
    expect(bodies(heard, "status")[0]?.codes).toEqual([code]);
  });

  test("are stale without a wave, and when the wave stays away", async () => {
    const heard = await decode(numerics({}), wave(1), ...Array.from({ length: 4 }, () => numerics({})));
    expect(samples(heard).map(({ etco2 }) => etco2)).toEqual([absent("stale"), 41, 41, 41, absent("stale")]);
  });

  test("FF is no value, and 151 of the MicroPod neither", async () => {
    for (const none of [undefined, 151]) {
      const heard = await decode(wave(1), numerics({ etco2: none, respRate: none }));
      expect(samples(heard)).toMatchObject([
        { etco2: absent("not_measured"), resp_rate: absent("not_measured"), spo2: 94 },
      ]);
    }
  });

  test("in another unit than mmHg are not passed on", async () => {
    const heard = await decode(wave(1), numerics({ unit: 2 }));
    expect(samples(heard)).toMatchObject([{ etco2: absent("unsupported"), resp_rate: 16 }]);
    expect(bodies(heard, "status")[0]?.codes).toEqual(["unit_not_mmhg"]);
  });
});

describe("the oximeter", () => {
  test.each([
    [{ sensorOff: true }, "sensor_off"],
    [{ sensorDisconnected: true, sensorOff: true }, "not_connected"],
    [{ noPulse: true }, "no_pulse"],
  ] as const)("does not give numbers beside %o", async (flags, reason) => {
    const heard = await decode(wave(1), numerics({ ...flags, spo2Low: true }));
    expect(samples(heard)).toEqual([
      { etco2: 41, resp_rate: 16, spo2: absent(reason), pulse_rate: absent(reason) },
    ]);
  });

  test("is left out for a MicroPod", async () => {
    const heard = await feedStream(oridionMicrostream, { model: "micropod" }, [
      { offsetMs: 0, bytes: Buffer.concat([wave(1), numerics({})]) },
    ]);
    expect(samples(heard)).toEqual([{ etco2: 41, resp_rate: 16 }]);
  });
});

describe("own alarms", () => {
  const activeBeside = async (flags: Partial<Numerics>): Promise<readonly string[]> => {
    const [body] = bodies(await decode(wave(1), numerics(flags)), "ownAlarm");
    return body?.alarms.flatMap(({ code, active }) => (active ? [code] : [])) ?? [];
  };

  test("are told from their bits", async () => {
    for (const { field, code } of ALARMS) expect(await activeBeside({ [field]: true })).toContain(code);
    expect(await activeBeside({})).toEqual([]);
  });

  test("stand where they are documented", async () => {
    const data = new Uint8Array(27);
    data.set([0x01 | 0x10, 0x04 | 0x10], 13);
    data[25] = 1;
    data[26] = 0x80;
    const [body] = bodies(await decode(wave(1), encodeMessage(RESPONSE.numerics, data)), "ownAlarm");
    expect(body?.alarms.flatMap(({ code, active }) => (active ? [code] : []))).toEqual([
      "no_breath",
      "rate_low",
      "spo2_low",
      "pulse_low",
      "battery_low",
    ]);
  });

  test("on SpO2 and pulse do not count while the sensor is off", async () => {
    expect(await activeBeside({ spo2Low: true, pulseLow: true, sensorOff: true })).toEqual(["sensor_off"]);
  });
});

describe("numerics shifted by one", () => {
  test("are dropped: the rate before stands where SpO2 belongs", async () => {
    const shifted = numerics({ etco2: 0, respRate: 0, spo2: 16, pulse: 94 });
    const heard = await decode(wave(1), numerics({}), shifted, numerics({}));
    expect(heard.rejects).toEqual(["numerics shifted by one"]);
    expect(samples(heard).map(({ spo2 }) => spo2)).toEqual([94, 94]);
  });

  test("are not taken for it for ever where rate and SpO2 are alike", async () => {
    const alike = numerics({ respRate: 60, spo2: 60 });
    const heard = await decode(wave(1), ...Array.from({ length: 6 }, () => alike));
    expect(heard.rejects).toHaveLength(4);
    expect(samples(heard)).toHaveLength(2);
  });

  test("a rate that is missing is no rate before", async () => {
    const heard = await decode(
      wave(1),
      numerics({ respRate: undefined, spo2: undefined }),
      numerics({ respRate: undefined, spo2: undefined }),
    );
    expect(heard.rejects).toEqual([]);
  });
});

describe("the wave", () => {
  test("is a gapless second in each body, begun anew behind a lost message", async () => {
    const numbers = [
      ...Array.from({ length: 25 }, (_, i) => 250 + i),
      ...Array.from({ length: 25 }, (_, i) => 280 + i),
    ];
    const heard = await decode(...numbers.map((number) => wave(number & 0xff)));
    expect(heard.rejects).toEqual(["the message number went from 18 to 24"]);
    expect(bodies(heard, "wave")).toEqual(
      Array.from({ length: 2 }, () => ({
        kind: "wave",
        rateHz: 20,
        channels: { co2: Array.from({ length: 20 }, () => 38.5) },
      })),
    );
  });
});

test("everything in a large chunk is read, as from a file", async () => {
  const many = Array.from({ length: 900 }, (_, i) =>
    Buffer.concat([wave(i & 0xff), numerics({ spo2: 50 + (i % 50) })]),
  );
  const heard = await decode(Buffer.concat(many));
  expect(samples(heard)).toHaveLength(900);
});

describe("identity", () => {
  test("holds version and serial number", () => {
    expect(identityIn(lineBytes("V45.67 02/24/2008 B355987654  "))).toEqual({
      firmware: "V45.67",
      serial: "B355987654",
    });
    expect(identityIn(lineBytes("something else"))).toEqual({});
  });
});

describe("the conversation", () => {
  test("enables until something answers, then says every 5 s that somebody listens", async () => {
    const { clock, cable, abort } = await createBench(oridionMicrostream);
    const sent: (readonly [number, number | undefined])[] = [];
    const listening = (async () => {
      for await (const chunk of cable.device.chunks) sent.push([clock.mono(), chunk[2]]);
    })();
    // Ends with the cable, which nobody closes here.
    listening.catch(() => undefined);
    await clock.advance(2_500);
    await cable.device.write(encodeMessage(RESPONSE.identity, lineBytes("V45.67 02/24/2008 B355987654  ")));
    await clock.advance(0);
    for (let second = 0; second < 11; second++) {
      await cable.device.write(numerics({}));
      await clock.advance(1_000);
    }
    expect(sent).toEqual([
      [0, COMMAND.enable],
      [1_000, COMMAND.enable],
      [2_000, COMMAND.enable],
      [2_500, COMMAND.linkActive],
      [2_500, COMMAND.startRealtime],
      [7_500, COMMAND.linkActive],
      [12_500, COMMAND.linkActive],
    ]);
    // It went silent: whether it is still there is asked anew.
    await clock.advance(11_000);
    expect(sent.slice(7).map(([, code]) => code)).toContain(COMMAND.enable);
    await abort();
  });
});

describe("README.md", () => {
  const file = path.join(import.meta.dirname, "../../devices/oridion-microstream/README.md");
  const text = readFileSync(file, "utf8");

  test.each([WAVE, NUMERICS])("has the table of $spec.name as the codec has it", (message) => {
    expect(text).toContain(`${message.table()}\n`);
  });

  test("names every alarm", () => {
    for (const { code, priority } of ALARMS) expect(text).toContain(`\`${code}\` (${priority})`);
  });
});

test("the hex of a command is what goes out", () => {
  expect(toHex(encodeMessage(COMMAND.stopRealtime))).toBe("85 01 05 04");
});
