// What GET /metrics says, judged by Prometheus' own tool, and delays of a real event loop.
import { spawnSync } from "node:child_process";
import { expect } from "vitest";
import { createProcessMeter } from "../../src/ops/process-load.ts";
import { HEALTH_IDS } from "../../src/port/health.ts";
import { requires } from "../support/require.ts";
import { startHarness } from "../unit/server/harness.ts";

const TOKEN = "a-token-of-twenty-two-";

requires("prometheus").test("Prometheus' own tool has nothing to say against them", async () => {
  const meter = createProcessMeter();
  meter.start();
  const harness = await startHarness({
    metrics: {
      token: () => TOKEN,
      load: () => meter.read(),
      uplink: () => ({ connected: true, held: 0, dropped: 0, resent: 0 }),
      ingest: () => ({ stored: 0, repeats: 0, rejected: 0, turnedAway: 0, waiting: 0 }),
    },
    health: {
      isServing: async () => true,
      report: async () => ({
        ...{ version: '1.0"\\', at: harness.clock.wall(), upMs: 1_500, beds: [], memoryBytes: 1 },
        findings: HEALTH_IDS.map((id) => ({ id, level: "ok" })),
      }),
    },
  });
  try {
    const ask = () => harness.app.inject({ url: "/metrics", headers: { authorization: `Bearer ${TOKEN}` } });
    // A block of 100 ms shows in the next reading, and not in the one after it.
    await new Promise((resolve) => setTimeout(resolve, 60));
    const until = performance.now() + 100;
    while (performance.now() < until);
    await new Promise((resolve) => setTimeout(resolve, 60));
    const { body } = await ask();
    const delay = /event_loop_delay_seconds\{statistic="max"\} (\S+)/.exec(body)?.[1];
    expect(Number(delay)).toBeGreaterThan(0.05);
    const judged = spawnSync("promtool", ["check", "metrics"], { input: body, encoding: "utf8" });
    expect(`${judged.stdout}${judged.stderr}`).toBe("");
    expect(judged.status).toBe(0);
    expect(body.split("\n").length).toBeGreaterThan(60);
    // The tool does look.
    const broken = spawnSync("promtool", ["check", "metrics"], { input: `${body}broken{ 1\n` });
    expect(broken.status).not.toBe(0);
  } finally {
    meter.stop();
    await harness.close();
  }
});
