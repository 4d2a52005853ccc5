// Two whole hubs by mistake on one broker, each with its own files.
import { expect, test } from "vitest";
import { rehearsalConfig } from "../../src/cli/nights.ts";
import { wall } from "../../src/domain/time.ts";
import type { Hub } from "../../src/hub.ts";
import type { HealthReport } from "../../src/port/health.ts";
import { createMemoryDisk } from "../../src/rehearsal/disk.ts";
import { createRehearsalWorld } from "../../src/rehearse.ts";
import { createMemoryStores } from "../../src/store/state/state.ts";
import { createMemoryTimeseries } from "../../src/store/timeseries/sqlite/timeseries.ts";
import { composeClinic } from "../support/hub-home.ts";

test("each says in its health that another hub works on the broker, until it is alone again", async () => {
  const world = createRehearsalWorld({ seed: 3, startsAt: wall(Date.UTC(2026, 10, 20, 12)) });
  const { clock, log } = world;
  const base = rehearsalConfig("B");
  // Neither is the one that runs it.
  const config = { ...base, demo: false, bus: { ...base.bus, url: "mqtt://127.0.0.1:1883" } };
  const start = async () => {
    const hub = await composeClinic(world, createMemoryStores(), config, {
      disk: createMemoryDisk(),
      timeseries: createMemoryTimeseries(clock, log),
    });
    const payload = { code: hub.ownerCode, name: "Tina", language: "en" };
    const joined = await hub.app.inject({ method: "POST", url: "/api/sign-in", payload });
    expect(joined.statusCode, joined.body).toBe(200);
    return { hub, cookie: String(joined.headers["set-cookie"]).split(";", 1)[0] ?? "" };
  };
  const busOf = async ({ hub, cookie }: { readonly hub: Hub; readonly cookie: string }) => {
    const answer = await hub.app.inject({ url: "/api/health", headers: { cookie } });
    return answer.json<HealthReport>().findings.find(({ id }) => id === "bus");
  };
  const first = await start();
  await clock.advance(60_000);
  expect(await busOf(first)).toMatchObject({ level: "ok" });
  const second = await start();
  await clock.advance(30_000);
  for (const one of [first, second]) {
    expect(await busOf(one)).toMatchObject({
      level: "error",
      detail: expect.stringContaining("another hub"),
    });
  }
  await second.hub.stop();
  await clock.advance(90_000);
  expect(await busOf(first)).toMatchObject({ level: "ok" });
  await first.hub.stop();
  await world.close();
});
