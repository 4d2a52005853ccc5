import { beforeEach, describe, expect, test } from "vitest";
import { EVERYBODY } from "../../../src/domain/calling.ts";
import { MINUTE_MS, SECOND_MS, wall } from "../../../src/domain/time.ts";
import type { Channel, Receipt } from "../../../src/port/channel.ts";
import { createVirtualClock, settle, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { answer, folds, NIGHT, occurrence } from "../../support/alarms.ts";
import { type CallCentre, createCallCentre, phone } from "../../support/call-centre.ts";

type Listener = Parameters<NonNullable<Channel["listen"]>>[1];

/** A provider that tells what a test says, and remembers what it was asked. */
interface Provider {
  receipt: Receipt | Promise<Receipt>;
  readonly asked: { readonly atMs: number; readonly reference: string }[];
  readonly cancelled: string[];
  readonly listeners: Listener[];
  deaf: boolean;
}

let clock: VirtualClock;
let provider: Provider;
let centre: CallCentre;
let fold: ReturnType<typeof folds>;

const providerOf = (provider: Provider): Pick<Channel, "poll" | "cancel" | "listen"> => ({
  poll: async (_target, reference) => {
    provider.asked.push({ atMs: clock.mono(), reference });
    return await provider.receipt;
  },
  cancel: async (_target, reference) => void provider.cancelled.push(reference),
  listen: (_targets, onAnswer, signal) => {
    if (provider.deaf) return Promise.reject(new Error("the chat is down"));
    provider.listeners.push(onAnswer);
    return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
  },
});

beforeEach(() => {
  clock = createVirtualClock(NIGHT);
  provider = { receipt: { state: "waiting" }, asked: [], cancelled: [], listeners: [], deaf: false };
  let sent = 0;
  centre = createCallCentre(clock, {
    targets: [phone("mei", { label: "Mei's phone" })],
    provider: providerOf(provider),
  });
  centre.answer = () => ({ outcome: "accepted", reference: `call-${++sent}` });
  fold = folds(clock);
});
const ring = async (): Promise<void> => {
  centre.watch.onFold(fold([occurrence()]));
  await clock.advance(10);
};

describe("a call that came to nobody", () => {
  const PROVEN = { lastProofAt: wall(NIGHT - 60 * MINUTE_MS) };
  const unreached: Receipt = { state: "over", detail: "the line is busy", unreached: true };
  const firstOf = (target: string): number | undefined => {
    const call = centre.calls.find((one) => one.target === target);
    return call === undefined ? undefined : Math.round(call.atMs / SECOND_MS);
  };

  beforeEach(() => {
    centre.targets = ["mei", "ba", "aunt"].map((id) => phone(id, { ...PROVEN, person: id }));
    centre.calling = { ...EVERYBODY, on: "mei", rules: [{ person: "aunt", turn: "third" }] };
  });

  test("is as one that could not be made: the next are called at once", async () => {
    await ring();
    await clock.advance(4 * SECOND_MS);
    provider.receipt = unreached;
    await clock.advance(2 * SECOND_MS);
    expect(firstOf("ba")).toBe(5);
    provider.receipt = { state: "waiting" };
    await clock.advance(20 * SECOND_MS);
    expect(firstOf("aunt")).toBeUndefined();
    provider.receipt = unreached;
    await clock.advance(5 * SECOND_MS);
    expect(firstOf("aunt")).toBeLessThanOrEqual(30);
  });

  test.each([
    ["of which nothing more is known", { state: "over", detail: "the text was sent" }],
    ["that somebody may have heard", { state: "reached" }],
    ["of which nobody tells anything", { state: "waiting" }],
  ] as const)("is not one %s: the next are called in their turn", async (_what, receipt) => {
    await ring();
    provider.receipt = receipt;
    await clock.advance(10 * SECOND_MS);
    // Somebody picked up, and put the phone down again.
    if (receipt.state === "reached") provider.receipt = unreached;
    await clock.advance(6 * SECOND_MS);
    provider.receipt = { state: "waiting" };
    await clock.advance(34 * SECOND_MS);
    expect(firstOf("ba")).toBeUndefined();
    await clock.advance(20 * SECOND_MS);
    expect(firstOf("ba")).toBe(60);
  });

  test("counts no more once a newer one was taken", async () => {
    let tell = (_receipt: Receipt): void => undefined;
    await ring();
    provider.receipt = new Promise((resolve) => {
      tell = resolve;
    });
    await clock.advance(32 * SECOND_MS);
    expect(centre.calls).toHaveLength(2);
    provider.receipt = { state: "waiting" };
    tell(unreached);
    await clock.advance(20 * SECOND_MS);
    expect(firstOf("ba")).toBeUndefined();
  });
});

describe("a provider that can be asked", () => {
  test("is asked every five seconds, and a key that was pressed answers the alarm in the presser's name", async () => {
    await ring();
    await clock.advance(11 * SECOND_MS);
    expect(provider.asked.map(({ reference }) => reference)).toEqual(["call-1", "call-1"]);
    expect(centre.commands).toEqual([]);
    provider.receipt = { state: "acknowledged", by: "Mei" };
    centre.onCommand = () =>
      centre.watch.onFold(fold([occurrence({ acknowledgement: answer(clock.wall(), "Mei") })]));
    await clock.advance(5 * SECOND_MS);
    expect(centre.commands.map(({ command, target }) => [command, target])).toEqual([
      [expect.objectContaining({ kind: "acknowledge", by: { id: "person-of-mei", name: "Mei" } }), "mei"],
    ]);
    await clock.advance(MINUTE_MS);
    expect(centre.commands).toHaveLength(1);
  });

  test("without a name the phone's own is told", async () => {
    await ring();
    provider.receipt = { state: "acknowledged" };
    await clock.advance(6 * SECOND_MS);
    expect(centre.commands[0]?.command).toMatchObject({ by: { name: "Mei's phone" } });
  });

  test("a call that was only picked up answers nothing, and the alarm is sent again", async () => {
    await ring();
    provider.receipt = { state: "reached" };
    await clock.advance(2 * MINUTE_MS);
    expect(centre.commands).toEqual([]);
    expect(centre.calls.length).toBeGreaterThanOrEqual(3);
    expect(centre.notes.filter(({ event }) => event === "send.reached").length).toBeGreaterThanOrEqual(1);
  });

  test("is not asked about somebody who was removed: what rings there is ended, and no answer counts", async () => {
    await ring();
    let tell = (_receipt: Receipt): void => undefined;
    provider.receipt = new Promise((resolve) => {
      tell = resolve;
    });
    await clock.advance(6 * SECOND_MS);
    expect(provider.asked).toHaveLength(1);
    centre.targets = [phone("lin")];
    await clock.advance(5 * SECOND_MS);
    expect(provider.cancelled).toEqual(["call-1"]);
    tell({ state: "acknowledged", by: "Mei" });
    void provider.listeners[0]?.({ target: "mei", reference: "call-1", by: "Mei" });
    await clock.advance(10 * SECOND_MS);
    expect(provider.asked).toHaveLength(1);
    expect(provider.cancelled).toEqual(["call-1"]);
    expect(centre.commands).toEqual([]);
  });

  test("one that hangs is asked again, and holds nothing up", async () => {
    provider.receipt = new Promise(() => undefined);
    await ring();
    await clock.advance(25 * SECOND_MS);
    expect(provider.asked).toHaveLength(2);
    expect(centre.calls).toHaveLength(1);
  });

  test("is not asked about what is over, nor for ever", async () => {
    await ring();
    provider.receipt = { state: "over", detail: "nobody picked up" };
    await clock.advance(20 * SECOND_MS);
    expect(provider.asked).toHaveLength(1);
    provider.receipt = { state: "waiting" };
    await clock.advance(30 * MINUTE_MS);
    const first = provider.asked.filter(({ reference }) => reference === "call-2");
    const last = first.at(-1)?.atMs ?? 0;
    expect(last - (first[0]?.atMs ?? 0)).toBeLessThanOrEqual(15 * MINUTE_MS);
  });
});

describe("when nobody needs to hear any more", () => {
  test("what rings is ended once somebody answered elsewhere, and never asked about again", async () => {
    await ring();
    await clock.advance(31 * SECOND_MS);
    centre.watch.onFold(fold([occurrence({ acknowledgement: answer(clock.wall(), "Lin") })]));
    await settle();
    expect(provider.cancelled).toEqual(["call-1", "call-2"]);
    const before = provider.asked.length;
    await clock.advance(MINUTE_MS);
    expect(provider.asked.length).toBe(before);
  });

  test("a call that is accepted only after the answer is ended too", async () => {
    let accept: (() => void) | undefined;
    centre.answer = () =>
      new Promise((resolve) => {
        accept = () => resolve({ outcome: "accepted", reference: "late" });
      });
    await ring();
    const late = accept;
    centre.watch.onFold(fold([occurrence({ acknowledgement: answer(clock.wall(), "Lin") })]));
    late?.();
    await settle();
    expect(provider.cancelled).toEqual(["late"]);
  });

  test("a repeat of the alarm ends no call", async () => {
    await ring();
    await clock.advance(2 * MINUTE_MS);
    expect(centre.calls.length).toBeGreaterThanOrEqual(3);
    expect(provider.cancelled).toEqual([]);
  });
});

describe("a phone that says that it showed the message", () => {
  const events = (name: string) => centre.notes.filter(({ event }) => event === name);

  test("is reached, once, and rings on: only an answer ends it", async () => {
    await ring();
    centre.watch.reached("b1-j-1", "lin");
    expect(events("send.reached")).toEqual([]);
    const [send] = centre.calls;
    const occurrence = send?.message.key.split("/")[1] ?? "";
    centre.watch.reached(occurrence, "mei");
    centre.watch.reached(occurrence, "mei");
    expect(events("send.reached")).toHaveLength(1);
    expect(centre.commands).toEqual([]);
    const before = centre.calls.length;
    await clock.advance(MINUTE_MS);
    expect(centre.calls.length).toBeGreaterThan(before);
  });
});

describe("a provider that tells by itself", () => {
  test("answers the message that the button belongs to, once", async () => {
    await ring();
    const [press] = provider.listeners;
    void press?.({ target: "mei", reference: "call-99", by: "Stranger" });
    void press?.({ target: "lin", reference: "call-1", by: "Stranger" });
    expect(centre.commands).toEqual([]);
    void press?.({ target: "mei", reference: "call-1", by: "Mei" });
    void press?.({ target: "mei", reference: "call-1", by: "Mei" });
    expect(centre.commands).toHaveLength(1);
  });

  test("is listened to again after it failed, and not after the end", async () => {
    // Each of the call centre's three channels.
    expect(provider.listeners).toHaveLength(3);
    centre.watch.stop();
    await clock.advance(MINUTE_MS);
    expect(provider.listeners).toHaveLength(3);
    provider.deaf = true;
    const other = createCallCentre(clock, {
      provider: { ...providerOf(provider) },
    });
    await clock.advance(15 * SECOND_MS);
    expect(other.notes.filter(({ event }) => event === "channel.deaf").length).toBeGreaterThanOrEqual(1);
    provider.deaf = false;
    await clock.advance(15 * SECOND_MS);
    expect(provider.listeners).toHaveLength(6);
    other.watch.stop();
  });
});

describe("after a restart", () => {
  /** Another process, with what the first has on its disk. */
  const restarted = (): void => {
    centre.watch.stop();
    provider.listeners.splice(0);
    provider.asked.splice(0);
    centre = createCallCentre(clock, {
      targets: [phone("mei", { label: "Mei's phone" })],
      earlier: structuredClone([...centre.records.durable]),
      provider: providerOf(provider),
    });
  };
  const press = (reference: string): void =>
    void provider.listeners[0]?.({ target: "mei", reference, by: "Mei" });

  test("a button on a message of before answers, however often it had been repeated", async () => {
    await ring();
    await clock.advance(40 * SECOND_MS);
    expect(centre.calls).toHaveLength(2);
    restarted();
    centre.watch.onFold(fold([occurrence()]));
    await clock.advance(10);
    press("call-1");
    expect(centre.commands).toEqual([]);
    press("call-2");
    expect(centre.commands.map(({ command }) => command)).toEqual([
      expect.objectContaining({ kind: "acknowledge", by: { id: "person-of-mei", name: "Mei" } }),
    ]);
  });

  test("an answer that comes before the alarm has been restored counts once it is", async () => {
    await ring();
    restarted();
    press("call-1");
    expect(centre.commands).toEqual([]);
    centre.watch.onFold(fold([occurrence()]));
    expect(centre.commands).toHaveLength(1);
  });

  test("what rang for an alarm that has ended meanwhile is ended, and answers nothing", async () => {
    await ring();
    restarted();
    centre.watch.onFold(fold([]));
    await settle();
    expect(provider.cancelled).toEqual(["call-1"]);
    press("call-1");
    expect(centre.commands).toEqual([]);
  });

  test("a provider is asked about the call of before; a memory that was packed keeps it", async () => {
    await ring();
    centre.records.bytes = 2 << 20;
    await clock.advance(31 * SECOND_MS);
    expect(centre.records.rewrites).toBe(1);
    restarted();
    centre.watch.onFold(fold([occurrence()]));
    provider.receipt = { state: "acknowledged", by: "Mei" };
    await clock.advance(5 * SECOND_MS);
    expect(provider.asked.map(({ reference }) => reference)).toContain("call-2");
    expect(centre.commands).toHaveLength(1);
  });
});
