import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Occurrence } from "../../../src/domain/alarm.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS, wall } from "../../../src/domain/time.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { decodeOutboxEntry, type OutboxEntry } from "../../../src/watch/outbox.ts";
import { answer, folds, NIGHT, occurrence } from "../../support/alarms.ts";
import { type Call, type CallCentre, createCallCentre, phone } from "../../support/call-centre.ts";

const targets = [phone("mei"), phone("lin")];

/** A process that dies: what it had sent by then, and what a restart finds on disk. */
interface Life {
  readonly calls: readonly Call[];
  readonly onDisk: readonly OutboxEntry[];
}

interface Script {
  readonly diesAtMs: number;
  readonly syncMs: number;
  readonly answerMs: number;
  readonly changes: readonly {
    readonly atMs: number;
    readonly open: (clock: VirtualClock) => readonly Occurrence[];
  }[];
}

/** Runs until the process dies, to the millisecond. */
async function live(script: Script): Promise<Life> {
  const clock = createVirtualClock(NIGHT);
  const centre = createCallCentre(clock, { targets });
  slow(centre, clock, script);
  const fold = folds(clock);
  for (const { atMs, open } of script.changes) {
    if (atMs >= script.diesAtMs) break;
    await clock.advance(atMs - clock.mono());
    centre.watch.onFold(fold(open(clock)));
  }
  await clock.advance(script.diesAtMs - clock.mono());
  return { calls: [...centre.calls], onDisk: [...centre.records.durable] };
}

function slow(
  centre: CallCentre,
  clock: VirtualClock,
  { syncMs, answerMs }: Pick<Script, "syncMs" | "answerMs">,
): void {
  centre.records.syncMs = syncMs;
  centre.answer = () =>
    new Promise((resolve) => {
      clock.after(answerMs, () => resolve({ outcome: "accepted", reference: "" }));
    });
}

/** The next process, `downMs` later, given what the engine restored. */
async function restart(
  life: Life,
  options: {
    readonly downMs: number;
    readonly forMs: number;
    readonly open: (clock: VirtualClock) => readonly Occurrence[];
  },
): Promise<{ centre: CallCentre; clock: VirtualClock }> {
  const clock = createVirtualClock(wall(NIGHT + options.downMs));
  const earlier = life.onDisk.map((entry) => decodeOutboxEntry(JSON.parse(JSON.stringify(entry))));
  const centre = createCallCentre(clock, {
    targets,
    earlier: earlier.filter((entry) => entry !== undefined),
  });
  slow(centre, clock, { syncMs: 5, answerMs: 5 });
  centre.watch.onFold(folds(clock)(options.open(clock)));
  await clock.advance(options.forMs);
  return { centre, clock };
}

const times = (calls: readonly Call[], target: string, key: string): number =>
  calls.filter((call) => call.target === target && call.message.key === key).length;

const keysOf = (calls: readonly Call[]): string[] => [...new Set(calls.map(({ message }) => message.key))];

const first = "home/b1-abcdefghij-1/0/0";
const open = (): readonly Occurrence[] => [occurrence()];

describe("a process that dies while an alarm is open", () => {
  test("at any moment: each planned send leaves once or twice with the same key, and never not at all", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 70_000 }),
        fc.integer({ min: 1, max: 400 }),
        fc.integer({ min: 1, max: 3_000 }),
        fc.integer({ min: 1, max: 20_000 }),
        async (diesAtMs, syncMs, answerMs, downMs) => {
          const life = await live({ diesAtMs, syncMs, answerMs, changes: [{ atMs: 0, open }] });
          const { centre } = await restart(life, { downMs: diesAtMs + downMs, forMs: 4_900, open });
          const calls = [...life.calls, ...centre.calls];
          for (const { id } of targets) {
            expect(times(calls, id, first)).toBeGreaterThanOrEqual(1);
            for (const key of keysOf(calls)) {
              expect(times(calls, id, key), key).toBeGreaterThanOrEqual(1);
              expect(times(calls, id, key), key).toBeLessThanOrEqual(2);
            }
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  test("in every millisecond of the first send: never zero", async () => {
    for (let diesAtMs = 0; diesAtMs <= 40; diesAtMs++) {
      const life = await live({ diesAtMs, syncMs: 10, answerMs: 10, changes: [{ atMs: 0, open }] });
      const { centre } = await restart(life, { downMs: SECOND_MS, forMs: 100, open });
      const calls = [...life.calls, ...centre.calls];
      for (const { id } of targets) {
        expect(times(calls, id, first), `died at ${diesAtMs} ms`).toBeGreaterThanOrEqual(1);
        // 10 ms to write down, 10 to be answered, 10 to write the answer down: only then is it known.
        expect(times(centre.calls, id, first), `died at ${diesAtMs} ms`).toBe(diesAtMs < 30 ? 1 : 0);
      }
    }
  });

  test("goes on counting by the time that has passed, at most a minute after the restart", async () => {
    const life = await live({ diesAtMs: 65_000, syncMs: 5, answerMs: 5, changes: [{ atMs: 0, open }] });
    const { centre } = await restart(life, { downMs: 2 * MINUTE_MS, forMs: 130_000, open });
    expect(keysOf(centre.calls)).toEqual([5, 6, 7, 8].map((repeat) => `home/b1-abcdefghij-1/0/${repeat}`));
    expect(centre.calls[0]?.atMs).toBeLessThanOrEqual(60_000);
  });

  test.each([-24, 24])("is not silenced by a wall clock that stepped by %d hours", async (hours) => {
    const life = await live({ diesAtMs: 5_000, syncMs: 5, answerMs: 5, changes: [{ atMs: 0, open }] });
    const { centre } = await restart(life, { downMs: hours * HOUR_MS, forMs: MINUTE_MS, open });
    expect(centre.calls.length).toBeGreaterThan(0);
  });

  test("keeps to itself what a provider had accepted", async () => {
    const life = await live({ diesAtMs: 5_000, syncMs: 5, answerMs: 5, changes: [{ atMs: 0, open }] });
    const { centre } = await restart(life, { downMs: 6_000, forMs: 4_000, open });
    expect(centre.calls).toEqual([]);
  });
});

describe("what changed while the process was away", () => {
  const early = { diesAtMs: 12, syncMs: 5, answerMs: 60_000, changes: [{ atMs: 0, open }] };

  test("answered: nobody is called, everybody hears who goes", async () => {
    const life = await live(early);
    const goes = (clock: VirtualClock) => [occurrence({ acknowledgement: answer(clock.wall()) })];
    const { centre } = await restart(life, { downMs: 1_000, forMs: MINUTE_MS, open: goes });
    expect(centre.calls.map(({ target, message }) => `${target} ${message.kind}`)).toEqual([
      "mei update",
      "lin update",
    ]);
  });

  test("over: nobody is called, everybody hears that it is over, once", async () => {
    const life = await live(early);
    const { centre } = await restart(life, { downMs: 1_000, forMs: 10 * MINUTE_MS, open: () => [] });
    expect(centre.calls.map(({ target, message }) => `${target} ${message.kind}`)).toEqual([
      "mei closed",
      "lin closed",
    ]);
    const later = await restart(
      { calls: [], onDisk: [...life.onDisk, ...centre.records.durable] },
      { downMs: HOUR_MS, forMs: MINUTE_MS, open: () => [] },
    );
    expect(later.centre.calls).toEqual([]);
  });

  test("worse: everybody is called at once, with a new key", async () => {
    const mild = () => [occurrence({ priority: "medium" })];
    const life = await live({ ...early, answerMs: 1, diesAtMs: 1_000, changes: [{ atMs: 0, open: mild }] });
    const { centre } = await restart(life, { downMs: 2_000, forMs: 100, open });
    expect(keysOf(centre.calls)).toEqual(["home/b1-abcdefghij-1/1/0"]);
  });

  test("lapsed: everybody is called at once", async () => {
    const goes = (clock: VirtualClock) => [occurrence({ acknowledgement: answer(clock.wall()) })];
    const changes = [
      { atMs: 0, open },
      { atMs: 1_000, open: goes },
    ];
    const life = await live({ diesAtMs: 2_000, syncMs: 5, answerMs: 5, changes });
    const { centre } = await restart(life, { downMs: 10 * MINUTE_MS, forMs: 100, open });
    expect(keysOf(centre.calls)).toEqual(["home/b1-abcdefghij-1/2/0"]);
  });

  test("still answered: everybody knows already", async () => {
    const goes = () => [occurrence({ acknowledgement: answer(wall(NIGHT + 1_000)) })];
    const changes = [
      { atMs: 0, open },
      { atMs: 1_000, open: goes },
    ];
    const life = await live({ diesAtMs: 2_000, syncMs: 5, answerMs: 5, changes });
    const { centre } = await restart(life, { downMs: 3_000, forMs: MINUTE_MS, open: goes });
    expect(centre.calls).toEqual([]);
  });

  test("the drill is over: nothing is sent", async () => {
    const simulated = (): readonly Occurrence[] => [occurrence({ simulated: true, drill: true })];
    const clock = createVirtualClock(NIGHT);
    const centre = createCallCentre(clock, { targets });
    slow(centre, clock, { syncMs: 5, answerMs: 60_000 });
    centre.watch.onFold(folds(clock)(simulated(), { drillUntil: wall(NIGHT + MINUTE_MS) }));
    await clock.advance(20);
    expect(centre.calls).toHaveLength(2);
    const life = { calls: centre.calls, onDisk: centre.records.durable };
    for (const after of [simulated, () => []]) {
      const next = await restart(life, { downMs: 2 * MINUTE_MS, forMs: HOUR_MS, open: after });
      expect(next.centre.calls).toEqual([]);
    }
  });

  test("a night later: an old message is of no interest to anybody", async () => {
    const life = await live(early);
    const { centre } = await restart(life, { downMs: 30 * HOUR_MS, forMs: MINUTE_MS, open: () => [] });
    expect(centre.calls).toEqual([]);
  });
});

describe("an entry read from disk", () => {
  test("is what was written, or is refused: never half an entry", async () => {
    const goes = (clock: VirtualClock) => [occurrence({ acknowledgement: answer(clock.wall()) })];
    const changes = [
      { atMs: 0, open },
      { atMs: 1_000, open: goes },
    ];
    const { onDisk } = await live({ diesAtMs: 2_000, syncMs: 5, answerMs: 5, changes });
    expect(onDisk.map(({ kind }) => kind)).toContain("planned");
    expect(onDisk.map(({ kind }) => kind)).toContain("result");
    for (const entry of onDisk) {
      const stored: Record<string, unknown> = JSON.parse(JSON.stringify(entry));
      expect(decodeOutboxEntry({ ...stored, later: "field" })).toEqual(entry);
      for (const field of Object.keys(stored)) {
        const { [field]: _dropped, ...rest } = stored;
        expect(decodeOutboxEntry(rest), `without ${field}`).toBeUndefined();
      }
    }
  });

  test("can be anything at all", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(() => decodeOutboxEntry(value)).not.toThrow();
      }),
    );
  });
});
