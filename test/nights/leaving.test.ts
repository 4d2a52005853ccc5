// The ways out of the watch, and what a power cut leaves of all of them: whole homes on virtual time.
import { afterEach, describe, expect, test } from "vitest";
import { wall } from "../../src/domain/time.ts";
import { type GivenHome, MEI, startGivenHome } from "../support/given-home.ts";

const homes: GivenHome[] = [];
afterEach(async () => {
  for (const home of homes.splice(0)) {
    expect(home.errors()).toEqual([]);
    await home.stop();
  }
});

async function start(options?: Parameters<typeof startGivenHome>[0]): Promise<GivenHome> {
  const home = await startGivenHome(options);
  homes.push(home);
  home.drill();
  await home.run(20);
  return home;
}

const SENSOR_GONE = { spo2: { absent: "sensor_off" }, pulse_rate: { absent: "sensor_off" } } as const;

describe("the end of the night", { timeout: 120_000 }, () => {
  test("silences everything at once; what is low afterwards rings again, a sensor on the table does not", async () => {
    const home = await start();
    home.set({ spo2: 84 });
    await home.run(40);
    expect(home.sounds).toBe(true);
    home.say({ kind: "end_watch", by: MEI });
    await home.run(2);
    expect(home.sounds).toBe(false);
    expect(home.fold()).toMatchObject({ open: [], watch: { on: false, reason: "ended", by: MEI } });
    await home.run(40);
    expect(home.open("SPO2_LOW")).toMatchObject({ priority: "high" });
    expect(home.sounds).toBe(true);
    home.well();
    await home.run(30);
    home.set(SENSOR_GONE);
    await home.run(120);
    expect(home.fold().open).toEqual([]);
  });
});

describe("away to hospital", { timeout: 120_000 }, () => {
  test("nothing sounds there; values that come again ask once whether to watch, and a power cut forgets none of it", async () => {
    const home = await start();
    home.set({ spo2: 84 });
    await home.run(40);
    home.set(SENSOR_GONE);
    const until = wall(home.world.clock.wall() + 86_400_000);
    expect(home.say({ kind: "leave", reason: "hospital", until, by: MEI })).toEqual({ accepted: true });
    await home.run(120);
    expect(home.fold()).toMatchObject({ open: [], watch: { on: false, reason: "hospital", until } });
    expect(home.sounds).toBe(false);
    await home.cutPower(30);
    await home.run(30);
    expect(home.fold()).toMatchObject({ open: [], watch: { on: false, reason: "hospital", until } });
    home.set({ spo2: 84, pulse_rate: 130 });
    await home.run(55);
    expect(home.open("WATCH_REARM")).toBeUndefined();
    await home.run(20);
    expect(home.fold().open.map(({ condition, priority }) => [condition, priority])).toEqual([
      ["WATCH_REARM", "medium"],
    ]);
    expect(home.fold().watch.asks).toBe(true);
    home.say({ kind: "start_watch", by: MEI });
    await home.run(40);
    expect(home.open("WATCH_REARM")).toBeUndefined();
    expect(home.fold().watch.on).toBe(true);
    expect(home.open("SPO2_LOW")).toMatchObject({ priority: "high" });
  });

  test("ends by its date", async () => {
    const home = await start();
    const until = wall(home.world.clock.wall() + 60_000);
    home.say({ kind: "leave", reason: "visit", until, by: MEI });
    home.set({ spo2: 84 });
    await home.run(50);
    expect(home.fold().open).toEqual([]);
    await home.run(55);
    expect(home.fold().watch.on).toBe(true);
    expect(home.open("SPO2_LOW")).toBeDefined();
  });

  test("does not take a call away from somebody who is there after all", async () => {
    const home = await start();
    const until = wall(home.world.clock.wall() + 3_600_000);
    home.say({ kind: "leave", reason: "visit", until, by: MEI });
    await home.run(5);
    home.say({ kind: "call", call: { how: "touch", kind: "breathing" } });
    await home.run(3);
    expect(home.open("PATIENT_CALL")).toMatchObject({ priority: "high" });
  });
});

describe("an end for good", { timeout: 120_000 }, () => {
  test("is silent whatever comes, asks on the page alone, and can be taken back within a day", async () => {
    const home = await start({ cls: "C" });
    home.set({ spo2: 78 });
    await home.run(20);
    expect(home.sounds).toBe(true);
    expect(home.say({ kind: "finish", reason: "death", by: MEI })).toEqual({ accepted: true });
    await home.run(2);
    expect(home.sounds).toBe(false);
    const { starts } = home.world.audio;
    const before = starts.length;
    const told = home.events.length;
    await home.run(120);
    home.set(SENSOR_GONE);
    await home.run(120);
    expect(home.say({ kind: "call", call: { how: "touch", kind: "come" } }).accepted).toBe(false);
    expect(starts).toHaveLength(before);
    expect(home.events).toHaveLength(told);
    expect(home.fold()).toMatchObject({
      open: [],
      cards: [],
      watch: { on: false, reason: "death", asks: true },
    });
    await home.cutPower(20);
    await home.run(30);
    expect(home.fold()).toMatchObject({ open: [], watch: { reason: "death" } });
    home.set({ spo2: 78, pulse_rate: 72 });
    expect(home.say({ kind: "undo_finish", by: MEI })).toEqual({ accepted: true });
    await home.run(20);
    expect(home.fold().watch).toMatchObject({ on: true, reason: "class_c" });
    expect(home.open("SPO2_CRIT")).toBeDefined();
  });

  test("cannot be taken back after a day", async () => {
    const home = await start();
    home.say({ kind: "finish", reason: "transfer", by: MEI });
    await home.run(5);
    await home.cutPower(86_400 + 60);
    await home.run(5);
    expect(home.fold().watch.reason).toBe("transfer");
    expect(home.say({ kind: "undo_finish", by: MEI }).accepted).toBe(false);
  });
});

describe("a power cut", { timeout: 240_000 }, () => {
  test("in suction keeps what is quiet quiet, and what is left of the time", async () => {
    const home = await start();
    home.say({ kind: "care", act: "suction", by: MEI });
    home.set({ pulse_rate: 130 });
    await home.run(100);
    await home.cutPower(20);
    home.drill();
    await home.run(30);
    expect(home.fold().care).toMatchObject({ act: "suction", by: MEI });
    expect(home.open("PR_HIGH")?.quiet).toBeDefined();
    expect(home.sounds).toBe(false);
    await home.run(160);
    expect(home.fold().care).toBeUndefined();
    expect(home.sounds).toBe(true);
  });

  test("in a pause keeps the pause", async () => {
    const home = await start();
    home.set({ pulse_rate: 130 });
    await home.run(70);
    home.say({ kind: "pause", condition: "PR_HIGH", priority: "medium", forMs: 120_000, by: MEI });
    await home.run(5);
    await home.cutPower(20);
    home.drill();
    await home.run(50);
    expect(home.open("PR_HIGH")?.quiet).toMatchObject({ why: "pause", by: MEI });
    expect(home.sounds).toBe(false);
    await home.run(45);
    expect(home.fold().pauses).toEqual([]);
    expect(home.sounds).toBe(true);
  });

  test("in a storm keeps the count: the next dip is no new alarm", async () => {
    const home = await start();
    for (let dip = 0; dip < 7; dip += 1) {
      home.set({ spo2: 86 });
      await home.run(45);
      home.well();
      await home.run(75);
    }
    const id = home.fold().open[0]?.id;
    expect(home.fold().open).toMatchObject([{ recurrent: { count: 7 } }]);
    await home.cutPower(20);
    await home.run(20);
    expect(home.fold().open).toMatchObject([{ id, recurrent: { count: 7 } }]);
    home.set({ spo2: 86 });
    await home.run(45);
    expect(home.fold().open).toMatchObject([{ id, priority: "medium" }]);
  });

  test("after 'I am watching myself' still knows who watches", async () => {
    const home = await start();
    home.set(SENSOR_GONE);
    await home.run(40);
    const lost = home.open("OXI_SENSOR_OFF");
    home.say({ kind: "acknowledge", occurrence: lost?.id ?? "none", by: MEI, place: "watching" });
    await home.run(5);
    await home.cutPower(30);
    home.drill();
    await home.run(60);
    expect(home.open("OXI_SENSOR_OFF")).toMatchObject({
      id: lost?.id,
      acknowledgement: { by: MEI, place: "watching" },
    });
    expect(home.sounds).toBe(false);
  });

  test("keeps the ventilator's own alarm open until the ventilator says that it is over", async () => {
    const home = await start({ ventilator: true });
    home.machineSounds("disconnect");
    await home.run(20);
    const own = home.open("VENT_OWN");
    expect(own).toMatchObject({ priority: "high", values: { code: "disconnect" } });
    expect(home.open("VENT_REMOTE_ALARM")).toMatchObject({ priority: "high" });
    await home.cutPower(5);
    await home.run(20);
    expect(home.open("VENT_OWN")).toMatchObject({ id: own?.id, priority: "high" });
    home.world.memory.cable("ventilator").unplug();
    await home.run(60);
    expect(home.open("VENT_OWN")?.id).toBe(own?.id);
    home.machineSounds();
    home.world.memory.cable("ventilator").plugIn();
    await home.run(30);
    expect(home.open("VENT_OWN")).toBeUndefined();
    expect(home.open("VENT_REMOTE_ALARM")).toBeUndefined();
  });
});
