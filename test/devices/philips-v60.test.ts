// What is particular to the V60, V200 and Esprit; what every family owes is in conformance.test.ts.
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { encodeAnswer, FIELDS } from "../../devices/philips-v60/codec.ts";
import { philipsV60 } from "../../devices/philips-v60/module.ts";
import type { ObservationBody } from "../../src/domain/observation.ts";
import { absent, type Samples } from "../../src/domain/sample.ts";
import { lineBytes, lineText } from "../../src/wire/line.ts";
import { createBench, feedStream, type Heard } from "../support/conformance.ts";

const NORMAL = Object.fromEntries([48, 51, 52, 53, 54, 55, 57, 94, 95].map((field) => [field, "NORMAL"]));

/** An answer by hand: 97 fields of six characters, wider ones as they are, and the counts that belong to them. */
function answer(
  texts: { readonly [field: number]: string },
  counts: { readonly bytes?: number; readonly fields?: number } = {},
): Uint8Array {
  let body = "";
  for (let field = 5; field <= 101; field++) {
    body += `${({ ...NORMAL, ...texts }[field] ?? "").padEnd(6)},`;
  }
  return lineBytes(`MISCA,${counts.bytes ?? body.length},${counts.fields ?? 97},\x02${body}\x03\r`);
}

const decode = (...answers: readonly Uint8Array[]): Promise<Heard> =>
  feedStream(
    philipsV60,
    {},
    answers.map((bytes, second) => ({ offsetMs: second * 1000, bytes })),
  );

const bodies = <Kind extends ObservationBody["kind"]>(heard: Heard, kind: Kind) =>
  heard.readings.flatMap(({ reading }) =>
    reading.body.kind === kind ? [reading.body as Extract<ObservationBody, { kind: Kind }>] : [],
  );

const samples = (heard: Heard): readonly Samples[] => bodies(heard, "samples").map((body) => body.samples);

describe("an answer", () => {
  test("gives what stands in the fields of the published list", async () => {
    const heard = await decode(
      answer({
        6: "100123456",
        9: "S/T",
        13: "30",
        15: "6",
        34: "18",
        35: "0.430",
        36: "7.74",
        38: "16.2",
        39: "8.4",
        40: "15.8",
        41: "2.1",
      }),
    );
    expect(samples(heard)).toEqual([
      {
        resp_rate: 18,
        tidal_volume_exp: 430,
        minute_volume: 7.7,
        pressure_peak: 16.2,
        pressure_mean: 8.4,
        pressure_insp: 15.8,
        ie_ratio: 2.1,
      },
    ]);
    expect(bodies(heard, "settings")).toEqual([
      { kind: "settings", settings: { mode: "S/T", fio2: 30, epap: 6 } },
    ]);
    expect(bodies(heard, "identity")).toEqual([{ kind: "identity", serial: "100123456" }]);
  });

  test("without values says so, blank or dashes", async () => {
    const heard = await decode(answer({}), answer({ 34: "----", 36: "--" }));
    for (const got of samples(heard)) {
      expect(Object.values(got)).toEqual(Array.from({ length: 7 }, () => absent("not_measured")));
    }
    expect(heard.rejects).toEqual([]);
  });

  test("an alarm is active at ALARM, not at RESET, and not spoken of where blank", async () => {
    const heard = await decode(answer({ 48: "ALARM", 52: "RESET", 95: "" }));
    const alarms = bodies(heard, "ownAlarm")[0]?.alarms ?? [];
    expect(alarms.flatMap(({ code, active }) => (active ? [code] : []))).toEqual(["pressure_high"]);
    expect(alarms.map(({ code }) => code)).toContain("minute_volume_low");
    expect(alarms.map(({ code }) => code)).not.toContain("occlusion_or_disconnect");
  });

  test("of ours has the documented size: 706 bytes in 97 fields", () => {
    expect(lineText(encodeAnswer(new Map())).startsWith("MISCA,706,97,\x02")).toBe(true);
  });
});

describe("bad input", () => {
  test.each([
    ["a wrong byte count", answer({}, { bytes: 706 }), "byte count disagrees"],
    ["a wrong field count", answer({}, { fields: 96 }), "field count disagrees"],
    ["a word where a number belongs", answer({ 34: "NORMAL" }), "fields out of place"],
    ["a number where an alarm belongs", answer({ 48: "18.0" }), "fields out of place"],
    ["an error message", lineBytes("UNKNOWN COMMAND\r"), "not an answer"],
    ["another ventilator's answer", lineBytes("MISCF,6,1,\x0218   ,\x03\r"), "not an answer"],
  ])("%s is refused", async (_, bytes, refusal) => {
    const heard = await decode(lineBytes("\r"), bytes, answer({ 34: "18" }));
    expect(heard.rejects.at(-1)).toBe(refusal);
    expect(samples(heard)).toHaveLength(1);
  });

  test("one field more, with counts that fit it, is refused: nobody knows what its fields are", async () => {
    const body = "      ,".repeat(98);
    const heard = await decode(lineBytes("\r"), lineBytes(`MISCA,${body.length},98,\x02${body}\x03\r`));
    expect(heard.rejects).toContain("number of fields unknown");
    expect(heard.readings).toEqual([]);
  });
});

describe("the conversation", () => {
  /** A bench whose ventilator the test plays. */
  const setUp = async () => {
    const bench = await createBench(philipsV60);
    const sent: (readonly [number, string])[] = [];
    const listening = (async () => {
      for await (const chunk of bench.cable.device.chunks) sent.push([bench.clock.mono(), lineText(chunk)]);
    })();
    // Ends with the cable, which nobody closes here.
    listening.catch(() => undefined);
    await bench.clock.advance(0);
    const say = async (bytes: Uint8Array): Promise<void> => {
      await bench.cable.device.write(bytes);
      await bench.clock.advance(0);
    };
    return { ...bench, sent, say };
  };

  test("asks once a second, and again after 5 s without an answer", async () => {
    const { clock, sent, say, heard, abort } = await setUp();
    await clock.advance(400);
    await say(answer({ 34: "18" }));
    await clock.advance(6_600);
    expect(sent).toEqual([
      [0, "SNDA\r"],
      [1_000, "SNDA\r"],
      [6_000, "SNDA\r"],
    ]);
    expect(heard.rejects).toEqual(["no answer within 5 s"]);
    await say(answer({ 34: "18" }));
    expect(samples(heard)).toHaveLength(2);
    await abort();
  });

  test("an error message ends the wait", async () => {
    const { clock, sent, say, abort } = await setUp();
    await clock.advance(300);
    await say(lineBytes("UNKNOWN COMMAND\r"));
    await clock.advance(1_000);
    expect(sent.map(([at]) => at)).toEqual([0, 1_000]);
    await abort();
  });
});

test("README.md lists every field that is read", () => {
  const text = readFileSync(path.join(import.meta.dirname, "../../devices/philips-v60/README.md"), "utf8");
  for (const { field, name } of FIELDS) expect(text).toContain(`| ${field} | ${name} |`);
});
