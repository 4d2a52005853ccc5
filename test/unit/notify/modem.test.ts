import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ChannelAccess } from "../../../src/domain/channel-access.ts";
import { LANGUAGES } from "../../../src/domain/person.ts";
import { createModem, type ModemChannel, modem } from "../../../src/notify/modem/modem.ts";
import { checkModem, readinessSentence } from "../../../src/notify/modem/readiness.ts";
import { TROUBLES, troubleSentence } from "../../../src/notify/modem/trouble.ts";
import type { ChannelMessage, SendResult } from "../../../src/port/channel.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { createMemoryLinks, type MemoryCable, type MemoryLinks } from "../../../src/transport/memory.ts";
import { NIGHT } from "../../support/alarms.ts";
import { AtModem, type Dialect } from "../../support/at-modem.ts";
import { byteLinks } from "../../support/byte-links.ts";
import { joinSms } from "../../support/sms-decode.ts";

const MEI = "+8613800138000";
const BA = "+8613900139000";

let clock: VirtualClock;
let memory: MemoryLinks;
let cable: MemoryCable;
let stick: AtModem;
let channel: ModemChannel;
let access: ChannelAccess | undefined;
let notes: string[];
let stopped: AbortController;

const links = () => byteLinks(async (address) => memory.open(address.replace("memory:", "")));

function plugIn(dialect: Dialect): AtModem {
  const made = new AtModem(dialect, clock, (bytes) => {
    cable.device.write(bytes).catch(() => undefined);
  });
  stick = made;
  return made;
}

beforeEach(() => {
  clock = createVirtualClock(NIGHT);
  memory = createMemoryLinks(clock);
  cable = memory.cable("stick");
  access = { port: "serial:memory:stick" };
  notes = [];
  stopped = new AbortController();
  plugIn("quectel");
  (async () => {
    for await (const bytes of cable.device.chunks) stick.take(bytes);
  })().catch(() => undefined);
  channel = createModem({
    clock,
    random: createSeededRandom(7),
    log: { note: (event, fields) => notes.push(`${event} ${JSON.stringify(fields)}`) },
    links: links(),
    access: () => access,
    http: {
      request: () => Promise.reject(new Error("no internet here")),
      lines: () => Promise.reject(new Error("no internet here")),
    },
    mail: { send: () => Promise.reject(new Error("no internet here")) },
  });
});

afterEach(async () => {
  stopped.abort();
  await clock.advance(60_000);
  expect(stick.doubleCalls).toBe(0);
  expect(stick.isInCall).toBe(false);
});

const message = (changes: Partial<ChannelMessage> = {}): ChannelMessage => ({
  key: "home/b1-abcdefghij-1/0/0",
  kind: "alarm",
  title: "呼吸守护：请马上查看（紧急）",
  body: "面罩可能脱落。",
  language: "zh-Hans",
  priority: "high",
  collapseKey: "b1-abcdefghij-1",
  ttlSeconds: 120,
  url: "https://home.local/#b1",
  acknowledgeUrl: "https://home.local/api/a/token",
  simulated: false,
  drill: false,
  ...changes,
});

const target = (phone: string, what = "call") => ({
  id: `t${phone}`,
  channel: "modem",
  settings: { phone, what },
});

/** Sends, and lets so much time pass. */
async function send(
  phone: string,
  changes: Partial<ChannelMessage> = {},
  what = "call",
  ms = 1_000,
): Promise<SendResult | undefined> {
  let result: SendResult | undefined;
  channel.send(target(phone, what), message(changes)).then(
    (came) => {
      result = came;
    },
    () => undefined,
  );
  await clock.advance(ms);
  return result;
}

const referenceOf = (result: SendResult | undefined): string =>
  result?.outcome === "accepted" ? result.reference : `not accepted: ${JSON.stringify(result)}`;
const poll = (result: SendResult | undefined) => channel.poll?.(target(MEI), referenceOf(result));

describe.each(["quectel", "simcom"] as const)("a %s stick", (dialect) => {
  beforeEach(() => plugIn(dialect));

  test("calls, and a key that is pressed acknowledges and ends the call", async () => {
    stick.answers = () => ({ alertsMs: 2_000, picksUpMs: 8_000, keyMs: 3_000 });
    const result = await send(MEI);
    expect(result).toMatchObject({ outcome: "accepted" });
    expect(await poll(result)).toEqual({ state: "waiting" });
    await clock.advance(9_000);
    expect(await poll(result)).toEqual({ state: "reached" });
    await clock.advance(2_000);
    expect(await poll(result)).toEqual({ state: "acknowledged" });
    expect(stick.calls).toMatchObject([{ number: MEI, endedBy: "us" }]);
  });

  test("counts picking up as reached alone, and hangs up after 25 seconds", async () => {
    stick.answers = () => ({ alertsMs: 2_000, picksUpMs: 8_000 });
    const result = await send(MEI, {}, "call", 31_000);
    expect(await poll(result)).toEqual({ state: "reached" });
    await clock.advance(5_000);
    expect(await poll(result)).toMatchObject({ state: "over", detail: expect.stringContaining("no key") });
    const [call] = stick.calls;
    expect(call?.endedBy).toBe("us");
    expect((call?.endedMs ?? 0) - (call?.atMs ?? 0)).toBeGreaterThan(32_000);
    expect((call?.endedMs ?? 0) - (call?.atMs ?? 0)).toBeLessThan(36_000);
  });

  test("takes nothing for a key while it only rings", async () => {
    stick.answers = () => ({ alertsMs: 1_000 });
    const result = await send(MEI, {}, "call", 5_000);
    stick.press("5");
    await clock.advance(5_000);
    expect(await poll(result)).toEqual({ state: "waiting" });
  });

  test("hears a key of somebody who hangs up in the same second", async () => {
    stick.answers = () => ({ alertsMs: 1_000, picksUpMs: 5_100, keyMs: 2_000, endsMs: 7_101 });
    const result = await send(MEI, {}, "call", 12_000);
    expect(await poll(result)).toEqual({ state: "acknowledged" });
  });

  test.each([
    ["BUSY", "nobody picked up"],
    ["NO CARRIER", "nobody picked up"],
    ["NO ANSWER", "nobody picked up"],
  ] as const)("that hears %s says that nobody picked up, with the network's reason", async (ends, words) => {
    stick.answers = () => ({ alertsMs: 1_000, endsMs: 9_000, ends, reason: "17, User busy" });
    const result = await send(MEI, {}, "call", 12_000);
    const receipt = await poll(result);
    expect(receipt).toMatchObject({ state: "over", unreached: true });
    expect(receipt).toHaveProperty("detail", `${words} (17, User busy)`);
  });
});

test("a Huawei module calls and says who picked up, but hears no keys", async () => {
  plugIn("huawei");
  stick.answers = () => ({ alertsMs: 2_000, picksUpMs: 6_000, endsMs: 15_000 });
  const result = await send(MEI, {}, "call", 8_000);
  expect(await poll(result)).toEqual({ state: "reached" });
  await clock.advance(10_000);
  expect(await poll(result)).toMatchObject({ state: "over" });
  expect(await healthNow()).toMatchObject({ ready: true, calls: true, keys: false });
});

test("a Huawei data stick says that it cannot call, and still sends the text", async () => {
  plugIn("huawei").hasVoice = false;
  expect(await send(MEI)).toMatchObject({ outcome: "refused", gone: false, detail: /cannot call/ });
  expect(await send(BA, {}, "both", 3_000)).toMatchObject({ outcome: "accepted" });
  expect(stick.texts).toHaveLength(1);
  expect(await healthNow()).toMatchObject({ ready: true, calls: false });
});

async function healthNow() {
  let health: unknown;
  channel.health().then(
    (came) => {
      health = came;
    },
    () => undefined,
  );
  await clock.advance(12_000);
  return health;
}

describe("one stick for all", () => {
  test("calls one after the other, shorter while others wait, and nobody twice at a time", async () => {
    const [mei, ba] = [await send(MEI), await send(BA)];
    const again = await send(MEI, { key: "home/b1-abcdefghij-1/0/1" });
    expect(referenceOf(again)).toBe(referenceOf(mei));
    await clock.advance(90_000);
    expect(stick.calls.map(({ number }) => number)).toEqual([MEI, BA]);
    const rung = stick.calls.map(({ atMs, endedMs = 0 }) => Math.round((endedMs - atMs) / 1_000));
    expect(rung[0]).toBeGreaterThanOrEqual(25);
    expect(rung[0]).toBeLessThan(28);
    expect(rung[1]).toBeGreaterThanOrEqual(45);
    expect(await poll(mei)).toMatchObject({ state: "over" });
    expect(await poll(ba)).toMatchObject({ state: "over" });
  });

  test("a send that waits its turn at a working stick is accepted within ten seconds", async () => {
    await send(MEI);
    expect(await send(BA, {}, "call", 9_000)).toBeUndefined();
    const late = await send(BA, {}, "call", 11_000);
    expect(late).toMatchObject({ outcome: "accepted" });
  });

  test("a high alarm's call takes the turn of a medium one that only rings, which is placed again after it", async () => {
    const medium = await send(MEI, { priority: "medium", collapseKey: "m1" }, "call", 5_000);
    stick.answers = () => ({ alertsMs: 1_000, picksUpMs: 4_000, keyMs: 1_000 });
    const high = await send(BA, {}, "call", 8_000);
    expect(await poll(high)).toEqual({ state: "acknowledged" });
    await clock.advance(8_000);
    expect(await poll(medium)).toEqual({ state: "acknowledged" });
    expect(stick.calls.map(({ number }) => number)).toEqual([MEI, BA, MEI]);
  });

  test("another alarm about the same person is a call of its own: a key answers what it was called for", async () => {
    stick.answers = () => ({ alertsMs: 1_000, picksUpMs: 3_000, keyMs: 1_000 });
    const one = await send(MEI);
    const two = await send(MEI, { collapseKey: "b2-other" }, "call", 3_500);
    expect(referenceOf(two)).not.toBe(referenceOf(one));
    expect(await poll(one)).toEqual({ state: "acknowledged" });
    await clock.advance(6_000);
    expect(await poll(two)).toEqual({ state: "acknowledged" });
    expect(stick.calls).toHaveLength(2);
  });

  test("texts go after the first call, and are not sent again with each repeat of the call", async () => {
    stick.answers = () => ({ alertsMs: 1_000, endsMs: 5_000, ends: "BUSY" });
    await send(MEI, {}, "both", 8_000);
    expect(stick.texts.map(({ to }) => to)).toEqual([MEI]);
    expect(joinSms(stick.texts)).toBe("呼吸守护：请马上查看（紧急）\n面罩可能脱落。");
    await send(MEI, { key: "home/b1-abcdefghij-1/0/1" }, "both", 10_000);
    expect(stick.calls).toHaveLength(2);
    expect(stick.texts).toHaveLength(1);
    await clock.advance(110_000);
    await send(MEI, { key: "home/b1-abcdefghij-1/0/2" }, "both", 10_000);
    expect(stick.texts).toHaveLength(2);
  });

  test("a queue without end is refused, and what is urgent still comes in", async () => {
    const results = [];
    for (let index = 0; index < 40; index++) {
      results.push(await send(`+86138001380${10 + index}`, { priority: "medium" }, "call", 10));
    }
    expect(results.filter((result) => result?.outcome === "failed").length).toBeGreaterThan(5);
    stick.answers = () => ({ alertsMs: 500, endsMs: 1_000 });
    await send(BA, {}, "call", 3_000);
    expect(stick.calls.map(({ number }) => number)).toContain(BA);
    await clock.advance(300_000);
  });

  test("what waited longer than it is worth is not called any more", async () => {
    await send(MEI);
    const late = await send(BA, { ttlSeconds: 20 }, "call", 40_000);
    expect(await poll(late)).toMatchObject({ state: "over", detail: expect.stringContaining("its time") });
    expect(stick.calls.map(({ number }) => number)).toEqual([MEI]);
  });
});

describe("ends", () => {
  test("a call when somebody else has answered", async () => {
    const result = await send(MEI, {}, "call", 5_000);
    await channel.cancel?.(target(MEI), referenceOf(result));
    await clock.advance(1_500);
    expect(stick.calls[0]).toMatchObject({ endedBy: "us", endedMs: expect.any(Number) });
    expect(await poll(result)).toEqual({ state: "over", detail: "stopped" });
  });

  test("a call that still waits, so that it is never placed", async () => {
    await send(MEI);
    const ba = await send(BA, {}, "call", 11_000);
    await channel.cancel?.(target(BA), referenceOf(ba));
    await clock.advance(60_000);
    expect(stick.calls.map(({ number }) => number)).toEqual([MEI]);
  });

  test.each(["update", "closed"] as const)(
    "a call by a quiet %s, and places none and texts nobody",
    async (kind) => {
      await send(MEI, {}, "call", 5_000);
      const quiet = await send(MEI, { kind, priority: "low" }, "both");
      expect(quiet).toEqual({ outcome: "accepted", reference: "" });
      await clock.advance(2_000);
      expect(stick.isInCall).toBe(false);
      await send(BA, { kind, priority: "low" }, "both", 5_000);
      expect(stick.calls).toHaveLength(1);
      expect(stick.texts).toHaveLength(0);
    },
  );

  test("a call that a crash left behind, before anything else", async () => {
    stick.answers = () => ({ alertsMs: 1_000 });
    stick.take(Buffer.from(`ATD${BA};\r`));
    await send(MEI, {}, "call", 5_000);
    expect(stick.calls.map(({ number, endedBy }) => [number, endedBy])).toEqual([
      [BA, "us"],
      [MEI, undefined],
    ]);
  });

  test("a call that cannot be hung up by starting the line anew", async () => {
    stick.isStuck = true;
    const result = await send(MEI, {}, "call", 5_000);
    await channel.cancel?.(target(MEI), referenceOf(result));
    await clock.advance(3_000);
    expect(notes.join("\n")).toContain("modem.gone");
    stick.isStuck = false;
    await send(BA, {}, "call", 5_000);
    expect(stick.calls.map(({ number }) => number)).toEqual([MEI, BA]);
  });

  test("calls from outside, which would keep the line busy", async () => {
    await healthNow();
    stick.commands.length = 0;
    stick.news("RING");
    await clock.advance(500);
    expect(stick.commands).toEqual(["AT+CHUP"]);
  });
});

describe("a gentle question", () => {
  test("is a text where texts are wanted, and never a call", async () => {
    expect(await send(MEI, { priority: "low" }, "both", 3_000)).toMatchObject({ outcome: "accepted" });
    expect(stick.calls).toHaveLength(0);
    expect(stick.texts).toHaveLength(1);
    expect(await send(BA, { priority: "low" }, "call")).toEqual({ outcome: "accepted", reference: "" });
    expect(stick.calls).toHaveLength(0);
  });
});

describe("a text", () => {
  test("may carry the address that answers, where the home wants it", async () => {
    access = { port: "memory:stick", link: "yes" };
    await send(MEI, {}, "sms", 3_000);
    expect(joinSms(stick.texts)).toBe(
      "呼吸守护：请马上查看（紧急）\n面罩可能脱落。\nhttps://home.local/api/a/token",
    );
  });

  test("in English with the drill's mark goes in one part", async () => {
    const english = { title: "DRILL · Look now (urgent)", body: "Open to see.", language: "en" } as const;
    await send(MEI, { ...english, drill: true }, "sms", 3_000);
    expect(stick.texts).toMatchObject([
      { alphabet: "gsm7", text: "DRILL - Look now (urgent)\nOpen to see." },
    ]);
  });

  test.each([
    ["+CMS ERROR: 21", "failed", /credit.*CMS ERROR: 21/],
    ["+CMS ERROR: 38", "failed", /CMS ERROR: 38/],
    ["+CMS ERROR: 331", "failed", /no mobile network/],
    ["+CMS ERROR: 310", "refused", /no SIM/],
    ["ERROR", "failed", /credit/],
  ])("that the network answers with %s is %s, and tried again after", async (error, outcome, detail) => {
    stick.smsError = error;
    const result = await send(MEI, {}, "sms", 5_000);
    expect(result).toMatchObject({ outcome, detail });
    stick.smsError = undefined;
    expect(await send(MEI, {}, "sms", 5_000)).toMatchObject({ outcome: "accepted" });
  });

  test("that the network takes long over is one text, however often it is asked for", async () => {
    stick.smsMs = 15_000;
    expect(await send(MEI, {}, "sms", 11_000)).toMatchObject({ outcome: "failed", detail: /still waits/ });
    expect(await send(MEI, {}, "sms", 6_000)).toMatchObject({ outcome: "accepted" });
    expect(stick.texts).toHaveLength(1);
  });

  test("about the same is not sent again within two minutes, and says when", async () => {
    await send(MEI, {}, "sms", 3_000);
    const result = await send(MEI, { key: "home/b1-abcdefghij-1/0/1" }, "sms");
    expect(result).toMatchObject({ outcome: "failed", retryAfterMs: expect.any(Number) });
    expect(stick.texts).toHaveLength(1);
  });
});

describe("trouble is one clear sentence", () => {
  test.each([
    ["no SIM", (at: AtModem) => (at.sim = "none"), "refused", /finds no SIM card/],
    ["a SIM that wants its PIN", (at: AtModem) => (at.sim = "SIM PIN"), "refused", /wants its PIN/],
    ["a locked SIM", (at: AtModem) => (at.sim = "SIM PUK"), "refused", /PUK/],
    ["no network", (at: AtModem) => (at.creg = at.cereg = 2), "failed", /no mobile network/],
    [
      "a SIM that the network refuses",
      (at: AtModem) => (at.creg = at.cereg = 3),
      "failed",
      /refuses this SIM/,
    ],
    ["texts only", (at: AtModem) => (at.creg = at.cereg = 6), "failed", /only text messages/],
    ["a stick that says nothing", (at: AtModem) => (at.isMute = true), "failed", /does not answer/],
  ])("%s", async (_, arrange, outcome, detail) => {
    arrange(stick);
    expect(await send(MEI, {}, "call", 12_000)).toMatchObject({ outcome, detail });
    expect(stick.calls).toHaveLength(0);
    // It works by itself once it is mended.
    Object.assign(stick, { sim: "READY", creg: 1, cereg: 1, isMute: false });
    expect(await send(MEI, {}, "call", 8_000)).toMatchObject({ outcome: "accepted" });
  });

  test("a SIM without credit: the network takes no call and says why", async () => {
    stick.answers = () => ({ refuses: "NO CARRIER", reason: "21, Call rejected" });
    expect(await send(MEI)).toMatchObject({ outcome: "failed", detail: /credit.*21, Call rejected/ });
  });

  test("garbage from the stick", async () => {
    stick.damage = () => Buffer.from("\u0000\u00ff@@\r\n{{{\r\n");
    expect(await send(MEI, {}, "call", 12_000)).toMatchObject({
      outcome: "failed",
      detail: /does not answer/,
    });
  });

  test("a stick that was pulled out before, and comes back", async () => {
    cable.unplug();
    expect(await send(MEI)).toMatchObject({ outcome: "failed", detail: /is not there/ });
    cable.plugIn();
    expect(await send(MEI)).toMatchObject({ outcome: "accepted" });
  });

  test("a stick that is pulled out in a call calls again once it is back", async () => {
    const result = await send(MEI, {}, "call", 5_000);
    cable.unplug();
    stick.restart();
    cable.plugIn();
    stick.answers = () => ({ alertsMs: 1_000, picksUpMs: 3_000, keyMs: 1_000 });
    await clock.advance(10_000);
    expect(stick.calls).toHaveLength(2);
    expect(await poll(result)).toEqual({ state: "acknowledged" });
  });

  test("a port that another program has", async () => {
    const taken = memory.open("stick");
    expect(await send(MEI)).toMatchObject({ outcome: "failed", detail: /another program/ });
    await taken.link.close();
  });

  test("no settings, no port, no number", async () => {
    access = undefined;
    expect(await send(MEI)).toMatchObject({ outcome: "refused", gone: false });
    access = { port: " " };
    expect(await send(MEI)).toMatchObject({ outcome: "refused", gone: false });
    access = { port: "memory:stick" };
    for (const phone of ["13800138000", "+86;ATD+1", "", "+8613800138000;"]) {
      expect(await send(phone)).toMatchObject({ outcome: "refused", detail: /phone number/ });
    }
  });

  test("in three languages each, without a word too many", () => {
    for (const code of TROUBLES) {
      const sentences = LANGUAGES.map((language) => troubleSentence({ code }, language));
      expect(new Set(sentences).size).toBe(3);
      for (const sentence of sentences) expect(sentence.length).toBeLessThan(140);
    }
  });

  test("never names a number or the PIN in the log", async () => {
    stick.sim = "SIM PIN";
    access = { port: "memory:stick", pin: "4321" };
    await send(MEI, {}, "both", 12_000);
    expect(notes.join("\n")).not.toMatch(/13800138000|4321/);
  });
});

describe("the SIM's PIN", () => {
  test("is entered once, and the SIM is given its moment", async () => {
    stick.sim = "SIM PIN";
    access = { port: "memory:stick", pin: "1234" };
    expect(await send(MEI, {}, "call", 5_000)).toMatchObject({ outcome: "accepted" });
    expect(stick.commands.filter((line) => line.startsWith("AT+CPIN="))).toEqual(['AT+CPIN="1234"']);
  });

  test("that was wrong is never tried again, so that the SIM does not lock", async () => {
    stick.sim = "SIM PIN";
    access = { port: "memory:stick", pin: "9999" };
    for (let count = 0; count < 5; count++) {
      expect(await send(MEI, {}, "call", 5_000)).toMatchObject({ outcome: "refused", detail: /PIN.*wrong/ });
    }
    expect(stick.pinTries).toBe(2);
    // Another one would be tried, but not after a try was wasted: the last ones are for a person.
    access = { port: "memory:stick", pin: "1234" };
    expect(await send(MEI, {}, "call", 5_000)).toMatchObject({ outcome: "refused", detail: /PIN.*wrong/ });
    expect(stick.pinTries).toBe(2);
  });

  test("that is no PIN is not sent to the stick", async () => {
    stick.sim = "SIM PIN";
    access = { port: "memory:stick", pin: '1";+CFUN=0' };
    expect(await send(MEI, {}, "call", 12_000)).toMatchObject({
      outcome: "refused",
      detail: /wants its PIN/,
    });
    expect(stick.commands.join()).not.toContain("CFUN");
  });
});

describe("a line that is not perfect", () => {
  test("news in the middle of every answer changes nothing", async () => {
    stick.chatter = ["+CREG: 2", '+CMTI: "SM",3', "^RSSI:18", "+CSQ: 9,99", '^HCSQ:"LTE",40', "RDX"];
    stick.answers = () => ({ alertsMs: 2_000, picksUpMs: 6_000, keyMs: 2_000 });
    const result = await send(MEI, {}, "both", 12_000);
    expect(await poll(result)).toEqual({ state: "acknowledged" });
    expect(stick.texts).toHaveLength(1);
  });

  test("slow answers are waited for", async () => {
    stick.delayMs = 700;
    stick.answers = () => ({ alertsMs: 2_000, picksUpMs: 9_000, keyMs: 2_000 });
    await send(MEI, {}, "call", 10_000);
    const result = await send(MEI, {}, "call", 25_000);
    expect(await poll(result)).toEqual({ state: "acknowledged" });
    expect(stick.calls).toHaveLength(1);
  });

  test("lost bytes end no call and place none twice", async () => {
    const random = createSeededRandom(11);
    await healthNow();
    stick.damage = (bytes) => bytes.filter(() => random.uniform() > 0.02) as Buffer;
    stick.answers = () => ({ alertsMs: 2_000, picksUpMs: 20_000 });
    const result = await send(MEI, {}, "call", 28_000);
    expect(stick.calls).toHaveLength(1);
    expect(stick.isInCall).toBe(true);
    stick.damage = (bytes) => bytes;
    stick.press("1");
    await clock.advance(6_000);
    expect(await poll(result)).toEqual({ state: "acknowledged" });
  });
});

describe("whatever is lost or cut on the way", () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "the line is free at the end and nobody was called twice at a time (%i)",
    async (seed) => {
      const random = createSeededRandom(seed);
      const say = (bytes: Uint8Array): void => {
        // One byte at a time, some of them lost.
        for (const byte of bytes) {
          if (random.uniform() < 0.01 * seed) continue;
          cable.device.write(Uint8Array.of(byte)).catch(() => undefined);
        }
      };
      const flawed = new AtModem(seed % 2 === 0 ? "simcom" : "quectel", clock, say);
      stick = flawed;
      flawed.answers = () => ({ alertsMs: 2_000, picksUpMs: 10_000, endsMs: 20_000 });
      const results = [await send(MEI, {}, "both", 15_000), await send(BA, {}, "both", 15_000)];
      expect(results.every((result) => result?.outcome !== "refused")).toBe(true);
      await clock.advance(180_000);
      expect(flawed.calls.every(({ endedMs }) => endedMs !== undefined)).toBe(true);
      expect(flawed.texts.every(({ to }) => to === MEI || to === BA)).toBe(true);
    },
  );
});

describe("hearing by itself", () => {
  test("tells a key at once, goes on after the stick was pulled out, and closes the port at the end", async () => {
    const answers: unknown[] = [];
    let isOver = false;
    channel
      .listen?.(
        () => [target(MEI)],
        (answer) => {
          answers.push(answer);
          return Promise.resolve();
        },
        stopped.signal,
      )
      .then(
        () => {
          isOver = true;
        },
        () => undefined,
      );
    await clock.advance(2_000);
    cable.unplug();
    stick.restart();
    await clock.advance(5_000);
    cable.plugIn();
    await clock.advance(15_000);
    expect(notes.filter((line) => line.startsWith("modem.state"))).toEqual([
      'modem.state {"state":"ready"}',
      'modem.state {"state":"no_stick"}',
      'modem.state {"state":"ready"}',
    ]);
    stick.answers = () => ({ alertsMs: 1_000, picksUpMs: 3_000, keyMs: 1_000 });
    const result = await send(MEI, {}, "call", 6_000);
    expect(answers).toEqual([{ target: `t${MEI}`, reference: referenceOf(result) }]);
    stopped.abort();
    await clock.advance(31_000);
    expect(isOver).toBe(true);
    await memory.open("stick").link.close();
    expect(clock.pending).toBe(0);
  });
});

test("a home without a stick listens for nothing, says nothing, and opens one that is entered later", async () => {
  access = undefined;
  channel
    .listen?.(
      () => [],
      () => undefined,
      stopped.signal,
    )
    .catch(() => undefined);
  await clock.advance(300_000);
  expect(notes).toEqual([]);
  access = { port: "memory:stick" };
  await clock.advance(70_000);
  expect(notes).toContain('modem.state {"state":"ready"}');
});

describe("readiness", () => {
  test("says operator, signal, calls and keys", async () => {
    expect(await healthNow()).toEqual({
      ready: true,
      network: "home",
      operator: "CHINA MOBILE",
      signalDbm: -73,
      calls: true,
      keys: true,
      model: "Quectel EC25",
      simulated: true,
    });
  });

  test("is one sentence or a few for the family", async () => {
    const health = await channelHealth();
    if (!health.ready) throw new Error("ready");
    expect(readinessSentence(health, "en")).toBe("The 4G stick is ready: CHINA MOBILE, -73 dBm.");
    expect(
      readinessSentence({ ...health, signalDbm: -109, keys: false, network: "roaming" }, "zh-Hans"),
    ).toBe(
      "4G 上网卡已就绪: CHINA MOBILE, -109 dBm。它听不到按键：接起电话不算有人处理。信号弱。请移到窗边。正在漫游：通话可能更贵。",
    );
    expect(readinessSentence({ ready: false, trouble: { code: "no_stick" } }, "zh-Hant")).toBe(
      "找不到 4G 網卡。請把它插好。",
    );
  });

  test("is asked by a command line that opens the stick for it, and closes it", async () => {
    let health: unknown;
    checkModem(
      { links: links(), clock, log: { note: () => undefined } },
      { port: "memory:stick" },
      new AbortController().signal,
    ).then(
      (came) => {
        health = came;
      },
      () => undefined,
    );
    await clock.advance(5_000);
    expect(health).toMatchObject({ ready: true, operator: "CHINA MOBILE" });
    await memory.open("stick").link.close();
  });

  async function channelHealth() {
    const asked = channel.health();
    await clock.advance(5_000);
    return asked;
  }
});

test("the module describes itself whole, and what it does not know any more it says", async () => {
  expect(modem.access.map(({ name }) => name)).toEqual(["port", "pin", "link", "creditCode", "creditLeast"]);
  expect(modem.access.find(({ name }) => name === "pin")?.kind).toBe("secret");
  expect(await channel.poll?.(target(MEI), "from-before")).toMatchObject({ state: "over" });
  expect(await channel.poll?.(target(MEI), "")).toMatchObject({ state: "over" });
});
