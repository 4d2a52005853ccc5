// The conversation: what the driver says when, and what it makes of a device that answers late, wrongly or not at all.
import { describe, expect, test } from "vitest";
import {
  CODE,
  createMedibusFramer,
  encodeCommand,
  encodeResponse,
  hex2,
} from "../../devices/draeger-medibus/codec.ts";
import { draegerMedibus } from "../../devices/draeger-medibus/module.ts";
import { encodeConfiguration, encodeGroup, encodePhase } from "../../devices/draeger-medibus/realtime.ts";
import type { DeviceReading, OptionValues } from "../../src/driver/contract.ts";
import { fillOptions } from "../../src/driver/options.ts";
import { toHex } from "../../src/wire/transcript.ts";
import { createBench } from "../support/conformance.ts";

/** A ventilator played by the test: it answers what `replies` holds, and keeps what it was told. */
async function setUp(options: OptionValues = { waves: false }, replies: Record<number, string> = {}) {
  const bench = await createBench(draegerMedibus, options);
  const { clock, cable } = bench;
  /** What the host said: time, `?` question or `!` answer, code in hex, argument; realtime bytes in hex. */
  const told: string[] = [];
  const answers = new Map(Object.entries(replies).map(([code, data]) => [Number(code), data]));
  const toSay: Uint8Array[] = [];
  let realtime: number[] = [];
  const framer = createMedibusFramer({
    onMessage({ kind, code, data }) {
      told.push(`${clock.mono()} ${kind === "command" ? "?" : "!"}${hex2(code)}${data}`);
      const reply = answers.get(code);
      if (kind === "command" && reply !== undefined) toSay.push(encodeResponse(code, reply));
    },
    onRefused: (kind) => told.push(`${clock.mono()} damaged ${kind}`),
    onRealtime: (byte) => realtime.push(byte),
    onNoise: (bytes) => told.push(`${clock.mono()} noise ${toHex(bytes)}`),
  });
  const listen = async (): Promise<void> => {
    for await (const chunk of cable.device.chunks) {
      framer.push(chunk);
      if (realtime.length > 0) told.push(`${clock.mono()} ${toHex(Uint8Array.from(realtime))}`);
      realtime = [];
      for (const reply of toSay.splice(0)) await cable.device.write(reply);
    }
  };
  // Ends with the cable, which nobody closes here.
  listen().catch(() => undefined);
  await clock.advance(0);
  const say = async (...messages: readonly Uint8Array[]): Promise<void> => {
    for (const message of messages) await cable.device.write(message);
    await clock.advance(0);
  };
  const bodies = (kind: string): DeviceReading["body"][] =>
    bench.heard.readings.flatMap(({ reading }) => (reading.body.kind === kind ? [reading.body] : []));
  return { ...bench, told, answers, say, bodies };
}

const IDENTITY = "0161'TESTVENT'01.03:06.00";
/** A ventilator that is well. */
const WELL: Record<number, string> = {
  [CODE.initialise]: "",
  [CODE.identity]: IDENTITY,
  [CODE.alarms1]: "",
  [CODE.alarms2]: "",
  [CODE.measured1]: "D6  16",
  [CODE.measured2]: "",
  [CODE.texts]: "475PC-AC\u0003",
  [CODE.settings]: "0B  8.0",
  [CODE.dateTime]: "22:41 14-NOV-26",
  [CODE.lowLimits1]: "",
  [CODE.highLimits1]: "",
  [CODE.lowLimits2]: "",
  [CODE.highLimits2]: "",
  [CODE.nop]: "",
};

const OFFER = ["00", "01"]
  .map((code) => encodeConfiguration({ code, intervalUs: 20_000, min: 0, max: 100, maxBin: 0xfff }))
  .join("");
const STREAMING: Record<number, string> = {
  ...WELL,
  [CODE.realtimeConfiguration]: OFFER,
  [CODE.configureRealtime]: "",
};

describe("the beginning", () => {
  test("initialises every second until it is answered, and asks nothing else before", async () => {
    const { clock, told, answers, abort } = await setUp();
    await clock.advance(2_500);
    expect(told).toEqual(["0 ?51", "1000 ?51", "2000 ?51"]);
    answers.set(CODE.initialise, "");
    await clock.advance(500);
    expect(told.slice(3)).toEqual(["3000 ?51", "3000 ?52"]);
    await abort();
  });

  test("answers the ventilator's own beginning and its question who asks, and takes neither for a restart", async () => {
    const { clock, told, say, abort } = await setUp({ waves: false }, WELL);
    await say(encodeCommand(CODE.initialise), encodeCommand(CODE.identity));
    await clock.advance(300);
    expect(told).toContain("0 !51");
    expect(told).toContain("0 !52");
    expect(told.filter((line) => line.endsWith("?51"))).toEqual(["0 ?51"]);
    await abort();
  });

  test("then asks in rounds, one question at a time", async () => {
    const { clock, told, abort } = await setUp({ waves: false }, WELL);
    await clock.advance(2_100);
    expect(told).toEqual([
      "0 ?51",
      "0 ?52",
      "0 ?27",
      "200 ?2E",
      "400 ?2B",
      "600 ?24",
      "800 ?2A",
      "1000 ?27",
      "1200 ?2E",
      "1400 ?2B",
      "1600 ?24",
      "1800 ?29",
      "2000 ?27",
    ]);
    await abort();
  });

  test("every page gets its turn", async () => {
    const { clock, told, abort } = await setUp({ waves: false }, WELL);
    await clock.advance(14_500);
    for (const page of ["25", "26", "28", "29", "2A", "2C", "2D"]) {
      expect(told.some((line) => line.endsWith(`?${page}`))).toBe(true);
    }
    await abort();
  });

  test("what the ventilator is, is said", async () => {
    const { clock, bodies, abort } = await setUp({ waves: false }, WELL);
    await clock.advance(100);
    expect(bodies("identity")).toEqual([
      { kind: "identity", model: "Dräger TESTVENT (0161)", firmware: "01.03, MEDIBUS 06.00" },
    ]);
    await abort();
  });

  test("a question who it is that is refused is asked three times, then it goes on without", async () => {
    const { clock, told, answers, say, bodies, abort } = await setUp({ waves: false }, WELL);
    await clock.advance(100);
    answers.delete(CODE.identity);
    // It begins anew, and takes the next questions for damaged ones.
    await clock.advance(4_000);
    await say(encodeCommand(CODE.initialise));
    await clock.advance(300);
    const before = told.length;
    for (let i = 0; i < 3; i++) await say(encodeResponse(CODE.corrupt));
    await clock.advance(10);
    expect(told.slice(before).filter((line) => line.includes("?52"))).toHaveLength(2);
    await clock.advance(1_000);
    expect(bodies("samples").length).toBeGreaterThan(0);
    await abort();
  });
});

describe("what goes wrong", () => {
  test("a sign of life after 1.5 s without an answer, and a new beginning after 3 s of silence", async () => {
    const { clock, told, answers, heard, abort } = await setUp({ waves: false }, WELL);
    await clock.advance(900);
    answers.clear();
    const before = told.length;
    await clock.advance(4_200);
    expect(told.slice(before)).toEqual(["1000 ?27", "2500 ?30", "4000 ?51", "5000 ?51"]);
    expect(heard.rejects).toEqual(["nothing heard for 3 s"]);
    await abort();
  });

  test("a question that stays without an answer is left out after 5 s while there are signs of life", async () => {
    const { clock, told, answers, heard, bodies, abort } = await setUp({ waves: false }, WELL);
    answers.delete(CODE.measured2);
    await clock.advance(5_500);
    expect(heard.rejects).toEqual(["no answer to measured data, page 2 within 5 s"]);
    expect(told.filter((line) => line.endsWith("?30"))).toEqual(["1900 ?30", "3400 ?30", "4900 ?30"]);
    await clock.advance(300);
    expect(bodies("samples")).toMatchObject([{ samples: { resp_rate: 16 } }]);
    await abort();
  });

  test("a damaged answer ends its question at once", async () => {
    const { [CODE.alarms1]: _silent, ...others } = WELL;
    const { clock, told, say, abort } = await setUp({ waves: false }, others);
    await clock.advance(100);
    const damaged = encodeResponse(CODE.alarms1, "OFFDISCONNECT  ").map((byte, at) =>
      at === 5 ? byte ^ 2 : byte,
    );
    await say(damaged);
    await clock.advance(200);
    expect(told.at(-1)).toBe("300 ?2E");
    await abort();
  });

  test("a damaged question of the ventilator is answered as damaged, an unknown one with its code", async () => {
    const { told, say, abort } = await setUp({ waves: false }, WELL);
    await say(encodeCommand(CODE.nop).map((byte, at) => (at === 2 ? 0x39 : byte)));
    await say(encodeCommand(0x7a, "anything"));
    expect(told).toContain("0 !15");
    expect(told).toContain("0 !7A");
    await abort();
  });

  test.each([
    ["an unexpected beginning", CODE.initialise],
    ["its stop", CODE.stop],
  ])("after %s all begins anew", async (_what, code) => {
    const { clock, told, say, abort } = await setUp({ waves: false }, WELL);
    await clock.advance(5_050);
    const before = told.length;
    await say(encodeCommand(code));
    await clock.advance(400);
    expect(told.slice(before, before + 3)).toEqual([`5050 !${hex2(code)}`, "5200 ?51", "5200 ?52"]);
    await abort();
  });

  test("an answer that comes late is what the ventilator says now", async () => {
    const { clock, answers, say, bodies, abort } = await setUp({ waves: false }, WELL);
    answers.delete(CODE.measured1);
    await clock.advance(6_000);
    expect(bodies("samples")).toEqual([]);
    await say(encodeResponse(CODE.measured1, "D6  17"));
    expect(bodies("samples")).toMatchObject([{ samples: { resp_rate: 17 } }]);
    await abort();
  });

  test("a clock that was set is read in the next round", async () => {
    const { clock, told, say, abort } = await setUp({ waves: false }, WELL);
    await clock.advance(900);
    await say(encodeCommand(CODE.timeChanged));
    await clock.advance(1_000);
    expect(told).toContain("1800 ?28");
    await abort();
  });
});

describe("streams", () => {
  test("are asked for after the identity, and switched on", async () => {
    const { told, abort } = await setUp({}, STREAMING);
    expect(told.slice(0, 5)).toEqual(["0 ?51", "0 ?52", "0 ?53", "0 ?5400010101", "0 D0 C1 C3 C0 C0"]);
    await abort();
  });

  test("become a waveform a second, and breaths between two marks", async () => {
    const { clock, cable, bodies, abort } = await setUp({}, STREAMING);
    for (let sample = 0; sample <= 150; sample++) {
      if (sample === 0 || sample === 150) await cable.device.write(encodePhase("inspiration"));
      if (sample === 50) await cable.device.write(encodePhase("expiration"));
      await cable.device.write(encodeGroup(sample < 50 ? [819, 2048] : [410, 0]));
      await clock.advance(20);
    }
    const waves = bodies("wave");
    expect(waves).toHaveLength(3);
    expect(waves[0]).toEqual({
      kind: "wave",
      rateHz: 50,
      channels: {
        airway_pressure: Array.from({ length: 50 }, () => 20),
        flow: Array.from({ length: 50 }, () => 50.01),
      },
    });
    expect(bodies("breath")).toMatchObject([
      { breath: { inspTimeS: 1, expTimeS: 2, pressurePeakCmH2o: 20, peepCmH2o: 10.01, rateMin: 20 } },
    ]);
    await abort();
  });

  test("a gap begins a new waveform: nothing is joined over it", async () => {
    const { clock, cable, bodies, abort } = await setUp({}, STREAMING);
    const run = async (bin: number, samples: number): Promise<void> => {
      for (let i = 0; i < samples; i++) {
        await cable.device.write(encodeGroup([bin, 0]));
        await clock.advance(20);
      }
    };
    await run(0, 30);
    await clock.advance(2_500);
    await run(0xfff, 50);
    // A group of which half is missing.
    await run(0, 30);
    await cable.device.write(encodeGroup([0, 0]).subarray(0, 3));
    await run(0xfff, 50);
    expect(bodies("wave").map((body) => (body.kind === "wave" ? body.channels.airway_pressure : []))).toEqual(
      [Array.from({ length: 50 }, () => 100), Array.from({ length: 50 }, () => 100)],
    );
    await abort();
  });

  test("keep the connection alive while a question is not answered, and are asked for again when they changed", async () => {
    const { clock, told, cable, say, heard, abort } = await setUp({}, STREAMING);
    await cable.device.write(encodeGroup([1, 2]));
    await clock.advance(1_050);
    const before = told.length;
    await say(encodeCommand(CODE.realtimeChanged));
    await cable.device.write(encodeGroup([1, 2]));
    await clock.advance(200);
    expect(told.slice(before, before + 5)).toEqual([
      "1050 !56",
      "1200 D0 C1 C0 C0 C0",
      "1200 ?53",
      "1200 ?5400010101",
      "1200 D0 C1 C3 C0 C0",
    ]);
    expect(heard.rejects).toEqual(["a stream that was not asked for"]);
    await abort();
  });

  test("of a simulated patient are refused", async () => {
    const { clock, cable, heard, bodies, abort } = await setUp(
      {},
      { ...STREAMING, [CODE.texts]: "623SIM\u0003" },
    );
    await clock.advance(1_000);
    for (let i = 0; i < 60; i++) await cable.device.write(encodeGroup([1, 2]));
    await clock.advance(0);
    expect(bodies("wave")).toEqual([]);
    expect(new Set(heard.rejects)).toEqual(new Set(["the ventilator is in simulation"]));
    await abort();
  });

  test("are left alone where the ventilator offers none", async () => {
    const { clock, told, abort } = await setUp({}, { ...WELL, [CODE.realtimeConfiguration]: "" });
    await clock.advance(100);
    expect(told).toEqual(["0 ?51", "0 ?52", "0 ?53", "0 ?27"]);
    await abort();
  });
});

describe("the end", () => {
  test("stop is the last word", async () => {
    const { clock, told, abort } = await setUp({ waves: false }, WELL);
    await clock.advance(1_950);
    await abort();
    await clock.advance(0);
    expect(told.at(-1)).toBe("1950 ?55");
  });

  test("the line is the one of the options", () => {
    const line = (given: OptionValues) => draegerMedibus.serial(fillOptions(draegerMedibus.options, given));
    expect(line({})).toEqual({ baudRate: 19_200, dataBits: 8, parity: "even", stopBits: 1, rtscts: false });
    expect(line({ baud: "38400", parity: "none" })).toMatchObject({ baudRate: 38_400, parity: "none" });
  });
});
