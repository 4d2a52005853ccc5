import fc from "fast-check";
import { expect, test } from "vitest";
import { Fault } from "../../../src/domain/fault.ts";
import { wall } from "../../../src/domain/time.ts";
import { forgetHome } from "../../../src/ops/forget-home.ts";
import type { Clock } from "../../../src/port/clock.ts";
import type { Batch, StoredRow, Timeseries } from "../../../src/port/timeseries.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { createMemoryStores } from "../../../src/store/state/state.ts";
import { MirrorMarks } from "../../../src/store/timeseries/influx/marks.ts";
import { createMirror } from "../../../src/store/timeseries/influx/mirror.ts";
import type { Outside } from "../../../src/store/timeseries/influx/outside.ts";
import { createMemoryTimeseries } from "../../../src/store/timeseries/sqlite/timeseries.ts";
import { createInlineClient } from "../../../src/store/worker.ts";
import { silentLog } from "../../support/silent-log.ts";

const T0 = Date.UTC(2026, 10, 20, 14);
const EMPTY: Batch = { rows: [], waves: [], settings: [], events: [] };
const SETTLE_MS = 60_000;
const row = (second: number, bed = "b1"): StoredRow => ({
  bed,
  device: "aaaaaaaaaa",
  epoch: "e",
  seq: second,
  at: wall(T0 + second * 1_000),
  simulated: false,
  samples: { spo2: 80 + (second % 20) },
});

/** A server that loses what it has not settled when it is killed, like the real one with the short memory. */
class Forgetful implements Outside {
  up = true;
  run = 1;
  readonly kept = new Set<string>();
  #fresh: { readonly at: number; readonly key: string }[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  kill(): void {
    this.#settle();
    this.#fresh = [];
    this.run++;
  }

  all(): ReadonlySet<string> {
    return new Set([...this.kept, ...this.#fresh.map(({ key }) => key)]);
  }

  async write({ rows }: Batch): Promise<void> {
    this.#check();
    this.#settle();
    for (const { bed, at } of rows) this.#fresh.push({ at: this.#now(), key: `${bed} ${at}` });
  }

  async remove(bed: string): Promise<void> {
    this.#check();
    for (const key of this.kept) if (key.startsWith(`${bed} `)) this.kept.delete(key);
    this.#fresh = this.#fresh.filter(({ key }) => !key.startsWith(`${bed} `));
  }

  async retain(): Promise<void> {
    this.#check();
  }

  async promise(): Promise<{ settleMs: number; run: string }> {
    this.#check();
    return { settleMs: SETTLE_MS, run: String(this.run) };
  }

  async close(): Promise<void> {}

  #check(): void {
    if (!this.up) throw new Fault("STORE_FAILED", "away");
  }

  /** Half the promised time is when it really is on its disk. */
  #settle(): void {
    for (const { at, key } of this.#fresh) if (this.#now() - at >= SETTLE_MS / 2) this.kept.add(key);
    this.#fresh = this.#fresh.filter(({ at }) => this.#now() - at < SETTLE_MS / 2);
  }
}

const world = () => {
  const clock = createVirtualClock(wall(T0 + 86_400_000));
  const store: Timeseries = { ...createMemoryTimeseries(clock, silentLog), close: async () => undefined };
  const file = Object.assign(new MirrorMarks(":memory:"), { close: () => undefined });
  const marks = createInlineClient<MirrorMarks>(file, {
    what: "marks",
    faults: { failed: "STORE_FAILED", stalled: "STORE_STALLED" },
  });
  const outside = new Forgetful(() => clock.mono());
  // A program that starts again has its files and nothing else.
  const open = () =>
    createMirror({
      store,
      outside,
      marks: { ...marks, call: marks.call, close: async () => undefined },
      clock,
      log: silentLog,
    });
  return { clock, store, outside, open };
};

test("whatever is cut, killed or started again, the outside ends with everything that the store has", async () => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ second: fc.integer({ min: 0, max: 2_000 }), second2: fc.boolean() }),
    },
    { weight: 2, arbitrary: fc.constantFrom("round", "wait", "kill", "cut", "back", "restart", "lost") },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { clock, outside, open } = world();
      let mirror = open();
      const written = new Set<string>();
      for (const one of steps) {
        if (typeof one === "object") {
          const stored = row(one.second, one.second2 ? "b2" : "b1");
          written.add(`${stored.bed} ${stored.at}`);
          await mirror.write({ ...EMPTY, rows: [stored] });
        } else if (one === "round") await mirror.catchUp();
        else if (one === "wait") await clock.advance(SETTLE_MS / 3);
        else if (one === "kill") outside.kill();
        else if (one === "cut") outside.up = false;
        else if (one === "back") outside.up = true;
        else if (one === "restart") {
          await mirror.close();
          mirror = open();
        } else mirror = open(); // Killed: what waited in its memory is gone.
      }
      outside.up = true;
      let isWhole = false;
      for (let round = 0; round < 6 && !isWhole; round++) {
        await clock.advance(SETTLE_MS);
        isWhole = await mirror.catchUp();
      }
      expect(isWhole).toBe(true);
      // From here on even a kill loses nothing: the marks went only when it was kept.
      outside.kill();
      expect(outside.kept).toEqual(written);
    }),
    { numRuns: 300 },
  );
});

test("an outside that is away for hours costs the store nothing, and is filled when it is back", async () => {
  const { clock, store, outside, open } = world();
  const mirror = open();
  outside.up = false;
  for (let hour = 0; hour < 5; hour++) {
    await mirror.write({ ...EMPTY, rows: Array.from({ length: 3_600 }, (_, at) => row(hour * 3_600 + at)) });
    await mirror.catchUp();
  }
  expect(await mirror.status()).toEqual({ owed: 30, trouble: "away (STORE_FAILED)" });
  expect(await store.range({ bed: "b1", from: wall(0), to: clock.wall(), signal: "spo2" })).toHaveLength(
    18_000,
  );
  outside.up = true;
  await mirror.catchUp();
  expect(outside.all().size).toBe(18_000);
  await clock.advance(SETTLE_MS);
  await mirror.catchUp();
  expect(await mirror.status()).toEqual({ owed: 0 });
});

test("sends by itself, soon after a write", async () => {
  const { clock, outside, open } = world();
  const mirror = open();
  mirror.start();
  await mirror.write({ ...EMPTY, rows: [row(1)] });
  await clock.advance(3_000);
  expect(outside.all().size).toBe(1);
  await mirror.close();
});

test("a bed that is removed goes outside too, or it is said that it could not", async () => {
  const { outside, open } = world();
  const mirror = open();
  await mirror.write({ ...EMPTY, rows: [row(1), row(2, "b2")] });
  await mirror.catchUp();
  await mirror.write({ ...EMPTY, rows: [row(3)] });
  outside.up = false;
  await expect(mirror.remove("b1")).rejects.toMatchObject({ code: "STORE_FAILED" });
  outside.up = true;
  await mirror.remove("b1");
  await mirror.catchUp();
  expect([...outside.all()]).toEqual([`b2 ${T0 + 2_000}`]);
});

const GONE = "homeaaaaaa";
const forgetting = (mirror: Timeseries, clock: Clock) => {
  let isKnown = true;
  return {
    isKnown: () => isKnown,
    keepers: {
      clock,
      timeseries: mirror,
      registry: {
        home: async () => (isKnown ? { id: GONE, label: "", createdAt: wall(0), createdBy: "p" } : undefined),
        async removeHome() {
          isKnown = false;
          return [];
        },
      },
      accounts: { removeHome: async () => 0 },
      homes: { ...createMemoryStores().homes, remove: async () => undefined },
      state: { audit: async () => undefined },
    },
  };
};

test.each(["tried again", "tried again by a new process"])(
  "a home that is deleted while the outside is away stays known, and leaves nothing there when it is %s",
  async (how) => {
    const { clock, store, outside, open } = world();
    let mirror = open();
    const rows = [row(1, `${GONE}~b1`), row(2, `${GONE}~b2`), row(3, "homebbbbbb~b1")];
    await mirror.write({ ...EMPTY, rows });
    await mirror.catchUp();
    outside.up = false;
    const { keepers, isKnown } = forgetting(mirror, clock);
    await expect(forgetHome(keepers, GONE)).rejects.toMatchObject({ code: "STORE_FAILED" });
    expect(isKnown()).toBe(true);
    outside.up = true;
    if (how !== "tried again") mirror = open();
    await mirror.catchUp();
    expect(await forgetHome({ ...keepers, timeseries: mirror }, GONE)).toMatchObject({
      beds: [`${GONE}~b1`, `${GONE}~b2`],
    });
    await clock.advance(SETTLE_MS);
    await mirror.catchUp();
    expect([...outside.all()]).toEqual([`homebbbbbb~b1 ${T0 + 3_000}`]);
    expect((await store.beds()).map(({ bed }) => bed)).toEqual(["homebbbbbb~b1"]);
    expect(await mirror.status()).toEqual({ owed: 0 });
  },
);

test("nothing of a bed goes outside while it is being removed, and all of it when that failed", async () => {
  const { clock, outside, open } = world();
  const mirror = open();
  await mirror.write({ ...EMPTY, rows: [row(1), row(2, "b2")] });
  const remove = outside.remove.bind(outside);
  outside.remove = async (bed) => {
    await remove(bed);
    await mirror.write({ ...EMPTY, rows: [row(3)] });
    await mirror.catchUp();
    expect([...outside.all()]).toEqual([`b2 ${T0 + 2_000}`]);
    throw new Fault("STORE_FAILED", "cut while it answers");
  };
  await expect(mirror.remove("b1")).rejects.toThrow("cut");
  await clock.advance(SETTLE_MS);
  await mirror.catchUp();
  expect(outside.all()).toEqual(new Set([`b1 ${T0 + 1_000}`, `b1 ${T0 + 3_000}`, `b2 ${T0 + 2_000}`]));
  await clock.advance(SETTLE_MS);
  await mirror.catchUp();
  expect(await mirror.status()).toEqual({ owed: 0 });
});
