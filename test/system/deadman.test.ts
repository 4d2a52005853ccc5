// The box dies for real (kill -9); a server outside the house says so by itself. The server's clock is the test's own:
// minutes pass there when the test says so.
import path from "node:path";
import { describe, expect, test } from "vitest";
import { MINUTE_MS } from "../../src/domain/time.ts";
import {
  ask,
  type RunningHome,
  signIn,
  startHome,
  temporaryFolder,
  until,
  watchBeds,
  writeHomeConfig,
} from "../support/home.ts";
import { listenNtfy } from "../support/ntfy-port.ts";
import { NtfyServer } from "../support/ntfy-server.ts";

const NOTHING_THERE = [{ family: "nonin-serial", port: "/dev/breathwatch-nothing-there", label: "Finger" }];
const TOPIC = "h-8fK3mQ0zT7vW2xYb";
const ANSWER_MS = 20_000;

interface Place {
  readonly server: NtfyServer;
  readonly home: RunningHome;
  readonly cookie: string;
  readonly base: string;
  readonly settings: object;
  /** So long passes at the server. */
  pass(ms: number): void;
  start(): Promise<RunningHome>;
}

/** A home whose bed is on watch, and a message of it that lies ready at the server. */
async function armed(language: "en" | "zh-Hans" = "en"): Promise<Place> {
  let nowMs = Date.now();
  const server = new NtfyServer({ topic: TOPIC, now: () => nowMs });
  const address = await listenNtfy(server);
  const folder = temporaryFolder();
  const file = writeHomeConfig(folder, {
    ...{ language },
    beds: [{ id: "b1", devices: NOTHING_THERE, watch: { from: "00:00", to: "00:00" } }],
  });
  const start = (): Promise<RunningHome> =>
    startHome(["home", "--config", file], { folder, dataDir: path.join(folder, "data") });
  const home = await start();
  const cookie = await signIn(home, "Mei");
  const me = await ask(home, "GET", "/api/me", undefined, cookie);
  const base = `/api/homes/${(me.body as { readonly home: string }).home}/dead-men`;
  const live = await watchBeds(home, cookie);
  const none = await live.until(({ readiness }) => readiness.deadMan !== undefined, ANSWER_MS);
  expect(none.readiness.deadMan).toMatchObject({ by: "none", ok: false });
  const settings = { server: address, topic: TOPIC, when: "watch" };
  expect(await ask(home, "PUT", `${base}/dead-man-ntfy`, { settings }, cookie)).toMatchObject({
    status: 204,
  });
  const stands = await live.until(({ readiness }) => readiness.deadMan?.ok === true, ANSWER_MS);
  expect(stands.readiness.deadMan).toMatchObject({
    by: "outside",
    way: "dead-man-ntfy",
    afterMs: 6 * MINUTE_MS,
  });
  expect(server.scheduled).toHaveLength(1);
  const pass = (ms: number): void => {
    nowMs += ms;
    server.tick();
  };
  return { server, home, cookie, base, settings, pass, start };
}

const rung = ({ server }: Place): string[] =>
  server.delivered.flatMap(({ event, priority, title }) =>
    event === "message" && priority === 5 ? [title ?? ""] : [],
  );

describe("a box that is killed", () => {
  test("is missed six minutes later by a server outside, in the family's language, with nobody's help", async () => {
    const place = await armed("zh-Hans");
    place.home.line.kill("SIGKILL");
    await place.home.line.ended;
    place.pass(5 * MINUTE_MS);
    expect(rung(place)).toEqual([]);
    place.pass(2 * MINUTE_MS);
    expect(rung(place)).toEqual(["家里的主机没有声息了"]);
    expect(place.server.delivered.at(-1)).toMatchObject({ message: "先看患者，再看主机。" });

    const again = await place.start();
    await until(() => place.server.scheduled.length === 1, ANSWER_MS);
    await again.stop();
  });

  test("and started again within that time is missed by nobody; stopped for a restart that fails it rings, in other words", async () => {
    const place = await armed();
    place.home.line.kill("SIGKILL");
    await place.home.line.ended;
    place.pass(5 * MINUTE_MS);
    const asked = place.server.asked.length;
    const again = await place.start();
    await until(() => place.server.asked.slice(asked).some(({ method }) => method === "POST"), ANSWER_MS);
    place.pass(5 * MINUTE_MS);
    expect(rung(place)).toEqual([]);
    expect(place.server.scheduled).toHaveLength(1);

    // What systemd does, for a restart, an update and a reboot alike.
    const { code, words } = await again.stop();
    expect(code).toBe(0);
    expect(words).not.toMatch(/"level":"error"/);
    place.pass(7 * MINUTE_MS);
    expect(rung(place)).toEqual(["The box in the house was stopped and has not come back"]);
  });
});

describe("a person", () => {
  test("who ends the night takes it back; so does forgetting it, and who stops the box at the keyboard is told", async () => {
    const place = await armed();
    const { home, cookie, base, server } = place;
    const live = await watchBeds(home, cookie);
    await ask(home, "POST", "/api/beds/b1/watch", { on: false }, cookie);
    await until(() => server.scheduled.length === 0, ANSWER_MS);
    await ask(home, "POST", "/api/beds/b1/watch", { on: true }, cookie);
    await until(() => server.scheduled.length === 1, ANSWER_MS);
    const drill = await ask(home, "POST", `${base}/dead-man-ntfy/try`, {}, cookie);
    expect(drill.body).toMatchObject({ outcome: "accepted" });
    expect(server.scheduled).toHaveLength(2);
    place.pass(MINUTE_MS);
    expect(rung(place)).toEqual(["DRILL · The box in the house has stopped speaking"]);

    await ask(home, "DELETE", `${base}/dead-man-ntfy`, undefined, cookie);
    await until(() => server.scheduled.length === 0, ANSWER_MS);
    await live.until(({ readiness }) => readiness.deadMan?.by === "none", ANSWER_MS);
    await ask(home, "PUT", `${base}/dead-man-ntfy`, { settings: place.settings }, cookie);
    await until(() => server.scheduled.length === 1, ANSWER_MS);

    home.line.kill("SIGINT");
    const { words } = await home.line.ended;
    expect(words).toMatch(/Called off: dead-man-ntfy\. Nobody is watched/);
    expect(server.scheduled).toEqual([]);
    expect(server.delivered.at(-1)).toMatchObject({ title: "Somebody stopped the box by hand", priority: 2 });
    place.pass(60 * MINUTE_MS);
    expect(rung(place)).toHaveLength(1);
  });
});
