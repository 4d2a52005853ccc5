// Alarms that come and go while nobody answers: who is called, and what the box says of it.
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { AlarmFold, Occurrence, PastOccurrence } from "../../../src/domain/alarm.ts";
import { DEFAULT_SCHEDULE } from "../../../src/domain/bed.ts";
import { type Calling, EVERYBODY } from "../../../src/domain/calling.ts";
import { MINUTE_MS, SECOND_MS, wall } from "../../../src/domain/time.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { createSelfWatch, type SelfWatch } from "../../../src/watch/self-watch.ts";
import { answer, folds, NIGHT, occurrence } from "../../support/alarms.ts";
import { type CallCentre, createCallCentre, phone } from "../../support/call-centre.ts";
import { silentLog } from "../../support/silent-log.ts";

const PROVEN = { lastProofAt: wall(NIGHT - 4 * 60 * MINUTE_MS) };
const PEOPLE = ["mei", "ba", "aunt"].map((id) => phone(id, { ...PROVEN, person: id }));
/** Mei is on duty; the aunt wants to be woken only when nobody else has answered. */
const CALLING: Calling = { ...EVERYBODY, on: "mei", rules: [{ person: "aunt", turn: "last" }] };

let clock: VirtualClock;
let centre: CallCentre;
let self: SelfWatch;
let fold: AlarmFold;
let make: ReturnType<typeof folds>;
let past: readonly PastOccurrence[];
/** Seconds at which the box said that nobody answers. */
let exhausted: number[];
let isSaid: boolean;

beforeEach(() => begin());

function begin(): void {
  self?.stop();
  clock = createVirtualClock(NIGHT);
  centre = createCallCentre(clock, { targets: PEOPLE });
  centre.records.syncMs = 0;
  centre.calling = CALLING;
  make = folds(clock);
  [past, exhausted, isSaid] = [[], [], false];
  fold = make([]);
  self = createSelfWatch({
    ...{ clock, random: createSeededRandom(1), log: silentLog },
    disk: { space: async () => ({ freeBytes: 8 * 2 ** 30, totalBytes: 16 * 2 ** 30 }) },
    beds: () => [
      {
        ...{ bed: "b1", zone: "Asia/Shanghai", schedule: DEFAULT_SCHEDULE, dependencyClass: "B" },
        isMadeUp: false,
        fold: () => fold,
        faults: () => (isSaid ? [{ condition: "ESCALATION_EXHAUSTED" }] : []),
        command(command) {
          if (command.kind !== "self_fault" || command.condition !== "ESCALATION_EXHAUSTED") return;
          isSaid = command.active;
          if (isSaid) exhausted.push(Math.round(clock.mono() / SECOND_MS));
        },
      },
    ],
    targets: () => centre.targets,
    dutyGap: () => undefined,
    reach: { sends: () => undefined, service: () => ({ ok: true }) },
    sounderWorks: () => true,
    unwritten: () => undefined,
  });
  self.start();
}

const alarm = (changes: Partial<Occurrence> = {}): Occurrence =>
  occurrence({ condition: "VENT_DISCONNECT", ...changes });

const show = (open: readonly Occurrence[]): void => {
  fold = make(open, { past });
  centre.watch.onFold(fold);
  self.onFold();
};
const comes = (one: Occurrence = alarm()): void => {
  past = past.filter(({ occurrence: { id } }) => id !== one.id);
  show([one]);
};
/** By itself: its trace stays until somebody looks at it. */
const goes = (): void => {
  const ended = fold.open.map((one) => ({
    ...{ occurrence: one, endedAt: clock.wall(), seconds: 1 },
    missed: one.acknowledgement === undefined,
  }));
  past = [...ended, ...past];
  show([]);
};
const firstOf = (target: string): number | undefined => {
  const call = centre.calls.find((one) => one.target === target && one.message.kind === "alarm");
  return call === undefined ? undefined : Math.round(call.atMs / SECOND_MS);
};
/** Whom the first message after the newest end went to. */
const calledNow = async (): Promise<ReadonlySet<string>> => {
  const before = centre.calls.length;
  await clock.advance(SECOND_MS);
  const now = centre.calls.slice(before).filter(({ message }) => message.kind === "alarm");
  return new Set(now.map(({ target }) => target));
};
/** Open and calm again and again, until it is calm. */
const dips = async (count: number, openS: number, calmS: number, ids?: (n: number) => string) => {
  for (let n = 0; n < count; n++) {
    comes(ids === undefined ? alarm() : alarm({ id: ids(n) }));
    await clock.advance(openS * SECOND_MS);
    goes();
    await clock.advance(calmS * SECOND_MS);
  }
};

describe("an alarm that comes and goes while nobody answers", () => {
  test("calls the next and then everybody, as if it had stayed, and is then said to be unheard", async () => {
    await dips(12, 50, 20);
    expect(firstOf("mei")).toBe(0);
    expect(firstOf("ba")).toBe(70);
    expect(firstOf("aunt")).toBeLessThanOrEqual(6 * 60);
    expect(exhausted[0]).toBeLessThanOrEqual(8 * 60);
  });

  test("goes one message further with each coming, however short it is", async () => {
    await dips(10, 5, 55);
    expect(firstOf("ba")).toBe(120);
    expect(firstOf("aunt")).toBe(7 * 60);
    expect(exhausted).toEqual([9 * 60]);
  });

  test("never calls sooner than if it had stayed", async () => {
    await dips(20, 3, 4);
    expect(firstOf("ba")).toBeGreaterThanOrEqual(60);
    expect(firstOf("aunt")).toBeUndefined();
    expect(exhausted).toEqual([]);
  });

  test("as another occurrence of the same kind is no beginning either", async () => {
    await dips(12, 50, 20, (n) => `b1-abcdefghij-${n}`);
    expect(firstOf("ba")).toBe(70);
    expect(firstOf("aunt")).toBeLessThanOrEqual(6 * 60);
    expect(exhausted[0]).toBeLessThanOrEqual(8 * 60);
  });

  test("goes on after a restart where it was", async () => {
    await dips(2, 50, 20);
    const earlier = [...centre.records.durable];
    clock = createVirtualClock(clock.wall());
    centre = createCallCentre(clock, { targets: PEOPLE, earlier });
    centre.calling = CALLING;
    comes();
    expect(await calledNow()).toEqual(new Set(["mei", "ba"]));
  });

  test("of which ten minutes were calm begins with the first person", async () => {
    await dips(3, 50, 20);
    await clock.advance(10 * MINUTE_MS);
    comes(alarm({ id: "b1-abcdefghij-2" }));
    expect(await calledNow()).toEqual(new Set(["mei"]));
  });
});

describe("what somebody took care of begins anew", () => {
  test("answered before its end, with the first person", async () => {
    await dips(3, 50, 20);
    comes();
    await clock.advance(SECOND_MS);
    show([alarm({ acknowledgement: answer(clock.wall(), "Ba") })]);
    await clock.advance(SECOND_MS);
    goes();
    await clock.advance(2 * MINUTE_MS);
    past = [];
    comes(alarm({ id: "b1-abcdefghij-2" }));
    expect(await calledNow()).toEqual(new Set(["mei"]));
    await clock.advance(4 * MINUTE_MS);
    expect(exhausted).toEqual([]);
  });

  test.each([
    ["ended by a person", () => show([])],
    [
      "looked at when it was over",
      () => {
        goes();
        past = [];
        show([]);
      },
    ],
  ])("%s, with the first person", async (_how, ends) => {
    comes();
    await clock.advance(100 * SECOND_MS);
    ends();
    await clock.advance(30 * SECOND_MS);
    comes(alarm({ id: "b1-abcdefghij-2" }));
    expect(await calledNow()).toEqual(new Set(["mei"]));
    await clock.advance(4 * MINUTE_MS);
    expect(exhausted).toEqual([]);
  });
});

describe("whatever comes and goes", () => {
  const dip = fc.record({ openS: fc.integer({ min: 1, max: 120 }), calmS: fc.integer({ min: 1, max: 400 }) });
  const end = fc.constantFrom("stays", "dips on", "answered", "ended by a person", "resolved");

  test("no level falls before an answer, and every alarm ends answered, resolved, ended or loud", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(dip, { minLength: 1, maxLength: 12 }), end, async (all, how) => {
        begin();
        for (const { openS, calmS } of all) await dips(1, openS, calmS);
        const { openS, calmS } = all.at(-1) ?? { openS: 1, calmS: 1 };
        if (how === "dips on") await dips(Math.ceil(1_000 / Math.min(openS + calmS, 50)), openS, calmS);
        if (how !== "resolved" && how !== "dips on") comes();
        if (how === "stays") await clock.advance(6 * MINUTE_MS);
        if (how === "answered") show([alarm({ acknowledgement: answer(clock.wall()) })]);
        if (how === "ended by a person") show([]);
        const levels = centre.records.durable.flatMap((entry) =>
          entry.kind === "planned" && entry.send.kind === "alarm" ? [entry.send.level ?? -1] : [],
        );
        expect(levels).toEqual(levels.toSorted((a, b) => a - b));
        if (how === "stays" || how === "dips on") {
          expect(exhausted.length).toBeGreaterThan(0);
          expect(levels.at(-1)).toBe(4);
          expect(new Set(centre.calls.map(({ target }) => target))).toEqual(new Set(["mei", "ba", "aunt"]));
          return;
        }
        // Nothing rings any more, and nothing is said to be unheard.
        const before = centre.calls.length;
        await clock.advance(2 * MINUTE_MS);
        const later = centre.calls.slice(before).filter(({ message }) => message.kind === "alarm");
        expect(later).toEqual([]);
        expect(isSaid).toBe(false);
      }),
      { numRuns: 100 },
    );
  }, 60_000);
});
