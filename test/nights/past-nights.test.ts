// What a whole home makes of the nights in its store, on virtual time: usual values, and limits tried on them.
import { expect, test } from "vitest";
import { rehearsalConfig } from "../../src/cli/nights.ts";
import type { SignalId } from "../../src/domain/signal.ts";
import { atLocal, HOUR_MS, SECOND_MS, wall } from "../../src/domain/time.ts";
import { composeHome } from "../../src/home.ts";
import type { StoredRow } from "../../src/port/timeseries.ts";
import { createPatient } from "../../src/rehearsal/patient.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import { createRehearsalWorld, type RehearsalWorld, simulateBed } from "../../src/rehearse.ts";
import { addMember, addSignIn } from "../support/sign-in.ts";

const config = rehearsalConfig("B");
const DAYS = [15, 16, 17, 18, 19, 20].map((day) => `2026-11-${day}`);

/** Nights of five hours, a value every ten seconds. */
async function fill(world: RehearsalWorld, days: readonly string[], simulated: boolean): Promise<void> {
  for (const [n, day] of days.entries()) {
    const from = atLocal(day, 23 * 60, config.zone);
    const rows = Array.from({ length: (5 * HOUR_MS) / (10 * SECOND_MS) }, (_, i): StoredRow => {
      const samples: { [id in SignalId]?: number } = { minute_volume: 7 + n / 10 };
      const at = wall(from + i * 10 * SECOND_MS);
      return { bed: "b1", device: "ventilat567", epoch: `epoch${n}`, seq: i, at, simulated, samples };
    });
    await world.timeseries.write({ rows, waves: [], settings: [], events: [] });
  }
}

/** A quarter of an hour of SpO2 with three dips to 76 of 20 s. */
async function fillDips(world: RehearsalWorld, day: string, simulated: boolean): Promise<void> {
  const from = atLocal(day, 23 * 60, config.zone);
  const rows = Array.from({ length: 900 }, (_, i): StoredRow => {
    const samples = { spo2: i % 300 >= 200 && i % 300 < 220 ? 76 : 95, pulse_rate: 60 + (i % 5) };
    const at = wall(from + i * SECOND_MS);
    return { bed: "b1", device: "oximeter234", epoch: "dips", seq: i, at, simulated, samples };
  });
  await world.timeseries.write({ rows, waves: [], settings: [], events: [] });
}

const SECRET = "s".repeat(43);
const MEI = { id: "p-mei", name: "Mei", role: "therapist", language: "en" } as const;

async function homeWith(filled: (world: RehearsalWorld) => Promise<void>) {
  const world = createRehearsalWorld({ seed: 5, startsAt: wall(Date.parse("2026-11-21T22:00:00+08:00")) });
  await filled(world);
  const { clock, log, memory } = world;
  const [bed] = config.beds;
  if (bed === undefined) throw new Error("no bed");
  const view = createPatient({ clock, random: createSeededRandom(6) });
  const devices = simulateBed({
    bed,
    view,
    zone: config.zone,
    memory,
    clock,
    random: createSeededRandom(7),
    log,
  });
  const home = await composeHome(world, config, { pagesFolder: "/nonexistent" });
  await addMember(world, home.identity.home, MEI);
  await addSignIn(world, MEI.id, SECRET);
  return {
    clock,
    whys: () =>
      home.edge.live
        .fold("b1")
        ?.unknown.flatMap(({ condition, why }) => (condition === "VENT_MV_LOW" ? why : [])),
    /** The lines that a therapist gets. */
    async whatIf(limits: object) {
      let lines: Record<string, unknown>[] | undefined;
      const asking = home.app
        .inject({
          ...{ method: "POST", url: "/api/beds/b1/limits/what-if", payload: { limits } },
          headers: { cookie: `breathwatch=${SECRET}` },
        })
        .then(({ body }) => {
          lines = body
            .split("\n")
            .filter(Boolean)
            .map((line) => JSON.parse(line));
        });
      for (let i = 0; i < 600 && lines === undefined; i++) await clock.advance(200);
      await asking;
      return lines ?? [];
    },
    async stop() {
      await devices.stop();
      const stopping = home.stop();
      await clock.advance(5_000);
      await stopping;
      await world.close();
    },
  };
}

test("a low minute volume is judged by this person's nights, and nobody can judge it before there are enough", {
  timeout: 120_000,
}, async () => {
  const young = await homeWith((world) => fill(world, DAYS.slice(0, 4), true));
  await young.clock.advance(30_000);
  expect(young.whys()).toEqual(["baseline:minute_volume"]);
  await young.stop();

  const grown = await homeWith((world) => fill(world, DAYS, true));
  for (let i = 0; i < 60 && grown.whys()?.length !== 0; i++) await grown.clock.advance(1_000);
  await grown.clock.advance(15_000);
  expect(grown.whys()).toEqual([]);
  await grown.stop();
});

test("nights of real people never teach a simulated bed, nor the other way round", {
  timeout: 120_000,
}, async () => {
  const home = await homeWith((world) => fill(world, DAYS, false));
  await home.clock.advance(30_000);
  expect(home.whys()).toEqual(["baseline:minute_volume"]);
  await home.stop();
});

test("limits are tried on the nights in the store, of this kind of bed alone", {
  timeout: 120_000,
}, async () => {
  const home = await homeWith(async (world) => {
    await fillDips(world, "2026-11-19", true);
    await fillDips(world, "2026-11-18", false);
  });
  const lines = await home.whatIf({ SPO2_LOW: { limit: 80 }, SPO2_CRIT: { limit: 78 } });
  expect(lines.map(({ kind }) => kind)).toEqual(["begun", "night", "done"]);
  expect(lines[0]).toEqual({ kind: "begun", nights: 1, criticalLimit: 80, simulated: true });
  expect(lines[1]).toMatchObject({
    night: {
      from: atLocal("2026-11-19", 23 * 60, config.zone),
      dips: { count: 3, raisedBefore: 3, lostCount: 0 },
    },
  });
  await home.stop();
});
