import { beforeEach, describe, expect, test } from "vitest";
import type { Occurrence } from "../../../src/domain/alarm.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS, wall } from "../../../src/domain/time.ts";
import type { SendResult } from "../../../src/port/channel.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { verifyAckToken } from "../../../src/watch/ack-token.ts";
import { answer, folds, NIGHT, occurrence } from "../../support/alarms.ts";
import { type Call, type CallCentre, createCallCentre, phone } from "../../support/call-centre.ts";

let clock: VirtualClock;
let centre: CallCentre;
let fold: ReturnType<typeof folds>;

beforeEach(() => {
  clock = createVirtualClock(NIGHT);
  centre = createCallCentre(clock, { targets: [phone("mei"), phone("lin"), phone("siren")] });
  fold = folds(clock);
});

const alarm = (changes: Partial<Occurrence> = {}): Occurrence => occurrence(changes);
const answered = (name = "Mei"): Occurrence => alarm({ acknowledgement: answer(clock.wall(), name) });

const callsTo = (target: string): readonly Call[] => centre.calls.filter((call) => call.target === target);
const keysTo = (target: string): string[] =>
  callsTo(target).map(({ message }) => message.key.split("/").slice(2).join("/"));
const never = (): Promise<SendResult> => new Promise(() => undefined);

describe("calling", () => {
  test("reaches everybody at once, with the same key, as soon as it is written down", async () => {
    centre.watch.onFold(fold([alarm()]));
    expect(centre.calls).toEqual([]);
    await clock.advance(5);
    expect(centre.calls.map(({ target, atMs }) => [target, atMs])).toEqual([
      ["mei", 5],
      ["lin", 5],
      ["siren", 5],
    ]);
    expect(new Set(centre.calls.map(({ message }) => message.key))).toEqual(
      new Set(["home/b1-abcdefghij-1/0/0"]),
    );
  });

  test("begins with whom it can count on, and includes the unproven", async () => {
    centre.targets = [phone("never"), phone("lately", { lastProofAt: wall(NIGHT - HOUR_MS) })];
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(10);
    expect(centre.calls.map(({ target }) => target)).toEqual(["lately", "never"]);
  });

  test("goes on until somebody answers, then stops at once and says who goes", async () => {
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(100 * SECOND_MS);
    const before = callsTo("lin").length;
    expect(before).toBe(4);
    centre.watch.onFold(fold([answered()]));
    await clock.advance(2 * MINUTE_MS);
    const after = callsTo("lin").slice(before);
    expect(after.map(({ message }) => [message.kind, message.title, message.priority])).toEqual([
      ["update", expect.stringMatching(/Mei.*10:15/), "low"],
    ]);
  });

  test("leaves out a target that was removed meanwhile and includes one that was added", async () => {
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(SECOND_MS);
    centre.targets = [phone("lin"), phone("new")];
    await clock.advance(30 * SECOND_MS);
    expect(centre.calls.slice(3).map(({ target }) => target)).toEqual(["lin", "new"]);
  });

  test("tries no more to reach somebody who was removed, and takes no answer from there", async () => {
    centre.answer = (target) =>
      target === "mei" ? { outcome: "failed", detail: "503" } : { outcome: "accepted", reference: "" };
    centre.watch.onFold(fold([alarm({ priority: "medium" })]));
    await clock.advance(16 * MINUTE_MS);
    centre.targets = [phone("lin")];
    let settle = (_result: SendResult): void => undefined;
    const before = callsTo("mei").length;
    expect(before).toBeGreaterThan(10);
    await clock.advance(14 * MINUTE_MS);
    expect(callsTo("mei")).toHaveLength(before);
    // One that was under way when it was removed.
    centre.answer = () => new Promise((resolve) => (settle = resolve));
    await clock.advance(5 * MINUTE_MS);
    centre.targets = [phone("new")];
    settle({ outcome: "accepted", reference: "", acknowledgedBy: "Lin" });
    await clock.advance(SECOND_MS);
    expect(centre.commands).toEqual([]);
  });

  test("with nobody to call waits for somebody", async () => {
    centre.targets = [];
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(MINUTE_MS);
    centre.targets = [phone("mei")];
    await clock.advance(MINUTE_MS);
    expect(callsTo("mei").length).toBeGreaterThanOrEqual(1);
  });

  test("ignores an older picture of the bed", async () => {
    const older = fold([]);
    centre.watch.onFold(fold([alarm()]));
    centre.watch.onFold(older);
    await clock.advance(70 * SECOND_MS);
    expect(keysTo("mei")).toEqual(["0/0", "0/1", "0/2"]);
  });

  test("for a simulated bed happens inside a drill only, and retries end with it", async () => {
    centre.answer = () => ({ outcome: "failed", detail: "503" });
    const simulated = alarm({ simulated: true, drill: true });
    centre.watch.onFold(fold([simulated], { drillUntil: wall(NIGHT + 10 * SECOND_MS) }));
    await clock.advance(10 * SECOND_MS);
    const inside = centre.calls.length;
    expect(inside).toBeGreaterThan(3);
    expect(centre.calls.every(({ message }) => message.drill && message.title.startsWith("DRILL"))).toBe(
      true,
    );
    await clock.advance(HOUR_MS);
    expect(centre.calls).toHaveLength(inside);
    expect(clock.pending).toBe(0);
  });
});

describe("what is sent", () => {
  test("holds no name of the patient, no condition and no value, but a page and a way to answer", async () => {
    centre.watch.onFold(fold([alarm({ values: { spo2: 84 } })]));
    await clock.advance(10);
    const message = callsTo("mei")[0]?.message;
    expect(message).toMatchObject({
      title: expect.stringMatching(/^Breathwatch.*urgent/),
      url: "https://home.example/b1/b1-abcdefghij-1",
      collapseKey: "b1-abcdefghij-1",
      ttlSeconds: 120,
    });
    expect(`${message?.title} ${message?.body}`).not.toMatch(/84|SpO2|SPO2|oxygen/i);
    const token = message?.acknowledgeUrl?.split("/").at(-1) ?? "";
    const verdict = verifyAckToken("a2V5", token, clock.wall());
    expect(verdict).toMatchObject({ ok: true, claim: { occurrence: "b1-abcdefghij-1", target: "mei" } });
  });

  test("says in its way to answer what it has shown: the one sent before something got worse answers the milder", async () => {
    const shown = () => {
      const { acknowledgeUrl, about } = callsTo("mei").at(-1)?.message ?? {};
      const verdict = verifyAckToken("a2V5", acknowledgeUrl?.split("/").at(-1) ?? "", clock.wall());
      return verdict.ok ? [verdict.claim.worsened ?? 0, about] : [];
    };
    centre.watch.onFold(fold([alarm({ priority: "medium" })]));
    await clock.advance(SECOND_MS);
    expect(shown()).toEqual([0, undefined]);
    centre.watch.onFold(fold([alarm({ priority: "high", worsened: 4 })]));
    await clock.advance(SECOND_MS);
    expect(callsTo("mei").at(-1)?.message.kind).toBe("alarm");
    expect(shown()).toEqual([4, "b1-abcdefghij-1 4"]);
  });

  test.each([
    ["en", /^Breathwatch.*urgent/],
    ["zh-Hans", /^呼吸守护.*紧急/],
    ["zh-Hant", /^呼吸守護.*緊急/],
  ] as const)("is written in the person's language: %s", async (language, title) => {
    centre.targets = [phone("mei", { language })];
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(10);
    expect(centre.calls[0]?.message.title).toMatch(title);
  });

  test("tells the end quietly, in the same place, without a way to answer", async () => {
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(10 * SECOND_MS);
    centre.watch.onFold(fold([]));
    await clock.advance(10 * SECOND_MS);
    const message = callsTo("mei").at(-1)?.message;
    expect(message).toMatchObject({ kind: "closed", priority: "low", collapseKey: "b1-abcdefghij-1" });
    expect(message?.body).toContain("10:14");
    expect(message?.acknowledgeUrl).toBeUndefined();
  });

  test("has a collapse key that push services take, however long the occurrence's id is", async () => {
    centre.watch.onFold(fold([alarm({ id: `b1-abcdefghij-${"9".repeat(30)}` }), alarm({ id: "b1/odd id" })]));
    await clock.advance(10);
    const collapseKeys = callsTo("mei").map(({ message }) => message.collapseKey);
    for (const each of collapseKeys) expect(each).toMatch(/^[A-Za-z0-9_-]{1,32}$/);
    expect(new Set(collapseKeys).size).toBe(2);
  });
});

describe("providers that fail", () => {
  test("a failure is tried again with growing patience, with the same key, until the next send replaces it", async () => {
    centre.answer = () => ({ outcome: "failed", detail: "503" });
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(29 * SECOND_MS);
    const [first, ...more] = callsTo("mei");
    expect(more.length).toBeGreaterThanOrEqual(3);
    expect(more.length).toBeLessThanOrEqual(6);
    expect(more.every(({ message }) => message.key === first?.message.key)).toBe(true);
    const gaps = more.map((call, index) => call.atMs - (callsTo("mei")[index]?.atMs ?? 0));
    for (let i = 1; i < gaps.length; i++) expect(gaps[i]).toBeGreaterThan(gaps[i - 1] ?? 0);
    await clock.advance(2 * SECOND_MS);
    expect(keysTo("mei").at(-1)).toBe("0/1");
  });

  test("ten minutes of failures lose nothing: the first answer that works is the newest message", async () => {
    centre.answer = () => ({ outcome: "failed", detail: "500" });
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(10 * MINUTE_MS);
    centre.answer = () => ({ outcome: "accepted", reference: "" });
    const before = callsTo("mei").length;
    await clock.advance(MINUTE_MS);
    expect(callsTo("mei").length).toBeGreaterThan(before);
    expect(new Set(keysTo("mei").slice(before)).size).toBe(keysTo("mei").length - before);
  });

  test("a slow one delays neither the others nor its own next alarm", async () => {
    centre.answer = (target) => (target === "mei" ? never() : { outcome: "accepted", reference: "" });
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(70 * SECOND_MS);
    expect(callsTo("lin").map(({ atMs }) => atMs)).toEqual([5, 30_005, 60_005]);
    const waits = callsTo("mei").filter(({ message }) => message.key.endsWith("/0/1"));
    expect(waits[0]?.atMs).toBe(30_005);
  });

  test("is asked again only when it said, but not later than after a minute", async () => {
    centre.answer = () => ({ outcome: "failed", detail: "429", retryAfterMs: 20_000 });
    centre.watch.onFold(fold([alarm({ priority: "medium" })]));
    await clock.advance(19 * SECOND_MS);
    expect(callsTo("mei")).toHaveLength(1);
    await clock.advance(2 * SECOND_MS);
    expect(callsTo("mei")).toHaveLength(2);
    centre.answer = () => ({ outcome: "failed", detail: "429", retryAfterMs: HOUR_MS });
    await clock.advance(25 * SECOND_MS);
    const before = callsTo("mei").length;
    await clock.advance(61 * SECOND_MS);
    expect(callsTo("mei").length).toBe(before + 1);
  });

  test("its wish to wait does not hold back the first word of another alarm", async () => {
    centre.answer = () => ({ outcome: "failed", detail: "429", retryAfterMs: 60_000 });
    centre.watch.onFold(fold([alarm({ priority: "medium" })]));
    await clock.advance(SECOND_MS);
    centre.watch.onFold(fold([alarm({ priority: "medium" }), alarm({ id: "b1-abcdefghij-2" })]));
    await clock.advance(10);
    expect(callsTo("mei").map(({ message }) => message.key)).toContain("home/b1-abcdefghij-2/0/0");
  });

  test("a target that is gone is named once and not called again, until it is set up anew", async () => {
    centre.answer = (target) =>
      target === "mei"
        ? {
            outcome: "refused",
            detail: "the push service answered 410 at https://push.example.com/secret",
            gone: true,
          }
        : { outcome: "accepted", reference: "" };
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(5 * MINUTE_MS);
    expect(centre.gone).toEqual([{ target: "mei", why: "the push service answered 410 at (address)" }]);
    expect(callsTo("mei")).toHaveLength(1);
    centre.targets = [phone("mei", { addedAt: clock.wall() })];
    await clock.advance(MINUTE_MS);
    expect(callsTo("mei").length).toBeGreaterThan(1);
  });

  test("a target that the house already knows to be dead is not called", async () => {
    centre.targets = [phone("mei", { deadSince: NIGHT }), phone("lin")];
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(10);
    expect(centre.calls.map(({ target }) => target)).toEqual(["lin"]);
  });

  test("a refusal that says nothing about the target is not tried again, but the next send is", async () => {
    centre.answer = () => ({ outcome: "refused", detail: "400", gone: false });
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(31 * SECOND_MS);
    expect(keysTo("mei")).toEqual(["0/0", "0/1"]);
    expect(centre.gone).toEqual([]);
  });

  test("a channel that throws, or is not there, hinders nobody", async () => {
    centre.targets = [phone("mei", { channel: "carrier pigeon" }), phone("lin"), phone("siren")];
    centre.answer = (target) => {
      if (target === "lin") throw new Error("bug");
      return { outcome: "accepted", reference: "" };
    };
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(3 * SECOND_MS);
    expect(callsTo("siren")).toHaveLength(1);
    expect(callsTo("lin").length).toBeGreaterThan(1);
  });
});

describe("after an answer", () => {
  test("nothing that waited is sent: not a retry, not a message still being written down", async () => {
    centre.answer = (target) =>
      target === "mei" ? { outcome: "failed", detail: "503" } : { outcome: "accepted", reference: "" };
    centre.records.syncMs = 400;
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(100);
    centre.watch.onFold(fold([answered()]));
    await clock.advance(MINUTE_MS);
    expect(centre.calls.filter(({ message }) => message.kind === "alarm")).toEqual([]);
    expect(callsTo("lin").map(({ message }) => message.kind)).toEqual(["update"]);
  });

  test("the news never overtakes an alarm that is still under way", async () => {
    let release: (result: SendResult) => void = () => undefined;
    centre.answer = (_target, message) =>
      message.kind === "alarm"
        ? new Promise((resolve) => {
            release = resolve;
          })
        : { outcome: "accepted", reference: "" };
    centre.targets = [phone("mei")];
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(100);
    centre.watch.onFold(fold([answered("Lin")]));
    await clock.advance(SECOND_MS);
    expect(centre.calls).toHaveLength(1);
    release({ outcome: "accepted", reference: "" });
    await clock.advance(10);
    expect(centre.calls.map(({ message }) => message.kind)).toEqual(["alarm", "update"]);
  });

  test("an answer that comes late changes nothing", async () => {
    let release: (result: SendResult) => void = () => undefined;
    centre.targets = [phone("siren")];
    centre.answer = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(100);
    centre.watch.onFold(fold([answered()]));
    release({ outcome: "accepted", reference: "", acknowledgedBy: "night nurse" });
    await clock.advance(SECOND_MS);
    expect(centre.commands).toEqual([]);
  });
});

describe("a machine that answers", () => {
  test("acknowledges for the person it belongs to, once for each message, and stops the calls at once", async () => {
    centre.answer = (target) =>
      target === "siren"
        ? { outcome: "accepted", reference: "", acknowledgedBy: "night nurse" }
        : { outcome: "accepted", reference: "" };
    centre.onCommand = (command) => {
      if (command.kind !== "acknowledge") return;
      const acknowledgement = answer(clock.wall(), "night nurse", { by: command.by });
      centre.watch.onFold(fold([alarm({ acknowledgement })]));
    };
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(2 * MINUTE_MS);
    expect(centre.commands).toEqual([
      {
        bed: "b1",
        target: "siren",
        command: {
          kind: "acknowledge",
          card: true,
          id: expect.stringMatching(/^reply-[A-Za-z0-9_-]{22}$/),
          occurrence: "b1-abcdefghij-1",
          by: { id: "person-of-siren", name: "night nurse" },
          place: "going",
          worsened: 0,
        },
      },
    ]);
    expect(keysTo("mei")).toEqual(["0/0", "1/0"]);
  });

  test("that answers an older message of the same alarm still counts", async () => {
    centre.targets = [phone("siren")];
    let release: (result: SendResult) => void = () => undefined;
    centre.answer = (_target, message) =>
      message.key.endsWith("/0/0")
        ? new Promise((resolve) => {
            release = resolve;
          })
        : { outcome: "failed", detail: "busy" };
    centre.watch.onFold(fold([alarm({ priority: "medium" })]));
    await clock.advance(10 * SECOND_MS);
    release({ outcome: "accepted", reference: "", acknowledgedBy: "night nurse" });
    await clock.advance(10);
    expect(centre.commands).toHaveLength(1);
  });

  test("that answered something milder does not silence what is worse now", async () => {
    centre.targets = [phone("siren")];
    let release: (result: SendResult) => void = () => undefined;
    centre.answer = (_target, message) =>
      message.key.endsWith("/0/0")
        ? new Promise((resolve) => {
            release = resolve;
          })
        : { outcome: "accepted", reference: "" };
    centre.watch.onFold(fold([alarm({ priority: "medium" })]));
    await clock.advance(SECOND_MS);
    centre.watch.onFold(fold([alarm()]));
    release({ outcome: "accepted", reference: "", acknowledgedBy: "night nurse" });
    await clock.advance(SECOND_MS);
    expect(centre.commands).toEqual([]);
  });
});

describe("the disk", () => {
  test.each(["full", "stalled"] as const)(
    "%s: the alarm goes out within 500 ms all the same, and it is told",
    async (disk) => {
      centre.records.disk = disk;
      centre.watch.onFold(fold([alarm()]));
      await clock.advance(500);
      expect(centre.calls.map(({ target }) => target)).toEqual(["mei", "lin", "siren"]);
      expect(centre.durability).toEqual([false]);
      expect(centre.watch.durable).toBe(false);
      centre.records.disk = "well";
      await clock.advance(31 * SECOND_MS);
      expect(centre.durability).toEqual([false, true]);
      expect(centre.watch.durable).toBe(true);
    },
  );

  test("that never answers does not hold up the alarm for longer than 500 ms", async () => {
    centre.records.append = () => new Promise(() => undefined);
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(500);
    expect(centre.calls).toHaveLength(3);
    await clock.advance(12 * HOUR_MS);
    expect(centre.calls.length).toBeGreaterThan(12 * 60 * 3);
  });

  test("is given a shorter list when it has grown long", async () => {
    centre.watch.onFold(fold([alarm()]));
    await clock.advance(10 * MINUTE_MS);
    expect(centre.records.rewrites).toBe(0);
    centre.records.bytes = 2 << 20;
    await clock.advance(2 * MINUTE_MS);
    expect(centre.records.rewrites).toBe(1);
    expect(centre.records.durable.length).toBeLessThan(20);
  });
});

test("stop leaves no timer and sends nothing more", async () => {
  centre.answer = () => ({ outcome: "failed", detail: "503" });
  centre.watch.onFold(fold([alarm()]));
  await clock.advance(3 * SECOND_MS);
  const before = centre.calls.length;
  centre.watch.stop();
  centre.watch.onFold(fold([alarm({ id: "b1-abcdefghij-2" })]));
  await clock.advance(HOUR_MS);
  expect(centre.calls).toHaveLength(before);
  expect(clock.pending).toBe(0);
});

test("nothing personal and no address is written to the log", async () => {
  centre.targets = [
    phone("t1", {
      label: "Mei's phone",
      person: "p-mei",
      settings: { endpoint: "https://push.example.com/secret" },
    }),
  ];
  centre.answer = () => ({ outcome: "failed", detail: "https://push.example.com/secret refused" });
  centre.watch.onFold(fold([alarm()]));
  await clock.advance(10 * SECOND_MS);
  centre.watch.onFold(fold([answered()]));
  await clock.advance(10 * SECOND_MS);
  expect(centre.notes.length).toBeGreaterThan(3);
  expect(JSON.stringify(centre.notes)).not.toMatch(/Mei|secret|push\.example/);
});
