import type { Condition } from "../alarm/condition.ts";
import { type EngineInput, step } from "../alarm/engine.ts";
import { type Limits, resolveLimits } from "../alarm/limits.ts";
import { type AlarmSetup, type EngineState, startState } from "../alarm/state.ts";
import type { AlarmCommand, AlarmEvent, Baselines } from "../domain/alarm.ts";
import type { BedProfile, DependencyClass, ExpectedSource } from "../domain/bed.ts";
import type { Observation, ObservationBody } from "../domain/observation.ts";
import type { SignalId } from "../domain/signal.ts";
import { mono, wall } from "../domain/time.ts";

/** What a bed of the bench is made of. */
export interface BedPlan {
  readonly dependencyClass: DependencyClass;
  readonly sources: readonly ExpectedSource[];
  /** As in a limits file; absent: the presets of the class. */
  readonly limits?: unknown;
  readonly baselines?: Baselines;
  readonly conditions?: readonly Condition[];
  /** Minutes of the day; absent: always on watch. */
  readonly schedule?: BedProfile["schedule"];
}

/** The real engine at one bed, on a clock of its own that begins at 0 ms. Nothing but `advance` lets time pass. */
export interface BenchBed {
  /** ms since the start. */
  readonly now: number;
  readonly state: EngineState;
  readonly limits: Limits;
  readonly events: readonly (AlarmEvent & { readonly atMs: number })[];
  /** Lets so many ms pass; the engine ticks at every whole second. */
  advance(ms: number): void;
  hear(device: string, body: ObservationBody, marks?: Partial<Observation>): void;
  command(command: AlarmCommand): void;
  /** The wall clock jumps; the monotonic one does not. */
  jump(ms: number): void;
}

const BED = "b1";
const JOURNAL = "benchbench";
/** 22:00 UTC: inside the usual watch. */
const EVENING = Date.UTC(2026, 0, 15, 22);
const SECOND_MS = 1_000;

const source = (
  device: string,
  role: ExpectedSource["role"],
  signals: readonly SignalId[],
): ExpectedSource => ({ device, role, signals, simulated: false });

export const OXIMETER = source("oximeter", "oximeter", ["spo2", "pulse_rate", "perfusion_index"]);

export const VENTILATOR = source("ventilator", "ventilator", [
  ...(["leak", "pressure_peak", "tidal_volume_exp", "minute_volume"] as const),
  ...(["resp_rate", "apnea_duration", "therapy", "mains", "battery_minutes"] as const),
]);

export const CONTACT = source("contact", "contact", ["remote_alarm"]);

export const CAPNOGRAPH = source("capnograph", "capnograph", ["tcco2"]);

export const CALL_SWITCH = source("switch", "call", []);

/** A setup as the edge makes it. Throws INPUT_INVALID for limits that are none. */
export const setupOf = ({ dependencyClass, sources, limits, conditions, schedule }: BedPlan): AlarmSetup => ({
  profile: {
    ...{ bed: BED, zone: "UTC", dependencyClass, sources },
    schedule: schedule ?? { fromMinute: 0, toMinute: 24 * 60 },
  },
  limits: resolveLimits(limits, dependencyClass),
  journal: JOURNAL,
  ...(conditions === undefined ? {} : { conditions }),
});

/** A bed that nobody has said anything to. */
export function createBenchBed(plan: BedPlan): BenchBed {
  const setup = setupOf(plan);
  const events: (AlarmEvent & { readonly atMs: number })[] = [];
  let now = 0;
  let shift = 0;
  let seq = 0;
  const wallNow = () => wall(EVENING + now + shift);
  const fresh = startState({ mono: mono(0), wall: wallNow(), trusted: true }, BED);
  const { baselines = fresh.core.baselines } = plan;
  let state: EngineState = { ...fresh, core: { ...fresh.core, baselines } };

  const take = (input: EngineInput): void => {
    const result = step(setup, state, input);
    ({ state } = result);
    for (const event of result.events) events.push({ ...event, atMs: now });
  };
  const tick = (): void => take({ kind: "tick", mono: mono(now), at: wallNow() });
  tick();
  return {
    get now() {
      return now;
    },
    get state() {
      return state;
    },
    limits: setup.limits,
    events,
    advance(ms) {
      const end = now + ms;
      for (let next = now - (now % SECOND_MS) + SECOND_MS; next <= end; next += SECOND_MS) {
        now = next;
        tick();
      }
      now = end;
    },
    hear(device, body, marks = {}) {
      const observation: Observation = {
        ...{ device, bed: BED, epoch: JOURNAL, seq: seq++, at: wallNow(), mono: mono(now) },
        ...{ simulated: false, timeliness: "live", body },
        ...marks,
      };
      take({ kind: "observation", observation });
    },
    command(command) {
      take({ kind: "command", mono: mono(now), at: wallNow(), command });
    },
    jump(ms) {
      shift += ms;
    },
  };
}

/** The condition that an event is about, where tiers share the occurrence. */
export const conditionOf = ({ member, occurrence }: AlarmEvent) => member?.condition ?? occurrence.condition;
