// The credit of a SIM card, asked for by the channel of a stick on virtual time.
import { afterEach, describe, expect, test } from "vitest";
import type { ChannelAccess } from "../../../src/domain/channel-access.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS, wall } from "../../../src/domain/time.ts";
import { createModem, creditSettings, type ModemChannel } from "../../../src/notify/modem/modem.ts";
import type { ChannelMessage, SendResult } from "../../../src/port/channel.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { createMemoryLinks } from "../../../src/transport/memory.ts";
import { AtModem } from "../../support/at-modem.ts";
import { byteLinks } from "../../support/byte-links.ts";

const MEI = "+8613800138000";
const CODE = { creditCode: "*100#" };
const SAYS = { says: '+CUSD: 0,"Balance: 4.20 EUR",15', afterMs: 3_000 };

let clock: VirtualClock;
let stick: AtModem;
let channel: ModemChannel;
let access: ChannelAccess;
let stopped: AbortController;

/** A stick that is looked after from this moment of the day in Shanghai on. */
async function start(time: string, entered: ChannelAccess = CODE, knowsZone = true) {
  clock = createVirtualClock(wall(Date.parse(`2026-03-02T${time}:00+08:00`)));
  const memory = createMemoryLinks(clock);
  const cable = memory.cable("stick");
  access = { port: "serial:memory:stick", ...entered };
  stopped = new AbortController();
  stick = new AtModem("quectel", clock, (bytes) => {
    cable.device.write(bytes).catch(() => undefined);
  });
  stick.ussd = () => SAYS;
  (async () => {
    for await (const bytes of cable.device.chunks) stick.take(bytes);
  })().catch(() => undefined);
  const offline = () => Promise.reject(new Error("no internet here"));
  channel = createModem({
    ...{ clock, random: createSeededRandom(7), log: { note: () => undefined } },
    links: byteLinks(async (address) => memory.open(address.replace("memory:", ""))),
    access: () => access,
    ...{ http: { request: offline, lines: offline }, mail: { send: offline } },
    ...(knowsZone ? { zone: "Asia/Shanghai" } : {}),
  });
  channel
    .listen?.(
      () => [],
      () => undefined,
      stopped.signal,
    )
    .catch(() => undefined);
}

afterEach(async () => {
  stopped.abort();
  await clock.advance(MINUTE_MS);
  expect(stick.doubleCalls).toBe(0);
});

async function ready() {
  const asked = channel.ready?.("en");
  await clock.advance(10 * SECOND_MS);
  return asked;
}

const alarm: ChannelMessage = {
  ...{ key: "home/b1-abcdefghij-1/0/0", kind: "alarm", title: "Alarm", body: "", language: "en" },
  ...{ priority: "high", collapseKey: "b1-abcdefghij-1", ttlSeconds: 120, url: "https://home.local/" },
  ...{ simulated: false, drill: false },
};

function call(): { result?: SendResult } {
  const sent: { result?: SendResult } = {};
  channel.send({ id: "t", channel: "modem", settings: { phone: MEI, what: "call" } }, alarm).then(
    (result) => {
      sent.result = result;
    },
    () => undefined,
  );
  return sent;
}

describe("the credit of the SIM card", () => {
  test("is asked for once a day, by day, and what the network said is shown", async () => {
    await start("07:30");
    await clock.advance(80 * MINUTE_MS);
    expect(stick.codes).toEqual([]);
    expect((await ready())?.detail).not.toContain("says");
    await clock.advance(15 * MINUTE_MS);
    expect(stick.codes).toEqual(["*100#"]);
    expect(await ready()).toEqual({
      ok: true,
      detail: "The 4G stick is ready: CHINA MOBILE, -73 dBm. The SIM card says: “Balance: 4.20 EUR”",
    });
    await clock.advance(22 * HOUR_MS);
    expect(stick.codes).toHaveLength(1);
    await clock.advance(2 * HOUR_MS);
    expect(stick.codes).toHaveLength(2);
    expect(stick.ussdCancels).toBe(0);
  });

  test("is never asked for where no code is entered, at night, or where the hour is not known", async () => {
    await start("10:00", {});
    await clock.advance(2 * HOUR_MS);
    expect(stick.codes).toEqual([]);
    stopped.abort();
    await start("18:00");
    await clock.advance(14 * HOUR_MS);
    expect(stick.codes).toEqual([]);
    stopped.abort();
    expect(stick.codes).toEqual([]);
    stopped.abort();
    await start("10:00", CODE, false);
    await clock.advance(HOUR_MS);
    expect(stick.codes).toEqual([]);
  });

  test("that is below what the family set is a warning; the stick is as ready as before", async () => {
    await start("10:00", { ...CODE, creditLeast: "5" });
    await clock.advance(MINUTE_MS);
    const low = await ready();
    expect(low?.ok).toBe(true);
    expect(low?.detail).toContain("⚠ Its credit is low. Top it up: without credit it calls nobody.");
    access = { ...access, creditLeast: "4,2" };
    expect((await ready())?.detail).not.toContain("low");
  });

  test("waits for a call, and a call does not wait for it", async () => {
    await start("10:00");
    stick.ussd = () => ({ says: '+CUSD: 0,"late",15', afterMs: 25_000 });
    stick.answers = () => ({ alertsMs: 1_000 });
    await clock.advance(5 * SECOND_MS);
    expect(stick.codes).toHaveLength(1);
    const sent = call();
    await clock.advance(2 * SECOND_MS);
    expect(sent.result?.outcome).toBe("accepted");
    expect(stick.calls).toHaveLength(1);
    expect(stick.ussdCancels).toBe(1);
    // While it rings nothing is asked; afterwards it is asked again, and answered.
    stick.ussd = () => SAYS;
    await clock.advance(30 * SECOND_MS);
    expect(stick.codes).toHaveLength(1);
    await clock.advance(5 * MINUTE_MS);
    expect(stick.codes).toHaveLength(2);
    expect((await ready())?.detail).toContain("Balance: 4.20 EUR");
  });

  test("of an old stick, which holds back its OK, gives way to a call too", async () => {
    await start("10:00");
    stick.ussd = () => ({ says: '+CUSD: 0,"Balance: 9.00 EUR",15' });
    await clock.advance(MINUTE_MS);
    expect((await ready())?.detail).toContain("Balance: 9.00 EUR");
    stopped.abort();
    await start("10:00");
    // The command itself gets no answer for a while.
    stick.ussd = () => {
      stick.isMute = true;
      clock.after(6 * SECOND_MS, () => {
        stick.isMute = false;
      });
      return undefined;
    };
    stick.answers = () => ({ alertsMs: 1_000 });
    await clock.advance(3 * SECOND_MS);
    expect(stick.codes).toHaveLength(1);
    const sent = call();
    await clock.advance(20 * SECOND_MS);
    expect(sent.result?.outcome).toBe("accepted");
    expect(stick.calls).toHaveLength(1);
  });

  test.each<[string, AtModem["ussd"]]>([
    ["ends it", () => ({ says: "+CUSD: 2", afterMs: 500 })],
    ["does not support it", () => ({ says: "+CUSD: 4", afterMs: 500 })],
    ["does not answer in time", () => ({ says: "+CUSD: 5", afterMs: 500 })],
    ["says nothing at all", () => undefined],
    ["has a stick that does not know the command", undefined],
  ])("is said not to be told where the network %s", async (_what, ussd) => {
    await start("10:00");
    stick.ussd = ussd;
    await clock.advance(2 * MINUTE_MS);
    const told = await ready();
    expect(told?.ok).toBe(true);
    expect(told?.detail).toContain("The network does not tell the credit for the code that was entered.");
    await clock.advance(3 * HOUR_MS);
    expect(stick.codes.length).toBeLessThanOrEqual(1);
  });

  test("of another code, or of none any more, is not shown", async () => {
    await start("10:00");
    await clock.advance(MINUTE_MS);
    expect((await ready())?.detail).toContain("4.20");
    access = { port: access["port"] ?? "" };
    expect((await ready())?.detail).not.toContain("4.20");
    access = { ...access, creditCode: "#123#" };
    stick.ussd = () => ({ says: '+CUSD: 0,"Credit 8 EUR",15', afterMs: 10 });
    await clock.advance(2 * MINUTE_MS);
    expect((await ready())?.detail).toContain("Credit 8 EUR");
  });
});

test("only a code that ends no command is taken", () => {
  expect(creditSettings({ creditCode: "*100#" })).toEqual({ code: "*100#" });
  expect(creditSettings({ creditCode: " #100*3# ", creditLeast: "2,50" })).toEqual({
    ...{ code: "#100*3#", least: 2.5 },
  });
  for (const code of ["", "100", '*100#";+CMGS=1', "*100#\r*1#", "*abc#"]) {
    expect(creditSettings({ creditCode: code }), code).toBeUndefined();
  }
  expect(creditSettings({ ...CODE, creditLeast: "much" })).toEqual({ code: "*100#" });
});
