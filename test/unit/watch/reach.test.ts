import { beforeEach, describe, expect, test } from "vitest";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../../../src/domain/time.ts";
import type { Channel, ChannelReady, ChannelTarget, SendResult } from "../../../src/port/channel.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { createReach, type Reach } from "../../../src/watch/reach.ts";
import { NIGHT } from "../../support/alarms.ts";
import { silentLog } from "../../support/silent-log.ts";

const target = (id: string, service: string): ChannelTarget => ({
  id,
  channel: "phone",
  settings: { service },
});
const MEI = target("mei", "https://push.example.org/");
const LIN = target("lin", "https://push.example.org/");
const SIREN = target("siren", "http://siren.local/");

let clock: VirtualClock;
let reach: Reach;
let channel: Channel;
let wanted: readonly ChannelTarget[];
let asked: { readonly atS: number; readonly url: string; readonly method: string }[];
let changes: number;
let down: ReadonlySet<string>;
let hangs: boolean;
let result: SendResult;

beforeEach(() => {
  clock = createVirtualClock(NIGHT);
  wanted = [MEI, LIN, SIREN];
  asked = [];
  changes = 0;
  down = new Set();
  hangs = false;
  result = { outcome: "accepted", reference: "" };
  reach = createReach({
    clock,
    log: silentLog,
    language: "en",
    wanted: () => wanted,
    onChange: () => {
      changes += 1;
    },
    http: {
      request({ url, method }) {
        asked.push({ atS: clock.mono() / SECOND_MS, url, method });
        if (down.has(url)) return Promise.reject(new Error("no route"));
        if (hangs) return new Promise(() => undefined);
        return Promise.resolve({ status: 404, headers: {}, body: "" });
      },
    },
  });
  channel = reach.listening({
    id: "phone",
    capabilities: {
      breaksDndIos: "no",
      breaksDndAndroid: "no",
      mainlandChina: "yes",
      acknowledges: true,
      endToEndEncrypted: true,
      maxBytes: 4_000,
      ratePerMinute: 60,
      sounds: "notification",
    },
    send: async () => result,
    service: ({ settings }) => settings["service"],
  });
});

describe("services", () => {
  test("are asked once a minute, each once, and any answer will do", async () => {
    reach.start();
    await clock.advance(150 * SECOND_MS);
    expect(asked.filter(({ url }) => url.includes("push")).map(({ atS }) => atS)).toEqual([0, 60, 120]);
    expect(asked.filter(({ url }) => url.includes("siren"))).toHaveLength(3);
    expect(asked.every(({ method }) => method === "GET")).toBe(true);
    expect(reach.service(LIN)).toEqual({ ok: true });
    expect(changes).toBe(2);
  });

  test("that do not answer are asked every 15 s, and are well again with the first answer", async () => {
    reach.start();
    await clock.advance(50 * SECOND_MS);
    down = new Set(["https://push.example.org/"]);
    await clock.advance(40 * SECOND_MS);
    expect(reach.service(MEI)).toMatchObject({ ok: false, since: 60 * SECOND_MS, detail: "no route" });
    expect(reach.service(SIREN)).toEqual({ ok: true });
    down = new Set();
    await clock.advance(15 * SECOND_MS);
    expect(reach.service(MEI)).toEqual({ ok: true });
    expect(asked.filter(({ url, atS }) => url.includes("push") && atS > 59).map(({ atS }) => atS)).toEqual([
      60, 75, 90, 105,
    ]);
  });

  test("are not asked while nobody would be called, and what was known then is forgotten", async () => {
    down = new Set(["https://push.example.org/"]);
    reach.start();
    await clock.advance(SECOND_MS);
    expect(reach.service(MEI)?.ok).toBe(false);
    wanted = [];
    await clock.advance(15 * SECOND_MS);
    const before = asked.length;
    await clock.advance(10 * MINUTE_MS);
    expect(asked).toHaveLength(before);
    expect(reach.service(MEI)).toBeUndefined();
  });

  test("that never answer count as silent, and are asked again", async () => {
    hangs = true;
    reach.start();
    await clock.advance(11 * SECOND_MS);
    expect(reach.service(MEI)).toMatchObject({ ok: false, detail: "no answer in time" });
    hangs = false;
    await clock.advance(15 * SECOND_MS);
    expect(reach.service(MEI)).toEqual({ ok: true });
  });

  test("leave no timer behind", async () => {
    reach.start();
    await clock.advance(50 * SECOND_MS);
    hangs = true;
    await clock.advance(15 * SECOND_MS);
    reach.stop();
    expect(clock.pending).toBe(0);
  });
});

describe("messages", () => {
  const send = () =>
    channel.send(MEI, {
      ...{ key: "k", kind: "alarm", title: "", body: "", language: "en", priority: "high" },
      ...{ collapseKey: "c", ttlSeconds: 60, url: "", simulated: false, drill: false },
    });

  test("that fail count from the first failure until one is taken", async () => {
    result = { outcome: "failed", detail: "503" };
    await send();
    await clock.advance(MINUTE_MS);
    await send();
    expect(reach.sends("mei")).toEqual({ ok: false, since: 0, detail: "503" });
    expect(reach.sends("lin")).toBeUndefined();
    result = { outcome: "accepted", reference: "" };
    expect(await send()).toBe(result);
    expect(reach.sends("mei")).toEqual({ ok: true });
  });

  test("that are taken show that the service answers", async () => {
    down = new Set(["https://push.example.org/"]);
    reach.start();
    await clock.advance(SECOND_MS);
    await send();
    expect(reach.service(LIN)).toEqual({ ok: true });
  });
});

describe("what a channel needs in the house", () => {
  const STICK: ChannelTarget = { id: "ba", channel: "stick", settings: {} };
  const TAKEN: Channel = {
    id: "stick",
    capabilities: {
      ...{ breaksDndIos: "setting", breaksDndAndroid: "setting", mainlandChina: "yes", sounds: "call" },
      ...{ acknowledges: true, endToEndEncrypted: false, maxBytes: 500, ratePerMinute: 2 },
    },
    send: () => Promise.resolve({ outcome: "accepted", reference: "" }),
  };
  let said: ChannelReady | undefined;
  let times: number;

  beforeEach(() => {
    said = { ok: true, detail: "ready" };
    times = 0;
    wanted = [STICK];
    reach.listening({
      ...TAKEN,
      ready: () => {
        times += 1;
        return said === undefined ? new Promise(() => undefined) : Promise.resolve(said);
      },
    });
    reach.start();
  });

  test("is asked about once an hour while it works, and is no service outside", async () => {
    await clock.advance(3 * HOUR_MS - SECOND_MS);
    expect(times).toBe(3);
    expect(asked).toEqual([]);
    expect(reach.service(STICK)).toEqual({ ok: true });
    expect(reach.ready("stick")).toEqual({ ok: true, detail: "ready" });
  });

  test("counts from the first time that it does not work, and is asked about soon until it does", async () => {
    await clock.advance(HOUR_MS - 2 * MINUTE_MS);
    said = { ok: false, detail: "The 4G stick finds no SIM card. Put it in again." };
    await clock.advance(10 * MINUTE_MS);
    const since = HOUR_MS;
    expect(reach.service(STICK)).toMatchObject({ ok: false, since, detail: said.detail });
    expect(changes).toBeGreaterThan(0);
    said = { ok: true, detail: "ready" };
    await clock.advance(MINUTE_MS);
    expect(reach.service(STICK)).toEqual({ ok: true });
  });

  test("that does not answer counts as not working, and holds up nobody", async () => {
    said = undefined;
    wanted = [MEI, STICK];
    await clock.advance(HOUR_MS + 3 * MINUTE_MS);
    expect(reach.service(STICK)).toMatchObject({ ok: false, detail: "no answer in time" });
    expect(asked.length).toBeGreaterThan(1);
    reach.stop();
    expect(clock.pending).toBe(0);
  });

  test("is forgotten while nobody would be called", async () => {
    await clock.advance(MINUTE_MS);
    wanted = [];
    await clock.advance(2 * MINUTE_MS);
    expect(reach.ready("stick")).toBeUndefined();
  });
});
