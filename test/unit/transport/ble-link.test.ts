// What the parent of the Bluetooth process makes of its answers; noble itself runs in test/system/ble.test.ts.
import { describe, expect, test } from "vitest";
import { wall } from "../../../src/domain/time.ts";
import type { GattProfile } from "../../../src/port/link.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { openBle } from "../../../src/transport/ble.ts";
import { BleRefusal, type StartBleHelper } from "../../../src/transport/ble-helper.ts";
import { isOfFamily } from "../../../src/transport/ble-match.ts";
import type { BleAsk } from "../../../src/transport/ble-messages.ts";
import { scanBle } from "../../../src/transport/ble-scan.ts";

const PROFILE: GattProfile = {
  services: ["1822"],
  names: [/^Ring /],
  notify: ["2a5f"],
  notifyIfThere: ["2a5e", "2a19"],
  read: ["2a24", "2a25", "2a26"],
  write: {},
  bonded: false,
};
const TABLE = ["2a5f notify", "2a5e notify", "2a19 notify", "2a24 read", "2a25 read", "2a26 read"];

/** A Bluetooth process that does what it is asked, but for what `refuses` names. */
function helperThat(refuses: (ask: BleAsk) => BleRefusal["why"] | undefined = () => undefined) {
  const asked: string[] = [];
  let kills = 0;
  const start: StartBleHelper = () => ({
    ask(ask) {
      asked.push("channel" in ask ? `${ask.do} ${ask.channel}` : ask.do);
      const why = refuses(ask);
      if (why !== undefined) return Promise.reject(new BleRefusal(why, "it said no"));
      return Promise.resolve(ask.do === "discover" ? TABLE : [ask.do === "start" ? "hci0" : "AA"]);
    },
    kill: () => void (kills += 1),
  });
  return { start, asked, kills: () => kills };
}

async function open({ start }: ReturnType<typeof helperThat>) {
  const notes: string[] = [];
  const { link } = await openBle("ble:Ring 1", PROFILE, new AbortController().signal, {
    clock: createVirtualClock(wall(0)),
    startHelper: start,
    log: { note: (event, fields) => void notes.push(`${event} ${String(fields?.["step"])}`) },
  });
  return { link, notes };
}

const isAsk = (what: BleAsk["do"], channel: string) => (ask: BleAsk) =>
  ask.do === what && "channel" in ask && ask.channel === channel;

describe("a Bluetooth link", () => {
  test.each(["failed", "timeout"] as const)(
    "goes on without a value that cannot be read (%s), and notes it",
    async (why) => {
      const helper = helperThat((ask) => (isAsk("read", "2a25")(ask) ? why : undefined));
      const { notes } = await open(helper);
      expect(helper.asked.slice(-2)).toEqual(["read 2a25", "read 2a26"]);
      expect(notes).toEqual(["link.step_failed read 2a25"]);
      expect(helper.kills()).toBe(0);
    },
  );

  test("goes on without a subscription that the family can do without", async () => {
    const helper = helperThat((ask) => (isAsk("subscribe", "2a5e")(ask) ? "failed" : undefined));
    const { notes } = await open(helper);
    expect(helper.asked).toContain("subscribe 2a19");
    expect(notes).toEqual(["link.step_failed subscribe 2a5e"]);
  });

  test("is given up without a subscription that the family needs", async () => {
    const helper = helperThat((ask) => (isAsk("subscribe", "2a5f")(ask) ? "failed" : undefined));
    await expect(open(helper)).rejects.toMatchObject({ code: "LINK_REFUSED" });
    expect(helper.kills()).toBe(1);
  });

  test("that is gone while something optional is read is lost, not opened", async () => {
    const helper = helperThat((ask) => (isAsk("read", "2a24")(ask) ? "gone" : undefined));
    await expect(open(helper)).rejects.toMatchObject({ code: "LINK_LOST" });
    expect(helper.asked.at(-1)).toBe("read 2a24");
  });

  test("may be closed twice, also at once: it says goodbye once", async () => {
    const helper = helperThat();
    const { link } = await open(helper);
    await Promise.all([link.close(), link.close()]);
    await link.close();
    expect(helper.asked.filter((what) => what === "leave")).toHaveLength(1);
    expect(helper.kills()).toBe(1);
  });
});

describe("a device of the family", () => {
  const wanted = { address: undefined, name: undefined, services: ["49535343*", "ffe0"], names: [/^Ring/] };
  test.each([
    ["49535343fe7d4ae58fa99fafd205e455", true],
    ["49535343-FE7D-4AE5-8FA9-9FAFD205E455", true],
    ["0000ffe0-0000-1000-8000-00805f9b34fb", true],
    ["ffe01", false],
    ["59535343fe7d4ae58fa99fafd205e455", false],
  ])("is known by the service %s: %s; a star stands for any rest", (service, is) => {
    expect(isOfFamily({ address: "AA", name: "", services: [service] }, wanted)).toBe(is);
  });
});

describe("a scan", () => {
  const scan = (start: StartBleHelper, clock = createVirtualClock(wall(0))) =>
    scanBle({
      clock,
      startHelper: start,
      radio: { kind: "bluez", adapter: undefined },
      forMs: 10_000,
      signal: new AbortController().signal,
    });

  test("puts together what one device says in several advertisements, strongest first", async () => {
    const clock = createVirtualClock(wall(0));
    const heard = { name: undefined, services: [], manufacturer: undefined };
    const scanning = scan((_clock, events) => {
      const inner = helperThat().start(_clock, events);
      return {
        ...inner,
        ask(ask, ...rest) {
          if (ask.do === "listen") {
            events.heard?.({ ...heard, address: "A", services: ["1822"], manufacturer: 7, rssiDbm: -80 });
            events.heard?.({ ...heard, address: "B", rssiDbm: -50 });
            events.heard?.({ ...heard, address: "A", name: "Ring 1", rssiDbm: -70 });
          }
          return inner.ask(ask, ...rest);
        },
      };
    }, clock);
    await clock.advance(10_000);
    expect(await scanning).toEqual([
      { address: "B", name: undefined, services: [], manufacturer: undefined, rssiDbm: -50 },
      { address: "A", name: "Ring 1", services: ["1822"], manufacturer: 7, rssiDbm: -70 },
    ]);
  });

  test.each([
    ["no_adapter", "LINK_NOT_FOUND", /no Bluetooth adapter/, /Plug it in/],
    ["no_bluetoothd", "LINK_REFUSED", /bluetoothd does not run/, /apt-get install bluez/],
    ["no_permission", "LINK_REFUSED", /this user may not/, /group bluetooth/],
    ["adapter_off", "LINK_REFUSED", /the adapter is off/, /rfkill unblock/],
    ["no_library", "PROGRAM_MISSING", /library/, /npm install/],
    ["timeout", "LINK_REFUSED", /it said no/, /restart bluetooth/],
  ] as const)("says in plain words that it cannot listen: %s", async (why, code, message, fix) => {
    const helper = helperThat((ask) => (ask.do === "start" ? why : undefined));
    await expect(scan(helper.start)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      fix: expect.stringMatching(fix),
    });
    expect(helper.kills()).toBe(1);
  });

  test("ends with the adapter that is pulled out meanwhile", async () => {
    const scanning = scan((clock, events) => {
      const inner = helperThat().start(clock, events);
      return {
        ...inner,
        ask: async (ask, ...rest) => {
          if (ask.do === "listen") setImmediate(() => events.lost("the adapter went away"));
          return inner.ask(ask, ...rest);
        },
      };
    });
    await expect(scanning).rejects.toMatchObject({
      message: expect.stringContaining("the adapter went away"),
    });
  });
});
