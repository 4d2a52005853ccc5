import { afterEach, expect, test } from "vitest";
import { tallyOf } from "../../../src/server/tally.ts";
import { fold, type Harness, HOME, NOW, occurrence, samples, startHarness } from "./harness.ts";

const TOKEN = "a-token-of-twenty-two-";
let harness: Harness;
afterEach(() => harness.close());

const start = async (changes: Parameters<typeof startHarness>[0] = {}): Promise<void> => {
  harness = await startHarness(changes);
};
const read = (headers: { readonly [name: string]: string }) =>
  harness.app.inject({ url: "/metrics", headers });

test("a program reads them with the token of the configuration, and with nothing that is nearly it", async () => {
  await start({ metrics: { token: () => TOKEN } });
  expect((await read({ authorization: `Bearer ${TOKEN}` })).statusCode).toBe(200);
  for (const wrong of [
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(1)}`,
    TOKEN,
    "Bearer ",
    "Bearer undefined",
  ]) {
    expect((await read({ authorization: wrong })).statusCode, wrong).toBe(401);
  }
  // The token opens this one address.
  const other = await harness.app.inject({
    url: "/api/health",
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  expect(other.statusCode).toBe(401);
});

test("without a token in the configuration no header opens them", async () => {
  await start();
  for (const header of ["Bearer undefined", "Bearer ", "Bearer null"])
    expect((await read({ authorization: header })).statusCode, header).toBe(401);
});

test("who is a technician of one home among many does not see the numbers of all", async () => {
  await start({ owner: { organisation: "clinicaaaa", role: "owner" } });
  const answer = await read({ cookie: await harness.signIn("technician") });
  expect(answer.statusCode).toBe(404);
  const { accounts } = harness;
  await accounts.putOrganisation({ id: "clinicaaaa", name: "Clinic" });
  const { id } = await harness.person("technician");
  await accounts.putOrganisationRole(id, "clinicaaaa", "technician");
  expect((await read({ cookie: await harness.signIn("technician") })).statusCode).toBe(200);
});

test("they count alarms, beds, sources, requests and what the roots know, and name nobody", async () => {
  await start({
    metrics: {
      token: () => TOKEN,
      load: () => ({
        cpuSeconds: 12.5,
        memoryBytes: 1,
        heapBytes: 2_000,
        loopDelay: { p50: 0.001, p99: 0.02, max: 0.5 },
      }),
      uplink: () => ({ connected: false, held: 7, dropped: 1, resent: 3 }),
      ingest: () => ({ stored: 9, repeats: 2, rejected: 1, turnedAway: 4, waiting: 5, waitingMs: 1_500 }),
    },
  });
  harness.live.observe(samples(harness.clock, "oxiaaaaaaa", { spo2: 97 }));
  harness.live.alarms(fold([occurrence(), occurrence({ id: "b1-abcdefghij-2", drill: true })]));
  await harness.app.inject("/api/devices");
  const { body, headers } = await read({ authorization: `Bearer ${TOKEN}` });
  expect(headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(headers["cache-control"]).toBe("no-store");
  for (const line of [
    'breathwatch_alarms_open{priority="high"} 1',
    'breathwatch_alarms_open{priority="low"} 0',
    "breathwatch_drills_open 1",
    "breathwatch_beds 1",
    "breathwatch_beds_watched 1",
    'breathwatch_sources{data="fresh"} 1',
    'breathwatch_sources{data="never"} 1',
    'breathwatch_http_requests_total{status="4xx"} 1',
    "breathwatch_store_up 1",
    "breathwatch_spool_items 7",
    "breathwatch_uplink_connected 0",
    "breathwatch_ingest_waiting_seconds 1.5",
    'breathwatch_event_loop_delay_seconds{statistic="p99"} 0.02',
  ]) {
    expect(body.split("\n")).toContain(line);
  }
  for (const secret of ["Living room", "b1", HOME, "oxiaaaaaaa", "spo2", "97", TOKEN]) {
    expect(body, secret).not.toContain(secret);
  }
});

test("a token that is exchanged counts at once, and the one before no more", async () => {
  let token: string | undefined = TOKEN;
  await start({ metrics: { token: () => token } });
  const statusOf = async (given: string) => (await read({ authorization: `Bearer ${given}` })).statusCode;
  token = "another-token-of-sixteen";
  expect([await statusOf(TOKEN), await statusOf(token)]).toEqual([401, 200]);
  token = undefined;
  expect(await statusOf("another-token-of-sixteen")).toBe(401);
});

test("a store that fails is told as down, and the rest is told all the same", async () => {
  await start({ metrics: { token: () => TOKEN } });
  harness.store.health = async () => {
    throw new Error("gone");
  };
  const { body, statusCode } = await read({ authorization: `Bearer ${TOKEN}` });
  expect(statusCode).toBe(200);
  expect(body).toContain("breathwatch_store_up 0\n");
  expect(body).not.toContain("store_size_bytes");
  expect(body).toContain("breathwatch_beds 1\n");
});

test("a source grows stale after ten seconds without a word", async () => {
  await start();
  harness.live.observe(samples(harness.clock, "oxiaaaaaaa", { spo2: 97 }));
  await harness.clock.advance(10_000);
  expect(tallyOf(harness.live.states()).sources).toEqual({ fresh: 1, stale: 0, never: 1 });
  await harness.clock.advance(1);
  expect(tallyOf(harness.live.states()).sources).toEqual({ fresh: 0, stale: 1, never: 1 });
  expect(harness.clock.wall()).toBe(NOW + 10_001);
});
