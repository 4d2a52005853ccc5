import { beforeEach, describe, expect, test } from "vitest";
import type { AlarmFold, Card, Occurrence } from "../../../src/domain/alarm.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, wall } from "../../../src/domain/time.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { decodeOutboxEntry } from "../../../src/watch/outbox.ts";
import { answer, folds, NIGHT, occurrence } from "../../support/alarms.ts";
import { type CallCentre, createCallCentre, phone } from "../../support/call-centre.ts";

const mei = { id: "person-of-mei", name: "Mei" };
const phones = [phone("mei"), phone("lin"), phone("chen", { language: "zh-Hant" })];

let clock: VirtualClock;
let centre: CallCentre;
let fold: ReturnType<typeof folds>;

beforeEach(() => {
  clock = createVirtualClock(NIGHT);
  centre = createCallCentre(clock, { targets: phones });
  fold = folds(clock);
});

const maskOff = (): { readonly open: readonly Occurrence[]; readonly cards: readonly Card[] } => {
  const leak = occurrence({ condition: "VENT_DISCONNECT", values: { leak: 68 } });
  const low = occurrence({ id: "b1-abcdefghij-2", card: leak.id, values: { spo2: 84 } });
  const evidence = [{ name: "leak", value: 68, trend: "up" }] as const;
  return {
    open: [leak, low],
    cards: [{ id: leak.id, cause: "mask_off", priority: "high", members: [leak.id, low.id], evidence }],
  };
};

const left = (reason: "hospital" | "visit" | "transfer" | "death"): AlarmFold["watch"] => ({
  on: false,
  reason,
  since: clock.wall(),
  by: mei,
  until: wall(clock.wall() + DAY_MS),
});

describe("a card", () => {
  test("is one message, in each language, that says the cause and neither name nor value", async () => {
    const { open, cards } = maskOff();
    centre.watch.onFold(fold(open, { cards }));
    await clock.advance(SECOND_MS);
    expect(centre.calls.map(({ target, message }) => `${target}: ${message.body}`)).toEqual([
      "mei: The mask is probably off. Please go now.",
      "lin: The mask is probably off. Please go now.",
      expect.stringMatching(/^chen: .*面罩/) as string,
    ]);
    expect(JSON.stringify(centre.calls)).not.toMatch(/68|84/);
  });

  test("keeps its place on the lock screen when another of its alarms goes on ringing", async () => {
    const { open, cards } = maskOff();
    centre.watch.onFold(fold(open, { cards }));
    await clock.advance(SECOND_MS);
    const rest = open.slice(1);
    centre.watch.onFold(
      fold(rest, { cards: cards.map((card) => ({ ...card, members: ["b1-abcdefghij-2"] })) }),
    );
    await clock.advance(10 * SECOND_MS);
    const toLin = centre.calls.filter(({ target }) => target === "lin").map(({ message }) => message);
    expect(toLin.map(({ kind }) => kind)).toEqual(["alarm", "alarm"]);
    expect(new Set(toLin.map(({ collapseKey }) => collapseKey))).toEqual(new Set(["b1-abcdefghij-1"]));
    expect(new Set(toLin.map(({ key }) => key)).size).toBe(2);
  });
});

describe("the gentle question", () => {
  const asking = () => fold([occurrence({ condition: "OXI_SENSOR_OFF", priority: "medium", accepted: mei })]);

  test("goes to the person who watches, can be answered by one tap, and is urgent for nobody", async () => {
    centre.watch.onFold(asking());
    await clock.advance(HOUR_MS);
    expect(centre.calls.map(({ target }) => target)).toEqual(["mei"]);
    const message = centre.calls[0]?.message;
    expect(message).toMatchObject({ title: "Are you still watching?", priority: "low" });
    expect(message?.acknowledgeUrl).toBeDefined();
  });

  test("answered by a machine means that the person still watches", async () => {
    centre.answer = () => ({ outcome: "accepted", reference: "", acknowledgedBy: "Mei" });
    centre.watch.onFold(asking());
    await clock.advance(SECOND_MS);
    expect(centre.commands.map(({ command }) => command)).toMatchObject([
      { kind: "acknowledge", place: "watching" },
    ]);
  });

  test("goes to everybody when that person's phones are gone", async () => {
    centre.targets = phones.slice(1);
    centre.watch.onFold(asking());
    await clock.advance(SECOND_MS);
    expect(centre.calls.map(({ target }) => target)).toEqual(["lin", "chen"]);
  });
});

test("who watches in an alarm's place is told to the others by name", async () => {
  const lost = { condition: "OXI_SENSOR_OFF", priority: "medium" } as const;
  centre.watch.onFold(fold([occurrence(lost)]));
  await clock.advance(SECOND_MS);
  const acknowledgement = answer(clock.wall(), "Mei", { place: "watching" });
  centre.watch.onFold(fold([occurrence({ ...lost, acknowledgement })]));
  await clock.advance(SECOND_MS);
  expect(centre.calls.at(-2)?.message.title).toMatch(/^Mei is watching/);
});

describe("leaving the watch", () => {
  test.each(["hospital", "visit", "transfer", "death"] as const)(
    "is told to the others in quiet words, once, and lasts on their screens: %s",
    async (reason) => {
      const watch = left(reason);
      centre.watch.onFold(fold([occurrence()]));
      await clock.advance(SECOND_MS);
      const before = centre.calls.length;
      for (let times = 0; times < 3; times++) {
        centre.watch.onFold(fold([], { watch }));
        await clock.advance(20 * MINUTE_MS);
      }
      const told = centre.calls.slice(before);
      expect(told.map(({ target }) => target)).toEqual(["lin", "chen"]);
      for (const { message } of told) {
        expect(message).toMatchObject({ kind: "update", priority: "low", ttlSeconds: 86_400 });
        expect(message.body).toContain("Mei");
        expect(message.acknowledgeUrl).toBeUndefined();
      }
    },
  );

  test("is not told again by a box that starts anew, and nothing is called over", async () => {
    const watch = left("transfer");
    centre.watch.onFold(fold([], { watch }));
    await clock.advance(SECOND_MS);
    centre.watch.stop();
    const entries = centre.records.durable.flatMap(
      (entry) => decodeOutboxEntry(JSON.parse(JSON.stringify(entry))) ?? [],
    );
    expect(entries).toHaveLength(centre.records.durable.length);
    const again = createCallCentre(clock, { targets: phones, earlier: entries });
    again.watch.onFold(fold([], { watch }));
    await clock.advance(MINUTE_MS);
    expect(again.calls).toEqual([]);
  });

  test("of a bed where nothing is real is told to nobody", async () => {
    const demo = createCallCentre(clock, { targets: phones, simulated: true });
    demo.watch.onFold(fold([], { watch: left("death") }));
    await clock.advance(MINUTE_MS);
    expect(demo.calls).toEqual([]);
  });
});

test("an alarm that comes again after a restart uses no key twice", async () => {
  centre.watch.onFold(fold([occurrence()]));
  await clock.advance(SECOND_MS);
  centre.watch.onFold(fold([]));
  await clock.advance(SECOND_MS);
  centre.watch.stop();
  const again = createCallCentre(clock, { targets: phones, earlier: [...centre.records.durable] });
  again.watch.onFold(fold([]));
  await clock.advance(MINUTE_MS);
  again.watch.onFold(fold([occurrence()]));
  await clock.advance(SECOND_MS);
  const keys = (calls: CallCentre["calls"]) => new Set(calls.map(({ message }) => message.key));
  expect(again.calls.length).toBeGreaterThan(0);
  for (const key of keys(again.calls)) expect(keys(centre.calls)).not.toContain(key);
});
