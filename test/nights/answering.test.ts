// What people do about alarms, in a whole home on virtual time: from the finger sensor's bytes to the sounder.
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
  expect(home.fold().open).toEqual([]);
  return home;
}

const acknowledge = (
  home: GivenHome,
  id: string | undefined,
  place: "going" | "bedside" | "watching" = "going",
) => home.say({ kind: "acknowledge", occurrence: id ?? "none", by: MEI, place });

describe("suction, said before it begins", { timeout: 120_000 }, () => {
  test("keeps a dip quiet, and a critical one not", async () => {
    const home = await start();
    home.say({ kind: "care", act: "suction", by: MEI });
    home.set({ spo2: 86 });
    await home.run(45);
    expect(home.open("SPO2_LOW")).toMatchObject({ quiet: { why: "care", act: "suction", by: MEI } });
    expect(home.sounds).toBe(false);
    home.set({ spo2: 76 });
    await home.run(15);
    expect(home.open("SPO2_CRIT")).toMatchObject({ priority: "high" });
    expect(home.open("SPO2_CRIT")?.quiet).toBeUndefined();
    expect(home.sounds).toBe(true);
  });

  test("rings again after five minutes where it has come to nothing, and not sooner", async () => {
    const home = await start();
    home.say({ kind: "care", act: "suction", by: MEI });
    home.set({ pulse_rate: 130 });
    await home.run(290);
    expect(home.open("PR_HIGH")?.quiet).toBeDefined();
    expect(home.sounds).toBe(false);
    await home.run(15);
    expect(home.fold().care).toBeUndefined();
    expect(home.open("PR_HIGH")?.quiet).toBeUndefined();
    expect(home.told("PR_HIGH")).toEqual(["occurred", "paused", "resumed"]);
    expect(home.sounds).toBe(true);
  });

  test("ends early, a minute after the numbers are good again", async () => {
    const home = await start();
    home.say({ kind: "care", act: "suction", by: MEI });
    home.set({ spo2: 86 });
    await home.run(45);
    home.well();
    await home.run(45);
    expect(home.fold().care).toBeDefined();
    await home.run(35);
    expect(home.fold().care).toBeUndefined();
    home.set({ spo2: 86 });
    await home.run(50);
    expect(home.open("SPO2_LOW")?.quiet).toBeUndefined();
    expect(home.sounds).toBe(true);
  });

  test("in class C is over after three minutes", async () => {
    const home = await start({ cls: "C" });
    home.say({ kind: "care", act: "suction", by: MEI });
    home.set({ pulse_rate: 130 });
    await home.run(175);
    expect(home.sounds).toBe(false);
    await home.run(10);
    expect(home.sounds).toBe(true);
  });
});

describe("a pause", { timeout: 120_000 }, () => {
  test("is for one condition, no longer than its cap, and ends with the alarm ringing again", async () => {
    const home = await start();
    home.set({ pulse_rate: 130 });
    await home.run(70);
    expect(home.sounds).toBe(true);
    const pause = (minutes: number, condition: "PR_HIGH" | "SPO2_CRIT" | "PATIENT_CALL" = "PR_HIGH") =>
      home.say({ kind: "pause", condition, priority: "medium", forMs: minutes * 60_000, by: MEI }).accepted;
    expect(pause(121)).toBe(false);
    expect(pause(5, "SPO2_CRIT")).toBe(false);
    expect(pause(5, "PATIENT_CALL")).toBe(false);
    expect(pause(5)).toBe(true);
    await home.run(10);
    expect(home.sounds).toBe(false);
    home.say({ kind: "call", call: { how: "touch", kind: "come" } });
    await home.run(3);
    expect(home.sounds).toBe(true);
    home.say({ kind: "with_patient", occurrence: home.open("PATIENT_CALL")?.id ?? "none", by: MEI });
    await home.run(60);
    expect(home.sounds).toBe(false);
    await home.run(235);
    expect(home.sounds).toBe(true);
    expect(home.told("PR_HIGH")).toEqual(["occurred", "paused", "resumed"]);
  });
});

describe("a finger sensor that cannot be mended tonight", { timeout: 240_000 }, () => {
  test("asks gently every half hour once somebody watches, and is broken through by the patient", async () => {
    const home = await start();
    home.set({ spo2: { absent: "sensor_off" }, pulse_rate: { absent: "sensor_off" } });
    await home.run(40);
    expect(home.sounds).toBe(true);
    const lost = home.open("OXI_SENSOR_OFF");
    expect(acknowledge(home, lost?.id, "watching")).toEqual({ accepted: true });
    await home.run(10);
    expect(home.sounds).toBe(false);
    const before = home.world.audio.starts.length;
    await home.run(29 * 60);
    expect(home.world.audio.starts).toHaveLength(before);
    await home.run(90);
    const asked = home.open("OXI_SENSOR_OFF");
    expect(asked).toMatchObject({ id: lost?.id, accepted: MEI });
    expect(asked?.acknowledgement).toBeUndefined();
    home.say({ kind: "call", call: { how: "touch", kind: "breathing" } });
    await home.run(3);
    expect(home.sounds).toBe(true);
    expect(home.fold().cards[0]?.cause).toBe("patient_calls");
  });

  test("is not what somebody can say of a falling oxygen", async () => {
    const home = await start();
    home.set({ spo2: 84 });
    await home.run(40);
    expect(acknowledge(home, home.open("SPO2_LOW")?.id, "watching").accepted).toBe(false);
    expect(home.sounds).toBe(true);
  });
});

describe("a storm of dips", { timeout: 240_000 }, () => {
  test("becomes one alarm that comes again and again, through which a critical one and a call still ring", async () => {
    const home = await start();
    for (let dip = 0; dip < 7; dip += 1) {
      home.set({ spo2: 86 });
      await home.run(45);
      home.well();
      await home.run(75);
    }
    const storm = home.open("SPO2_LOW") ?? home.fold().open[0];
    expect(storm).toMatchObject({ priority: "medium", recurrent: { count: 7 } });
    expect(new Set(home.events.map(({ occurrence }) => occurrence.id)).size).toBe(1);
    acknowledge(home, storm?.id);
    await home.run(5);
    expect(home.sounds).toBe(false);
    home.set({ spo2: 86 });
    await home.run(45);
    expect(home.sounds).toBe(false);
    home.set({ spo2: 74 });
    await home.run(15);
    expect(home.sounds).toBe(true);
    expect(home.open("SPO2_CRIT")).toMatchObject({ priority: "high" });
    acknowledge(home, home.open("SPO2_CRIT")?.id);
    await home.run(5);
    expect(home.sounds).toBe(false);
    home.say({ kind: "call", call: { how: "touch", kind: "come" } });
    await home.run(3);
    expect(home.sounds).toBe(true);
    home.well();
    home.say({ kind: "with_patient", occurrence: home.open("PATIENT_CALL")?.id ?? "none", by: MEI });
    await home.run(14 * 60);
    expect(home.fold().open).toHaveLength(1);
    await home.run(2 * 60);
    expect(home.fold().open).toEqual([]);
  });

  test("does not begin with an alarm that comes again once: within ten minutes that is the same one", async () => {
    const home = await start();
    home.set({ spo2: 86 });
    await home.run(45);
    const first = home.open("SPO2_LOW");
    acknowledge(home, first?.id, "bedside");
    home.well();
    await home.run(20);
    expect(home.fold().open).toEqual([]);
    home.set({ spo2: 86 });
    await home.run(45);
    expect(home.open("SPO2_LOW")).toMatchObject({ id: first?.id, acknowledgement: { place: "bedside" } });
    expect(home.sounds).toBe(false);
    home.well();
    await home.run(11 * 60);
    home.set({ spo2: 86 });
    await home.run(45);
    expect(home.open("SPO2_LOW")?.id).not.toBe(first?.id);
    expect(home.sounds).toBe(true);
  });
});

describe("limits that somebody widened until the morning", { timeout: 120_000 }, () => {
  test("count until then, outlast a power cut, and go back by themselves", async () => {
    const home = await start();
    const expiresAt = wall(home.world.clock.wall() + 240_000);
    const limits = { SPO2_LOW: { limit: 84 }, SPO2_SUSTAINED: { on: false }, SPO2_WARN: { on: false } };
    const said = home.say({
      kind: "limits",
      version: 1,
      limits,
      reason: "usual for her",
      expiresAt,
      by: MEI,
    });
    expect(said).toEqual({ accepted: true });
    home.set({ spo2: 86 });
    await home.run(100);
    expect(home.open("SPO2_LOW")).toBeUndefined();
    await home.cutPower(5);
    await home.run(60);
    expect(home.fold().limits).toMatchObject({ version: 1, expiresAt });
    expect(home.open("SPO2_LOW")).toBeUndefined();
    await home.run(120);
    expect(home.fold().limits.expiresAt).toBeUndefined();
    expect(home.open("SPO2_LOW")).toMatchObject({ priority: "high" });
  });
});
