// Real noble in its own process against real bleno in another, over virtual controllers: only the radio is not real.
import { type ChildProcess, fork } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { createClock } from "../../src/ops/clock.ts";
import type { Clock } from "../../src/port/clock.ts";
import type { GattProfile, OpenLink, PacketLink } from "../../src/port/link.ts";
import { startBleHelper } from "../../src/transport/ble-helper.ts";
import { scanBle } from "../../src/transport/ble-scan.ts";
import { createLinks } from "../../src/transport/links.ts";
import type { SensorDescription, SensorNews, SensorOrder } from "../support/ble-sensor-writer.ts";
import { requires } from "../support/require.ts";
import { createVirtualRoom, type VirtualRoom } from "../support/virtual-radio.ts";

const { describe, test } = requires("socat");

const ADDRESS = "c0:ff:ee:00:00:01";
const SENSOR: SensorDescription = {
  name: "Ring 0815",
  advertises: ["1822"],
  service: "1822",
  notify: ["2a5f", "2a5e", "14839ac47d7e415c9a42167340cf2339"],
  read: { "2a60": [0x03, 0x00] },
  write: ["2a52"],
};
const PROFILE: GattProfile = {
  services: ["1822"],
  names: [/^Ring /],
  notify: ["2a5f", "14839ac4*"],
  notifyIfThere: ["2a5e", "2aaa"],
  read: ["2a60", "2a19"],
  write: { "2a52": "with_response" },
  bonded: false,
};

let room: VirtualRoom;
let sensor: ChildProcess;
let news: SensorNews[];
let adapter: string;
let opened: OpenLink<PacketLink>[] = [];

const order = (what: SensorOrder): void => void sensor.send(what);

async function until(what: () => boolean, ms = 10_000): Promise<number> {
  const start = performance.now();
  while (!what()) {
    if (performance.now() - start > ms)
      throw new Error(`not within ${ms} ms: ${what.toString()}; ${JSON.stringify(news)}`);
    await sleep(5);
  }
  return performance.now() - start;
}

/** The long time limits, of what the air decides, pass twenty times as fast. */
const real = createClock();
const hasty: Clock = {
  ...real,
  after: (ms, callback) => real.after(ms >= 10_000 ? ms / 20 : ms, callback),
};

interface Opening {
  readonly gatt?: GattProfile;
  readonly device?: string;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
}

async function open(opening: Opening = {}): Promise<OpenLink<PacketLink>> {
  const { gatt = PROFILE, device = ADDRESS, clock = real } = opening;
  const { signal = new AbortController().signal } = opening;
  const links = createLinks({ clock });
  const link = await links.openPackets(`ble+hci:${device}@${adapter}`, { kind: "gatt", gatt }, signal);
  opened.push(link);
  return link;
}

function listen({ link }: OpenLink<PacketLink>): { packets: string[]; end: string } {
  const heard = { packets: [] as string[], end: "open" };
  const read = async (): Promise<void> => {
    for await (const { channel, bytes } of link.chunks)
      heard.packets.push(`${channel} ${Buffer.from(bytes).toString("hex")}`);
    heard.end = "closed";
  };
  read().catch((error: { code?: string }) => {
    heard.end = error.code ?? "threw";
  });
  return heard;
}

/** Processes of ours that run noble. */
const helpers = (): number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("ble-child") &&
          readFileSync(`/proc/${pid}/stat`, "utf8").split(" ")[3] === String(process.pid)
        );
      } catch {
        return false;
      }
    });

describe("a Bluetooth sensor", () => {
  beforeAll(async () => {
    news = [];
    room = createVirtualRoom();
    const port = await room.controller(ADDRESS);
    adapter = await room.controller("c0:ff:ee:00:00:02");
    const program = path.join(import.meta.dirname, "../support/ble-sensor-writer.ts");
    sensor = fork(program, [port, JSON.stringify(SENSOR)], { execArgv: [] });
    sensor.on("message", (each: SensorNews) => news.push(each));
    await until(() => news.some((each) => each.news === "ready"));
  });
  beforeEach(() => {
    news.length = 0;
  });
  afterEach(async () => {
    await Promise.all(opened.map(({ link }) => link.close()));
    opened = [];
    room.swallow(() => false);
    room.failConnections(0);
    room.ignoreConnecting(false);
    await until(() => helpers().length === 0 && room.connections === 0);
  });
  afterAll(async () => {
    const gone = new Promise((resolve) => sensor.once("exit", resolve));
    if (sensor.kill("SIGKILL")) await gone;
    await room.remove();
  });

  test("is found, subscribed to in the order of the profile, read and heard; it counts as simulated", async () => {
    const link = await open();
    expect(link).toMatchObject({ simulated: true, resolved: `ble:${ADDRESS}@${adapter}` });
    const subscribed = news.flatMap((each) => (each.news === "subscribed" ? [each.uuid] : []));
    expect(subscribed).toEqual(["2a5f", "14839ac47d7e415c9a42167340cf2339", "2a5e"]);
    const heard = listen(link);
    order({ do: "say", uuid: "2a5f", bytes: [0, 0x61, 0, 0x48, 0] });
    order({ do: "say", uuid: "14839ac47d7e415c9a42167340cf2339", bytes: [7] });
    await until(() => heard.packets.length === 3);
    expect(heard.packets).toEqual(["2a60 0300", "2a5f 0061004800", "14839ac4* 07"]);
    await link.link.close();
    await until(() => heard.end === "closed" && news.some((each) => each.news === "left"));
  });

  test("is heard by a scan that connects to nobody", async () => {
    const heard = await scanBle({
      clock: real,
      startHelper: startBleHelper,
      radio: { kind: "hci", adapter },
      forMs: 200,
      signal: new AbortController().signal,
    });
    expect(heard).toEqual([
      { address: ADDRESS, name: "Ring 0815", services: ["1822"], manufacturer: undefined, rssiDbm: -55 },
    ]);
    expect(news).toEqual([]);
  });

  test("is written to as the profile says, and to nothing else", async () => {
    const { link } = await open();
    await link.write({ channel: "2a52", bytes: Uint8Array.of(1, 2) });
    await until(() => news.some((each) => each.news === "written"));
    expect(news.at(-1)).toEqual({ news: "written", uuid: "2a52", bytes: [1, 2], answered: true });
    await expect(link.write({ channel: "2a5f", bytes: Uint8Array.of(1) })).rejects.toMatchObject({
      code: "DEVICE_REFUSED",
    });
    await link.close();
    const quick = await open({
      gatt: { ...PROFILE, write: { "2a52": "without_response" } },
      device: "ring 0815",
    });
    await quick.link.write({ channel: "2a52", bytes: Uint8Array.of(3) });
    await until(() => news.at(-1)?.news === "written");
    expect(news.at(-1)).toEqual({ news: "written", uuid: "2a52", bytes: [3], answered: false });
  });

  test("out of reach is a lost link at once, and found again", async () => {
    const heard = listen(await open());
    room.loseLinks();
    expect(await until(() => heard.end !== "open", 2_000)).toBeLessThan(1_000);
    expect(heard.end).toBe("LINK_LOST");
    const again = listen(await open());
    order({ do: "say", uuid: "2a5f", bytes: [9] });
    await until(() => again.packets.includes("2a5f 09"));
  });

  test("whose Bluetooth process dies is a lost link, and a fresh process reads it again", async () => {
    const heard = listen(await open());
    const [pid = 0] = helpers();
    process.kill(pid, "SIGKILL");
    await until(() => heard.end !== "open", 2_000);
    expect(heard.end).toBe("LINK_LOST");
    await until(() => room.connections === 0);
    const again = listen(await open());
    order({ do: "say", uuid: "2a5f", bytes: [8] });
    await until(() => again.packets.includes("2a5f 08"));
  });

  test("whose packets get lost stays silent without an end: that is for the quiet watchdog", async () => {
    const heard = listen(await open());
    await until(() => heard.packets.length === 1);
    // 0x1b is a notification (Bluetooth Core 5.0, volume 3, part F, 3.4.7.1).
    room.swallow((att) => att[0] === 0x1b);
    order({ do: "say", uuid: "2a5f", bytes: [1] });
    await sleep(300);
    expect(heard).toEqual({ packets: ["2a60 0300"], end: "open" });
  });

  test("that fails while it connects is given up at once, and connects the next time", async () => {
    room.failConnections(1);
    await expect(open()).rejects.toMatchObject({ code: expect.stringMatching(/LINK_REFUSED|LINK_LOST/) });
    await until(() => helpers().length === 0);
    await open();
  });

  test("that is heard and never connects is given up in time: a phone may have it", async () => {
    room.ignoreConnecting(true);
    await expect(open({ clock: hasty })).rejects.toMatchObject({
      code: "LINK_REFUSED",
      message: expect.stringContaining("no answer to connect in 12 s"),
      fix: expect.stringContaining("another phone's app holds the ring"),
    });
  });

  test("that does not advertise, as when a phone has it, is not found; others of its kind are named", async () => {
    const fault = await open({ clock: hasty, device: "aa:bb:cc:dd:ee:ff" }).catch((error: unknown) => error);
    expect(fault).toMatchObject({
      code: "LINK_NOT_FOUND",
      message: expect.stringContaining(`Ring 0815 (${ADDRESS})`),
      fix: expect.stringContaining("another phone's app holds the ring"),
    });
  });

  test("of another family is refused with the characteristic that it lacks", async () => {
    await expect(open({ gatt: { ...PROFILE, notify: ["ffe4"] } })).rejects.toMatchObject({
      code: "LINK_REFUSED",
      message: expect.stringContaining("ffe4"),
    });
  });

  test("is not waited for when it is no longer wanted", async () => {
    const stop = new AbortController();
    const opening = open({ device: "nobody", signal: stop.signal });
    setTimeout(() => stop.abort(), 300);
    await expect(opening).rejects.toThrow(/abort/);
  });
});
