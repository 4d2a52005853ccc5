// What is particular to the TOSCA 500; what every family owes is in conformance.test.ts.
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { FLAGS, QUESTION } from "../../devices/tosca-500/codec.ts";
import { tosca500 } from "../../devices/tosca-500/module.ts";
import type { ObservationBody } from "../../src/domain/observation.ts";
import { absent, type Samples } from "../../src/domain/sample.ts";
import { fillOptions } from "../../src/driver/options.ts";
import { lineBytes, lineText } from "../../src/wire/line.ts";
import { toHex } from "../../src/wire/transcript.ts";
import { createBench, feedStream, type Heard } from "../support/conformance.ts";
import { protocolVectors } from "../support/protocol-vectors.ts";

const decode = (...answers: readonly (string | Uint8Array)[]): Promise<Heard> =>
  feedStream(
    tosca500,
    {},
    answers.map((answer, count) => ({
      offsetMs: count * 2000,
      bytes: typeof answer === "string" ? lineBytes(answer) : answer,
    })),
  );

const bodies = <Kind extends ObservationBody["kind"]>(heard: Heard, kind: Kind) =>
  heard.readings.flatMap(({ reading }) =>
    reading.body.kind === kind ? [reading.body as Extract<ObservationBody, { kind: Kind }>] : [],
  );

const samples = (heard: Heard): readonly Samples[] => bodies(heard, "samples").map((body) => body.samples);

const CO2 = "\r\n00[PCO2(tc43.0)_>2 N _PCO2=048mmHg _> N ]";
const SPO2 = "\r\n00[SPO2_>3 N _SPO2=094PERCNT_> N ]";
const PULSE = "\r\n00[PR_>4 N _PR=078BPM_> N ]";
const END = "\r\n$";

describe("frames made by hand from the manual's page", () => {
  const { test, vector } = protocolVectors("tosca500");

  test("are written and read alike", async () => {
    expect(toHex(QUESTION)).toBe(toHex(vector("value request (RTS asserted, wait CTS)").bytes));
    const heard = await decode(vector("value reply shape").bytes);
    expect(heard.rejects).toEqual([]);
    expect(samples(heard)).toEqual([{ tcco2: 48, spo2: 94, pulse_rate: 78 }]);
  });
});

describe("an answer", () => {
  test("counts with its end, other parts in it are read over", async () => {
    const heating = "\r\n00[HPWR_>5 N _HPWR=0589mW_> N ]";
    const heard = await decode(CO2 + SPO2 + PULSE + heating, END, CO2 + END);
    expect(heard.readings.map(({ atMs }) => atMs)).toEqual([2000, 2000, 2000, 4000]);
    expect(samples(heard)).toEqual([{ tcco2: 48, spo2: 94, pulse_rate: 78 }, { tcco2: 48 }]);
  });

  test("in kPa is turned into mmHg", async () => {
    const heard = await decode(CO2.replace("048mmHg ", "10.4kPa ") + END);
    expect(samples(heard)).toEqual([{ tcco2: 78 }]);
  });

  test("with dashes has no value", async () => {
    const heard = await decode(CO2.replace("048", "---") + SPO2.replace("094", "---") + PULSE + END);
    expect(samples(heard)).toEqual([
      { tcco2: absent("not_measured"), spo2: absent("not_measured"), pulse_rate: 78 },
    ]);
  });

  test.each([
    ["F", absent("invalid")],
    ["C", absent("searching")],
    ["U", absent("invalid")],
    ["X", absent("invalid")],
    ["A", 48],
    ["S", 48],
  ])("a flag %s in either place makes the number %o", async (letter, expected) => {
    for (const marked of [CO2.replace(">2 N", `>2 ${letter}`), CO2.replace("_> N", `_> ${letter}`)]) {
      expect(samples(await decode(marked + SPO2 + PULSE + END))).toEqual([
        { tcco2: expected, spo2: 94, pulse_rate: 78 },
      ]);
    }
  });

  test("a pulse that failed leaves no saturation either: it is one sensor", async () => {
    const heard = await decode(CO2 + SPO2 + PULSE.replace(">4 N", ">4 F") + END);
    expect(samples(heard)).toEqual([{ tcco2: 48, spo2: absent("invalid"), pulse_rate: absent("invalid") }]);
    expect(bodies(heard, "status")[0]?.codes).toEqual(["failure"]);
  });

  test("alarms are told, muted ones too", async () => {
    const heard = await decode(CO2.replace(">2 N", ">2 A") + SPO2.replace(">3 N", ">3 S") + PULSE + END);
    const active = bodies(heard, "ownAlarm")[0]?.alarms.flatMap(({ code, active: on }) => (on ? [code] : []));
    expect(active).toEqual(["tcco2", "spo2"]);
    expect(bodies(heard, "status")[0]?.codes).toEqual(["alarm_silenced"]);
  });
});

describe("bad input", () => {
  test.each([
    [CO2.replace("048", "0x8"), "a value unreadable"],
    [CO2.replace("mmHg", "BPM"), "a value unreadable"],
    [CO2.replace("_PCO2=", "_SPO2="), "a value unreadable"],
    [CO2.replace("]", "\u0007"), "not a text"],
    [`\r\n00[${"X".repeat(200)}`, "part too long"],
    ["\r\nhello", "no part begins"],
  ])("%j is refused: %s", async (bad, refusal) => {
    const heard = await decode(bad + SPO2 + PULSE + END, CO2 + END);
    expect(heard.rejects).toContain(refusal);
    expect(samples(heard).at(-1)).toEqual({ tcco2: 48 });
  });

  test("an answer that was cut off is not joined to the next", async () => {
    const heard = await decode(`${CO2}\r\n00[SPO2_>3 N _SP`, CO2.replace("048", "050") + END);
    expect(samples(heard)).toEqual([{ tcco2: 50 }]);
  });
});

describe("the conversation", () => {
  test("asks every two seconds", async () => {
    const { clock, cable, abort } = await createBench(tosca500);
    const sent: (readonly [number, string])[] = [];
    const listening = (async () => {
      for await (const chunk of cable.device.chunks) {
        sent.push([clock.mono(), lineText(chunk)]);
        if (clock.mono() < 4_000) await cable.device.write(lineBytes(CO2 + END));
      }
    })();
    // Ends with the cable, which nobody closes here.
    listening.catch(() => undefined);
    await clock.advance(7_000);
    expect(sent).toEqual([0, 2_000, 4_000, 6_000].map((at) => [at, "\r\n02$"]));
    await abort();
  });

  test("uses RTS and CTS unless told not to", () => {
    const serial = (given: Parameters<typeof fillOptions>[1]) =>
      tosca500.serial(fillOptions(tosca500.options, given));
    expect(serial({})).toMatchObject({ rtscts: true, baudRate: 9600 });
    expect(serial({ rtscts: false, baud: 19200 })).toMatchObject({ rtscts: false, baudRate: 19_200 });
  });
});

test("README.md explains every flag", () => {
  const text = readFileSync(path.join(import.meta.dirname, "../../devices/tosca-500/README.md"), "utf8");
  for (const [letter, { meaning }] of Object.entries(FLAGS))
    expect(text).toContain(`| ${letter} | ${meaning} |`);
});
