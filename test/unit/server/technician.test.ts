import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { absent } from "../../../src/domain/sample.ts";
import { HOUR_MS, wall } from "../../../src/domain/time.ts";
import type { CommissioningView } from "../../../src/server/contract/technician.ts";
import { receptionOf } from "../../../src/server/routes/commissioning.ts";
import { DEVICE, fold, type Harness, NOW, occurrence, samples, startHarness } from "./harness.ts";

let harness: Harness;
let cookie: string;
beforeEach(async () => {
  harness = await startHarness();
  cookie = await harness.signIn("technician", "Li Wei");
});
afterEach(async () => {
  expect(harness.complaints()).toEqual([]);
  await harness.close();
});

const get = (url: string) => harness.app.inject({ url, headers: { cookie } });
const post = (url: string, payload: object) =>
  harness.app.inject({ method: "POST", url, payload, headers: { cookie } });

describe("devices on the bench", () => {
  it("come with what is known of their family; frames only when they are asked for", async () => {
    const [device] = (await get("/api/devices")).json().devices;
    expect(device).toEqual(JSON.parse(JSON.stringify(DEVICE)));
    expect(device).not.toHaveProperty("frames");
    const answer = await get(`/api/beds/b1/devices/${DEVICE.device}/frames`);
    expect(answer.json().frames).toHaveLength(30);
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect((await get("/api/beds/b1/devices/nobody/frames")).statusCode).toBe(404);
    expect((await get("/api/beds/b1/devices/..%2F..%2Fetc/frames")).statusCode).toBe(400);
  });
});

describe("another device than the bed's", () => {
  const url = `/api/beds/b1/devices/${DEVICE.device}/serial`;

  it("belongs there once a technician says so, which is written down", async () => {
    harness.serialFound = "SN-2";
    const answer = await post(url, {});
    expect(answer.json()).toEqual({ accepted: true });
    expect(harness.boundDevices).toEqual([DEVICE.device]);
    const [entry] = await harness.state.audits(1);
    expect(entry).toMatchObject({ action: "serial", detail: `${DEVICE.device} none to SN-2` });
  });

  it("cannot be bound before it told who it is, or where it is not", async () => {
    expect((await post(url, {})).statusCode).toBe(409);
    expect((await post("/api/beds/b1/devices/nobody/serial", {})).statusCode).toBe(404);
  });
});

describe("a recording", () => {
  const url = (from: number, to: number, device = DEVICE.device) =>
    `/api/beds/b1/devices/${device}/recording?from=${from}&to=${to}`;

  it("comes as a file that says what it is, uncached, and is written down with who took it", async () => {
    const answer = await get(url(NOW - 600_000, NOW));
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toBe(harness.recording);
    expect(answer.headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(answer.headers["content-disposition"]).toBe(
      'attachment; filename="breathwatch-nonin-serial-20260110T135000Z-SIMULATED.transcript"',
    );
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(harness.recordings).toEqual([{ device: DEVICE.device, from: NOW - 600_000, to: NOW }]);
    const [entry] = await harness.state.audits(1);
    expect(entry).toMatchObject({
      action: "recording",
      detail: "oxiaaaaaaa 2026-01-10T13:50:00.000Z to 2026-01-10T14:00:00.000Z",
    });
    expect(entry?.person).toBe((await harness.person("technician", "Li Wei")).id);
  });

  it.each([
    ["of more than two hours", NOW - 2 * HOUR_MS - 1, NOW, 400],
    ["that ends before it begins", NOW, NOW - 1, 400],
    ["that ends when it begins", NOW, NOW, 400],
    ["of a far future", 999_999_999_999_990, 999_999_999_999_999, 200],
    ["of exactly two hours", NOW - 2 * HOUR_MS, NOW, 200],
  ])("%s is judged before anything is read", async (_, from, to, status) => {
    expect((await get(url(from, to))).statusCode).toBe(status);
    expect(harness.recordings).toHaveLength(status === 200 ? 1 : 0);
  });

  it("needs both times as numbers", async () => {
    for (const query of ["", "?from=1", "?from=a&to=b", "?from=-5&to=5", "?from=1e3&to=2e3"]) {
      expect((await get(`/api/beds/b1/devices/${DEVICE.device}/recording${query}`)).statusCode).toBe(400);
    }
  });

  it("of a time in which nothing was kept says so instead of handing out an empty file", async () => {
    harness.recording =
      "breathwatch-transcript 1\ndevice: nonin-serial\nsimulated: yes\nstarted: 2026-01-10T13:50:00Z\n\n";
    const answer = await get(url(NOW - 600_000, NOW));
    expect(answer.json()).toMatchObject({ status: 404, code: "NOT_FOUND" });
    expect(await harness.state.audits(1)).toEqual([]);
    harness.recording += "# 12.000 link lost: The port went away.\n";
    expect((await get(url(NOW - 600_000, NOW))).statusCode).toBe(200);
  });

  it("of a device that is not here is not asked for", async () => {
    expect((await get(url(NOW - 1_000, NOW, "nobody"))).statusCode).toBe(404);
    expect(harness.recordings).toEqual([]);
  });
});

describe("the simulated bed", () => {
  const simulate = (payload: object, bed = "b1") => post(`/api/simulation/${bed}`, payload);

  it.each([
    { event: "mask_off" },
    { knob: "leak", value: 12.5 },
    { fault: "drop", device: "oximeter", share: 0.05 },
    { fault: "delay", device: "oximeter", seconds: 3 },
    { fault: "swap", device: "oximeter", with: "ventilator" },
    { scenario: "mask-off" },
    { scenario: null },
  ])("is told %j, and it is written down", async (request) => {
    expect((await simulate(request)).statusCode).toBe(200);
    expect(harness.simulated).toEqual([{ bed: "b1", ...request }]);
    expect((await harness.state.audits(1))[0]).toMatchObject({
      action: "simulation",
      detail: expect.stringMatching(/^b1 /),
    });
  });

  it.each([
    {},
    { event: "explode" },
    { knob: "leak" },
    { knob: "pressure", value: 1 },
    { knob: "leak", value: -1 },
    { fault: "drop" },
    { fault: "melt", device: "oximeter" },
    { fault: "drop", device: "../x" },
    { fault: "drop", device: "oximeter", share: 2 },
    { fault: "delay", device: "oximeter", seconds: 10_000 },
    { scenario: "../../etc/passwd" },
    { scenario: 7 },
  ])("is not told %j", async (request) => {
    expect((await simulate(request)).json()).toMatchObject({ status: 400, code: "INPUT_INVALID" });
    expect(harness.simulated).toEqual([]);
  });

  it("shows sliders, cables and scenarios", async () => {
    const view = (await get("/api/simulation/b1")).json();
    expect(view.knobs).toHaveLength(3);
    expect(view.playing.expected[0]).toMatchObject({ condition: "VENT_DISCONNECT", state: "came" });
  });

  it("is not there where the bed is real, and for a bed that is not there", async () => {
    expect((await simulate({ event: "mask_off" }, "b7")).statusCode).toBe(404);
    harness.isReal = true;
    expect((await get("/api/simulation/b1")).statusCode).toBe(409);
    const refused = await simulate({ event: "mask_on" });
    expect(refused.json()).toMatchObject({ status: 409, detail: "Bed b1 has no virtual patient." });
    expect(harness.simulated).toEqual([]);
  });

  it("passes on why something cannot be", async () => {
    harness.outcome = { accepted: false, reason: "No scenario x fits this bed." };
    expect((await simulate({ scenario: "x" })).json()).toMatchObject({
      status: 409,
      detail: "No scenario x fits this bed.",
    });
    expect(await harness.state.audits(1)).toEqual([]);
  });
});

describe("putting a bed into use", () => {
  const step = (payload: object) => post("/api/beds/b1/commissionings/steps", payload);
  const close = (note = "") => post("/api/beds/b1/commissionings/close", { note });
  const shown = async (): Promise<readonly CommissioningView[]> =>
    (await get("/api/beds/b1/commissionings")).json().commissionings;
  const heard = { step: "sounder_heard", result: "passed", how: "person" };

  it("is a protocol of steps with who and when, closed with the bed as it was, readable ever after", async () => {
    await step(heard);
    await harness.clock.advance(60_000);
    await step({ step: "battery_minutes", result: "failed", how: "person", value: 12, note: "old battery" });
    expect((await close("taped")).statusCode).toBe(200);
    await step({ ...heard, result: "failed" });
    const [open, closed] = await shown();
    expect(open).toMatchObject({ steps: [{ step: "sounder_heard", result: "failed" }] });
    expect(open).not.toHaveProperty("closed");
    expect(closed).toMatchObject({
      begunAt: NOW,
      steps: [
        { step: "sounder_heard", result: "passed", how: "person", at: NOW, by: "Li Wei" },
        { step: "battery_minutes", value: 12, note: "old battery", at: NOW + 60_000 },
      ],
      closed: {
        by: "Li Wei",
        note: "taped",
        about: {
          label: "Living room",
          simulated: true,
          version: "0.1.0",
          devices: [{ family: "nonin-serial", evidence: "real_bytes" }],
        },
      },
    });
  });

  it("believes that the box saw the contact only while the box receives it, and writes down what it saw", async () => {
    const seen = { step: "contact_alarm", result: "passed", how: "seen" };
    expect((await step(seen)).json()).toMatchObject({ status: 409, code: "CONFLICT" });
    harness.live.observe(samples(harness.clock, "ventaaaaaa", { remote_alarm: 1 }));
    expect((await step(seen)).statusCode).toBe(200);
    harness.live.observe(samples(harness.clock, "ventaaaaaa", { remote_alarm: absent("not_connected") }));
    expect((await step({ ...seen, step: "contact_unplugged" })).statusCode).toBe(200);
    await harness.clock.advance(11_000);
    expect((await step({ ...seen, step: "contact_rest" })).statusCode).toBe(409);
    const [protocol] = await shown();
    expect(protocol?.steps.map(({ step: name, saw }) => [name, saw])).toEqual([
      ["contact_alarm", "remote_alarm 1"],
      ["contact_unplugged", "remote_alarm not_connected"],
    ]);
  });

  it("believes in a call from the switch only while that call is open", async () => {
    const pressed = { step: "call_pressed", result: "passed", how: "seen" };
    harness.live.alarms(
      fold([occurrence({ condition: "PATIENT_CALL", values: { how: "touch", kind: "come" } })]),
    );
    expect((await step(pressed)).statusCode).toBe(409);
    harness.live.alarms(
      fold([occurrence({ condition: "PATIENT_CALL", values: { how: "switch", kind: "come" } })], 2),
    );
    expect((await step(pressed)).statusCode).toBe(200);
  });

  it("never lets the box have heard a sounder or looked at a wire", async () => {
    for (const name of ["sounder_heard", "wiring_contact"]) {
      expect((await step({ step: name, result: "passed", how: "seen" })).statusCode).toBe(400);
    }
    expect(await shown()).toEqual([]);
  });

  it.each([
    { ...heard, step: "dance" },
    { ...heard, result: "maybe" },
    { ...heard, value: Number.MAX_SAFE_INTEGER },
    { ...heard, note: "x".repeat(201) },
    { ...heard, note: "two\nlines" },
    { ...heard, note: "turned \u202E round" },
  ])("refuses %j", async (payload) => {
    expect((await step(payload)).statusCode).toBe(400);
  });

  it("closes nothing where nothing was begun, and knows no bed that is not there", async () => {
    expect((await close()).statusCode).toBe(409);
    expect((await get("/api/beds/b7/commissionings")).statusCode).toBe(404);
    expect((await post("/api/beds/b7/commissionings/steps", heard)).statusCode).toBe(404);
    expect((await get("/api/beds/b7/reception?from=0&to=1000")).statusCode).toBe(404);
  });
});

describe("reception", () => {
  const at = (...seconds: number[]) => seconds.map((second) => ({ at: wall(1_000_000 + second * 1_000) }));

  it("counts seconds with anything received, whatever its value, and the longest run without", async () => {
    const from = NOW - 10_000;
    harness.store.points = {
      spo2: [0, 1, 1.2, 2, 6, 7].map((second, index) => ({
        at: wall(from + second * 1_000),
        sample: index === 4 ? absent("sensor_off") : 95,
      })),
    };
    const answer = await get(`/api/beds/b1/reception?from=${from}&to=${NOW}`);
    expect(answer.json()).toEqual({
      seconds: 10,
      devices: [{ device: DEVICE.device, signal: "spo2", received: 5, longestGapS: 3 }],
    });
    expect(answer.body).not.toContain("95");
  });

  it("takes a missing beginning and a missing end for gaps", () => {
    const [from, to] = [wall(1_000_000), wall(1_100_000)];
    expect(receptionOf(at(), from, to)).toEqual({ received: 0, longestGapS: 100 });
    expect(receptionOf(at(30, 31), from, to)).toEqual({ received: 2, longestGapS: 68 });
    expect(receptionOf(at(60, 99), from, to)).toEqual({ received: 2, longestGapS: 60 });
    expect(receptionOf(at(-5, 100, 500), from, to)).toEqual({ received: 0, longestGapS: 100 });
  });

  it("is counted over at most a day", async () => {
    expect((await get(`/api/beds/b1/reception?from=0&to=${24 * HOUR_MS + 1}`)).statusCode).toBe(400);
  });
});
