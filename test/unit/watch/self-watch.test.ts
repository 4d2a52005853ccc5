import { beforeEach, describe, expect, test } from "vitest";
import type { AlarmCommand, Occurrence, SelfFault } from "../../../src/domain/alarm.ts";
import { DEFAULT_SCHEDULE } from "../../../src/domain/bed.ts";
import { DAY_MS, MINUTE_MS, mono, SECOND_MS, wall } from "../../../src/domain/time.ts";
import type { TargetRecord } from "../../../src/port/state.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { createDurability } from "../../../src/watch/durability.ts";
import type { Reached } from "../../../src/watch/reach.ts";
import { createSelfWatch, type SelfWatch } from "../../../src/watch/self-watch.ts";
import { answer, folds, NIGHT, occurrence } from "../../support/alarms.ts";
import { phone } from "../../support/call-centre.ts";
import { silentLog } from "../../support/silent-log.ts";

/** Twenty minutes past ten in the evening in Shanghai. */
const EVENING = wall(NIGHT + 12 * 60 * MINUTE_MS + 6 * MINUTE_MS);
const PROVEN = { lastProofAt: wall(EVENING - MINUTE_MS) };

let clock: VirtualClock;
let self: SelfWatch;
let targets: readonly TargetRecord[];
let told: string[];
let standing: { readonly condition: SelfFault; readonly about?: string }[];
let open: readonly Occurrence[];
let service: Reached | undefined;
let sounder: boolean;
let hub: boolean;
let dutyGap: ReturnType<Parameters<typeof createSelfWatch>[0]["dutyGap"]>;
let space: () => Promise<{ readonly freeBytes: number; readonly totalBytes: number }>;
let unwritten: string | undefined;
let asks: number;

/** The engine's part: it keeps what it was told. */
const obey = (command: AlarmCommand): void => {
  if (command.kind !== "self_fault") throw new Error(command.kind);
  const { condition, about, active } = command;
  if (condition === "EDGE_OFFLINE") throw new Error("a box cannot say that it is gone");
  const name = about === undefined ? condition : `${condition}/${about}`;
  told.push(`${Math.round(clock.mono() / SECOND_MS)} ${active ? "+" : "-"}${name}`);
  standing = standing.filter((one) => one.condition !== condition || one.about !== about);
  if (active) standing.push(about === undefined ? { condition } : { condition, about });
};

beforeEach(() => {
  clock = createVirtualClock(EVENING);
  const fold = folds(clock);
  targets = [phone("mei", PROVEN)];
  told = [];
  standing = [];
  open = [];
  service = { ok: true };
  sounder = true;
  hub = true;
  dutyGap = undefined;
  asks = 0;
  unwritten = undefined;
  space = async () => ({ freeBytes: 8 * 2 ** 30, totalBytes: 16 * 2 ** 30 });
  self = createSelfWatch({
    ...{ clock, random: createSeededRandom(1), log: silentLog },
    disk: {
      space() {
        asks += 1;
        return space();
      },
    },
    beds: () => [
      {
        bed: "b1",
        zone: "Asia/Shanghai",
        schedule: DEFAULT_SCHEDULE,
        dependencyClass: "B",
        isMadeUp: false,
        fold: () => fold(open),
        faults: () => standing,
        command: obey,
      },
    ],
    targets: () => targets,
    dutyGap: () => dutyGap,
    reach: { sends: () => undefined, service: () => service },
    sounderWorks: () => sounder,
    unwritten: () => unwritten,
    hubAnswers: () => hub,
  });
  self.start();
});

test("on an evening on which all is well the engine is told nothing", async () => {
  await clock.advance(30 * MINUTE_MS);
  expect(told).toEqual([]);
});

test("what is wrong is told once and taken back once", async () => {
  await clock.advance(MINUTE_MS);
  targets = [phone("mei", { ...PROVEN, deadSince: EVENING, deadWhy: "410" }), phone("lin", PROVEN)];
  await clock.advance(10 * MINUTE_MS);
  expect(told).toEqual(["65 +PHONE_UNREACHABLE/mei"]);
  targets = [phone("mei", PROVEN)];
  await clock.advance(10 * MINUTE_MS);
  expect(told.slice(1)).toEqual(["665 -PHONE_UNREACHABLE/mei"]);
});

test("a sounder that fails for a moment is no reason to say that nobody would hear", async () => {
  targets = [];
  await clock.advance(MINUTE_MS);
  sounder = false;
  await clock.advance(MINUTE_MS);
  sounder = true;
  await clock.advance(5 * MINUTE_MS);
  expect(told).toEqual([]);
  sounder = false;
  await clock.advance(4 * MINUTE_MS);
  expect(told).toEqual(["545 +NOBODY_ON_CALL"]);
});

test("what an engine was told before a restart is taken back when it is over", async () => {
  standing = [{ condition: "KEY_MISSING" }, { condition: "NET_DOWN" }, { condition: "JOURNAL_DAMAGED" }];
  await clock.advance(MINUTE_MS);
  expect(told).toEqual(["5 -KEY_MISSING", "30 -NET_DOWN"]);
});

test("after a start the first half minute says nothing about phones, sounder and hub", async () => {
  [targets, sounder, hub] = [[], false, false];
  await clock.advance(25 * SECOND_MS);
  expect(told).toEqual([]);
  await clock.advance(5 * SECOND_MS);
  expect(told).toEqual(["30 +NET_DOWN"]);
});

test("a service that answers nobody is told at once; the engine waits", async () => {
  await clock.advance(MINUTE_MS);
  service = { ok: false, since: clock.mono(), detail: "no route" };
  self.look();
  await clock.advance(MINUTE_MS);
  service = { ok: true };
  self.look();
  expect(told).toEqual(["60 +NET_DOWN", "120 -NET_DOWN"]);
});

describe("a high alarm that nobody answers", () => {
  const ringing = (changes: Partial<Occurrence> = {}): void => {
    open = [occurrence({ raisedAt: clock.wall(), ...changes })];
  };

  test("is told a minute after everybody was called, and no more with the answer", async () => {
    ringing();
    await clock.advance(11 * MINUTE_MS);
    expect(told).toEqual(["305 +ESCALATION_EXHAUSTED"]);
    ringing({ acknowledgement: answer(clock.wall()) });
    await clock.advance(SECOND_MS * 5);
    expect(told.slice(1)).toEqual(["665 -ESCALATION_EXHAUSTED"]);
  });

  test("is told after the same time in a house without a phone, once, and not about itself", async () => {
    targets = [];
    ringing();
    await clock.advance(6 * MINUTE_MS);
    expect(told).toEqual(["305 +ESCALATION_EXHAUSTED"]);
    // What rings now is the alarm and the word that nobody has answered it.
    open = [...open, occurrence({ id: "b1-own-2", condition: "ESCALATION_EXHAUSTED" })];
    await clock.advance(60 * MINUTE_MS);
    expect(told).toHaveLength(1);
    // Answered, with the word about it still ringing: nothing is left that holds it up.
    open = [occurrence({ id: "b1-own-2", condition: "ESCALATION_EXHAUSTED" })];
    await clock.advance(60 * MINUTE_MS);
    expect(told.slice(1)).toEqual([expect.stringMatching(/ -ESCALATION_EXHAUSTED$/)]);
  });

  test("that was told before a restart stays told until it is answered; then it counts anew", async () => {
    standing = [{ condition: "ESCALATION_EXHAUSTED" }];
    ringing();
    await clock.advance(10 * MINUTE_MS);
    expect(told).toEqual([]);
    ringing({ acknowledgement: answer(clock.wall()) });
    await clock.advance(5 * SECOND_MS);
    expect(told).toEqual(["605 -ESCALATION_EXHAUSTED"]);
    ringing();
    await clock.advance(4 * MINUTE_MS);
    expect(told).toHaveLength(1);
  });

  test("counts anew when it rings again after an answer", async () => {
    ringing();
    await clock.advance(4 * MINUTE_MS);
    ringing({ acknowledgement: answer(clock.wall()) });
    await clock.advance(MINUTE_MS);
    ringing();
    await clock.advance(4 * MINUTE_MS);
    expect(told).toEqual([]);
  });

  test.each<[string, Partial<Occurrence>]>([
    ["a warning", { priority: "medium" }],
    ["an alarm of a simulated bed", { simulated: true, drill: true }],
    ["what somebody cares for", { quiet: { why: "care", until: EVENING, by: { id: "m", name: "Mei" } } }],
    ["this alarm itself", { condition: "ESCALATION_EXHAUSTED" }],
    ["phones that cannot be reached", { condition: "NET_DOWN" }],
  ])("is not meant by %s", async (_what, changes) => {
    ringing(changes);
    await clock.advance(30 * MINUTE_MS);
    expect(told).toEqual([]);
  });
});

describe("room", () => {
  test("is asked for once a minute, never twice at a time", async () => {
    space = () => new Promise(() => undefined);
    await clock.advance(90 * SECOND_MS);
    expect(asks).toBe(2);
    await clock.advance(DAY_MS / 24);
    expect(asks).toBe(2);
  });

  test("that cannot be told is as it was", async () => {
    space = async () => ({ freeBytes: 0, totalBytes: 16 * 2 ** 30 });
    await clock.advance(2 * MINUTE_MS);
    space = () => Promise.reject(new Error("EIO"));
    await clock.advance(5 * MINUTE_MS);
    expect(told).toEqual(["60 +STORAGE_FULL"]);
  });
});

describe("records that are not written", () => {
  test("are told after ten seconds, at once when they have lasted, and taken back", async () => {
    const at: string[] = [];
    const durability = createDurability({
      clock,
      onChange: () => at.push(`${clock.mono() / SECOND_MS} ${durability.ok} ${durability.trouble ?? "-"}`),
    });
    durability.note("journal b1", false, "full");
    await clock.advance(9 * SECOND_MS);
    durability.note("outbox", false, "full");
    await clock.advance(2 * SECOND_MS);
    durability.note("journal b1", true, "");
    durability.note("outbox", true, "");
    await clock.advance(MINUTE_MS);
    expect(at).toEqual([
      "0 false -",
      "9 false -",
      "10 false journal b1: full; outbox: full",
      "11 false outbox: full",
      "11 true -",
    ]);
  });

  test("for a second wake nobody", async () => {
    const durability = createDurability({ clock, onChange: () => undefined });
    durability.note("outbox", false, "late");
    await clock.advance(SECOND_MS);
    durability.note("outbox", true, "");
    await clock.advance(MINUTE_MS);
    expect(durability.trouble).toBeUndefined();
  });

  test("are told also in the first half minute", () => {
    unwritten = "journal b1: full";
    self.look();
    expect(told).toEqual(["0 +DB_WRITE_FAIL"]);
  });
});

test("nothing is left behind", () => {
  self.stop();
  expect(clock.pending).toBe(0);
  expect(clock.mono()).toBe(mono(0));
});
