import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { Occurrence } from "../../../src/domain/alarm.ts";
import { type Calling, callLevels, EVERYBODY, rehearseCalls } from "../../../src/domain/calling.ts";
import { MINUTE_MS, SECOND_MS, wall } from "../../../src/domain/time.ts";
import type { SendResult } from "../../../src/port/channel.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { answer, folds, NIGHT, occurrence } from "../../support/alarms.ts";
import {
  type CallCentre,
  type CallCentreOptions,
  createCallCentre,
  phone,
} from "../../support/call-centre.ts";

const PROVEN = { lastProofAt: wall(NIGHT - 4 * 60 * MINUTE_MS) };
const MEI = phone("mei", { ...PROVEN, person: "mei" });
const MEI_CALL = phone("mei-call", { person: "mei", channel: "voice" });
const BA = phone("ba", { ...PROVEN, person: "ba" });
const AUNT = phone("aunt", { ...PROVEN, person: "aunt" });
const SIREN = phone("siren", { channel: "siren", person: "siren" });
/** Mei is on duty; the aunt wants to be woken only when nobody else has answered. */
const CALLING: Calling = { ...EVERYBODY, on: "mei", rules: [{ person: "aunt", turn: "last" }] };

let clock: VirtualClock;
let centre: CallCentre;
let fold: ReturnType<typeof folds>;

const begin = (options: CallCentreOptions = {}): void => {
  clock = createVirtualClock(NIGHT);
  centre = createCallCentre(clock, { targets: [MEI, MEI_CALL, BA, AUNT, SIREN], ...options });
  centre.records.syncMs = 0;
  centre.calling = CALLING;
  fold = folds(clock);
};

beforeEach(() => begin());

const alarm = (changes: Partial<Occurrence> = {}): Occurrence => occurrence(changes);
const answered = (name = "Ba"): Occurrence => alarm({ acknowledgement: answer(clock.wall(), name) });
const failed: SendResult = { outcome: "failed", detail: "503" };
const accepted: SendResult = { outcome: "accepted", reference: "" };
/** `0 mei`: who was called at which second, each key once. */
const table = (): string[] => {
  const seen = new Set<string>();
  return centre.calls.flatMap(({ atMs, target, message }) => {
    const name = `${target} ${message.key}`;
    if (seen.has(name)) return [];
    seen.add(name);
    return [`${Math.round(atMs / SECOND_MS)} ${target}`];
  });
};
const firstOf = (target: string): string | undefined => table().find((line) => line.endsWith(` ${target}`));

describe("an alarm that nobody answers", () => {
  test("calls one after the other, and whoever was called again with each send", async () => {
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(250 * SECOND_MS);
    expect(["mei", "siren", "mei-call", "ba", "aunt"].map(firstOf)).toEqual([
      "0 mei",
      "0 siren",
      "30 mei-call",
      "60 ba",
      "240 aunt",
    ]);
    expect(table().filter((line) => line.endsWith(" mei"))).toEqual(
      [0, 30, 60, 90, 120, 160, 200, 240].map((s) => `${s} mei`),
    );
  });

  test("of class C calls everybody within two minutes", async () => {
    begin({ dependencyClass: "C" });
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(130 * SECOND_MS);
    expect(["mei", "mei-call", "ba", "aunt"].map(firstOf)).toEqual([
      "0 mei",
      "20 mei-call",
      "40 ba",
      "120 aunt",
    ]);
  });

  test("that is a warning wakes the others after five minutes, and never who wants to be the last", async () => {
    centre.watch.onFold(fold([alarm({ priority: "medium" })]));
    await clock.advance(61 * MINUTE_MS);
    expect(["mei", "mei-call", "ba"].map(firstOf)).toEqual(["0 mei", "120 mei-call", "300 ba"]);
    expect(firstOf("aunt")).toBeUndefined();
  });

  test.each(["high", "medium"] as const)("happens as it was said before: %s", async (priority) => {
    const people = [MEI, MEI_CALL, BA, AUNT];
    centre.targets = people;
    const levels = callLevels(
      people.map(({ id, person, channel, lastProofAt }) => ({
        ...{ id, person, proven: lastProofAt !== undefined },
        rings: channel === "voice" ? ("call" as const) : ("message" as const),
        wakes: channel === "voice",
      })),
      priority,
      CALLING,
    );
    const plan = rehearseCalls(levels, priority, "B");
    centre.watch.onFold(fold([alarm({ priority })]));
    await clock.advance((plan.at(-1)?.afterMs ?? 0) + SECOND_MS);
    const counted = plan.map(({ afterMs, first, again }) => `${afterMs / SECOND_MS} ${first.length + again}`);
    const seconds = [...new Set(table().map((line) => line.split(" ")[0]))];
    expect(seconds.map((s) => `${s} ${table().filter((line) => line.startsWith(`${s} `)).length}`)).toEqual(
      counted,
    );
    for (const { afterMs, first } of plan) {
      for (const id of first) expect(firstOf(id)).toBe(`${afterMs / SECOND_MS} ${id}`);
    }
  });

  test("that gets worse keeps those who were called, and goes on from where it was", async () => {
    centre.watch.onFold(fold([alarm({ priority: "medium" })]));
    await clock.advance(310 * SECOND_MS);
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(SECOND_MS);
    expect(table().filter((line) => line.startsWith("310 "))).toEqual([
      "310 mei",
      "310 ba",
      "310 mei-call",
      "310 siren",
    ]);
  });

  test("by a condition that the family has named calls everybody at once", async () => {
    centre.calling = { ...CALLING, backstops: ["SPO2_LOW"] };
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(SECOND_MS);
    expect(new Set(table())).toEqual(new Set(["0 mei", "0 ba", "0 aunt", "0 mei-call", "0 siren"]));
  });
});

describe("a plan of who is called when that cannot be read", () => {
  test("calls everybody at once, is logged, and whoever was called stays called when it can be read again", async () => {
    centre.isPlanless = true;
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(SECOND_MS);
    const everybody = ["mei", "ba", "aunt", "mei-call", "siren"];
    expect(new Set(table())).toEqual(new Set(everybody.map((id) => `0 ${id}`)));
    expect(centre.notes.filter(({ event }) => event === "send.for_all")).toHaveLength(1);
    centre.isPlanless = false;
    await clock.advance(30 * SECOND_MS);
    expect(new Set(table().slice(5))).toEqual(new Set(everybody.map((id) => `30 ${id}`)));
  });
});

describe("an alarm about nobody answering", () => {
  test.each(["ESCALATION_EXHAUSTED", "NOBODY_ON_CALL"] as const)("has no turns: %s", async (condition) => {
    centre.watch.onFold(fold([alarm({ condition })]));
    await clock.advance(SECOND_MS);
    expect(new Set(table())).toEqual(new Set(["0 mei", "0 ba", "0 aunt", "0 mei-call", "0 siren"]));
  });
});

describe("who hears of an answer and of the end", () => {
  test("those who were called, and nobody who sleeps", async () => {
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(70 * SECOND_MS);
    centre.watch.onFold(fold([answered()]));
    await clock.advance(10 * SECOND_MS);
    centre.watch.onFold(fold([]));
    await clock.advance(10 * SECOND_MS);
    const quiet = centre.calls.filter(({ message }) => message.kind !== "alarm");
    expect(new Set(quiet.map(({ target, message }) => `${message.kind} ${target}`))).toEqual(
      new Set(
        ["update", "closed"].flatMap((kind) =>
          ["mei", "mei-call", "ba", "siren"].map((id) => `${kind} ${id}`),
        ),
      ),
    );
  });

  test("an answer that has lapsed calls everybody whose turn comes at all, at once", async () => {
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(5 * SECOND_MS);
    centre.watch.onFold(fold([answered("Mei")]));
    await clock.advance(180 * SECOND_MS);
    const before = centre.calls.length;
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(SECOND_MS);
    expect(new Set(centre.calls.slice(before).map(({ target }) => target))).toEqual(
      new Set(["mei", "mei-call", "ba", "siren"]),
    );
    await clock.advance(240 * SECOND_MS);
    expect(firstOf("aunt")).toBe("425 aunt");
  });
});

describe("what cannot be delivered", () => {
  test("by a refusal or a failure brings the next at once, as far as somebody can be told", async () => {
    centre.answer = (target) => (target.startsWith("mei") ? failed : accepted);
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(2 * SECOND_MS);
    expect(["mei", "mei-call", "ba"].map(firstOf)).toEqual(["0 mei", "0 mei-call", "0 ba"]);
    await clock.advance(100 * SECOND_MS);
    expect(firstOf("aunt")).toBeUndefined();
    await clock.advance(100 * SECOND_MS);
    // From Ba's turn on, which stands at a minute in the plan.
    expect(firstOf("aunt")).toBe("180 aunt");
  });

  test("without any word of the provider brings the next after ten seconds", async () => {
    centre.answer = (target) => (target === "mei" ? new Promise(() => undefined) : accepted);
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(40 * SECOND_MS);
    expect(firstOf("mei-call")).toBe("10 mei-call");
    expect(firstOf("ba")).toBe("40 ba");
  });

  test("to anybody at all: everybody is tried within seconds, and again", async () => {
    centre.answer = () => failed;
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(5 * SECOND_MS);
    expect(["mei", "mei-call", "ba", "aunt"].map(firstOf)).toEqual(["0 mei", "0 mei-call", "0 ba", "0 aunt"]);
    await clock.advance(5 * MINUTE_MS);
    const sends = [...new Set(centre.calls.map(({ message }) => message.key))];
    expect(sends.length).toBeGreaterThan(6);
    expect(sends.length).toBeLessThan(14);
  });

  test.each([
    ["refuses", { outcome: "refused", detail: "401", gone: false }],
    ["fails", failed],
    ["never answers", undefined],
  ] as const)("a warning whose only phones %s wakes whoever wants to be the last", async (_how, result) => {
    centre.targets = [MEI, AUNT, SIREN];
    centre.answer = (target) =>
      target !== "mei" ? accepted : (result ?? new Promise<never>(() => undefined));
    centre.watch.onFold(fold([alarm({ priority: "medium" })]));
    await clock.advance(9 * SECOND_MS);
    expect(firstOf("aunt")).toBeUndefined();
    await clock.advance(2 * SECOND_MS);
    expect(firstOf("aunt")).toBe("10 aunt");
    // She stays called, with each send and no more often.
    await clock.advance(16 * MINUTE_MS);
    expect(table().filter((line) => line.endsWith(" aunt"))).toEqual(
      [10, 120, 300, 900].map((s) => `${s} aunt`),
    );
  });

  test("a warning that was taken after some tries wakes nobody who wants to be the last", async () => {
    centre.targets = [MEI, AUNT];
    let tries = 0;
    centre.answer = () => (++tries < 3 ? failed : accepted);
    centre.watch.onFold(fold([alarm({ priority: "medium" })]));
    await clock.advance(10 * MINUTE_MS);
    expect(firstOf("aunt")).toBeUndefined();
  });

  test("a siren that was told is nobody who was told", async () => {
    centre.answer = (target) => (target === "siren" ? accepted : failed);
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(2 * SECOND_MS);
    expect(firstOf("aunt")).toBe("0 aunt");
  });
});

describe("while people are called", () => {
  test("who takes the duty is called with the next send; who had it stays called", async () => {
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(10 * SECOND_MS);
    centre.calling = { ...CALLING, on: "aunt" };
    await clock.advance(21 * SECOND_MS);
    expect(firstOf("aunt")).toBe("30 aunt");
    expect(table()).toContain("30 mei");
  });

  test("an alarm that joins another card while it rings keeps those who were called about it", async () => {
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(70 * SECOND_MS);
    // The proof of who was called second is old by now, and Ba would be the third.
    centre.calling = { ...CALLING, rules: [...CALLING.rules, { person: "ba", turn: "third" }] };
    const card = { id: "b1-abcdefghij-9", priority: "high", members: [alarm().id], evidence: [] } as const;
    centre.watch.onFold(fold([alarm()], { cards: [card] }));
    const before = centre.calls.length;
    await clock.advance(21 * SECOND_MS);
    expect(new Set(centre.calls.slice(before).map(({ target }) => target))).toContain("ba");
  });

  test("somebody who is removed is called no more, and somebody whose only phone dies makes room for the next", async () => {
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(10 * SECOND_MS);
    centre.targets = [BA, AUNT];
    await clock.advance(21 * SECOND_MS);
    expect(table().slice(-1)).toEqual(["30 ba"]);
  });

  test("a restart goes on where it was", async () => {
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(125 * SECOND_MS);
    const earlier = [...centre.records.durable];
    clock = createVirtualClock(wall(NIGHT + 130 * SECOND_MS));
    centre = createCallCentre(clock, { targets: [MEI, MEI_CALL, BA, AUNT], earlier });
    centre.calling = CALLING;
    centre.watch.onFold(folds(clock)([alarm()]));
    await clock.advance(SECOND_MS * 115);
    expect(firstOf("ba")).toBe("30 ba");
    expect(firstOf("aunt")).toBe("110 aunt");
  });
});

describe("whatever happens, in any order", () => {
  const event = fc.record({
    afterS: fc.integer({ min: 1, max: 90 }),
    what: fc.constantFrom("nothing", "taken", "lapsed", "fails", "works", "hands over", "worse", "milder"),
  });

  test("an open high alarm rings on without a gap of 60 s until everybody was called; who was called is called on", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 12 }), async (events) => {
        begin();
        let state: Occurrence = alarm();
        let ringingSince: number | undefined = 0;
        const spans: { from: number; to: number }[] = [];
        const change = (next: Occurrence): void => {
          const rings = next.acknowledgement === undefined && next.priority === "high";
          const now = clock.mono();
          if (!rings && ringingSince !== undefined) spans.push({ from: ringingSince, to: now });
          if (!rings) ringingSince = undefined;
          else ringingSince ??= now;
          state = next;
          centre.watch.onFold(fold([next]));
        };
        change(state);
        for (const { afterS, what } of events) {
          await clock.advance(afterS * SECOND_MS);
          if (what === "taken") change({ ...state, acknowledgement: answer(clock.wall()) });
          if (what === "lapsed") change(alarm({ priority: state.priority }));
          if (what === "fails") centre.answer = (target) => (target === "mei" ? failed : accepted);
          if (what === "works") centre.answer = () => accepted;
          if (what === "hands over") centre.calling = { ...CALLING, on: "ba" };
          if (what === "worse") change({ ...state, priority: "high" });
          if (what === "milder") change({ ...state, priority: "medium" });
        }
        await clock.advance(6 * MINUTE_MS);
        if (ringingSince !== undefined) spans.push({ from: ringingSince, to: clock.mono() });
        const calls = centre.calls.filter(({ message }) => message.kind === "alarm");
        for (const { from, to } of spans) {
          const inside = calls.filter(({ atMs }) => atMs >= from && atMs <= to).map(({ atMs }) => atMs);
          const moments = [from, ...inside, to];
          for (const [index, at] of moments.entries()) {
            expect((moments[index + 1] ?? at) - at).toBeLessThan(60 * SECOND_MS);
          }
          const called = new Set(
            calls.filter(({ atMs }) => atMs >= from && atMs <= to).map(({ target }) => target),
          );
          if (to - from >= 5 * MINUTE_MS) {
            expect(called).toEqual(new Set(["mei", "mei-call", "ba", "aunt", "siren"]));
          }
        }
        // Whoever was called about it hears of every later send.
        const keys = [...new Set(calls.map(({ message }) => message.key))];
        const known = new Set<string>();
        for (const key of keys) {
          const now = new Set(calls.filter(({ message }) => message.key === key).map(({ target }) => target));
          for (const id of known) expect(now, `${key} without ${id}`).toContain(id);
          for (const id of now) known.add(id);
        }
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  test("ends, removals, slow providers and kills too: no send after the end or to whoever is gone, no gap, no key twice without need", async () => {
    const more = fc.record({
      afterS: fc.integer({ min: 1, max: 90 }),
      what: fc.constantFrom(
        ...["nothing", "taken", "lapsed", "hands over", "worse", "ends", "comes again"],
        ...["fails", "is slow", "never answers", "works", "Ba goes", "Ba is back", "killed"],
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(more, { minLength: 1, maxLength: 14 }), async (events) => {
        begin();
        centre.records.syncMs = 5;
        const runs: CallCentre[] = [centre];
        let count = 1;
        let open: Occurrence | undefined;
        const spans: { readonly id: string; readonly from: number; to: number; readonly rings: boolean }[] =
          [];
        const away: { readonly from: number; to: number }[] = [];
        const show = (next: Occurrence | undefined): void => {
          const now = clock.mono();
          const last = spans.at(-1);
          if (last !== undefined) last.to = Math.min(last.to, now);
          open = next;
          if (next !== undefined) {
            const rings = next.acknowledgement === undefined && next.priority === "high";
            spans.push({ id: next.id, from: now, to: Infinity, rings });
          }
          centre.watch.onFold(fold(next === undefined ? [] : [next]));
        };
        const idOf = (n: number): string => `b1-abcdefghij-${n}`;
        show(alarm({ id: idOf(count) }));
        for (const { afterS, what } of events) {
          await clock.advance(afterS * SECOND_MS);
          const now = clock.mono();
          const gone = away.at(-1);
          switch (what) {
            case "taken":
              if (open !== undefined) show({ ...open, acknowledgement: answer(clock.wall()) });
              break;
            case "lapsed":
              if (open !== undefined) show(alarm({ id: open.id, priority: open.priority }));
              break;
            case "worse":
              if (open !== undefined) show({ ...open, priority: "high" });
              break;
            case "ends":
              show(undefined);
              break;
            case "comes again":
              if (open === undefined) show(alarm({ id: idOf(++count) }));
              break;
            case "hands over":
              centre.calling = { ...CALLING, on: "ba" };
              break;
            case "fails":
              centre.answer = (target) => (target === "mei" ? failed : accepted);
              break;
            case "is slow":
              centre.answer = async () => {
                await clock.sleep(4 * SECOND_MS);
                return accepted;
              };
              break;
            case "never answers":
              centre.answer = (target) => (target === "mei" ? new Promise(() => undefined) : accepted);
              break;
            case "works":
              centre.answer = () => accepted;
              break;
            case "Ba goes":
              if (gone?.to !== Infinity) away.push({ from: now, to: Infinity });
              centre.targets = centre.targets.filter(({ person }) => person !== "ba");
              break;
            case "Ba is back":
              if (gone !== undefined) gone.to = Math.min(gone.to, now);
              centre.targets = [MEI, MEI_CALL, BA, AUNT, SIREN];
              break;
            case "killed": {
              const { targets, calling, answer: asBefore, records } = centre;
              centre.watch.stop();
              const earlier = structuredClone([...records.durable]);
              centre = createCallCentre(clock, { targets, earlier });
              Object.assign(centre, { calling, answer: asBefore });
              centre.records.syncMs = 5;
              runs.push(centre);
              centre.watch.onFold(fold(open === undefined ? [] : [open]));
              break;
            }
          }
        }
        await clock.advance(3 * MINUTE_MS);
        const end = clock.mono();
        const all = runs.flatMap(({ calls }) => calls);
        const calls = all.filter(({ message }) => message.kind === "alarm");
        for (const { atMs, message } of calls) {
          const [, id] = message.key.split("/");
          const isOpen = spans.some((span) => span.id === id && span.from <= atMs && atMs <= span.to);
          expect(isOpen, `${message.key} at ${atMs}`).toBe(true);
        }
        for (const { from, to } of away) {
          const toBa = all.filter(({ target, atMs }) => target === "ba" && atMs > from && atMs <= to);
          expect(toBa.map(({ message }) => message.key)).toEqual([]);
        }
        for (const { id, from, to, rings } of spans) {
          if (!rings) continue;
          const until = Math.min(to, end);
          const inside = calls.filter(
            ({ atMs, message }) => message.key.split("/")[1] === id && atMs >= from && atMs <= until,
          );
          const moments = [from, ...inside.map(({ atMs }) => atMs), until].toSorted((a, b) => a - b);
          for (const [index, at] of moments.entries()) {
            expect((moments[index + 1] ?? at) - at, `${id} after ${at}`).toBeLessThan(60 * SECOND_MS);
          }
        }
        // A kill between asking and writing down sends the same once more; nothing else does where it was taken.
        if (events.some(({ what }) => what === "fails" || what === "never answers")) return;
        const times = Map.groupBy(calls, ({ target, message }) => `${target} ${message.key}`);
        for (const [name, same] of times) {
          expect(same.length, name).toBeLessThanOrEqual(runs.length > 1 ? 2 : 1);
        }
      }),
      { numRuns: 200 },
    );
  }, 120_000);
});
