// The certificate of the pages ends while a bed is watched: said in time, loud by day, low by night, over with a new one.
import { afterEach, expect, test } from "vitest";
import { rehearsalConfig } from "../../src/cli/nights.ts";
import { DAY_MS, MINUTE_MS, type Wall, wall } from "../../src/domain/time.ts";
import { composeHome, type Home } from "../../src/home.ts";
import { createRehearsalWorld, type RehearsalWorld } from "../../src/rehearse.ts";

let world: RehearsalWorld;
let home: Home;
let until: Wall;

async function start(at: string): Promise<void> {
  const startsAt = wall(Date.parse(at));
  world = createRehearsalWorld({ seed: 4, startsAt });
  const base = rehearsalConfig("B");
  const devices = [{ family: "nonin-serial", port: "/dev/breathwatch-none", label: "Finger", options: {} }];
  home = await composeHome(
    { ...world, certificate: () => ({ from: wall(startsAt - 60 * DAY_MS), until }) },
    { ...base, demo: false, beds: base.beds.map((one) => ({ ...one, devices })) },
    { pagesFolder: "/nonexistent" },
  );
}

afterEach(async () => {
  await home.stop();
  await world.close();
});

const open = () =>
  (home.edge.live.fold("b1")?.open ?? [])
    .filter(({ condition }) => condition.startsWith("CERTIFICATE"))
    .map(({ condition, priority, values }) => [condition, priority, values["detail"]]);

test("one that has ended is low while people sleep and high from the morning on, until there is a new one", async () => {
  until = wall(Date.parse("2026-11-21T23:00:00+08:00"));
  await start("2026-11-22T08:45:00+08:00");
  await world.clock.advance(60_000);
  const detail = "The certificate of the pages has ended on 2026-11-21. (CERTIFICATE_ENDING)";
  expect(open()).toEqual([["CERTIFICATE_ENDING", "low", detail]]);
  await world.clock.advance(30 * MINUTE_MS);
  expect(open()).toContainEqual(["CERTIFICATE_EXPIRED", "high", detail]);
  until = wall(world.clock.wall() + 90 * DAY_MS);
  await world.clock.advance(60_000);
  expect(open()).toEqual([]);
});

test("one that ends within two weeks, and within three days, is told once each", async () => {
  const now = Date.parse("2026-11-22T10:00:00+08:00");
  until = wall(now + 3 * DAY_MS + 10 * MINUTE_MS);
  await start("2026-11-22T10:00:00+08:00");
  await world.clock.advance(60_000);
  expect(open()).toEqual([
    [
      "CERTIFICATE_ENDING",
      "low",
      "The certificate of the pages ends on 2026-11-25, in 3 days. (CERTIFICATE_ENDING)",
    ],
  ]);
  await world.clock.advance(20 * MINUTE_MS);
  expect(open().map(([, , detail]) => detail)).toContain(
    "The certificate of the pages ends on 2026-11-25, in 2 days. (CERTIFICATE_ENDING)",
  );
});
