import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Night } from "../../../src/domain/time.ts";
import { pageOf } from "../../../src/server/paging.ts";
import { type Harness, startHarness } from "./harness.ts";

let harness: Harness;
let cookie: string;
beforeEach(async () => {
  harness = await startHarness();
  cookie = await harness.signIn("owner");
});
afterEach(async () => {
  expect(harness.complaints()).toEqual([]);
  await harness.close();
});
const get = (url: string, headers: { readonly [name: string]: string } = {}) =>
  harness.app.inject({ url, headers: { cookie, ...headers } });

const nights = (count: number): Night[] =>
  Array.from({ length: count }, (_, i) => {
    const day = new Date(Date.UTC(2026, 0, 10) - i * 86_400_000).toISOString().slice(0, 10);
    return day as unknown as Night;
  });

describe("a list in parts", () => {
  it("shows everything once and in order, whatever the size of the parts", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat()), fc.integer({ min: 1, max: 7 }), (all, limit) => {
        const seen: number[] = [];
        let before: string | undefined;
        for (let turn = 0; turn <= all.length; turn += 1) {
          const { items, next } = pageOf(all, { before, limit }, String);
          expect(items.length).toBeLessThanOrEqual(limit);
          seen.push(...items);
          if (next === undefined) break;
          before = next;
        }
        expect(seen).toEqual(all);
      }),
    );
  });

  it("goes on where it was although something new came at its head", async () => {
    harness.store.nightList = nights(5);
    const first = (await get("/api/beds/b1/nights?limit=2")).json();
    expect(first.nights.map(({ night }: { night: string }) => night)).toEqual(["2026-01-10", "2026-01-09"]);
    harness.store.nightList = ["2026-01-11" as unknown as Night, ...nights(5)];
    const second = (await get(`/api/beds/b1/nights?limit=2&before=${first.next}`)).json();
    expect(second.nights.map(({ night }: { night: string }) => night)).toEqual(["2026-01-08", "2026-01-07"]);
    const third = (await get(`/api/beds/b1/nights?limit=2&before=${second.next}`)).json();
    expect(third.nights).toHaveLength(1);
    expect(third.next).toBeUndefined();
  });

  it.each(["limit=-1", "limit=x", "limit=99999", "before=yesterday", "before=2020-01-01"])(
    "of nights refuses %s",
    async (query) => {
      harness.store.nightList = nights(5);
      expect((await get(`/api/beds/b1/nights?${query}`)).statusCode).toBe(400);
    },
  );

  it("holds at most a year of nights, and at least one", async () => {
    harness.store.nightList = nights(400);
    expect((await get("/api/beds/b1/nights?limit=9999")).json().nights).toHaveLength(366);
    expect((await get("/api/beds/b1/nights?limit=0")).json().nights).toHaveLength(1);
    expect((await get("/api/beds/b1/nights")).json().nights).toHaveLength(60);
  });

  it("of protocols goes on by the id of the last one", async () => {
    for (const id of ["aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc"]) {
      const payload = { step: "sounder_heard", result: "passed", how: "person" };
      await harness.clock.advance(1_000);
      const post = (url: string, body: object) =>
        harness.app.inject({ method: "POST", url, headers: { cookie }, payload: body });
      expect((await post("/api/beds/b1/commissionings/steps", payload)).statusCode, id).toBe(200);
      expect((await post("/api/beds/b1/commissionings/close", { note: id })).statusCode).toBe(200);
    }
    const first = (await get("/api/beds/b1/commissionings?limit=2")).json();
    const second = (await get(`/api/beds/b1/commissionings?limit=2&before=${first.next}`)).json();
    const notes = [...first.commissionings, ...second.commissionings].map(({ closed }) => closed.note);
    expect(notes).toEqual(["cccccccccc", "bbbbbbbbbb", "aaaaaaaaaa"]);
    expect(second.next).toBeUndefined();
  });
});

describe("people and what they did", () => {
  it("come in parts: everybody once, in the order in which they came, whoever is removed meanwhile", async () => {
    for (let n = 0; n < 7; n++) await harness.person("caregiver", `Person ${n}`);
    const url = "/api/homes/homeaaaaaa/people";
    const all = (await get(url)).json();
    expect(all.next).toBeUndefined();
    expect(all.total).toBe(all.people.length);
    const ids: string[] = [];
    for (let next: string | undefined = ""; next !== undefined; ) {
      const part: {
        readonly people: readonly { readonly id: string }[];
        readonly total: number;
        readonly next?: string;
      } = (await get(`${url}?limit=3${next === "" ? "" : `&before=${next}`}`)).json();
      expect(part.total).toBe(all.total);
      ids.push(...part.people.map(({ id }) => id));
      ({ next } = part);
    }
    expect(ids).toEqual(all.people.map(({ id }: { id: string }) => id));
    expect((await get(`${url}?before=nobodyaaaa`)).statusCode).toBe(400);
    expect((await get(`${url}?limit=-1`)).statusCode).toBe(400);
  });

  it("the record of a home comes newest first, in parts, with names, for its owner alone", async () => {
    for (let n = 0; n < 30; n++) {
      await harness.state.audit({ at: harness.clock.wall(), action: "drill", detail: `number ${n}` });
    }
    const url = "/api/homes/homeaaaaaa/audit";
    const first = (await get(`${url}?limit=20`)).json();
    expect(first.entries[0]).toMatchObject({ action: "drill", detail: "number 29" });
    expect(first.entries).toHaveLength(20);
    // What happens meanwhile moves nothing.
    await harness.state.audit({ at: harness.clock.wall(), action: "drill", detail: "later" });
    const second = (await get(`${url}?limit=20&before=${first.next}`)).json();
    expect(second.entries[0].detail).toBe("number 9");
    expect(second.entries.map(({ detail }: { detail: string }) => detail)).toContain("number 0");
    expect(second.next).toBeUndefined();
    const named = second.entries.find(({ by }: { by?: object }) => by !== undefined);
    if (named !== undefined) expect(named.by.name).not.toBe("");
    const caregiver = await harness.signIn("caregiver", "Mei");
    expect((await harness.app.inject({ url, headers: { cookie: caregiver } })).statusCode).toBe(403);
  });
});

describe("a list that is asked for again and again", () => {
  it.each(["/api/homes/homeaaaaaa/people", "/api/beds/b1/commissionings", "/api/me/sign-ins"])(
    "%s comes once, and then only when it has changed",
    async (url) => {
      const first = await get(url);
      const etag = String(first.headers["etag"]);
      expect(etag).toMatch(/^"[\w-]{22}"$/);
      const again = await get(url, { "if-none-match": etag });
      expect(again.statusCode).toBe(304);
      expect(again.body).toBe("");
      expect(again.headers["content-type"]).toBeUndefined();
    },
  );

  it("comes whole when it has changed, and never to whoever may not have it", async () => {
    const url = "/api/homes/homeaaaaaa/people";
    const etag = String((await get(url)).headers["etag"]);
    await harness.person("caregiver", "Lin");
    expect((await get(url, { "if-none-match": etag })).statusCode).toBe(200);
    const stranger = await harness.app.inject({ url, headers: { "if-none-match": "*" } });
    expect(stranger.statusCode).toBe(401);
  });

  it("leaves the tag alone by which limits are changed", async () => {
    expect((await get("/api/beds/b1/limits")).headers["etag"]).toBe('"0"');
    expect((await get("/api/beds/b1/limits", { "if-none-match": '"0"' })).statusCode).toBe(200);
  });
});
