import { beforeEach, expect, onTestFinished, test } from "vitest";
import type { AlarmEvent } from "../../../src/domain/alarm.ts";
import { DAY_MS, HOUR_MS, type Wall, wall } from "../../../src/domain/time.ts";
import type { Batch, Timeseries } from "../../../src/port/timeseries.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { withRevisions } from "../../../src/store/timeseries/revisions.ts";
import { createMemoryTimeseries } from "../../../src/store/timeseries/sqlite/timeseries.ts";
import { silentLog } from "../../support/silent-log.ts";
import { occurrence } from "../server/harness.ts";

const EVENING = wall(Date.UTC(2026, 10, 20, 14));
const NIGHT = { bed: "b1", from: EVENING, to: wall(EVENING + 10 * HOUR_MS) };
const NOTHING: Batch = { rows: [], waves: [], settings: [], events: [] };

let clock: ReturnType<typeof createVirtualClock>;
let store: Timeseries;
beforeEach(() => {
  clock = createVirtualClock(wall(EVENING + 3 * DAY_MS));
  const inner = createMemoryTimeseries(clock, silentLog);
  onTestFinished(() => inner.close());
  store = withRevisions(inner, { clock });
});

const rowAt = (at: Wall, bed = "b1"): Batch["rows"][number] => ({
  ...{ bed, device: "devdevdevd", epoch: "epochepoch", seq: at, at, simulated: false },
  samples: { spo2: 95 },
});
/** As the store says once it has settled. */
async function settled(query = NIGHT): Promise<string | undefined> {
  await clock.advance(30_000);
  return store.revision?.(query);
}

test("a night that nobody writes into stays the same; right after a write nothing is said of it", async () => {
  expect(store.revision?.(NIGHT)).toBeUndefined();
  const first = await settled();
  expect(first).toEqual(expect.any(String));
  await clock.advance(DAY_MS);
  expect(store.revision?.(NIGHT)).toBe(first);
  await store.write({ ...NOTHING, rows: [rowAt(wall(EVENING + HOUR_MS))] });
  expect(store.revision?.(NIGHT)).toBeUndefined();
  const second = await settled();
  expect(second).not.toBe(first);
  expect(await settled()).toBe(second);
});

test("numbers and alarms of the night change it, of another bed or another night they do not", async () => {
  const first = await settled();
  const event: AlarmEvent = { kind: "occurred", at: wall(EVENING + 1), occurrence: occurrence() };
  await store.write({ ...NOTHING, rows: [rowAt(NIGHT.from, "b2"), rowAt(wall(EVENING + 2 * DAY_MS))] });
  expect(await settled()).toBe(first);
  await store.write({ ...NOTHING, events: [{ bed: "b1", key: "k", event }] });
  const second = await settled();
  expect(second).not.toBe(first);
  // Noon to noon of a home in the far east or west takes part of two days.
  await store.write({ ...NOTHING, rows: [rowAt(wall(NIGHT.to - 1))] });
  expect(await settled()).not.toBe(second);
});

test("what is dropped or removed changes every night", async () => {
  const seen = new Set([await settled()]);
  await store.retain({ wavesFrom: EVENING, rowsFrom: EVENING });
  seen.add(await settled());
  await store.remove("b2");
  seen.add(await settled());
  expect(seen.size).toBe(3);
});

test("a write that failed counts: it may have been done", async () => {
  const failing = withRevisions(
    { ...store, write: () => Promise.reject(new Error("nobody knows")) },
    { clock },
  );
  await clock.advance(30_000);
  const before = failing.revision?.(NIGHT);
  await expect(failing.write({ ...NOTHING, rows: [rowAt(EVENING)] })).rejects.toThrow("nobody knows");
  await clock.advance(30_000);
  expect(failing.revision?.(NIGHT)).not.toBe(before);
});

test("more days of beds than are counted begin anew, and no night is then taken for what it was", async () => {
  const first = await settled();
  await store.write({ ...NOTHING, rows: [rowAt(EVENING)] });
  const second = await settled();
  const beds = Array.from({ length: 50_001 }, (_, n) => rowAt(wall(EVENING + 2 * DAY_MS), `b${n + 2}`));
  const counting = withRevisions({ ...store, write: async () => undefined }, { clock });
  await clock.advance(30_000);
  const before = counting.revision?.(NIGHT);
  await counting.write({ ...NOTHING, rows: beds });
  await clock.advance(30_000);
  expect(counting.revision?.(NIGHT)).not.toBe(before);
  expect(new Set([first, second]).size).toBe(2);
});
