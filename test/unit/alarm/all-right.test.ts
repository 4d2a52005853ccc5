import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AlarmCommand, AlarmFold, Occurrence } from "../../../src/domain/alarm.ts";
import { allRightOf } from "../../../src/domain/all-right.ts";
import { choose } from "../../../src/sound/choice.ts";
import { ANNA, BEN, Bedside, EVENING } from "./bedside.ts";

const OPA = { id: "opa", name: "Opa" };

const say = (bed: Bedside, occurrence: Occurrence | undefined) =>
  bed.command({ kind: "all_right", occurrence: occurrence?.id ?? "none", by: OPA });

describe("I am all right", () => {
  test("is written down with its time, told as an event, and goes into the journal", () => {
    const bed = new Bedside().at(85, 40);
    const { entry } = say(bed, bed.open("SPO2_LOW"));
    const said = { by: OPA, at: EVENING + 40_000 };
    expect(bed.open("SPO2_LOW")?.allRight).toEqual(said);
    expect(bed.events.at(-1)).toMatchObject({ kind: "all_right", by: OPA, occurrence: { allRight: said } });
    expect(entry).toMatchObject({ command: { kind: "all_right", by: OPA } });
    bed.restart({ downS: 5 });
    expect(bed.open("SPO2_LOW")?.allRight).toEqual(said);
  });

  test("leaves a high alarm as it is: unanswered, high and open, until the oxygen itself is back", () => {
    const bed = new Bedside().at(85, 40);
    const before = bed.open("SPO2_LOW");
    say(bed, before);
    const { allRight: _said, ...after } = bed.open("SPO2_LOW") ?? {};
    expect(after).toEqual(before);
    expect(bed.lines("SPO2_LOW")).toEqual(["30 occurred SPO2_LOW high", "40 all_right SPO2_LOW high"]);
    bed.at(85, 600);
    expect(bed.open("SPO2_LOW")).toMatchObject({ priority: "high", state: "holds" });
  });

  test("is of every alarm that was open, and of none that comes later", () => {
    const bed = new Bedside();
    bed.run(100, () => bed.oxi(96 + (bed.second % 2), 46));
    bed.run(40, () => bed.oxi(85, 46));
    say(bed, bed.open("SPO2_LOW"));
    expect(bed.open("PR_LOW")?.allRight?.at).toBe(EVENING + 140_000);
    bed.command({ kind: "call", call: { how: "touch", kind: "come" } });
    expect(bed.open("PATIENT_CALL")?.allRight).toBeUndefined();
    expect(allRightOf(bed.fold.open)).toEqual({ by: OPA, at: EVENING + 140_000, before: true });
  });

  test("of the older of two says nothing about the newer", () => {
    const bed = new Bedside();
    bed.run(100, () => bed.oxi(96 + (bed.second % 2), 46));
    bed.run(40, () => bed.oxi(85, 46));
    say(bed, bed.open("PR_LOW"));
    expect(bed.open("PR_LOW")?.allRight).toBeDefined();
    expect(bed.open("SPO2_LOW")?.allRight).toBeUndefined();
  });

  test("was said before, once the alarm is worse; said again it is of now", () => {
    const bed = new Bedside().at(85, 40);
    say(bed, bed.open("SPO2_LOW"));
    bed.at(79, 11);
    expect(bed.open("SPO2_CRIT")?.allRight).toEqual({ by: OPA, at: EVENING + 40_000, before: true });
    say(bed, bed.open("SPO2_CRIT"));
    expect(bed.open("SPO2_CRIT")?.allRight).toEqual({ by: OPA, at: EVENING + 51_000 });
  });

  test("was said before, once its priority has risen", () => {
    const bed = new Bedside();
    bed.run(100, () => bed.oxi(96 + (bed.second % 2), 46));
    say(bed, bed.open("PR_LOW"));
    bed.run(100, () => bed.oxi(96 + (bed.second % 2), 36));
    expect(bed.open("PR_LOW")).toMatchObject({ priority: "high", allRight: { before: true } });
  });

  test("was said before, once the alarm has been over and is back", () => {
    const bed = new Bedside().at(85, 40);
    say(bed, bed.open("SPO2_LOW"));
    bed.at(97, 60);
    expect(bed.open("SPO2_LOW")).toBeUndefined();
    bed.at(85, 40);
    expect(bed.open("SPO2_LOW")?.allRight).toEqual({ by: OPA, at: EVENING + 40_000, before: true });
  });

  test("is said once by a hand that lies on the screen, and does not push other commands out of memory", () => {
    const bed = new Bedside().at(85, 40);
    const tap = {
      kind: "acknowledge",
      id: "tap",
      occurrence: bed.open("SPO2_LOW")?.id ?? "",
      by: ANNA,
    } as const;
    bed.command({ ...tap, place: "going" });
    for (let i = 0; i < 200; i++) say(bed, bed.open("SPO2_LOW"));
    expect(bed.events.filter(({ kind }) => kind === "all_right")).toHaveLength(1);
    expect(bed.command({ ...tap, place: "going" }).refused).toBe("repeated");
    bed.at(85, 10);
    say(bed, bed.open("SPO2_LOW"));
    expect(bed.events.filter(({ kind }) => kind === "all_right")).toHaveLength(2);
  });

  test("of an alarm that is over, or that never was, is refused", () => {
    const bed = new Bedside().at(85, 40);
    for (const id of ["b1-abcdefghij-9", "constructor"]) {
      expect(bed.command({ kind: "all_right", occurrence: id, by: OPA }).refused).toBe("not_open");
    }
  });
});

type Doing = AlarmCommand extends infer C ? (C extends AlarmCommand ? Omit<C, "id"> : never) : never;

/** What happens at the bed in one second; `said`: milliseconds into the second at which the patient says it. */
interface Second {
  readonly spo2: number | undefined;
  readonly pulse: number;
  readonly doing:
    | "none"
    | "going"
    | "bedside"
    | "watching"
    | "pause"
    | "care"
    | "call"
    | "end"
    | "start"
    | "drill";
  readonly said: number | undefined;
}

const stretch = fc.record({
  seconds: fc.constantFrom(1, 3, 12, 35, 70, 190),
  spo2: fc.constantFrom(97, 97, 89, 87, 85, 79, 74, undefined),
  pulse: fc.constantFrom(60, 60, 46, 36, 130),
  doing: fc.constantFrom<Second["doing"]>(
    ...([
      "none",
      "none",
      "going",
      "going",
      "bedside",
      "watching",
      "pause",
      "care",
      "call",
      "end",
      "start",
      "drill",
    ] as const),
  ),
  said: fc.option(fc.integer({ min: 0, max: 999 }), { nil: undefined }),
});

const nights: fc.Arbitrary<readonly Second[]> = fc
  .array(stretch, { minLength: 3, maxLength: 10 })
  .map((all) =>
    all.flatMap(({ seconds, spo2, pulse, doing, said }) =>
      Array.from(
        { length: seconds },
        (_, i): Second => ({
          spo2,
          pulse,
          // Somewhere in it, so that it meets alarms that are open.
          doing: i === seconds - 1 ? doing : "none",
          said: i % 7 === 6 || i === seconds - 1 ? said : undefined,
        }),
      ),
    ),
  );

function doingsOf(bed: Bedside, doing: Second["doing"]): readonly Doing[] {
  switch (doing) {
    case "none":
      return [];
    case "going":
    case "bedside":
    case "watching":
      return bed.fold.open.map(({ id }) => ({ kind: "acknowledge", occurrence: id, by: BEN, place: doing }));
    case "pause":
      return [{ kind: "pause", condition: "SPO2_LOW", priority: "high", forMs: 120_000, by: BEN }];
    case "care":
      return [{ kind: "care", act: "suction", by: BEN }];
    case "call":
      return [{ kind: "call", call: { how: "touch", kind: "come" } }];
    case "end":
    case "start":
      return [{ kind: doing === "end" ? "end_watch" : "start_watch", by: BEN }];
    case "drill":
      return [{ kind: "drill", forMs: 60_000, by: BEN }];
  }
}

/** Everything that is shown of the bed each second and every event of it, without the patient's word. */
function lived(night: readonly Second[], simulated: boolean, speaks: boolean) {
  const bed = new Bedside({ sources: [{ ...OXI, simulated }] });
  const shown: string[] = [];
  let words = 0;
  for (const { spo2, pulse, doing, said } of night) {
    if (spo2 !== undefined) bed.oxi(spo2, pulse + (bed.second % 3), { simulated });
    bed.tick();
    for (const command of doingsOf(bed, doing)) bed.command(command);
    const second = bed.second;
    const newest = bed.fold.open.toSorted((a, b) => b.raisedAt - a.raisedAt)[0];
    if (speaks && said !== undefined && newest !== undefined) {
      bed.second = second + said / 1000;
      if (say(bed, newest).refused === undefined) words += 1;
    }
    bed.second = second + 1;
    const { fold } = bed;
    shown.push(JSON.stringify([withoutWord(fold), choose([fold], () => true)]));
  }
  return {
    words,
    shown,
    events: bed.events
      .filter(({ kind }) => kind !== "all_right")
      .map((event) => ({ ...event, occurrence: bare(event.occurrence) })),
  };
}

const OXI = { device: "oxi", role: "oximeter", signals: ["spo2", "pulse_rate"] } as const;

function bare({ allRight: _said, ...rest }: Occurrence): Omit<Occurrence, "allRight"> {
  return rest;
}

function withoutWord({ revision: _grows, at: _time, open, past, ...fold }: AlarmFold) {
  return {
    ...fold,
    open: open.map(bare),
    past: past.map(({ occurrence, ...rest }) => ({ ...rest, occurrence: bare(occurrence) })),
  };
}

describe("whatever happens, with or without I am all right", () => {
  test.each([
    ["for real", false],
    ["simulated, in drills too", true],
  ])(
    "sounds, priorities, answers and ends of all alarms are the same at every second, %s",
    (_name, simulated) => {
      let words = 0;
      let ended = 0;
      fc.assert(
        fc.property(nights, (night) => {
          const silent = lived(night, simulated, false);
          const spoken = lived(night, simulated, true);
          expect(spoken.events).toEqual(silent.events);
          expect(spoken.shown).toEqual(silent.shown);
          words += spoken.words;
          ended += spoken.events.filter(
            ({ kind, occurrence }) => kind === "ended" && occurrence.priority === "high",
          ).length;
        }),
        { numRuns: 6, seed: 20_260_301 },
      );
      expect(words).toBeGreaterThan(20);
      expect(ended).toBeGreaterThan(1);
    },
  );
});
