import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { absent } from "../../../src/domain/sample.ts";
import { wall } from "../../../src/domain/time.ts";
import type { StoredRow } from "../../../src/port/timeseries.ts";
import { batchLines } from "../../../src/store/timeseries/influx/lines.ts";
import { type Harness, HOME, startHarness } from "./harness.ts";

const START = Date.parse("2026-01-10T22:30:00+08:00");
const NIGHT = "/api/beds/b1/nights/2026-01-10";

let harness: Harness;
let cookie: string;
beforeEach(async () => {
  harness = await startHarness();
  cookie = await harness.signIn("therapist");
  harness.store.points = {
    spo2: [
      { at: wall(START), sample: 95 },
      { at: wall(START + 1_000), sample: 94 },
      { at: wall(START + 120_000), sample: 88 },
    ],
  };
});
afterEach(async () => {
  expect(harness.complaints()).toEqual([]);
  await harness.close();
});
const get = (url: string) => harness.app.inject({ url, headers: { cookie } });
const audited = async (): Promise<readonly string[]> => {
  const entries = await harness.state.audits(50);
  return entries.filter(({ action }) => action === "night.exported").map(({ detail }) => detail);
};

describe("a night for clinical systems", () => {
  it("is a FHIR bundle with a value a minute, gaps as such, no name, never kept on the way", async () => {
    const answer = await get(`${NIGHT}/fhir`);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers["content-type"]).toBe("application/fhir+json; charset=utf-8");
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(answer.headers["content-disposition"]).toContain('"breathwatch-b1-2026-01-10.fhir.json"');
    const bundle = answer.json();
    expect(bundle).toMatchObject({ resourceType: "Bundle", type: "collection" });
    expect(bundle.entry).toHaveLength(1);
    const { valueSampledData } = bundle.entry[0].resource;
    expect(valueSampledData.period).toBe(60_000);
    const values = valueSampledData.data.split(" ");
    expect(values).toHaveLength(60);
    expect(values.slice(30, 33).map((value: string) => (value === "E" ? value : Number(value)))).toEqual([
      94.5,
      "E",
      88,
    ]);
    expect(answer.body).not.toContain("Living room");
  });

  it("that is simulated carries HL7's tag for test data, and says so in its name", async () => {
    harness.store.isSimulated = true;
    const answer = await get(`${NIGHT}/fhir`);
    expect(answer.json().entry[0].resource.meta.tag).toMatchObject([{ code: "HTEST" }]);
    expect(answer.headers["content-disposition"]).toContain("-SIMULATED.fhir.json");
  });
});

describe("a night as line protocol", () => {
  const rows = Array.from(
    { length: 700 },
    (_, i): StoredRow => ({
      ...{ bed: "b1", device: "oxi, =\\x", epoch: "", seq: 0, at: wall(START + i * 1_000) },
      simulated: true,
      samples: i === 1 ? { spo2: absent("sensor_off") } : { spo2: 95, perfusion_index: 1.25 },
    }),
  );
  beforeEach(() => {
    harness.store.page = async ({ from, to }) => {
      const found = rows.filter(({ at }) => at >= from && at < to);
      // Pages of this store are short.
      const next = found[50]?.at;
      const batch = { rows: found.slice(0, 50), waves: [], settings: [], events: [] };
      return { batch, ...(next === undefined ? {} : { next }) };
    };
  });

  it("is what the store of an InfluxDB has, every row once", async () => {
    const answer = await get(`${NIGHT}/lines`);
    expect(answer.headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(answer.headers["cache-control"]).toBe("no-store");
    const batch = { rows, waves: [], settings: [], events: [] };
    expect(answer.body).toBe(`${batchLines(batch, HOME).join("\n")}\n`);
    expect(answer.body.split("\n")[0]).toBe(
      `obs,home=${HOME},bed=b1,device=oxi\\,\\ \\=_x,simulated=true seq=0i,spo2=95,perfusion_index=1.3 ${START}000000`,
    );
    expect(answer.body.split("\n")[1]).toContain(" seq=0i,spo2_absent=");
  });

  it("comes packed where that is asked for", async () => {
    const plain = await get(`${NIGHT}/lines`);
    const packed = await get(`${NIGHT}/lines?gz=true`);
    expect(packed.headers["content-type"]).toBe("application/gzip");
    expect(packed.headers["content-disposition"]).toContain(".lp.gz");
    expect(gunzipSync(packed.rawPayload).toString()).toBe(plain.body);
    expect((await get(`${NIGHT}/lines?gz=perhaps`)).statusCode).toBe(400);
  });

  it("ends early when the store fails half-way, packed or not, and lets go of its place", async () => {
    const { page } = harness.store;
    for (const end of ["", "?gz=true", "", "?gz=true", "", "?gz=true"]) {
      let calls = 0;
      harness.store.page = async (query) => {
        calls += 1;
        if (calls > 4) throw new Error("store gone");
        return page(query);
      };
      // Packed, nothing has left yet when it fails: then it is a problem like any other.
      const outcome = await get(`${NIGHT}/lines${end}`).catch(() => undefined);
      expect(outcome?.statusCode ?? 500).toBe(500);
    }
    harness.store.page = page;
    expect((await get(`${NIGHT}/lines`)).statusCode).toBe(200);
    expect(
      harness
        .complaints()
        .splice(0)
        .every((note) => note.startsWith("request.failed")),
    ).toBe(true);
  });
});

describe("taking a night away", () => {
  it("is written down with who did it, in every form", async () => {
    for (const form of ["csv", "fhir", "lines"]) await get(`${NIGHT}/${form}`);
    expect((await audited()).toSorted()).toEqual([
      "b1 2026-01-10 csv",
      "b1 2026-01-10 fhir",
      "b1 2026-01-10 lines",
    ]);
  });

  it.each(["csv", "fhir", "lines"])("of an empty or impossible night is refused as %s", async (form) => {
    expect((await get(`/api/beds/b1/nights/2026-02-30/${form}`)).statusCode).toBe(400);
    expect((await get(`/api/beds/b7/nights/2026-01-10/${form}`)).statusCode).toBe(404);
    harness.store.points = {};
    expect((await get(`${NIGHT}/${form}`)).json()).toMatchObject({ status: 404, code: "NOT_FOUND" });
    expect(await audited()).toEqual([]);
  });

  it("has four places, and the fifth is told to wait", async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { buckets } = harness.store;
    harness.store.buckets = async (query) => {
      if (query.bucketMs === 60_000) await gate;
      return buckets.call(harness.store, query);
    };
    const waiting = Array.from({ length: 4 }, () => get(`${NIGHT}/fhir`));
    await expect.poll(audited).toHaveLength(4);
    expect((await get(`${NIGHT}/csv`)).json()).toMatchObject({ status: 429, code: "RATE_LIMITED" });
    release();
    for (const answer of await Promise.all(waiting)) expect(answer.statusCode).toBe(200);
    expect((await get(`${NIGHT}/csv`)).statusCode).toBe(200);
  });
});
