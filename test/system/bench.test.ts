// The bench on a real home, a real broker and a real pseudo-terminal, as short as it gets.
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect } from "vitest";
import { benchCommand } from "../../src/cli/bench.ts";
import { createClock } from "../../src/ops/clock.ts";
import { requires } from "../support/require.ts";
import { createTestTerminal } from "../support/terminal.ts";

const { test } = requires("socat");
const withBroker = requires("mosquitto");

const LIMIT = { timeout: 60_000 };
const leftBehind = (): readonly string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith("breathwatch-bench-"));
const terminalNow = () => createTestTerminal({ clock: createClock(), environment: process.env });

test("measures a home from frame to bus and leaves nothing behind", LIMIT, async () => {
  const before = leftBehind();
  const terminal = terminalNow();
  expect(await benchCommand.run(["path", "--quick", "--json", "-"], terminal)).toBe(0);
  const { latency, measured } = JSON.parse(terminal.data());
  expect(measured.problems).toEqual([]);
  const [round] = measured.rounds.breathwatch;
  expect(latency.breathwatch.n).toBeGreaterThanOrEqual(1);
  // A frame is not on the bus before it was written, nor a second later.
  expect(latency.breathwatch.p50).toBeGreaterThan(0);
  expect(latency.breathwatch.p50).toBeLessThan(1_000);
  expect(round).toMatchObject({ floodMissing: 0 });
  expect(round.rssMb).toBeGreaterThan(20);
  expect(leftBehind()).toEqual(before);
});

test("ends at once when it is stopped, with everything that it started", LIMIT, async () => {
  const before = leftBehind();
  const terminal = terminalNow();
  const running = benchCommand.run(["path", "--quick"], terminal);
  const outcome = expect(running).rejects.toThrow("enough");
  while (!terminal.words().includes("round 1")) await terminal.clock.sleep(20);
  await terminal.clock.sleep(300);
  const stoppedAt = terminal.clock.mono();
  terminal.stop(new Error("enough"));
  await outcome;
  expect(terminal.clock.mono() - stoppedAt).toBeLessThan(10_000);
  expect(leftBehind()).toEqual(before);
});

test("measures the store and leaves nothing behind", LIMIT, async () => {
  const before = leftBehind();
  const terminal = terminalNow();
  expect(await benchCommand.run(["store", "--quick", "--json", "-"], terminal)).toBe(0);
  const { stores, problems, hub } = JSON.parse(terminal.data());
  expect(problems).toEqual([]);
  for (const store of stores) {
    // 12 minutes of 15 signals: one night each second, two every ten seconds.
    expect(store).toMatchObject({ samples: (720 + 2 * 72) * 15, nights: 3 });
    expect(store.bytesPerSample).toBeGreaterThan(0.1);
    expect(store.rawNight.n).toBe(3);
  }
  expect(hub).toMatchObject({ homes: 50, commit: { n: 10 } });
  expect(leftBehind()).toEqual(before);
});

withBroker.test("measures a thousand homes on one hub and leaves nothing behind", LIMIT, async () => {
  const before = leftBehind();
  const terminal = terminalNow();
  expect(await benchCommand.run(["hub", "--quick", "--json", "-"], terminal)).toBe(0);
  const { steps, peer, problems } = JSON.parse(terminal.data());
  expect({ peer, problems }).toEqual({ problems: [] });
  expect(steps).toMatchObject([{ homes: 1_000, hub: { turnedAway: 0 } }]);
  // Two seconds of it, however busy the machine is.
  expect(steps[0].hub.stored.n).toBeGreaterThan(500);
  expect(steps[0].hub.night.n).toBeGreaterThan(0);
  expect(leftBehind()).toEqual(before);
});

test(
  "measures from an alarm to the request that calls for help, and leaves nothing behind",
  LIMIT,
  async () => {
    const before = leftBehind();
    const terminal = terminalNow();
    expect(await benchCommand.run(["watch", "--quick", "--json", "-"], terminal)).toBe(0);
    const { steps, problems } = JSON.parse(terminal.data());
    expect(problems).toEqual([]);
    expect(steps).toMatchObject([
      { homes: 1, alone: { n: 5 }, together: { n: 1 }, bare: { n: 1 }, arrived: 1 },
      { homes: 20, alone: { n: 5 }, together: { n: 20 }, bare: { n: 20 }, arrived: 20 },
    ]);
    expect(leftBehind()).toEqual(before);
  },
);

test(
  "asks a hub what people's pages ask, beside a bare server, and leaves nothing behind",
  LIMIT,
  async () => {
    const before = leftBehind();
    const terminal = terminalNow();
    expect(await benchCommand.run(["api", "--quick", "--json", "-"], terminal)).toBe(0);
    const { rounds, bytes, problems } = JSON.parse(terminal.data());
    expect(problems).toEqual([]);
    expect(rounds.map(({ name }: { name: string }) => name)).toEqual([
      "hub",
      "hub, homes speak",
      "bare Fastify",
    ]);
    for (const { all, failed, kinds, live, name } of rounds) {
      expect(failed).toBe(0);
      expect(all.n).toBeGreaterThan(20);
      expect(all.p50).toBeLessThanOrEqual(all.p95);
      expect(Object.keys(kinds).toSorted()).toEqual(["duty", "limits", "me", "night", "nights", "people"]);
      expect(live.open).toBe(name === "bare Fastify" ? 0 : 2);
    }
    expect(bytes.night).toBeGreaterThan(10_000);
    expect(leftBehind()).toEqual(before);
  },
);
