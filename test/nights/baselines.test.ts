// The person's usual values in a whole home, from the nights in its store, on virtual time.
import { expect, test } from "vitest";
import { rehearsalConfig } from "../../src/cli/nights.ts";
import type { SignalId } from "../../src/domain/signal.ts";
import { atLocal, HOUR_MS, SECOND_MS, wall } from "../../src/domain/time.ts";
import { composeHome } from "../../src/home.ts";
import type { StoredRow } from "../../src/port/timeseries.ts";
import { createPatient } from "../../src/rehearsal/patient.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import { createRehearsalWorld, type RehearsalWorld, simulateBed } from "../../src/rehearse.ts";

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

async function homeWith(days: readonly string[], simulated: boolean) {
  const world = createRehearsalWorld({ seed: 5, startsAt: wall(Date.parse("2026-11-21T22:00:00+08:00")) });
  await fill(world, days, simulated);
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
  return {
    clock,
    whys: () =>
      home.edge.live
        .fold("b1")
        ?.unknown.flatMap(({ condition, why }) => (condition === "VENT_MV_LOW" ? why : [])),
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
  const young = await homeWith(DAYS.slice(0, 4), true);
  await young.clock.advance(30_000);
  expect(young.whys()).toEqual(["baseline:minute_volume"]);
  await young.stop();

  const grown = await homeWith(DAYS, true);
  for (let i = 0; i < 60 && grown.whys()?.length !== 0; i++) await grown.clock.advance(1_000);
  await grown.clock.advance(15_000);
  expect(grown.whys()).toEqual([]);
  await grown.stop();
});

test("nights of real people never teach a simulated bed, nor the other way round", {
  timeout: 120_000,
}, async () => {
  const home = await homeWith(DAYS, false);
  await home.clock.advance(30_000);
  expect(home.whys()).toEqual(["baseline:minute_volume"]);
  await home.stop();
});
