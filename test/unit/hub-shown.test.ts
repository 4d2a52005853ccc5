import { expect, test } from "vitest";
import { SECOND_MS, wall } from "../../src/domain/time.ts";
import { createHubShown } from "../../src/hub-shown.ts";
import { createVirtualClock } from "../../src/rehearsal/clock.ts";
import type { WakeReadiness } from "../../src/server/contract.ts";
import { createLiveModel } from "../../src/server/live-model.ts";
import { createMemoryState } from "../../src/store/state/state.ts";
import { NIGHT } from "../support/alarms.ts";
import { silentLog } from "../support/silent-log.ts";

const bedOf = (home: string) => ({ bed: `${home}~b1`, label: "Bed", zone: "UTC", sources: [] });
const READINESS: WakeReadiness = {
  sounder: { ok: true, detail: "" },
  targets: [{ id: "phone", label: "Phone", person: "Mei", channel: "web-push" }],
  durable: true,
};

test("a receipt that comes to a hub is shown at the beds of its home, stays through what the box says next, and nowhere else", async () => {
  const clock = createVirtualClock(NIGHT);
  const log = silentLog;
  const live = createLiveModel({ clock, log, beds: [bedOf("aaaaaaaaaa"), bedOf("bbbbbbbbbb")] });
  const states = new Map(["aaaaaaaaaa", "bbbbbbbbbb"].map((home) => [home, createMemoryState()]));
  const report = { target: "phone", occurrence: "b1-x-1", sentAt: wall(NIGHT - 4 * SECOND_MS) };
  const shown = createHubShown({
    ...{ live, clock, log },
    homes: { shownIn: (token) => (token === "good" ? { home: "aaaaaaaaaa", report } : undefined) },
    states: { of: (home) => states.get(home) ?? createMemoryState() },
  });
  const told = (home: string) => live.state(`${home}~b1`)?.readiness.targets[0]?.shown;
  for (const bed of live.beds()) live.readiness(shown.told(bed, READINESS), bed);
  expect(shown.receipt("forged")).toBe(false);
  expect(told("aaaaaaaaaa")).toBeUndefined();
  expect(shown.receipt("good")).toBe(true);
  const expected = { occurrence: "b1-x-1", ageMs: 0, afterMs: 4 * SECOND_MS };
  expect(told("aaaaaaaaaa")).toEqual(expected);
  expect(told("bbbbbbbbbb")).toBeUndefined();
  // Once more, by a phone with a bad connection: taken, and nothing changes.
  await clock.advance(30 * SECOND_MS);
  expect(shown.receipt("good")).toBe(true);
  live.readiness(shown.told("aaaaaaaaaa~b1", READINESS), "aaaaaaaaaa~b1");
  expect(told("aaaaaaaaaa")).toEqual({ ...expected, ageMs: 30 * SECOND_MS });
});
