import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Fault } from "../../../src/domain/fault.ts";
import { type Night, wall } from "../../../src/domain/time.ts";
import { PACKED_ROUTES, readsPacked } from "../../../src/server/packed.ts";
import { RIGHTS } from "../../../src/server/rights.ts";
import { type Harness, startHarness } from "./harness.ts";

const START = Date.parse("2026-01-10T22:30:00+08:00");
const NIGHT = "/api/beds/b1/nights/2026-01-10";

let harness: Harness;
let cookie: string;
beforeEach(async () => {
  harness = await startHarness();
  cookie = await harness.signIn("therapist");
  harness.store.points = {
    spo2: Array.from({ length: 600 }, (_, i) => ({ at: wall(START + 1_000 * i), sample: 90 + (i % 7) })),
  };
});
afterEach(async () => {
  expect(harness.complaints()).toEqual([]);
  await harness.close();
});
const get = (url: string, headers: Record<string, string> = {}) =>
  harness.app.inject({ url, headers: { cookie, ...headers } });
const PACKED = { "accept-encoding": "gzip, deflate, br" };

it.each([
  [undefined, false],
  ["", false],
  ["gzip", true],
  ["br, GZIP;q=0.5", true],
  ["deflate, *", true],
  ["*;q=0", false],
  ["gzip;q=0, *", false],
  ["br", false],
])("who accepts %j reads gzip: %s", (accepted, reads) => {
  expect(readsPacked(accepted)).toBe(reads);
});

it("every route whose answers are packed is there, and is one that only reads", () => {
  for (const route of PACKED_ROUTES) expect(RIGHTS).toHaveProperty([`GET ${route}`]);
});

describe("an answer", () => {
  it("is packed for whoever reads that, and says the same; a tag of the one fits the other", async () => {
    const plain = await get(NIGHT);
    expect(plain.headers["content-encoding"]).toBeUndefined();
    const small = await get(NIGHT, PACKED);
    expect(small.headers).toMatchObject({ "content-encoding": "gzip", vary: "cookie, accept-encoding" });
    expect(small.rawPayload.length).toBeLessThan(plain.rawPayload.length / 3);
    expect(gunzipSync(small.rawPayload).toString()).toBe(plain.body);
    expect(small.headers.etag).toBe(`W/${String(plain.headers.etag)}`);
    expect(plain.headers.vary).toBe("cookie, accept-encoding");
    for (const tag of [plain.headers.etag, small.headers.etag]) {
      const again = await get(NIGHT, { ...PACKED, "if-none-match": String(tag) });
      expect([again.statusCode, again.body]).toEqual([304, ""]);
    }
  });

  it("that is short, is of another route, or refuses is never packed", async () => {
    harness.store.nightList = ["2026-01-10" as Night];
    for (const url of ["/api/beds/b1/nights", "/api/me", "/api/beds/b1/nights/2026-13-01"]) {
      expect((await get(url, PACKED)).headers["content-encoding"], url).toBeUndefined();
    }
    expect((await get("/api/openapi.json", PACKED)).headers["content-encoding"]).toBe("gzip");
  });
});

describe("a finished night", () => {
  const asks = () => harness.store.widths.length;

  beforeEach(() => {
    harness.store.revisionText = "1";
  });

  it("is made once: for whoever has it, reads it packed or not, until more of it is stored", async () => {
    const first = await get(NIGHT, PACKED);
    expect(first.statusCode).toBe(200);
    const made = asks();
    const plain = await get(NIGHT);
    expect(gunzipSync(first.rawPayload).toString()).toBe(plain.body);
    expect(plain.json().strips[0].signal).toBe("spo2");
    expect(first.headers).toMatchObject({ "content-encoding": "gzip", vary: "cookie, accept-encoding" });
    expect(plain.headers).toMatchObject({ "cache-control": "private, no-cache" });
    const known = await get(NIGHT, { "if-none-match": String(first.headers.etag) });
    expect([known.statusCode, known.body, known.headers["content-type"]]).toEqual([304, "", undefined]);
    expect(asks()).toBe(made);

    // A card brought more of that night.
    harness.store.revisionText = "2";
    harness.store.points = { spo2: [{ at: wall(START), sample: 80 }] };
    const anew = await get(NIGHT, { "if-none-match": String(first.headers.etag) });
    expect(anew.statusCode).toBe(200);
    expect(anew.json().strips[0].min).toContain(80);
    expect(asks()).toBeGreaterThan(made);
  });

  it("is made anew while something is being stored of it, and for another width", async () => {
    await get(NIGHT);
    const made = asks();
    await get(`${NIGHT}?width=100`);
    expect(asks()).toBeGreaterThan(made);
    harness.store.revisionText = undefined;
    const before = asks();
    await get(NIGHT);
    await get(NIGHT);
    expect(asks() - before).toBe(2 * made);
  });

  it("is refused to whoever may not see it, kept or not, and a failure is not kept", async () => {
    harness.store.failure = new Fault("INPUT_INVALID", "no such range");
    expect((await get(NIGHT)).statusCode).toBe(400);
    harness.store.failure = undefined;
    expect((await get(NIGHT)).statusCode).toBe(200);
    expect((await harness.app.inject({ url: NIGHT })).statusCode).toBe(401);
    const technician = await harness.signIn("technician", "Tom");
    expect((await harness.app.inject({ url: NIGHT, headers: { cookie: technician } })).statusCode).toBe(403);
  });

  it("that is asked for by many at once is made once, and the oldest of many is forgotten", async () => {
    await Promise.all(Array.from({ length: 8 }, () => get(NIGHT)));
    const made = asks();
    await get(NIGHT);
    expect(asks()).toBe(made);
    for (let width = 100; width < 228; width += 1) await get(`${NIGHT}?width=${width}`);
    const before = asks();
    await get(NIGHT);
    expect(asks()).toBeGreaterThan(before);
  });
});
