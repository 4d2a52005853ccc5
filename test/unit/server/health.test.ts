import Fastify from "fastify";
import { afterEach, beforeEach, expect, test } from "vitest";
import { wall } from "../../../src/domain/time.ts";
import { isServing } from "../../../src/ops/health.ts";
import type { HealthReport } from "../../../src/port/health.ts";
import type { App, Context } from "../../../src/server/context.ts";
import { healthRoutes } from "../../../src/server/routes/health.ts";

const REPORT: HealthReport = {
  version: "1.2.3",
  at: wall(1_767_225_600_000),
  upMs: 1_000,
  findings: [
    { id: "clock", level: "ok" },
    { id: "store", level: "ok" },
  ],
  beds: [{ bed: "b1", zone: "Asia/Shanghai", onWatch: true, open: 1 }],
  memoryBytes: 100_000_000,
};

let app: App;
let report: HealthReport | undefined;
beforeEach(() => {
  report = REPORT;
  app = Fastify();
  const health = {
    report: async () => report ?? REPORT,
    isServing: async () => isServing(report ?? REPORT),
  };
  const deps = {
    get health() {
      return report === undefined ? undefined : health;
    },
  };
  healthRoutes(app, { deps } as unknown as Context);
});
afterEach(() => app.close());

test("the report goes out as it is, and is kept by nobody on the way", async () => {
  const answer = await app.inject("/api/health");
  expect(answer.json()).toEqual(REPORT);
  expect(answer.headers["cache-control"]).toBe("no-store");
});

test("a load balancer hears yes, or no while the store keeps nothing, and not a word more", async () => {
  expect((await app.inject("/healthz")).json()).toEqual({ ok: true });
  report = { ...REPORT, findings: [{ id: "store", level: "error", detail: "disk of Mei" }] };
  const answer = await app.inject("/healthz");
  expect([answer.statusCode, answer.body]).toEqual([503, '{"ok":false}']);
});

test("a program that does not tell how it is says so, and serves", async () => {
  report = undefined;
  expect((await app.inject("/api/health")).statusCode).toBe(500);
  expect((await app.inject("/healthz")).statusCode).toBe(200);
});
