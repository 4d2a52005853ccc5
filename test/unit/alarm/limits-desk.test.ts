import { beforeEach, describe, expect, test } from "vitest";
import { withLimits } from "../../../src/alarm/engine.ts";
import { createLimitsDesk, type RunningLimitsDesk } from "../../../src/alarm/limits-desk.ts";
import type { AlarmCommand } from "../../../src/domain/alarm.ts";
import type { ClinicPreset } from "../../../src/domain/preset-code.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, wall } from "../../../src/domain/time.ts";
import type { LimitsAuthor } from "../../../src/port/limits.ts";
import type { State } from "../../../src/port/state.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { createMemoryState } from "../../../src/store/state/state.ts";
import { createClinic } from "../../support/clinic.ts";
import { Bedside, EVENING } from "./bedside.ts";

let clock: VirtualClock;
let state: State;
let engine: Bedside;
let desk: RunningLimitsDesk;
let isAway: boolean;
let notes: string[];

const openDesk = (): RunningLimitsDesk =>
  createLimitsDesk({
    bed: "b1",
    dependencyClass: "B",
    state,
    clock,
    log: { note: (event) => void notes.push(event) },
    engineVersion: () => (isAway ? undefined : engine.fold.limits.version),
    command: async (command: AlarmCommand) => {
      if (isAway) throw new Error("the box does not answer");
      catchUp();
      return engine.command(command).refused === undefined;
    },
  });

/** The engine's time is the desk's. */
function catchUp(): void {
  engine.second = (clock.wall() - EVENING) / 1000;
  engine.tick();
}

beforeEach(() => {
  clock = createVirtualClock(wall(EVENING));
  state = createMemoryState();
  engine = new Bedside();
  isAway = false;
  notes = [];
  desk = openDesk();
});

const author = (
  role: LimitsAuthor["role"],
  expected: number,
  more: Partial<LimitsAuthor> = {},
): LimitsAuthor => ({
  ...{ by: { id: role, name: `the ${role}` }, role, reason: "agreed", expected, confirmed: false },
  ...more,
});

const inForce = (): number | undefined => {
  catchUp();
  return engine.state.limits?.SPO2_LOW.values["limit"];
};

describe("limits of a person", () => {
  test("reach the engine, and the next night rings by them", async () => {
    const { version, delivered } = await desk.set(
      { SPO2_LOW: { limit: 92, delay_s: 5 } },
      author("owner", 0),
    );
    expect([version.version, delivered]).toEqual([1, true]);
    expect(engine.fold.limits).toMatchObject({ version: 1, by: { name: "the owner" }, reason: "agreed" });
    engine.at(95, 20);
    engine.at(91, 20);
    expect(engine.open("SPO2_LOW")).toBeDefined();
  });

  test("are shown whole, presets marked, with every version", async () => {
    await desk.set({ SPO2_LOW: { limit: 86 }, PR_HIGH: { limit: 110 } }, author("owner", 0));
    const picture = await desk.picture();
    expect(picture).toMatchObject({
      ...{ bed: "b1", dependencyClass: "B", version: 1, engineVersion: 1 },
      file: { SPO2_LOW: { limit: 86 }, PR_HIGH: { limit: 110 } },
      history: [{ version: 1, previous: 0, role: "owner", reason: "agreed", origin: { kind: "person" } }],
    });
    const low = picture.conditions.find(({ id }) => id === "SPO2_LOW");
    expect(low).toMatchObject({ on: true, presetOn: true, canBeOff: true });
    expect(low?.settings.find(({ name }) => name === "limit")).toEqual({
      ...{ name: "limit", value: 86, preset: 88, min: 75, max: 95, unit: "%", wider: "down" },
      help: "violated below this",
      recommended: { min: 85, max: 92, source: expect.stringContaining("80601-2-61") },
      temporary: { until: EVENING + DAY_MS, afterwards: 88 },
    });
    expect(picture.conditions.find(({ id }) => id === "SPO2_RELATIVE")).toMatchObject({
      on: false,
      presetOn: false,
    });
    expect(picture.presets.chronic_low.SPO2_RELATIVE).toMatchObject({ on: true });
  });

  test("are tried before they are saved", async () => {
    expect(await desk.preview({ SPO2_LOW: { limit: 84 }, PR_HIGH: { limit: 110 } })).toMatchObject({
      changed: [{ condition: "SPO2_LOW", from: 88, to: 84 }, { condition: "PR_HIGH" }],
      widened: [{ condition: "SPO2_LOW", setting: "limit" }],
      outside: [{ condition: "SPO2_LOW", value: 84, min: 85 }],
    });
    expect((await desk.picture()).version).toBe(0);
    await expect(desk.preview({ SPO2_LOW: { limit: 40 } })).rejects.toMatchObject({ code: "LIMITS_REFUSED" });
  });

  test("are not saved on top of a version that the person has not seen", async () => {
    await desk.set({ SPO2_LOW: { limit: 90 } }, author("therapist", 0));
    await expect(desk.set({ PR_LOW: { limit: 52 } }, author("owner", 0))).rejects.toMatchObject({
      code: "CONFLICT",
      message: expect.stringContaining("the therapist's version 1 is in force"),
    });
    const both = await Promise.allSettled([
      desk.set({ PR_LOW: { limit: 51 } }, author("owner", 1)),
      desk.set({ PR_LOW: { limit: 52 } }, author("owner", 1)),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect((await desk.picture()).version).toBe(2);
  });

  test("come back as they were in an earlier version, as a new one", async () => {
    await desk.set({ SPO2_LOW: { limit: 91 } }, author("therapist", 0));
    await desk.set({ SPO2_LOW: { limit: 92 } }, author("therapist", 1));
    const { version } = await desk.restore(1, author("therapist", 2));
    expect(version).toMatchObject({ version: 3, previous: 2, origin: { kind: "restore", version: 1 } });
    expect(inForce()).toBe(91);
    await desk.restore(0, author("therapist", 3));
    expect(inForce()).toBe(88);
    await expect(desk.restore(9, author("therapist", 4))).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("what is widened", () => {
  test("goes back at its end in the engine alone, with nobody to tell it", async () => {
    await desk.set({ SPO2_LOW: { limit: 86 }, PR_HIGH: { limit: 110 } }, author("caregiver", 0));
    isAway = true;
    await clock.advance(DAY_MS - 1000);
    expect(inForce()).toBe(86);
    await clock.advance(1000);
    expect(inForce()).toBe(88);
    expect(engine.state.limits?.PR_HIGH.values["limit"]).toBe(110);
  });

  test("is written down as a version when it has gone back, and what lasts longer goes on", async () => {
    await desk.set({ PR_HIGH: { limit: 130 } }, author("therapist", 0));
    await desk.set({ PR_HIGH: { limit: 130 }, SPO2_LOW: { limit: 86 } }, author("caregiver", 1));
    desk.start();
    await clock.advance(DAY_MS);
    expect(engine.state.limits?.PR_HIGH.values["limit"]).toBe(130);
    await desk.reconcile();
    await clock.advance(MINUTE_MS);
    await desk.reconcile();
    expect(inForce()).toBe(88);
    expect(engine.state.limits?.PR_HIGH.values["limit"]).toBe(130);
    expect(engine.fold.limits.version).toBe(3);
    const [newest] = (await desk.picture()).history;
    expect(newest).toMatchObject({
      version: 3,
      origin: { kind: "expiry", version: 2 },
      by: { name: "the caregiver" },
    });
    await desk.stop();
  });
});

describe("an engine that was away", () => {
  test("is given the newest version when it answers again", async () => {
    isAway = true;
    const { delivered } = await desk.set({ SPO2_LOW: { limit: 91 } }, author("owner", 0));
    expect(delivered).toBe(false);
    expect(notes).toContain("limits.not_taken");
    isAway = false;
    await desk.reconcile();
    expect(inForce()).toBe(91);
    const { length } = engine.entries;
    await desk.reconcile();
    expect(engine.entries).toHaveLength(length);
  });

  test("that lost its journal gets them again, and one that kept it goes on as it was", async () => {
    await desk.set({ SPO2_LOW: { limit: 91 } }, author("owner", 0));
    engine.restart({ downS: 5, clean: true });
    engine.state = withLimits(engine.setup, engine.state);
    engine.tick();
    expect(engine.state.limits?.SPO2_LOW.values["limit"]).toBe(91);
    engine = new Bedside();
    expect(engine.fold.limits.version).toBe(0);
    await openDesk().reconcile();
    expect(engine.fold.limits.version).toBe(1);
    expect(inForce()).toBe(91);
  });

  test("ahead of a state store from a backup keeps what it has, and takes the next change", async () => {
    await desk.set({ SPO2_LOW: { limit: 91 } }, author("owner", 0));
    await desk.set({ SPO2_LOW: { limit: 92 } }, author("owner", 1));
    state = createMemoryState();
    desk = openDesk();
    await desk.reconcile();
    expect(inForce()).toBe(92);
    expect(await desk.picture()).toMatchObject({ version: 0, engineVersion: 2 });
    const { version } = await desk.set({ SPO2_LOW: { limit: 90 } }, author("owner", 0));
    expect(version.version).toBe(3);
    expect(inForce()).toBe(90);
  });

  test("and a state store that fails are noted, and nothing else happens", async () => {
    await state.close();
    await desk.reconcile();
    expect(notes).toContain("limits.not_reconciled");
  });
});

describe("a clinic's code", () => {
  const preset = (more: Partial<ClinicPreset> = {}): ClinicPreset => ({
    ...{
      clinic: "呼吸门诊",
      name: "low",
      issue: 1,
      issuedAt: wall(EVENING),
      limits: { SPO2_LOW: { limit: 86 } },
    },
    ...more,
  });
  const scan = (expected: number, fingerprint?: string, role: LimitsAuthor["role"] = "owner") => ({
    ...{ by: { id: "mei", name: "Mei" }, role, expected, confirmed: false },
    ...(fingerprint === undefined ? {} : { fingerprint }),
  });

  test("is taken over once the digits of its key were compared, and stays until it is changed", async () => {
    const code = await (await createClinic()).sign(preset());
    const preview = await desk.previewCode(code);
    expect(preview).toMatchObject({
      clinic: "unknown",
      preset: preset(),
      widened: [{ condition: "SPO2_LOW" }],
    });
    await expect(desk.applyCode(code, scan(0))).rejects.toMatchObject({
      code: "PRESET_CODE_UNKNOWN",
      fix: expect.stringContaining(preview.fingerprint),
    });
    await expect(desk.applyCode(code, scan(0, "1111 2222"))).rejects.toMatchObject({
      code: "PRESET_CODE_UNKNOWN",
    });
    const { version } = await desk.applyCode(code, scan(0, preview.fingerprint.replaceAll(" ", "")));
    expect(version).toMatchObject({
      ...{ version: 1, role: "owner", by: { name: "Mei" }, temporary: [] },
      origin: { kind: "code", clinic: "呼吸门诊", name: "low", issue: 1 },
      reason: "呼吸门诊: low, version 1",
    });
    await clock.advance(99 * DAY_MS);
    expect(inForce()).toBe(86);
    expect(await state.trustedClinics()).toMatchObject([{ name: "呼吸门诊", by: { name: "Mei" } }]);
  });

  test("of a clinic that is known needs no digits any more; another key under its name does", async () => {
    const clinic = await createClinic();
    const { fingerprint } = await desk.previewCode(await clinic.sign(preset()));
    await desk.applyCode(await clinic.sign(preset()), scan(0, fingerprint));
    const second = await clinic.sign(preset({ issue: 2, limits: { SPO2_LOW: { limit: 87 } } }));
    expect(await desk.previewCode(second)).toMatchObject({ clinic: "known" });
    await desk.applyCode(second, scan(1));
    expect(inForce()).toBe(87);
    const forged = await (await createClinic()).sign(preset({ issue: 3 }));
    expect(await desk.previewCode(forged)).toMatchObject({ clinic: "other" });
    await expect(desk.applyCode(forged, scan(2, fingerprint))).rejects.toThrow(/known here with another key/);
  });

  test("that is older than one in use before is refused, the same again is not", async () => {
    const clinic = await createClinic();
    const { fingerprint } = await desk.previewCode(await clinic.sign(preset()));
    const second = await clinic.sign(preset({ issue: 2 }));
    await desk.applyCode(second, scan(0, fingerprint));
    await desk.set({}, author("therapist", 1));
    await expect(desk.previewCode(await clinic.sign(preset()))).rejects.toMatchObject({
      code: "PRESET_CODE_OLD",
    });
    await expect(desk.applyCode(await clinic.sign(preset()), scan(2))).rejects.toMatchObject({
      code: "PRESET_CODE_OLD",
    });
    const otherName = await clinic.sign(preset({ name: "other" }));
    await expect(desk.previewCode(otherName)).resolves.toMatchObject({ clinic: "known" });
    expect((await desk.applyCode(second, scan(2))).version.version).toBe(3);
  });

  test("with impossible limits, for another class, or by a caregiver changes nothing", async () => {
    const clinic = await createClinic();
    const impossible = await clinic.sign(preset({ limits: { SPO2_LOW: { limit: 60 } } }));
    await expect(desk.previewCode(impossible)).rejects.toMatchObject({
      code: "LIMITS_REFUSED",
      message: expect.stringContaining("SPO2_LOW.limit is 60"),
    });
    await expect(desk.previewCode(await clinic.sign(preset({ dependencyClass: "C" })))).rejects.toThrow(
      /for class C, and this bed is class B/,
    );
    const good = await clinic.sign(preset());
    const { fingerprint } = await desk.previewCode(good);
    await expect(desk.applyCode(good, scan(0, fingerprint, "caregiver"))).rejects.toMatchObject({
      code: "NOT_ALLOWED",
    });
    expect((await desk.picture()).version).toBe(0);
    expect(await state.trustedClinics()).toEqual([]);
  });

  test("beyond what is recommended needs a confirmation too", async () => {
    const code = await (await createClinic()).sign(preset({ limits: { SPO2_LOW: { limit: 82 } } }));
    const { fingerprint } = await desk.previewCode(code);
    await expect(desk.applyCode(code, scan(0, fingerprint))).rejects.toMatchObject({
      code: "LIMITS_UNCONFIRMED",
    });
    await desk.applyCode(code, { ...scan(0, fingerprint), confirmed: true });
    await clock.advance(HOUR_MS);
    expect(inForce()).toBe(82);
  });
});
