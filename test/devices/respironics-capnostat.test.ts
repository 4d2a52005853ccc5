// What is particular to the Capnostat; what every family owes is in conformance.test.ts.
import { readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  barometricPressure,
  CAPNOSTAT_RULE,
  COMMAND,
  DPI,
  decodeFrame,
  decodeWave,
  encodeFrame,
  gasCompensation,
  pair,
  START_WAVE,
  STATUS,
} from "../../devices/respironics-capnostat/codec.ts";
import { respironicsCapnostat } from "../../devices/respironics-capnostat/module.ts";
import type { ObservationBody } from "../../src/domain/observation.ts";
import { absent, type Samples } from "../../src/domain/sample.ts";
import { lineBytes } from "../../src/wire/line.ts";
import { fromHex, toHex } from "../../src/wire/transcript.ts";
import { createBench, feedStream, type Heard } from "../support/conformance.ts";
import { protocolVectors } from "../support/protocol-vectors.ts";

const waveOf = (bytes: Uint8Array) => {
  expect(CAPNOSTAT_RULE.match(bytes, 0, bytes.length)).toBe(bytes.length);
  return decodeWave(decodeFrame(bytes, 0, bytes.length));
};

const bodies = <Kind extends ObservationBody["kind"]>(heard: Heard, kind: Kind) =>
  heard.readings.flatMap(({ reading }) =>
    reading.body.kind === kind ? [reading.body as Extract<ObservationBody, { kind: Kind }>] : [],
  );

const samples = (heard: Heard): readonly Samples[] => bodies(heard, "samples").map((body) => body.samples);

/** Wave frames at 40 mmHg, `told` in those where it says something. */
const seconds = (count: number, told: (frame: number) => readonly number[]): Uint8Array =>
  Buffer.concat(
    Array.from({ length: count * 100 }, (_, frame) =>
      encodeFrame(COMMAND.wave, frame % 128, ...pair(5000), ...told(frame)),
    ),
  );

const status = (priority: number): readonly number[] => [DPI.status, 0, 0, 0, 0, priority];

/** Status, end-tidal CO2 and rate, once a second each. */
const telling =
  (priority: number, etco2: number, rate: number) =>
  (frame: number): readonly number[] => {
    if (frame % 100 === 0) return status(priority);
    if (frame % 100 === 10) return [DPI.etco2, ...pair(etco2 * 10)];
    return frame % 100 === 20 ? [DPI.respRate, ...pair(rate)] : [];
  };

const decode = (...chunks: readonly Uint8Array[]): Promise<Heard> =>
  feedStream(
    respironicsCapnostat,
    {},
    chunks.map((bytes, second) => ({ offsetMs: second * 1000, bytes })),
  );

describe("frames made by hand from the published rules", () => {
  const { test, vector } = protocolVectors("capnostat5");

  test("are written alike", () => {
    expect(START_WAVE).toEqual(vector("start waveform").bytes);
    expect(encodeFrame(COMMAND.stop)).toEqual(vector("stop").bytes);
  });

  test("are read alike", () => {
    expect(waveOf(vector("waveform 38.00 mmHg no DPI").bytes)).toEqual({ sync: 1, co2: 38 });
    expect(waveOf(vector("waveform + EtCO2 41.0").bytes)).toEqual({
      sync: 2,
      co2: 38,
      told: { kind: "etco2", value: 41 },
    });
    expect(waveOf(vector("waveform invalid (-10)").bytes)).toEqual({ sync: 3, co2: undefined });
  });
});

describe("numbers", () => {
  test("leave when the status vouches for them, rate as told by the module", async () => {
    const heard = await decode(seconds(2, telling(0, 41.4, 16)));
    expect(samples(heard)).toEqual([
      { etco2: 41, resp_rate: 16 },
      { etco2: 41, resp_rate: 16 },
    ]);
    expect(bodies(heard, "status")).toEqual([{ kind: "status", codes: [] }]);
  });

  test.each(Object.entries(STATUS).filter(([, { gates }]) => gates !== undefined))(
    "do not leave beside status %s, $meaning",
    async (priority, { gates, code }) => {
      const heard = await decode(seconds(1, telling(Number(priority), 41, 16)));
      const reason = absent(gates ?? "stale");
      expect(samples(heard)).toEqual([{ etco2: reason, resp_rate: reason }]);
      expect(bodies(heard, "status")[0]?.codes).toEqual([code]);
    },
  );

  test("do not leave beside a status that nobody explained, nor before there was one", async () => {
    const unknown = await decode(seconds(1, telling(77, 41, 16)));
    expect(samples(unknown)).toEqual([{ etco2: absent("invalid"), resp_rate: absent("invalid") }]);
    const never = await decode(seconds(1, (frame) => (frame === 10 ? [DPI.etco2, ...pair(410)] : [])));
    expect(samples(never)).toEqual([{ etco2: absent("stale"), resp_rate: absent("stale") }]);
  });

  test("that are 0 are no breath to measure", async () => {
    const heard = await decode(seconds(1, telling(0, 0, 0)));
    expect(samples(heard)).toEqual([{ etco2: absent("not_measured"), resp_rate: absent("not_measured") }]);
    expect(bodies(heard, "status")[0]?.codes).toEqual(["no_breath"]);
  });

  test("that are not told again for ten seconds are stale, though the wave goes on", async () => {
    const heard = await decode(
      seconds(14, (frame) => (frame < 100 ? telling(0, 41, 16)(frame) : frame % 100 === 0 ? status(0) : [])),
    );
    expect(samples(heard).at(8)).toEqual({ etco2: 41, resp_rate: 16 });
    expect(samples(heard).at(-1)).toEqual({ etco2: absent("stale"), resp_rate: absent("stale") });
  });

  test("a DPI that is too short tells nothing", () => {
    expect(waveOf(encodeFrame(COMMAND.wave, 1, ...pair(5000), DPI.etco2, 3))?.told).toBeUndefined();
    expect(waveOf(encodeFrame(COMMAND.wave, 1, ...pair(5000), DPI.status, 0, 0, 0, 0))?.told).toBeUndefined();
  });

  test("every wave value and every told value survives the way there and back", () => {
    const word = fc.integer({ min: 1, max: 16_383 });
    fc.assert(
      fc.property(word, word, (raw, value) => {
        const frame = waveOf(encodeFrame(COMMAND.wave, 5, ...pair(raw), DPI.respRate, ...pair(value)));
        expect(frame).toEqual({ sync: 5, co2: (raw - 1000) / 100, told: { kind: "respRate", value } });
      }),
    );
  });
});

describe("the wave", () => {
  test("is a gapless second in each body", async () => {
    const heard = await decode(seconds(3, telling(0, 41, 16)));
    expect(bodies(heard, "wave").map(({ channels }) => channels.co2)).toEqual(
      Array.from({ length: 3 }, () => Array.from({ length: 100 }, () => 40)),
    );
  });

  test("starts anew behind lost frames, which are counted", async () => {
    const whole = seconds(2, telling(0, 41, 16));
    const frames: Uint8Array[] = [];
    for (let at = 0; at < whole.length; ) {
      const length = 2 + (whole[at + 1] ?? 0);
      frames.push(whole.subarray(at, at + length));
      at += length;
    }
    const heard = await decode(Buffer.concat(frames.toSpliced(150, 7)));
    expect(heard.rejects).toEqual(["7 frames missing by the counter"]);
    expect(bodies(heard, "wave").map(({ channels }) => channels.co2?.length)).toEqual([100, 43]);
  });

  test("holds no sample where the sensor has none", async () => {
    const bytes = Buffer.concat(
      Array.from({ length: 100 }, (_, frame) =>
        encodeFrame(COMMAND.wave, frame, ...pair(frame < 40 ? 0 : 4800), ...(frame === 0 ? status(0) : [])),
      ),
    );
    expect(bodies(await decode(bytes), "wave").map(({ channels }) => channels.co2)).toEqual([
      Array.from({ length: 60 }, () => 38),
    ]);
  });

  test("a counter that stands still or jumps about cannot raise the rate of readings", async () => {
    for (const sync of [() => 5, (frame: number) => (frame * 61) % 128]) {
      const bytes = Buffer.concat(
        Array.from({ length: 500 }, (_, frame) => encodeFrame(COMMAND.wave, sync(frame), ...pair(4800))),
      );
      expect(samples(await decode(bytes)).length).toBeLessThanOrEqual(10);
    }
  });
});

describe("bad input", () => {
  test.each([
    ["80 04 01 25 40 17", "the checksum does not fit"],
    ["80 04 01 A5 40 16", "bit 7 set inside a frame"],
    ["80 00", "length out of place"],
    ["80 50 01 25", "length out of place"],
    ["90 04 01 25 40 06", "no command"],
  ])("%s is refused: %s", (hex, refusal) => {
    const bytes = fromHex(hex) ?? new Uint8Array(0);
    const found = CAPNOSTAT_RULE.match(bytes, 0, bytes.length);
    expect(CAPNOSTAT_RULE.refusals[-found - 1]).toBe(refusal);
  });

  test("one frame that fits its checksum by chance is not believed", async () => {
    const heard = await decode(
      encodeFrame(COMMAND.wave, 1, ...pair(4800), ...status(0)),
      Uint8Array.of(1, 2, 3),
    );
    expect(heard.frames).toEqual([]);
  });
});

describe("the conversation", () => {
  /** A bench whose device end the test plays. */
  const setUp = async (options = {}) => {
    const bench = await createBench(respironicsCapnostat, options);
    const sent: (readonly [number, string])[] = [];
    const listening = (async () => {
      for await (const chunk of bench.cable.device.chunks) sent.push([bench.clock.mono(), toHex(chunk)]);
    })();
    // Ends with the cable, which nobody closes here.
    listening.catch(() => undefined);
    await bench.clock.advance(0);
    return { ...bench, sent };
  };

  test("asks for the revision, then for the wave until it comes, and again when it stays away", async () => {
    const { clock, cable, sent, abort } = await setUp();
    await clock.advance(4_000);
    expect(sent).toEqual([
      [0, toHex(encodeFrame(COMMAND.revision, 0))],
      [1_000, "80 02 00 7E"],
      [3_000, "80 02 00 7E"],
    ]);
    await cable.device.write(seconds(1, telling(0, 41, 16)));
    await clock.advance(1_500);
    expect(sent).toHaveLength(3);
    await clock.advance(2_000);
    expect(sent.at(-1)?.[1]).toBe("80 02 00 7E");
    await abort();
  });

  test("tells pressure, then gases, when the status asks for them, and not again at once", async () => {
    const { clock, cable, sent, abort } = await setUp({ barometric: 700, oxygen: 40 });
    await cable.device.write(seconds(1, telling(3, 0, 0)));
    await clock.advance(1_000);
    await cable.device.write(seconds(1, telling(3, 0, 0)));
    await clock.advance(3_000);
    const settings = sent.map(([, hex]) => hex).filter((hex) => hex.startsWith("84"));
    expect(settings).toEqual([toHex(barometricPressure(700)), toHex(gasCompensation(40))]);
    // 700 = 5 * 128 + 60.
    expect(settings[0]?.startsWith("84 04 01 05 3C")).toBe(true);
    expect(settings[1]?.startsWith("84 06 0B 28 00 00 00")).toBe(true);
    await abort();
  });

  test("takes the revision as firmware", async () => {
    const text = lineBytes("3.02 2008");
    const heard = await decode(encodeFrame(COMMAND.revision, 0, ...text), seconds(1, telling(0, 41, 16)));
    expect(bodies(heard, "identity")).toEqual([{ kind: "identity", firmware: "3.02 2008" }]);
  });
});

test("README.md explains every status", () => {
  const file = path.join(import.meta.dirname, "../../devices/respironics-capnostat/README.md");
  const text = readFileSync(file, "utf8");
  for (const [priority, { code, meaning }] of Object.entries(STATUS)) {
    const row = new RegExp(
      `\\| ${Number(priority).toString(16).toUpperCase()} \\| \`${code}\` \\| ${meaning} \\|`,
    );
    expect(text).toMatch(row);
  }
});
