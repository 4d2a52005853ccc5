import type { BedConfig } from "../config/config.ts";
import type { AlarmEvent, ConditionId, Priority } from "../domain/alarm.ts";
import type { DeviceId } from "../domain/ids.ts";
import { SECOND_MS } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Random } from "../port/random.ts";
import { isKnob, KNOBS, type PatientEvent } from "../rehearsal/events.ts";
import { isHouseFault } from "../rehearsal/faults.ts";
import type { Patient } from "../rehearsal/patient.ts";
import type { Scenario } from "../rehearsal/scenario.ts";
import { breakLink, type Happens, playEvents } from "../rehearse.ts";
import type { PlayedScenario, SimulationFault, SimulationView } from "../server/contract/technician.ts";
import type { CommandOutcome, SimulatedBed } from "../server/deps.ts";
import type { MemoryLinks } from "../transport/memory.ts";
import type { NamedScenario } from "./scenario.ts";

/** A simulated bed that the technician's page plays with. */
export interface BenchBed extends SimulatedBed {
  /** What the bed's alarms did, for the scenario that plays. */
  heard(event: AlarmEvent): void;
  /** Plays a scenario from a bed where all is well; another one that plays ends. */
  play(named: NamedScenario): void;
  /** Nothing happens by itself any more. */
  stop(): void;
}

export interface BenchOptions {
  readonly bed: BedConfig;
  readonly patient: Patient;
  readonly memory: MemoryLinks;
  readonly clock: Clock;
  readonly random: Random;
  /** Those that do not fit the bed are left out. */
  readonly scenarios: readonly NamedScenario[];
  /** The device at the cable of this name. */
  device(name: string): DeviceId;
  /** The patient calls with a switch. */
  call(): void;
}

/** Played while somebody looks on. */
const SECONDS_MAX = 2 * 3_600;
const CABLE = "memory:";

/** What ends everything that can have happened to the patient. */
const ALL_WELL: readonly PatientEvent[] = [
  "mask_on",
  "leak_mended",
  "clear",
  "rem_end",
  "mains_back",
  "ventilator_on",
  "probe_on",
  "switch_released",
];

interface Playing {
  readonly named: NamedScenario;
  readonly startMs: number;
  readonly occurred: {
    readonly condition: ConditionId;
    readonly priority: Priority;
    readonly device: DeviceId | undefined;
    readonly atS: number;
  }[];
  /** s after the start; undefined while it plays. */
  endedS: number | undefined;
  end(): void;
}

export function createSimulatedBed(options: BenchOptions): BenchBed {
  const { bed, patient, memory, clock, random } = options;
  const names = bed.devices.map(({ port }) => port.slice(CABLE.length));
  const scenarios = options.scenarios.filter(({ scenario }) => fits(scenario, bed));
  const faults = new Map<string, readonly SimulationFault[]>(names.map((name) => [name, []]));
  let playing: Playing | undefined;

  const note = (device: string, fault: SimulationFault, other?: string): void => {
    for (const name of fault === "swap" ? [device, other ?? ""] : [device]) {
      faults.set(name, after(faults.get(name) ?? [], fault));
    }
  };

  const saw: Happens = ({ event, device, with: other }) => {
    if (device !== undefined && isFault(event)) note(device, event, other);
  };

  const allWell = (): void => {
    for (const event of ALL_WELL) patient.apply(event);
    patient.turn("effort", 1);
    const swapped = names.filter((name) => faults.get(name)?.includes("swap"));
    const [one, other] = swapped;
    if (one !== undefined && other !== undefined) memory.swap(one, other);
    for (const device of names) {
      for (const event of ["plug_in", "clean"] as const) breakLink({ event, device }, { memory, random });
      faults.set(device, []);
    }
  };

  const ageS = ({ startMs, endedS }: Playing): number => endedS ?? (clock.mono() - startMs) / SECOND_MS;

  const end = (): void => {
    if (playing === undefined || playing.endedS !== undefined) return;
    playing.endedS = ageS(playing);
    playing.end();
  };

  const play = (named: NamedScenario): void => {
    end();
    allWell();
    const stopEvents = playEvents(named.scenario.events, {
      ...{ patient, memory, clock, random, saw },
      // Broker and internet of a running box are real: nothing happens to them here.
      elsewhere: ({ event }) => {
        if (event === "call") options.call();
      },
    });
    const cancelEnd = clock.after(named.scenario.seconds * SECOND_MS, end);
    playing = {
      ...{ named, startMs: clock.mono(), occurred: [], endedS: undefined },
      end() {
        stopEvents();
        cancelEnd();
      },
    };
  };

  const act: BenchBed["act"] = (request) => {
    if ("event" in request) patient.apply(request.event);
    else if ("knob" in request) patient.turn(request.knob, request.value);
    else if ("fault" in request) {
      const { fault, device, with: other } = request;
      if (!names.includes(device)) return no(`There is no simulated cable ${device} at this bed.`);
      if (fault === "swap" && (other === undefined || other === device || !names.includes(other))) {
        return no("A swap needs another cable of this bed.");
      }
      breakLink({ ...request, event: fault }, { memory, random });
      note(device, fault, other);
    } else if (request.scenario === null) {
      end();
      allWell();
    } else {
      const named = scenarios.find(({ id }) => id === request.scenario);
      if (named === undefined) return no(`No scenario ${request.scenario} fits this bed.`);
      play(named);
    }
    return { accepted: true };
  };

  return {
    act,
    play,
    stop: end,
    heard({ kind, occurrence }) {
      if (kind !== "occurred" || occurrence.bed !== bed.id) return;
      if (playing === undefined || playing.endedS !== undefined) return;
      const { condition, priority, subject: device } = occurrence;
      playing.occurred.push({ condition, priority, device, atS: ageS(playing) });
    },
    view: () => ({
      knobs: knobsOf(patient),
      devices: names.map((name) => ({ device: options.device(name), name, faults: faults.get(name) ?? [] })),
      scenarios: scenarios.map(({ id, scenario: { name, seconds } }) => ({ id, name, seconds })),
      ...(playing === undefined ? {} : { playing: playedView(playing, ageS(playing), options.device) }),
    }),
  };
}

/** Fits a bed that has been running for a while, with its own devices and settings, and a box that is real. */
const fits = ({ class: of, devices, mode, seconds, events, expect }: Scenario, bed: BedConfig): boolean =>
  of === bed.dependencyClass &&
  devices === undefined &&
  (mode ?? "ST") === "ST" &&
  seconds <= SECONDS_MAX &&
  events.every(({ event }) => !isHouseFault(event)) &&
  expect.every(({ condition }) => condition !== "DATA_NEVER");

const no = (reason: string): CommandOutcome => ({ accepted: false, reason });

/** What each fault ends of those before it, beside itself. */
const ENDS: { readonly [fault in SimulationFault]?: readonly SimulationFault[] } = {
  plug_in: ["unplug"],
  thaw: ["freeze"],
  clean: ["flip", "drop", "cut", "wrong_baud", "freeze", "half_open", "delay"],
  // Only one kind of damage at a time.
  flip: ["drop", "cut", "wrong_baud"],
  drop: ["flip", "cut", "wrong_baud"],
  cut: ["flip", "drop", "wrong_baud"],
  wrong_baud: ["flip", "drop", "cut"],
};
const HEALING: readonly SimulationFault[] = ["plug_in", "thaw", "clean"];

/** What is wrong with a link after one more thing was done to it. */
function after(now: readonly SimulationFault[], fault: SimulationFault): readonly SimulationFault[] {
  const rest = now.filter((each) => each !== fault && ENDS[fault]?.includes(each) !== true);
  // Swapped twice is not swapped.
  const undone = HEALING.includes(fault) || (fault === "swap" && now.includes("swap"));
  return undone ? rest : [...rest, fault];
}

const isFault = (event: string): event is SimulationFault =>
  ["unplug", "half_open", "swap", "delay"].includes(event) ||
  Object.hasOwn(ENDS, event) ||
  event === "freeze";

function knobsOf(patient: Patient): SimulationView["knobs"] {
  const now = patient.knobs();
  return Object.keys(KNOBS)
    .filter(isKnob)
    .map((knob) => {
      const { min, max, step } = KNOBS[knob];
      return { knob, value: now[knob], min, max, step };
    });
}

function playedView(
  { named: { id, scenario }, occurred, endedS }: Playing,
  ageS: number,
  deviceOf: (name: string) => DeviceId,
): PlayedScenario {
  const { name, seconds, events, expect, never, calm = false } = scenario;
  return {
    ...{ id, name, seconds, ageS, over: endedS !== undefined, never, calm },
    happens: events.map(({ at, event, device, every }) => ({
      ...{ at, event },
      ...(device === undefined ? {} : { device }),
      ...(every === undefined ? {} : { every }),
    })),
    expected: expect.map(({ condition, by, after: from = 0, device }) => {
      const came = occurred.find(
        (one) =>
          one.condition === condition &&
          (device === undefined || one.device === deviceOf(device)) &&
          one.atS >= from &&
          one.atS <= by,
      );
      const base = { condition, after: from, by, ...(device === undefined ? {} : { device }) };
      if (came !== undefined) return { ...base, state: "came", cameAt: came.atS };
      return { ...base, state: ageS > by ? "missed" : "waiting" };
    }),
    wrong: occurred
      .filter(({ condition, priority }) => never.includes(condition) || (calm && priority === "high"))
      .map(({ condition, atS }) => ({ condition, at: atS })),
  };
}
