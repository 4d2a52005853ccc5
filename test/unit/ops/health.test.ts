import { expect, test } from "vitest";
import { DAY_MS, MINUTE_MS, wall } from "../../../src/domain/time.ts";
import { type HealthFacts, healthOf, isServing } from "../../../src/ops/health.ts";
import { HEALTH_IDS, type HealthId } from "../../../src/port/health.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";

const NOW = wall(Date.UTC(2026, 0, 1));
const WELL: HealthFacts = {
  beds: [{ bed: "b1", zone: "Asia/Shanghai", onWatch: false, open: 0 }],
  sounder: { ok: true, detail: "aplay, output default" },
  phones: { known: 2, proven: 1 },
  records: { ok: true, detail: "" },
  store: { ok: true, detail: "" },
  disk: { freeBytes: 50, totalBytes: 100 },
  bus: { connected: true, waiting: 0 },
  hub: { hears: true },
  refusedSettings: { count: 0, detail: "" },
  certificate: { from: NOW, until: wall(NOW + 90 * DAY_MS) },
  devices: { known: 2, open: 2 },
};

const endingIn = (days: number) => ({
  from: wall(NOW - 365 * DAY_MS),
  until: wall(NOW + days * DAY_MS),
});

function report(more: Partial<HealthFacts> = {}) {
  const clock = createVirtualClock(NOW);
  return healthOf({ ...WELL, ...more }, { clock, startedAt: clock.mono(), version: "1.2.3" });
}
const found = (id: HealthId, more: Partial<HealthFacts>) =>
  report(more).findings.find((one) => one.id === id);

test("a program that is well says so of each part, in one order", async () => {
  const clock = createVirtualClock(NOW);
  const startedAt = clock.mono();
  await clock.advance(3 * MINUTE_MS);
  const { version, upMs, findings, memoryBytes } = healthOf(WELL, { clock, startedAt, version: "1.2.3" });
  expect({ version, upMs }).toEqual({ version: "1.2.3", upMs: 3 * MINUTE_MS });
  expect(findings.map(({ id }) => id)).toEqual([...HEALTH_IDS]);
  expect(findings.filter(({ level }) => level !== "ok")).toEqual([]);
  expect(memoryBytes).toBeGreaterThan(1_000_000);
});

test.each<[HealthId, string, Partial<HealthFacts>, string, number | undefined]>([
  ["engine", "does not tick", { stuck: "bed b1 has not ticked for 12 s" }, "error", undefined],
  ["bus", "has a second hub", { bus: { connected: true, waiting: 3, trouble: "another hub" } }, "error", 3],
  ["settings", "are refused", { refusedSettings: { count: 2, detail: "newer limits" } }, "warning", 2],
  ["sounder", "is silent", { sounder: { ok: false, detail: "no output" } }, "error", undefined],
  ["phones", "are not proven", { phones: { known: 2, proven: 0 } }, "warning", 0],
  ["records", "are late", { records: { ok: false, detail: "journal" } }, "error", undefined],
  ["key", "is missing", { keyless: "gone" }, "error", undefined],
  ["store", "is away", { store: { ok: false, detail: "stalled" } }, "error", undefined],
  ["store", "fills", { store: { ok: true, detail: "", isFilling: true } }, "warning", undefined],
  ["store", "is away and fills", { store: { ok: false, detail: "", isFilling: true } }, "error", undefined],
  ["disk", "fills", { disk: { freeBytes: 20, totalBytes: 100 } }, "warning", 80],
  ["disk", "is full", { disk: { freeBytes: 5, totalBytes: 100 } }, "error", 95],
  ["bus", "is away", { bus: { connected: false, waiting: 3 } }, "warning", 3],
  ["bus", "lags", { bus: { connected: true, waiting: 5_000 } }, "warning", 5_000],
  ["hub", "let it go", { hub: { hears: true, putOut: "https://hub.example" } }, "error", undefined],
  ["hub", "does not answer", { hub: { hears: false } }, "warning", undefined],
  ["certificate", "runs out", { certificate: endingIn(20.5) }, "warning", 20],
  [
    "certificate",
    "does not count yet",
    { certificate: { from: wall(NOW + DAY_MS), until: wall(NOW + 90 * DAY_MS) } },
    "warning",
    90,
  ],
  ["certificate", "ran out", { certificate: endingIn(-1) }, "error", 0],
  ["devices", "are missing", { devices: { known: 3, open: 1 } }, "warning", 2],
])("%s: what %s is told at its level with its number", (id, _what, more, level, count) => {
  expect(found(id, more)).toMatchObject({ level, ...(count === undefined ? {} : { count }) });
});

test("a disk that does not answer is no disk that is well", () => {
  const { disk: _, ...rest } = WELL;
  const clock = createVirtualClock(NOW);
  const { findings } = healthOf(rest, { clock, startedAt: clock.mono(), version: "1" });
  expect(findings).toContainEqual({ id: "disk", level: "error", detail: "it does not answer" });
});

test("a load balancer is told to send nobody only where what is given would be lost", () => {
  expect(isServing(report())).toBe(true);
  expect(isServing(report({ sounder: { ok: false, detail: "" } }))).toBe(true);
  expect(isServing(report({ store: { ok: false, detail: "" } }))).toBe(false);
  expect(isServing(report({ records: { ok: false, detail: "" } }))).toBe(false);
});
