// What would not show before the alarm: a box that has died, a stick without its card. A whole home on virtual time.
import { expect, test } from "vitest";
import { rehearsalConfig, startRehearsedHome } from "../../src/cli/nights.ts";
import type { HomeConfig } from "../../src/config/config.ts";
import { accessName } from "../../src/domain/channel-access.ts";
import { MINUTE_MS, SECOND_MS } from "../../src/domain/time.ts";
import { addPhone, openIn } from "../support/home-rehearsed.ts";
import { httpTo, NtfyServer } from "../support/ntfy-server.ts";

const TOPIC = "h-8fK3mQ0zT7vW2xYb";
const TAKEN = { status: 201, headers: {}, body: "" };

/** A bed without devices: there is nothing to be simulated, so people are called. */
const realConfig = (): HomeConfig => {
  const config = rehearsalConfig("B");
  return { ...config, demo: false, beds: config.beds.map((bed) => ({ ...bed, devices: [] })) };
};

const enter = async (
  { world, home }: Awaited<ReturnType<typeof startRehearsedHome>>,
  channel: string,
  settings: object,
): Promise<void> => {
  await world.state.setValue(accessName(channel), JSON.stringify(settings));
  await home.edge.targets.refresh();
  home.edge.deadMen.look();
};

test("a dead man outside stands through a watch, is told on the page, and is left standing by an orderly stop", {
  timeout: 120_000,
}, async () => {
  const run = await startRehearsedHome(7, realConfig());
  const { clock, http } = run.world;
  await addPhone(run);
  const told = () => run.home.edge.live.state("b1")?.readiness.deadMan;
  const server = new NtfyServer({ topic: TOPIC, now: () => clock.wall() });
  const asked = httpTo(server);
  http.answer = (request) => (request.url.includes("ntfy.sh") ? asked.request(request) : TAKEN);
  await clock.advance(MINUTE_MS);
  expect(told()).toEqual({ by: "none", ok: false, detail: "" });
  server.perDay = 250;
  await enter(run, "dead-man-ntfy", { server: "https://ntfy.sh", topic: TOPIC, when: "watch" });
  await clock.advance(10 * SECOND_MS);
  expect(told()).toEqual({
    by: "outside",
    ok: true,
    way: "dead-man-ntfy",
    afterMs: 11 * MINUTE_MS,
    detail: "",
  });
  for (let quarter = 0; quarter < 4; quarter++) {
    await clock.advance(15 * MINUTE_MS);
    server.tick();
    expect(server.scheduled).toHaveLength(1);
  }
  expect(server.delivered.filter(({ event }) => event === "message")).toEqual([]);
  const by = { id: "p-ana", name: "Ana" };
  run.home.edge.command("b1", { kind: "end_watch", id: "w1", by });
  await clock.advance(10 * SECOND_MS);
  expect(server.scheduled).toEqual([]);
  expect(told()).toMatchObject({ ok: true, resting: true });
  const bodies = server.asked.map(({ body }) => body).join("\n");
  expect(bodies).not.toMatch(/Ana|b1/);

  run.home.edge.command("b1", { kind: "start_watch", id: "w2", by });
  await clock.advance(10 * SECOND_MS);
  await run.stop();
  expect(server.scheduled).toMatchObject([{ title: "家里的主机停止后没有恢复" }]);
});

test("a stick that could call nobody is told before the alarm, with what is wrong", async () => {
  const run = await startRehearsedHome(8, realConfig());
  const { clock, state } = run.world;
  await addPhone(run);
  await state.putTarget({
    ...{ id: "call", channel: "modem", person: "p-ana", label: "Ana's number", addedAt: clock.wall() },
    settings: { phone: "+8613800138000", what: "both" },
  });
  await enter(run, "modem", { port: "memory:no-stick" });
  await clock.advance(3 * MINUTE_MS);
  const shown = run.home.edge.live.state("b1")?.readiness.targets.find(({ id }) => id === "call");
  expect(shown?.house).toEqual({ ok: false, detail: "找不到 4G 上网卡。请把它插好。" });
  expect(openIn(run, "PHONE_UNREACHABLE")).toBeUndefined();
  await clock.advance(5 * MINUTE_MS);
  expect(openIn(run, "PHONE_UNREACHABLE")).toMatchObject({ priority: "medium" });
  await run.stop();
});
