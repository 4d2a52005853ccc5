// What the bytes mean: frames made by hand from published rules without any code of ours, and what else the rules say.
import { readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { alarmPriority, alarmTable } from "../../devices/draeger-medibus/alarm-codes.ts";
import {
  CODE,
  createMedibusFramer,
  encodeCommand,
  encodeResponse,
  type Message,
} from "../../devices/draeger-medibus/codec.ts";
import { measuredCode, measuredTable } from "../../devices/draeger-medibus/measured-codes.ts";
import { createReader } from "../../devices/draeger-medibus/reader.ts";
import {
  createRealtimeDecoder,
  enableStreams,
  encodeWanted,
  parseConfigurations,
  valueOf,
} from "../../devices/draeger-medibus/realtime.ts";
import {
  parseAlarms,
  parseDateTime,
  parseIdentification,
  parseTexts,
  parseValues,
} from "../../devices/draeger-medibus/records.ts";
import { settingTable } from "../../devices/draeger-medibus/setting-codes.ts";
import { settingsOf } from "../../devices/draeger-medibus/settings.ts";
import { planStreams } from "../../devices/draeger-medibus/streams.ts";
import { textCode, textTable } from "../../devices/draeger-medibus/text-codes.ts";
import { absent } from "../../src/domain/sample.ts";
import { type Mono, mono } from "../../src/domain/time.ts";
import type { DeviceReading, OptionValues } from "../../src/driver/contract.ts";
import { lineBytes, lineText } from "../../src/wire/line.ts";
import { toHex } from "../../src/wire/transcript.ts";
import { protocolVectors } from "../support/protocol-vectors.ts";

/** Everything that a framer makes of bytes, in order. */
function frames(...chunks: readonly Uint8Array[]) {
  const messages: Message[] = [];
  const refused: string[] = [];
  const realtime: number[] = [];
  const noise: number[] = [];
  const framer = createMedibusFramer({
    onMessage: (message) => messages.push(message),
    onRefused: (kind, _bytes, reason) => refused.push(`${kind}: ${reason}`),
    onRealtime: (byte) => realtime.push(byte),
    onNoise: (bytes) => noise.push(...bytes),
  });
  for (const chunk of chunks) framer.push(chunk);
  return { messages, refused, realtime, noise };
}

/** What a realtime decoder makes of bytes, in order. */
function streamed(bytes: Iterable<number>): unknown[] {
  const events: unknown[] = [];
  const decoder = createRealtimeDecoder({
    onGroup: (group) => events.push(Object.fromEntries(group)),
    onPhase: (phase) => events.push(phase),
    onWanted: (mask) => events.push(`wanted ${mask}`),
    onLoss: (_bytes, reason) => events.push(reason),
  });
  for (const byte of bytes) decoder.push(byte);
  return events;
}

const OPTIONS: OptionValues = { codes: "auto", waves: true, spo2: true, co2: true, baud: "19200" };

/** Takes responses in turn; the readings of all of them. */
function read(responses: readonly (readonly [number, string])[], options: OptionValues = OPTIONS) {
  const reader = createReader({ options, zone: "Asia/Shanghai" });
  const readings: DeviceReading[] = [];
  let now: Mono = mono(0);
  const problems = responses.flatMap(([code, data]) => {
    now = mono(now + 100);
    const problem = reader.take({ kind: "response", code, data }, now);
    readings.push(...reader.drain());
    return problem ?? [];
  });
  const last = (kind: string): DeviceReading["body"] | undefined =>
    readings.findLast(({ body }) => body.kind === kind)?.body;
  const samples = (): Record<string, unknown> => {
    const body = last("samples");
    return body?.kind === "samples" ? { ...body.samples } : {};
  };
  return { readings, problems, last, samples };
}

const published = protocolVectors("medibus");

published.describe("frames made by hand elsewhere", () => {
  const only = (name: string): Message => {
    const { messages, refused, noise } = frames(published.vector(name).bytes);
    expect(refused).toEqual([]);
    expect(noise).toEqual([]);
    const [message] = messages;
    if (message === undefined || messages.length > 1) throw new Error(`${name} is not one frame`);
    return message;
  };

  test.each([
    ["ICC request", CODE.initialise],
    ["device id request", CODE.identity],
    ["NOP", CODE.nop],
    ["request measured CP1", CODE.measured1],
    ["measured CP2 request", CODE.measured2],
    ["alarm CP1 request", CODE.alarms1],
    ["settings request", CODE.settings],
    ["text request", CODE.texts],
    ["realtime config request", CODE.realtimeConfiguration],
    ["STOP", CODE.stop],
  ])("%s is what is sent", (name, code) => {
    expect(toHex(encodeCommand(code))).toBe(toHex(published.vector(name).bytes));
  });

  test.each([
    ["empty id reply by host (allowed)", CODE.identity],
    ["NOP response", CODE.nop],
    ["ICC response", CODE.initialise],
    ["corrupt-command reply (NAK)", CODE.corrupt],
  ])("%s is what is answered, and understood", (name, code) => {
    expect(toHex(encodeResponse(code))).toBe(toHex(published.vector(name).bytes));
    expect(only(name)).toEqual({ kind: "response", code, data: "" });
  });

  test("the identification tells id, name and both versions", () => {
    const { data } = only("device id response");
    expect(parseIdentification(data)).toEqual({
      id: "0161",
      name: "TESTVENT",
      software: "01.03",
      medibus: "06.00",
    });
  });

  test("page 1 and page 2 become signals", () => {
    const { samples } = read([
      [CODE.measured2, only("measured CP2 response").data],
      [CODE.measured1, only("measured CP1 response").data],
    ]);
    expect(samples()).toMatchObject({
      resp_rate: 16,
      minute_volume: 8.3,
      pressure_peak: 18,
      pressure_exp: 8,
      tidal_volume_exp: 438,
      tidal_volume_insp: 451,
      leak: 1,
      fio2: 21,
      spo2: 94,
      pulse_rate: absent("not_measured"),
    });
  });

  test("without page 2 nothing is said of what it knows best, except by page 1", () => {
    const { samples } = read([[CODE.measured1, only("measured CP1 response").data]]);
    expect(samples()).toMatchObject({ tidal_volume_exp: 450, resp_rate: 16 });
    expect(samples()).not.toHaveProperty("tidal_volume_insp");
    expect(samples()).not.toHaveProperty("leak");
  });

  test("a disconnection is a high alarm of the device, and over when it is not renewed", () => {
    const raised = only("alarm CP1 response, disconnect priority 31").data;
    const none = only("alarm CP1 response, none active").data;
    const disconnect = { code: "disconnect", text: "DISCONNECT", priority: "high" };
    const first = read([
      [CODE.alarms1, raised],
      [CODE.alarms2, ""],
    ]);
    expect(first.last("ownAlarm")).toEqual({
      kind: "ownAlarm",
      alarms: [{ ...disconnect, active: true }],
    });
    const then = read([
      [CODE.alarms1, raised],
      [CODE.alarms2, ""],
      [CODE.alarms1, none],
      [CODE.alarms2, ""],
    ]);
    expect(then.last("ownAlarm")).toEqual({
      kind: "ownAlarm",
      alarms: [{ ...disconnect, active: false }],
    });
  });

  test("the settings are as written", () => {
    expect(parseValues(only("settings response").data, "setting")).toEqual([
      { code: "01", value: 21 },
      { code: "0B", value: 8 },
      { code: "12", value: 10 },
      { code: "09", value: 16 },
    ]);
  });

  test("the texts are as written", () => {
    expect(parseTexts(only("text response NIV + PS").data)).toEqual([
      { code: "49", text: "NIV" },
      { code: "5C", text: "PS" },
    ]);
  });

  test("the clock is read in both spellings", () => {
    expect(parseDateTime(only("date/time response").data)).toEqual({
      date: "2026-11-14",
      minutes: 22 * 60 + 41 + 7 / 60,
    });
    const german = only("date/time response, German month, leading space, no seconds").data;
    expect(parseDateTime(german)).toEqual({ date: "2026-10-07", minutes: 9 * 60 + 33 });
  });

  test("the streams on offer, and what is asked of them", () => {
    const { data } = only("realtime config response, 2 streams");
    const offered = parseConfigurations(data) ?? [];
    expect(offered).toEqual([
      { code: "00", intervalUs: 16_000, min: -20, max: 100, maxBin: 0xfff },
      { code: "01", intervalUs: 16_000, min: -150, max: 150, maxBin: 0xfff },
    ]);
    const plan = planStreams(offered, OPTIONS);
    expect(plan?.rateHz).toBe(62.5);
    expect(toHex(encodeCommand(CODE.configureRealtime, encodeWanted(plan?.streams ?? [])))).toBe(
      toHex(published.vector("configure realtime: Paw x1, flow x1").bytes),
    );
    expect(toHex(enableStreams(2))).toBe(toHex(published.vector("enable streams 1+2").bytes));
    expect(toHex(enableStreams(4))).toBe(toHex(published.vector("enable all of streams 1-4").bytes));
  });

  test("a sample of two streams is two numbers", () => {
    const [paw, flow] = parseConfigurations(only("realtime config response, 2 streams").data) ?? [];
    if (paw === undefined || flow === undefined) throw new Error("two streams were offered");
    const { bytes } = published.vector("realtime sample sync (streams 1,2) bins 0x4A5 and 0x800");
    expect(streamed(bytes)).toEqual([{ 0: 0x4a5, 1: 0x800 }]);
    expect(valueOf(paw, 0x4a5)).toBeCloseTo(14.842, 3);
    expect(valueOf(flow, 0x800)).toBeCloseTo(0.037, 3);
  });

  test("the marks of inspiration and expiration", () => {
    expect(streamed(published.vector("inspiration start marker").bytes)).toEqual(["inspiration"]);
    expect(streamed(published.vector("expiration start marker").bytes)).toEqual(["expiration"]);
  });

  test("a frame is read through the realtime bytes inside it", () => {
    const found = frames(published.vector("slow frame with realtime bytes interleaved").bytes);
    expect(found.messages).toEqual([{ kind: "response", code: CODE.measured1, data: "D6  16" }]);
    expect(streamed(found.realtime)).toEqual([{ 0: 0x4a5, 1: 0x800 }]);
  });

  test("a question inside an answer comes first, and the answer goes on", () => {
    const found = frames(published.vector("NOP command embedded inside a response").bytes);
    expect(found.messages).toEqual([
      { kind: "command", code: CODE.nop, data: "" },
      { kind: "response", code: CODE.measured1, data: "D6  16" },
    ]);
    expect(found.refused).toEqual([]);
  });
});

describe("framing", () => {
  test("the sum is of upper-case digits only", () => {
    const good = encodeCommand(CODE.nop);
    const text = lineText(good);
    const wrong = lineBytes(text.slice(0, -3) + text.slice(-3).toLowerCase());
    expect(text.slice(-3)).toMatch(/[A-F]/);
    expect(frames(wrong).refused).toEqual(["command: checksum does not fit"]);
  });

  test("suspend and resume belong to nothing, wherever they stand", () => {
    const bytes = encodeResponse(CODE.measured1, "D6  16");
    const found = frames(bytes.subarray(0, 3), Uint8Array.of(0x13, 0x11), bytes.subarray(3));
    expect(found.messages).toHaveLength(1);
    expect(found.noise).toEqual([]);
  });

  test("a new beginning ends what was open, a question inside an answer does not", () => {
    const answer = encodeResponse(CODE.measured1, "D6  16");
    const question = encodeCommand(CODE.nop);
    const found = frames(answer.subarray(0, 4), question.subarray(0, 2), question, answer);
    expect(found.refused).toEqual([
      "command: interrupted by another frame",
      "response: interrupted by another frame",
    ]);
    expect(found.messages.map(({ kind }) => kind)).toEqual(["command", "response"]);
  });

  test("a frame that does not end is given up", () => {
    const endless = Uint8Array.from({ length: 9_000 }, (_, at) => (at === 0 ? 0x01 : 0x20));
    const found = frames(endless, encodeResponse(CODE.nop));
    expect(found.refused[0]).toBe("response: frame too long");
    expect(found.messages).toEqual([{ kind: "response", code: CODE.nop, data: "" }]);
  });

  test("realtime bytes anywhere, and any cutting, change nothing", () => {
    const text = fc.string({
      unit: fc.constantFrom(" ", ".", "-", "0", "9", "A", "F", "'", "\u0003"),
      maxLength: 60,
    });
    const message = fc.record({
      kind: fc.constantFrom("command" as const, "response" as const),
      code: fc.integer({ min: 0x20, max: 0x7f }),
      data: text,
    });
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 6 }),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0x80, max: 0xff })), { maxLength: 40 }),
        fc.integer({ min: 1, max: 7 }),
        (messages, strays, size) => {
          const bytes = messages.flatMap(({ kind, code, data }) => [
            ...(kind === "command" ? encodeCommand(code, data) : encodeResponse(code, data)),
          ]);
          for (const [place, stray] of strays) bytes.splice(place % (bytes.length + 1), 0, stray);
          const chunks: Uint8Array[] = [];
          for (let at = 0; at < bytes.length; at += size)
            chunks.push(Uint8Array.from(bytes.slice(at, at + size)));
          const found = frames(...chunks);
          expect(found.messages).toEqual(messages);
          expect(found.realtime).toHaveLength(strays.length);
        },
      ),
    );
  });
});

describe("records", () => {
  test.each([
    ["D6  16", 16],
    ["B9 8.3", 8.3],
    ["7818.0", 18],
    ["73-  2", -2],
    ["05- .5", -0.5],
    ["D6    ", "blank"],
    ["D6****", "unreadable"],
    ["D6 1 2", "unreadable"],
    ["D6  1.", 1],
    ["D6 NaN", "unreadable"],
    ["D6 1e3", "unreadable"],
    ["D60x10", "unreadable"],
  ])("%j holds %s", (record, value) => {
    expect(parseValues(record, "measured")).toEqual([{ code: record.slice(0, 2), value }]);
  });

  test("a sign may stand five characters before its digits in a setting", () => {
    expect(parseValues("0B-  80", "setting")).toEqual([{ code: "0B", value: -80 }]);
  });

  test("data that do not add up to records are none", () => {
    expect(parseValues("D6  16B9", "measured")).toBeUndefined();
    expect(parseValues("d6  16", "measured")).toBeUndefined();
    expect(parseAlarms("OFFDISCONNECT ")).toBeUndefined();
    expect(parseTexts("493NIV")).toBeUndefined();
    expect(parseTexts("49ZNIV\u0003")).toBeUndefined();
    expect(parseTexts("49/\u0003")).toBeUndefined();
    expect(parseIdentification("0161TESTVENT01.03:06.00")).toBeUndefined();
    expect(parseConfigurations("00   16000  -20  100FF")).toBeUndefined();
    expect(parseConfigurations("00   16000  100  100FFF")).toBeUndefined();
    expect(parseConfigurations("00       0  -20  100FFF")).toBeUndefined();
  });

  test("an empty answer is an answer", () => {
    expect(parseValues("", "measured")).toEqual([]);
    expect(parseAlarms("")).toEqual([]);
    expect(parseTexts("")).toEqual([]);
    expect(parseConfigurations("")).toEqual([]);
    expect(parseIdentification("")).toEqual({ id: "", name: "", software: "", medibus: "" });
  });

  test.each([
    ["22:41:07 14-NOV-26", "2026-11-14"],
    [" 9:33 7-MAI-26", "2026-05-07"],
    ["09:33 31-DEZ-26", "2026-12-31"],
    ["0:00 1-JAN-00", "2000-01-01"],
  ])("%j is a time", (text, date) => expect(parseDateTime(text)?.date).toBe(date));

  test.each(["24:00 1-JAN-26", "1:60 1-JAN-26", "1:00 30-FEB-26", "1:00 1-XYZ-26", "1:00 1-JAN-2026", ""])(
    "%j is none",
    (text) => expect(parseDateTime(text)).toBeUndefined(),
  );

  test.each([
    [1, "low"],
    [6, "low"],
    [10, "low"],
    [11, "medium"],
    [24, "medium"],
    [25, "high"],
    [31, "high"],
  ])("alarm priority %i is %s", (priority, expected) => expect(alarmPriority(priority)).toBe(expected));
});

describe("numbers", () => {
  test("litres become millilitres, mL/min L/min, kPa mmHg", () => {
    const { samples } = read([
      [CODE.measured2, ""],
      [CODE.measured1, "7F0.45B29600E3 5.38B 470"],
    ]);
    expect(samples()).toMatchObject({
      tidal_volume_exp: 450,
      leak: 10,
      etco2: 40,
      tidal_volume_insp: 470,
    });
  });

  test("page 2 comes before page 1 where both know", () => {
    const { samples } = read([
      [CODE.measured2, "21 43837 1.2"],
      [CODE.measured1, "88 450B29000"],
    ]);
    expect(samples()).toMatchObject({ tidal_volume_exp: 438, leak: 1 });
  });

  test("a number outside what can be is invalid, not clamped", () => {
    const { samples } = read([[CODE.measured1, "EB 127D6 200"]]);
    expect(samples()).toMatchObject({ spo2: absent("invalid"), resp_rate: absent("invalid") });
  });

  test("I:E is the E part for one of I", () => {
    const { samples } = read([[CODE.measured1, "E7 1.5E8 3.0"]]);
    expect(samples()["ie_ratio"]).toBe(2);
    expect(read([[CODE.measured1, "E7 0.0E8 3.0"]]).samples()["ie_ratio"]).toEqual(absent("invalid"));
  });

  test.each([
    ["0161'A'01.00:06.00", 6.1],
    ["0161'A'01.00:04.03", undefined],
    ["", undefined],
  ])("code 06 is a minute volume in MEDIBUS.X only: %j", (identification, expected) => {
    const { samples } = read([
      [CODE.identity, identification],
      [CODE.measured1, "06 6.1"],
    ]);
    expect(samples()["minute_volume"]).toEqual(expected ?? absent("not_measured"));
  });

  test("the option decides about the codes whatever the ventilator says it is", () => {
    const { samples } = read(
      [
        [CODE.identity, "0161'A'01.00:04.03"],
        [CODE.measured1, "06 6.1"],
      ],
      { ...OPTIONS, codes: "medibus-x" },
    );
    expect(samples()["minute_volume"]).toBe(6.1);
    expect(measuredCode(1, "06", "medibus")?.signal).toBeUndefined();
  });

  test("a ventilator without oximeter and CO2 sensor promises neither", () => {
    const { samples } = read([[CODE.measured1, "EB  94E6  41D6  16"]], {
      ...OPTIONS,
      spo2: false,
      co2: false,
    });
    expect(samples()["resp_rate"]).toBe(16);
    expect(Object.keys(samples())).not.toContain("spo2");
    expect(Object.keys(samples())).not.toContain("etco2");
  });
});

describe("what the ventilator says of itself gates its numbers", () => {
  const NUMBERS = "D6  16B9 8.3EB  94E1  72C6  80F0  21";

  test.each([
    ["text 1E", [[CODE.texts, "1E7STANDBY\u0003"]]],
    ["text 54", [[CODE.texts, "547STANDBY\u0003"]]],
    [
      "the alarm of page 2",
      [
        [CODE.texts, "475PC-AC\u0003"],
        [CODE.alarms2, "595STANDBY     "],
      ],
    ],
  ] as const)("in standby by %s what it measures is nothing, what others measure stays", (_how, before) => {
    const { samples } = read([...before, [CODE.measured2, ""], [CODE.measured1, NUMBERS]]);
    expect(samples()).toMatchObject({
      therapy: 0,
      resp_rate: absent("device_off"),
      minute_volume: absent("device_off"),
      fio2: absent("device_off"),
      spo2: 94,
      battery_percent: 80,
    });
  });

  test("nothing in simulation is measured", () => {
    const { samples } = read([
      [CODE.texts, "475PC-AC\u0003620\u0003"],
      [CODE.measured1, NUMBERS],
    ]);
    for (const sample of Object.values(samples())) expect(sample).toEqual(absent("invalid"));
  });

  test.each([
    ["01", "no_pulse"],
    ["35", "sensor_off"],
    ["68", "invalid"],
  ] as const)("alarm %s takes the oximeter's numbers away", (code, reason) => {
    const { samples } = read([
      [CODE.alarms1, `C${code}SPO2        `],
      [CODE.measured1, NUMBERS],
    ]);
    expect(samples()).toMatchObject({ spo2: absent(reason), pulse_rate: absent(reason), resp_rate: 16 });
  });

  test.each([
    ["EB  68E1  90", "under_range"],
    ["EB  80E1  90", "not_measured"],
    ["EB  68E1    ", "under_range"],
  ])("a saturation that goes missing beside a pulse after %j", (before, reason) => {
    const { samples } = read([
      [CODE.measured1, before],
      [CODE.measured1, "EB    E1  91"],
    ]);
    expect(samples()["spo2"]).toEqual(absent(reason as "under_range"));
  });

  test("a saturation that the ventilator explains is not guessed at", () => {
    const { samples } = read([
      [CODE.measured1, "EB  68E1  90"],
      [CODE.alarms1, "C35SPO2 SENSOR "],
      [CODE.measured1, "EB    E1  91"],
    ]);
    expect(samples()["spo2"]).toEqual(absent("sensor_off"));
  });

  test("alarm 68 of the other page means something else", () => {
    const { samples } = read([
      [CODE.alarms2, "C68VT HIGH OFF "],
      [CODE.measured1, NUMBERS],
    ]);
    expect(samples()["spo2"]).toBe(94);
  });

  test("a failing flow sensor takes the volumes away", () => {
    const { samples } = read([
      [CODE.alarms1, "C42FLOW SENSOR "],
      [CODE.measured2, "21 438"],
      [CODE.measured1, NUMBERS],
    ]);
    expect(samples()).toMatchObject({
      tidal_volume_exp: absent("invalid"),
      minute_volume: absent("invalid"),
      resp_rate: 16,
    });
  });

  test("texts that stay away do not vouch for therapy, and deny all the same", () => {
    const rounds = Array.from({ length: 11 }, () => [CODE.measured1, NUMBERS] as const);
    const running = read([[CODE.texts, "475PC-AC\u0003"], ...rounds]);
    const therapies = running.readings.flatMap(({ body }) =>
      body.kind === "samples" ? [body.samples.therapy] : [],
    );
    expect(therapies[9]).toBe(1);
    expect(therapies[10]).toEqual(absent("not_measured"));
    const standby = read([[CODE.texts, "1E7STANDBY\u0003"], ...rounds]);
    expect(standby.samples()).toMatchObject({
      therapy: absent("not_measured"),
      resp_rate: absent("device_off"),
    });
  });
});

describe("alarms", () => {
  test("a cycle without page 2 ends with the next page 1", () => {
    const { last } = read([
      [CODE.alarms1, "OFFDISCONNECT  "],
      [CODE.alarms1, "OFFDISCONNECT  "],
    ]);
    expect(last("ownAlarm")).toMatchObject({ alarms: [{ code: "disconnect", active: true }] });
  });

  test("unknown codes are passed on with the device's words, known ones without words with ours", () => {
    const { last } = read([
      [CODE.alarms1, "A4CSOMETHING   A9B            "],
      [CODE.alarms2, ""],
    ]);
    expect(last("ownAlarm")).toMatchObject({
      alarms: [
        { code: "cp1_4c", text: "SOMETHING", priority: "medium" },
        { code: "minute_volume_high", text: "minute volume high", priority: "medium" },
      ],
    });
  });

  test("what stays is said again after a minute only", () => {
    const cycle = [
      [CODE.alarms1, "OFFDISCONNECT  "],
      [CODE.alarms2, ""],
    ] as const;
    const { readings } = read(Array.from({ length: 310 }, () => cycle).flat());
    expect(readings.filter(({ body }) => body.kind === "ownAlarm")).toHaveLength(4);
  });
});

describe("limits and states", () => {
  test("limits are status codes, in the unit of their signal", () => {
    const { last } = read([
      [CODE.lowLimits1, "B9 3.07D 8.0BD    "],
      [CODE.highLimits1, "7E0.80B3  60"],
      [CODE.texts, "5D0\u0003670\u0003110\u0003"],
    ]);
    expect(last("status")).toEqual({
      kind: "status",
      codes: [
        "apnea_detection_off",
        "apnea_ventilation",
        "audio_paused",
        "limit_high:cp1_b3=60",
        "limit_high:tidal_volume_exp=800",
        "limit_low:minute_volume=3",
        "limit_low:pressure_peak=8",
      ],
    });
  });

  test("the clock stands beside the values that follow it, once", () => {
    const { readings } = read([
      [CODE.dateTime, "22:41:07 14-NOV-26"],
      [CODE.measured1, "D6  16"],
      [CODE.measured1, "D6  16"],
    ]);
    expect(readings.map(({ deviceAt }) => deviceAt)).toEqual([Date.UTC(2026, 10, 14, 14, 41, 7), undefined]);
  });
});

describe("settings", () => {
  const at = (values: Record<string, number>, texts: string, set: "medibus" | "medibus-x" = "medibus-x") =>
    settingsOf(new Map(Object.entries(values)), parseTexts(texts) ?? [], set);

  test("pressure control: the inspiratory pressure, and the rate", () => {
    expect(
      at({ "01": 30, "0B": 8, 45: 18, 12: 10, "09": 14, "05": 1.2, 42: 10 }, "475PC-AC\u0003493NIV\u0003"),
    ).toEqual({
      mode: "PC-AC",
      interface: "NIV",
      epap: 8,
      ipap: 18,
      pressure_support: 10,
      backup_rate: 14,
      insp_time: 1.2,
      fio2: 30,
    });
  });

  test("pressure support: PEEP and support, and no rate but the lowest", () => {
    expect(at({ "0B": 6, 12: 12, "09": 16, 42: 10, 45: 20 }, "0A8SPN-CPAP\u00035C2PS\u0003")).toEqual({
      mode: "SPN-CPAP PS",
      epap: 6,
      ipap: 18,
      pressure_support: 12,
    });
    expect(at({ "0B": 6, 12: 12, "0A": 14 }, "3E0\u0003")).toMatchObject({
      mode: "PC-PSV",
      ipap: 18,
      backup_rate: 14,
    });
  });

  test("volume control: a volume, in litres or millilitres, and no pressure", () => {
    expect(at({ "0B": 5, "04": 0.45, "09": 15, 45: 20, 12: 8 }, "015VC-AC\u0003")).toEqual({
      mode: "VC-AC",
      epap: 5,
      tidal_volume_target: 450,
      backup_rate: 15,
    });
    expect(at({ 40: 480 }, "015VC-AC\u0003").tidal_volume_target).toBe(480);
  });

  test("a mode of older software keeps the device's words; pressures are told where they cannot be mistaken", () => {
    expect(textCode("0A", "medibus")).toMatchObject({ kind: "mode", family: "unknown" });
    expect(at({ "0B": 5, 45: 20 }, "0A4ASB \u0003", "medibus")).toEqual({ mode: "ASB", epap: 5, ipap: 20 });
    expect(at({ "0B": 5, 12: 10, 45: 20 }, "0A4ASB \u0003", "medibus").ipap).toBeUndefined();
  });
});

describe("streams", () => {
  const offer = (code: string, intervalUs: number) => ({ code, intervalUs, min: 0, max: 100, maxBin: 0xfff });

  test("all come at the rate of the slowest", () => {
    const plan = planStreams([offer("01", 8_000), offer("00", 16_000), offer("06", 32_000)], OPTIONS);
    expect(plan?.rateHz).toBe(31.25);
    expect(plan?.streams.map(({ wave, multiplier }) => [wave, multiplier])).toEqual([
      ["airway_pressure", 2],
      ["flow", 4],
      ["co2", 1],
    ]);
  });

  test("one whose rate does not divide is left out, and so is what nobody wants", () => {
    expect(
      planStreams([offer("00", 12_000), offer("01", 16_000)], OPTIONS)?.streams.map(({ wave }) => wave),
    ).toEqual(["flow"]);
    expect(planStreams([offer("02", 16_000)], OPTIONS)).toBeUndefined();
    expect(planStreams([offer("06", 16_000)], { ...OPTIONS, co2: false })).toBeUndefined();
    expect(planStreams([offer("00", 16_000)], { ...OPTIONS, waves: false })).toBeUndefined();
  });

  test("a slower line gets fewer samples", () => {
    expect(planStreams([offer("00", 16_000)], { ...OPTIONS, baud: "9600" })?.rateHz).toBe(31.25);
    expect(planStreams([offer("00", 5_000)], OPTIONS)?.rateHz).toBe(50);
  });

  test("CO2 in kPa becomes mmHg, in % it is left out", () => {
    expect(planStreams([offer("07", 16_000)], OPTIONS)?.streams[0]?.factor).toBeCloseTo(7.5, 2);
    expect(planStreams([offer("08", 16_000)], OPTIONS)).toBeUndefined();
  });

  test("a group that misses samples, or is marked as damaged, is lost alone", () => {
    const group = [0xd3, 0xa5, 0x92, 0x80, 0xa0];
    expect(streamed([...group.slice(0, 4), ...group])).toEqual(["samples missing", { 0: 0x4a5, 1: 0x800 }]);
    expect(streamed([0xd3, 0xcf, ...group.slice(1), ...group])).toEqual([
      "marked as damaged",
      { 0: 0x4a5, 1: 0x800 },
    ]);
    expect(streamed([0x80, ...group, 0x81])).toEqual([
      "belongs to no sync",
      { 0: 0x4a5, 1: 0x800 },
      "belongs to no sync",
    ]);
  });

  test("streams 5 to 12 follow those of the sync", () => {
    expect(streamed([0xd1, 0xc4, 0xc2, 0xc5, 0xc8, 0x81, 0x80, 0x82, 0x80, 0x83, 0x80])).toEqual([
      { 0: 1, 5: 2, 11: 3 },
    ]);
  });

  test("any bytes at all are survived", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const found = frames(bytes);
        streamed(found.realtime);
        expect(found.realtime.every((byte) => byte >= 0x80)).toBe(true);
      }),
    );
  });
});

describe("the page of the family", () => {
  const page = readFileSync(
    path.join(import.meta.dirname, "../../devices/draeger-medibus/README.md"),
    "utf8",
  );

  test.each([
    ["measured", measuredTable],
    ["alarms", alarmTable],
    ["settings", settingTable],
    ["texts", textTable],
  ])("has the table of %s", (name, table) => {
    const [, shown] = new RegExp(`<!-- ${name} -->\\n([\\s\\S]*?)\\n<!-- end ${name} -->`).exec(page) ?? [];
    expect(shown).toBe(table());
  });
});
