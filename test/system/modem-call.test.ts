// A stick on a real pseudo-terminal, read through the real serialport package, in real time.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, onTestFinished } from "vitest";
import { accessName, type ChannelAccess } from "../../src/domain/channel-access.ts";
import { createModem, type ModemChannel } from "../../src/notify/modem/modem.ts";
import { checkModem } from "../../src/notify/modem/readiness.ts";
import { createClock } from "../../src/ops/clock.ts";
import { openKeyFile } from "../../src/ops/key-file.ts";
import { createRandom } from "../../src/ops/random.ts";
import type { ChannelMessage } from "../../src/port/channel.ts";
import type { OpenLink } from "../../src/port/link.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import { openSqliteStores } from "../../src/store/state/state.ts";
import { createLinks } from "../../src/transport/links.ts";
import { AtModem, type Dialect } from "../support/at-modem.ts";
import { createPtyCable, type PtyCable } from "../support/pty.ts";
import { requires } from "../support/require.ts";
import { silentLog } from "../support/silent-log.ts";
import { joinSms } from "../support/sms-decode.ts";
import { run } from "../support/terminal.ts";

const { describe, test } = requires("socat");
const MEI = "+8613800138000";
const SERIAL = { baudRate: 115_200, dataBits: 8, parity: "none", stopBits: 1, rtscts: false } as const;

const clock = createClock();
const links = createLinks({ clock });
let cable: PtyCable;
let far: OpenLink | undefined;
let stick: AtModem;
let channel: ModemChannel;
let access: ChannelAccess;
let heard: string[];
let stopping: AbortController;
let listening: Promise<void> | undefined;

/** Connects the stick to its end of the cable. */
async function attach(): Promise<void> {
  await cable.plugIn();
  const opened = await links.open(
    cable.device,
    { kind: "bytes", serial: SERIAL },
    new AbortController().signal,
  );
  far = opened;
  const read = async (): Promise<void> => {
    for await (const bytes of opened.link.chunks) stick.take(bytes);
  };
  // It ends when the cable is pulled.
  read().catch(() => undefined);
}

async function pull(): Promise<void> {
  await cable.unplug();
  await far?.link.close();
  stick.restart();
}

const plugIn = (dialect: Dialect): void => {
  stick = new AtModem(dialect, clock, (bytes) => {
    // What is said while nobody reads is lost, as on a real cable.
    far?.link.write(bytes).catch(() => undefined);
  });
};

beforeEach(async () => {
  cable = createPtyCable();
  plugIn("simcom");
  await attach();
  heard = [];
  access = { port: `serial:${cable.host}` };
  stopping = new AbortController();
  channel = createModem({
    clock,
    random: createSeededRandom(3),
    log: silentLog,
    links,
    access: () => access,
    zone: whereItIsNoon(),
    http: {
      request: () => Promise.reject(new Error("no internet here")),
      lines: () => Promise.reject(new Error("no internet here")),
    },
    mail: { send: () => Promise.reject(new Error("no internet here")) },
  });
  listen();
});

const listen = (): void => {
  listening = channel.listen?.(
    () => [],
    ({ reference }) => {
      heard.push(reference);
      return Promise.resolve();
    },
    stopping.signal,
  );
};

/** A zone in which somebody could top up now. */
function whereItIsNoon(): string {
  const hours = 12 - new Date(clock.wall()).getUTCHours();
  // The signs of these names are turned round; GMT+12 to GMT-12 exist.
  return hours === 0 ? "Etc/GMT" : `Etc/GMT${hours > 0 ? "-" : "+"}${Math.abs(hours)}`;
}

afterEach(async () => {
  stopping.abort();
  await listening;
  await pull();
  await cable.remove();
});

const target = (what: string) => ({ id: "t1", channel: "modem", settings: { phone: MEI, what } });

const message = (changes: Partial<ChannelMessage> = {}): ChannelMessage => ({
  key: "home/b1-abcdefghij-1/0/0",
  kind: "alarm",
  title: "呼吸守护：请马上查看（紧急）",
  body: "面罩可能脱落。请马上去看。".repeat(6),
  language: "zh-Hans",
  priority: "high",
  collapseKey: "b1-abcdefghij-1",
  ttlSeconds: 120,
  url: "https://home.local/#b1",
  simulated: false,
  drill: false,
  ...changes,
});

const receipt = (reference: string) => channel.poll?.(target("call"), reference);

async function accepted(what: string, changes: Partial<ChannelMessage> = {}): Promise<string> {
  const result = await channel.send(target(what), message(changes));
  if (result.outcome !== "accepted") throw new Error(JSON.stringify(result));
  return result.reference;
}

describe("a 4G stick on a real port", () => {
  test.each(["simcom", "quectel"] as const)(
    "%s: rings, is picked up, hears a key, hangs up, sends the text",
    async (dialect) => {
      plugIn(dialect);
      stick.chatter = ["+CREG: 2", '+CMTI: "SM",3', "+CSQ: 9,99"];
      stick.delayMs = 30;
      stick.answers = () => ({ alertsMs: 500, picksUpMs: 1_500, keyMs: 1_000 });
      const reference = await accepted("both");
      await expect.poll(() => receipt(reference), { timeout: 10_000 }).toEqual({ state: "reached" });
      await expect.poll(() => receipt(reference), { timeout: 10_000 }).toEqual({ state: "acknowledged" });
      expect(heard).toEqual([reference]);
      expect(stick.calls).toMatchObject([{ number: MEI, endedBy: "us" }]);
      const whole = (): number => stick.texts[0]?.part?.total ?? -1;
      await expect.poll(() => stick.texts.length === whole(), { timeout: 10_000 }).toBe(true);
      expect(joinSms(stick.texts)).toBe(`${message().title}\n${message().body}`);
    },
  );

  test.each([
    ["after its OK", 200],
    ["before its OK", undefined],
  ] as const)("says the credit of its card by itself, in Chinese, %s", async (_when, afterMs) => {
    const text = "您的余额为3.50元";
    const hex = Buffer.from(text, "utf16le").swap16().toString("hex").toUpperCase();
    stick.ussd = () => ({ says: `+CUSD: 0,"${hex}",72`, ...(afterMs === undefined ? {} : { afterMs }) });
    stopping.abort();
    await listening;
    stopping = new AbortController();
    access = { ...access, creditCode: "*100#", creditLeast: "5" };
    listen();
    await expect
      .poll(() => channel.health(), { timeout: 15_000, interval: 500 })
      .toMatchObject({
        ...{ ready: true, credit: { kind: "said", text, amount: 3.5, isLow: true } },
      });
    expect(stick.codes).toEqual(["*100#"]);
    expect((await channel.ready?.("zh-Hans"))?.detail).toMatch(
      new RegExp(`⚠ 话费余额不多了，请充值：没有话费就打不出电话。SIM 卡说：“${text}”$`),
    );
    // A call works as before.
    stick.answers = () => ({ alertsMs: 300, picksUpMs: 600, keyMs: 500 });
    const reference = await accepted("call");
    await expect.poll(() => receipt(reference), { timeout: 10_000 }).toEqual({ state: "acknowledged" });
  });

  test("huawei: says who picked up and that they hung up, and takes no key for an answer", async () => {
    plugIn("huawei");
    stick.answers = () => ({ alertsMs: 500, picksUpMs: 1_000, keyMs: 500, endsMs: 4_000 });
    const reference = await accepted("call");
    await expect.poll(() => receipt(reference), { timeout: 10_000 }).toEqual({ state: "reached" });
    await expect.poll(() => receipt(reference), { timeout: 10_000 }).toMatchObject({ state: "over" });
    expect(heard).toEqual([]);
  });

  test("is hung up at once when somebody has answered elsewhere", async () => {
    stick.answers = () => ({ alertsMs: 500 });
    const reference = await accepted("call");
    await channel.cancel?.(target("call"), reference);
    await expect.poll(() => stick.isInCall, { timeout: 5_000 }).toBe(false);
    expect(stick.calls).toMatchObject([{ endedBy: "us" }]);
  });

  test("pulled out in a call and put back, it calls again by itself", async () => {
    stick.answers = () => ({ alertsMs: 500 });
    const reference = await accepted("call");
    await pull();
    await expect
      .poll(async () => (await channel.send(target("sms"), message({ collapseKey: "x" }))).outcome, {
        timeout: 10_000,
      })
      .toBe("failed");
    stick.answers = () => ({ alertsMs: 500, picksUpMs: 1_500, keyMs: 500 });
    await attach();
    const again = await accepted("call", { key: "home/b1-abcdefghij-1/0/1" });
    await expect.poll(() => receipt(again), { timeout: 20_000 }).toEqual({ state: "acknowledged" });
    expect(stick.calls.length).toBeGreaterThanOrEqual(2);
    expect(stick.doubleCalls).toBe(0);
    expect(await receipt(reference)).not.toEqual({ state: "waiting" });
  });

  test("with bytes lost on the way still wakes somebody", async () => {
    const random = createSeededRandom(5);
    stick.damage = (bytes) => Buffer.from(bytes.filter(() => random.uniform() > 0.003));
    stick.answers = () => ({ alertsMs: 500, picksUpMs: 2_000 });
    await expect
      .poll(async () => (await channel.send(target("call"), message())).outcome, { timeout: 20_000 })
      .toBe("accepted");
    const presses = setInterval(() => stick.press("1"), 1_000);
    await expect.poll(() => heard.length, { timeout: 20_000 }).toBe(1);
    clearInterval(presses);
    expect(stick.doubleCalls).toBe(0);
  });

  test("tells how it is, also to a command line that finds the port free", async () => {
    expect(await channel.health()).toMatchObject({
      ready: true,
      operator: "CHINA MOBILE",
      signalDbm: -73,
      keys: true,
    });
    const settings = { port: cable.host };
    const beside = await checkModem({ links, clock, log: silentLog }, settings, new AbortController().signal);
    expect(beside).toMatchObject({ ready: false, trouble: { code: "port_refused" } });
    const free = { port: `${cable.host}-none` };
    expect(
      await checkModem({ links, clock, log: silentLog }, free, new AbortController().signal),
    ).toMatchObject({
      ready: false,
      trouble: { code: "no_stick" },
    });
  });

  test("a check of the machine says how it is, its card without credit in words, and who is told if the box dies", async () => {
    // The check opens it by itself.
    stopping.abort();
    await listening;
    await expect
      .poll(
        async () => {
          const found = await checkModem(
            { links, clock, log: silentLog },
            { port: cable.host },
            new AbortController().signal,
          );
          return found.ready;
        },
        { timeout: 60_000, interval: 1_000 },
      )
      .toBe(true);
    const port = `serial:${cable.host}`;
    const check = async (entered: ChannelAccess = { port }) => {
      const folder = await homeWith({ modem: entered });
      const { data } = await run(["check", "--config", "home.yaml"], {
        folder,
        clock,
        environment: process.env,
      });
      return (place: string) => data.split("\n").find((line) => line.split("  ")[1] === place);
    };
    const well = await check();
    expect(well("4G stick")).toBe("ok  4G stick  The 4G stick is ready: CHINA MOBILE, -73 dBm");
    expect(well("if this box dies")).toMatch(/^warning {2}if this box dies {2}no one is told {2}->/);
    stick.creg = 3;
    stick.cereg = 3;
    const denied = await check();
    expect(denied("4G stick")).toMatch(
      /^error {2}4G stick {2}The network refuses this SIM card: not active, or its credit has run out {2}-> /,
    );
    stick.creg = 1;
    stick.cereg = 1;
    stick.ussd = () => ({ says: '+CUSD: 0,"Balance 3.50 EUR",15', afterMs: 50 });
    const low = await check({ port, creditCode: "*100#", creditLeast: "5" });
    expect(low("4G stick")).toMatch(
      /^warning {2}4G stick {2}The 4G stick is ready: .* Its credit is low\..*“Balance 3\.50 EUR” {2}-> Top the SIM card up/,
    );
  });
});

/** A folder with a home that has run, and has entered this. */
async function homeWith(entered: { readonly [channel: string]: ChannelAccess }): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), "breathwatch-stick-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(
    path.join(folder, "home.yaml"),
    "zone: UTC\ndataDir: data\nweb: { port: 0 }\nbus: { port: 0 }\naudio: { enabled: false }\n" +
      "beds:\n  - id: b1\n    devices:\n      - { family: nonin-serial, port: 'memory:finger' }\n",
  );
  const dataDir = path.join(folder, "data");
  mkdirSync(dataDir, { mode: 0o700 });
  const { key } = await openKeyFile({ file: path.join(dataDir, "key"), dataDir, random: createRandom() });
  const { state, close } = await openSqliteStores({ folder: dataDir, key, clock, log: silentLog });
  for (const [channel, access] of Object.entries(entered)) {
    await state.setValue(accessName(channel), JSON.stringify(access));
  }
  await close();
  return folder;
}
