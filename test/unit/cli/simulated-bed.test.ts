import { beforeEach, describe, expect, test } from "vitest";
import { demoConfig } from "../../../src/cli/demo.ts";
import { ownScenarios } from "../../../src/cli/scenario.ts";
import { type BenchBed, createSimulatedBed } from "../../../src/cli/simulated-bed.ts";
import type { ConditionId, Priority } from "../../../src/domain/alarm.ts";
import { wall } from "../../../src/domain/time.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { createPatient, type Patient } from "../../../src/rehearsal/patient.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { readScenario } from "../../../src/rehearsal/scenario.ts";
import type { SimulationFault } from "../../../src/server/contract/technician.ts";
import { createMemoryLinks, type MemoryLinks } from "../../../src/transport/memory.ts";
import { wordsIn } from "../../../src/words/index.ts";

const TRIAL = {
  id: "trial",
  scenario: readScenario(
    {
      name: "Trial",
      seed: 1,
      seconds: 100,
      class: "B",
      events: [
        { at: 10, event: "mask_off" },
        { at: 20, event: "unplug", device: "oximeter" },
        { at: 30, event: "call" },
      ],
      expect: [
        { condition: "VENT_DISCONNECT", by: 30, after: 12 },
        { condition: "DATA_STALE", by: 60, device: "oximeter" },
      ],
      never: ["DATA_FROZEN"],
      calm: true,
    },
    "trial",
  ),
};

let clock: VirtualClock;
let patient: Patient;
let memory: MemoryLinks;
let calls: number;
let bench: BenchBed;

beforeEach(() => {
  clock = createVirtualClock(wall(1_700_000_000_000));
  patient = createPatient({ clock, random: createSeededRandom(1) });
  memory = createMemoryLinks(clock);
  for (const name of ["oximeter", "ventilator"]) memory.cable(name);
  calls = 0;
  const [bed] = demoConfig("UTC", "en", 0).beds;
  if (bed === undefined) throw new Error("the demo has a bed");
  bench = createSimulatedBed({
    ...{ bed, patient, memory, clock, scenarios: [TRIAL] },
    random: createSeededRandom(2),
    device: (name) => `id-of-${name}`,
    call: () => {
      calls += 1;
    },
  });
});

const occur = (
  condition: ConditionId,
  subject?: string,
  priority: Priority = "medium",
  kind = "occurred" as const,
) =>
  bench.heard({
    kind,
    at: clock.wall(),
    occurrence: {
      ...{ id: "b1-aaaaaaaaaa-1", bed: "b1", condition, priority, raisedAt: clock.wall(), state: "holds" },
      ...(subject === undefined ? {} : { subject }),
      ...{ values: {}, simulated: true, drill: false },
    },
  });

const faultsOf = (name: string): readonly SimulationFault[] | undefined =>
  bench.view().devices.find((device) => device.name === name)?.faults;

describe("sliders and events", () => {
  test("move the patient, within the range that the view tells", () => {
    expect(bench.act({ knob: "leak", value: 900 })).toEqual({ accepted: true });
    const leak = bench.view().knobs.find(({ knob }) => knob === "leak");
    expect(leak?.value).toBe(leak?.max);
    bench.act({ event: "leak_mended" });
    expect(bench.view().knobs.find(({ knob }) => knob === "leak")?.value).toBeLessThan(2);
  });
});

describe("link faults", () => {
  const fault = (name: SimulationFault, device = "oximeter", other?: string) =>
    bench.act({ fault: name, device, ...(other === undefined ? {} : { with: other }) });

  test("really happen to the cable, and stay in the view until they are undone", () => {
    memory.open("oximeter");
    fault("unplug");
    expect(() => memory.open("oximeter")).toThrow("LINK_NOT_FOUND");
    fault("freeze");
    expect(faultsOf("oximeter")).toEqual(["unplug", "freeze"]);
    expect(faultsOf("ventilator")).toEqual([]);
    fault("clean");
    expect(faultsOf("oximeter")).toEqual(["unplug"]);
    fault("plug_in");
    expect(faultsOf("oximeter")).toEqual([]);
    expect(memory.open("oximeter").simulated).toBe(true);
  });

  test("of one kind of damage take each other's place, as on the cable", () => {
    for (const name of ["flip", "cut", "wrong_baud"] as const) fault(name);
    expect(faultsOf("oximeter")).toEqual(["wrong_baud"]);
  });

  test("that swap two cables show at both, and twice at none", () => {
    const before = memory.cable("oximeter");
    fault("swap", "oximeter", "ventilator");
    expect(memory.cable("ventilator")).toBe(before);
    expect([faultsOf("oximeter"), faultsOf("ventilator")]).toEqual([["swap"], ["swap"]]);
    fault("swap", "ventilator", "oximeter");
    expect(memory.cable("oximeter")).toBe(before);
    expect([faultsOf("oximeter"), faultsOf("ventilator")]).toEqual([[], []]);
  });

  test("are refused for a cable of somewhere else, and a swap with itself or with nothing", () => {
    const refusals = [fault("unplug", "kettle"), fault("swap"), fault("swap", "oximeter", "oximeter")];
    expect(refusals.map(({ accepted }) => accepted)).toEqual([false, false, false]);
    expect(faultsOf("oximeter")).toEqual([]);
  });
});

describe("a scenario", () => {
  test("ticks off what comes in its time and about its device, and tells what was missed", async () => {
    bench.act({ scenario: "trial" });
    await clock.advance(11_000);
    occur("VENT_DISCONNECT", undefined, "low");
    expect(bench.view().playing?.expected[0]).toMatchObject({ state: "waiting" });
    await clock.advance(4_000);
    occur("VENT_DISCONNECT");
    occur("DATA_STALE", "id-of-ventilator");
    expect(bench.view().playing).toMatchObject({
      ...{ id: "trial", ageS: 15, over: false, wrong: [] },
      expected: [{ state: "came", cameAt: 15 }, { state: "waiting" }],
    });
    await clock.advance(46_000);
    expect(bench.view().playing?.expected[1]).toMatchObject({ device: "oximeter", state: "missed" });
    expect(faultsOf("oximeter")).toEqual(["unplug"]);
    expect(calls).toBe(1);
    await clock.advance(60_000);
    expect(bench.view().playing).toMatchObject({ ageS: 100, over: true });
    occur("DATA_FROZEN");
    expect(bench.view().playing?.wrong).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test("tells what occurred although it must not: by name, and of high priority where it is calm", async () => {
    bench.act({ scenario: "trial" });
    await clock.advance(1_000);
    occur("DATA_FROZEN", undefined, "low");
    occur("SPO2_LOW", undefined, "high");
    occur("SPO2_LOW", undefined, "medium");
    expect(bench.view().playing?.wrong).toEqual([
      { condition: "DATA_FROZEN", at: 1 },
      { condition: "SPO2_LOW", at: 1 },
    ]);
  });

  test("begins and is ended with a patient who is well and links that are whole", async () => {
    bench.act({ knob: "effort", value: 0 });
    bench.act({ event: "probe_off" });
    bench.act({ fault: "swap", device: "oximeter", with: "ventilator" });
    const crossed = memory.cable("oximeter");
    bench.act({ scenario: "trial" });
    expect(bench.view().knobs.find(({ knob }) => knob === "effort")?.value).toBe(1);
    expect(memory.cable("ventilator")).toBe(crossed);
    await clock.advance(25_000);
    bench.act({ scenario: null });
    expect(faultsOf("oximeter")).toEqual([]);
    expect(memory.open("oximeter").simulated).toBe(true);
    await clock.advance(25_000);
    expect(calls).toBe(0);
    // What was still to come was not missed: somebody ended it.
    expect(bench.view().playing).toMatchObject({
      ...{ ageS: 25, over: true },
      expected: [{ state: "waiting" }, { state: "waiting" }],
    });
    expect(clock.pending).toBe(0);
  });

  test("that is not known, or does not fit this bed, is refused", () => {
    expect(bench.act({ scenario: "tsunami" })).toEqual({
      accepted: false,
      reason: "No scenario tsunami fits this bed.",
    });
  });

  test("of those that come along is offered where it fits, under a name in three languages", async () => {
    const all = await ownScenarios({ folder: "/" });
    const [bed] = demoConfig("UTC", "en", 0).beds;
    const offered = createSimulatedBed({
      ...{ bed: bed!, patient, memory, clock, scenarios: all, random: createSeededRandom(2) },
      device: (name) => name,
      call: () => undefined,
    })
      .view()
      .scenarios.map(({ id }) => id);
    expect(offered).toContain("mask-off");
    for (const unfit of ["broker-away", "never-speaks", "ordinary-night", "circuit-off", "rem-avaps"]) {
      expect(offered).not.toContain(unfit);
    }
    const named = Object.keys(wordsIn("en").pages.technician.simulated.scenarioNames);
    expect(offered.filter((id) => !named.includes(id))).toEqual([]);
  });
});
