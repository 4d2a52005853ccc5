// What is particular to Hamilton's polling; what every family owes is in conformance.test.ts.
import { readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Answer,
  answerIn,
  encodeQuestion,
  encodeText,
  encodeValue,
  HAMILTON_RULE,
} from "../../devices/hamilton-polling/codec.ts";
import { hamiltonPolling } from "../../devices/hamilton-polling/module.ts";
import { EVERY_ROUND, MODES, PARAMETERS } from "../../devices/hamilton-polling/parameters.ts";
import type { ObservationBody } from "../../src/domain/observation.ts";
import { absent, type Samples } from "../../src/domain/sample.ts";
import { fromHex } from "../../src/wire/transcript.ts";
import { createBench, feedStream, type Heard } from "../support/conformance.ts";
import { protocolVectors } from "../support/protocol-vectors.ts";

const hex = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array(0);

/** The answer that the rule lets through, else why it refused. */
const read = (bytes: Uint8Array): Answer | string | undefined => {
  const found = HAMILTON_RULE.match(bytes, 0, bytes.length);
  return found > 0 ? answerIn(bytes, 0) : HAMILTON_RULE.refusals[-found - 1];
};

const bodies = <Kind extends ObservationBody["kind"]>(heard: Heard, kind: Kind) =>
  heard.readings.flatMap(({ reading }) =>
    reading.body.kind === kind ? [reading.body as Extract<ObservationBody, { kind: Kind }>] : [],
  );

const samples = (heard: Heard): readonly Samples[] => bodies(heard, "samples").map((body) => body.samples);

const decode = (...answers: readonly Uint8Array[]): Promise<Heard> =>
  feedStream(
    hamiltonPolling,
    {},
    answers.map((bytes) => ({ offsetMs: 0, bytes })),
  );

describe("frames made by hand from the published rules", () => {
  const { test, vector } = protocolVectors("hamilton");

  test("are written and read alike", () => {
    expect(encodeQuestion(63)).toEqual(vector("request id 63 total rate").bytes);
    expect(read(vector("response id 63").bytes)).toEqual({ kind: "value", id: 63, value: 16 });
    expect(read(vector("response id 62 minute volume").bytes)).toEqual({ kind: "value", id: 62, value: 8.3 });
    expect(read(vector("response missing").bytes)).toEqual({ kind: "value", id: 71, value: undefined });
    expect(read(vector("error frame").bytes)).toEqual({ kind: "error" });
  });
});

describe("published frames of another program's tests", () => {
  test("a version answer begins with a letter of the device", () => {
    expect(read(hex("02 7C 47 30 32 30 30 03 0D"))).toEqual({ kind: "version", id: 124, text: "G0200" });
  });

  test("a device's letters in place of an id are no value", () => {
    // A device letter A, then 5342j: the id of I:E is the same byte.
    expect(read(hex("02 41 35 33 34 32 6A 03 0D"))).toBe("not a number");
    expect(read(hex("02 43 39 39 39 39 03 0D 02"))).toBe("not a text");
  });
});

describe("an answer", () => {
  test.each([
    ["02 3F 20 20 20 31 36 0D 03", "the end is out of place"],
    ["02 3F 20 20 31 20 36 03 0D", "not a number"],
    ["02 3F 20 20 20 20 20 03 0D", "not a number"],
    ["02 3F 31 2E 32 2E 33 03 0D", "not a number"],
    ["02 3F 20 20 80 31 36 03 0D", "not a text"],
    ["02 05 20 20 20 31 36 03 0D", "no such id"],
    ["03 3F 20 20 20 31 36 03 0D", "no answer begins"],
  ])("%s is refused: %s", (bytes, refusal) => expect(read(hex(bytes))).toBe(refusal));

  test("9999 and 999.9 are no value, whatever the padding", () => {
    for (const text of [" 9999", "9999 ", "999.9"]) {
      expect(read(encodeText(61, text))).toEqual({ kind: "value", id: 61, value: undefined });
    }
    expect(read(encodeText(61, "999.8"))).toEqual({ kind: "value", id: 61, value: 999.8 });
  });

  test("holds every number of five characters", () => {
    fc.assert(
      fc.property(fc.integer({ min: -999, max: 9998 }), (value) => {
        expect(read(encodeValue(66, value, 0))).toEqual({ kind: "value", id: 66, value });
        const tenth = value / 10;
        if (tenth !== 999.9)
          expect(read(encodeValue(66, tenth, 1))).toEqual({ kind: "value", id: 66, value: tenth });
      }),
    );
  });
});

describe("a round", () => {
  const all = (values: { readonly [id: number]: number | undefined } = {}): readonly Uint8Array[] =>
    EVERY_ROUND.map(({ id }) => encodeValue(id, id in values ? values[id] : 5, 1));

  test("is one reading, with its last answer", async () => {
    const heard = await decode(...all({ 61: 450, 71: 21, 92: 1 }), ...all({ 61: undefined, 71: 21, 92: 0 }));
    expect(samples(heard).map(({ tidal_volume_exp, fio2 }) => [tidal_volume_exp, fio2])).toEqual([
      [450, 21],
      [absent("not_measured"), 21],
    ]);
  });

  test("with a lost answer speaks of the others, and a lost last one ends with the next round", async () => {
    const lost = (id: number) => all({ 71: 21 }).filter((bytes) => bytes[1] !== id);
    const heard = await decode(...lost(63), ...lost(113), ...all({ 71: 21 }));
    expect(samples(heard)).toHaveLength(3);
    expect(samples(heard)[0]).not.toHaveProperty("resp_rate");
    expect(samples(heard)[1]).not.toHaveProperty("insp_time");
    expect(samples(heard)[2]).toMatchObject({ resp_rate: 5, insp_time: 5 });
  });

  test("an alarm is active where its value is not 0", async () => {
    const heard = await decode(...all({ 91: 0, 92: 1, 94: 2, 95: undefined }));
    expect(bodies(heard, "ownAlarm")[0]?.alarms.map(({ code, active }) => [code, active])).toEqual([
      ["disconnect", true],
      ["apnea", true],
      ["pressure_high", false],
    ]);
  });

  test("settings, mode and number come with it", async () => {
    const heard = await decode(
      encodeValue(86, 4711, 0),
      encodeValue(40, 25, 0),
      encodeValue(48, 6, 1),
      encodeText(124, "G0200"),
      ...all(),
    );
    expect(bodies(heard, "settings")).toEqual([{ kind: "settings", settings: { mode: "NIV", epap: 6 } }]);
    expect(bodies(heard, "identity")).toEqual([{ kind: "identity", serial: "4711", firmware: "G0200" }]);
    expect(MODES[25]).toBe("NIV");
  });

  test("a number outside the plausible range is invalid, not clamped", async () => {
    const heard = await decode(...all({ 63: 151, 71: 12 }));
    expect(samples(heard)[0]).toMatchObject({ resp_rate: absent("invalid"), fio2: absent("invalid") });
  });
});

describe("the conversation", () => {
  /** A bench whose ventilator answers as `reply` says; `asked` are the ids with their times. */
  const setUp = async (reply: (id: number) => Uint8Array | undefined) => {
    const bench = await createBench(hamiltonPolling);
    const asked: (readonly [number, number])[] = [];
    const listening = (async () => {
      for await (const chunk of bench.cable.device.chunks) {
        const id = chunk[1] ?? 0;
        asked.push([bench.clock.mono(), id]);
        const bytes = reply(id);
        if (bytes !== undefined) await bench.cable.device.write(bytes);
      }
    })();
    // Ends with the cable, which nobody closes here.
    listening.catch(() => undefined);
    await bench.clock.advance(0);
    return { ...bench, asked };
  };

  test("leaves 36 ms between questions and asks for everything within six rounds", async () => {
    const { clock, asked, abort } = await setUp((id) =>
      id === 124 ? encodeText(id, "G0200") : encodeValue(id, 1, 0),
    );
    await clock.advance(6_000);
    const times = asked.map(([at]) => at);
    for (const [i, at] of times.slice(1).entries()) expect(at - (times[i] ?? 0)).toBeGreaterThanOrEqual(36);
    expect(new Set(asked.map(([, id]) => id))).toEqual(new Set(PARAMETERS.keys()));
    expect(asked.filter(([, id]) => id === 63).map(([at]) => at % 1_000)).toEqual(
      Array.from({ length: 6 }, () => 144),
    );
    await abort();
  });

  test("an id that the ventilator does not know is unsupported", async () => {
    const { clock, heard, abort } = await setUp((id) =>
      id === 113 || id === 71 ? encodeText(0x52, "ERROR") : encodeValue(id, 5, 0),
    );
    await clock.advance(3_000);
    expect(samples(heard).at(-1)).toMatchObject({
      insp_time: absent("unsupported"),
      fio2: absent("unsupported"),
      resp_rate: 5,
    });
    await abort();
  });

  test("an answer to another question is not taken for this one's", async () => {
    const { clock, heard, abort } = await setUp((id) => encodeValue(id === 63 ? 62 : id, 5, 0));
    await clock.advance(5_000);
    for (const got of samples(heard)) expect(got).not.toHaveProperty("resp_rate");
    expect(samples(heard).length).toBeGreaterThan(2);
    await abort();
  });

  test("a silent ventilator is asked again and again, and said to be silent", async () => {
    const { clock, heard, asked, abort } = await setUp(() => undefined);
    await clock.advance(5_000);
    expect(asked.length).toBeGreaterThanOrEqual(6);
    expect(heard.readings).toEqual([]);
    expect(new Set(heard.rejects)).toEqual(new Set(["no answer within half a second"]));
    await abort();
  });
});

test("README.md lists every id that is asked for", () => {
  const file = path.join(import.meta.dirname, "../../devices/hamilton-polling/README.md");
  const text = readFileSync(file, "utf8");
  for (const { id, name } of PARAMETERS.values()) expect(text).toContain(`| ${id} | ${name} |`);
});
