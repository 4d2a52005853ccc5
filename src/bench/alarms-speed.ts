import { type EngineInput, step } from "../alarm/engine.ts";
import { judge } from "../alarm/judge.ts";
import { type AlarmSetup, type EngineState, startState } from "../alarm/state.ts";
import type { Samples } from "../domain/sample.ts";
import type { SignalId } from "../domain/signal.ts";
import { mono, wall } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import { OXIMETER, setupOf, VENTILATOR } from "./alarms-bed.ts";
import { createHeapMeter } from "./heap.ts";

/** How much of it. */
export interface SpeedPlan {
  readonly nightSeconds: number;
  readonly rounds: number;
  readonly beds: number;
  /** Seconds of every bed for memory and ticks. */
  readonly bedSeconds: number;
}

/** One engine, and many of them in one process. */
export interface AlarmSpeed {
  readonly rows: number;
  readonly signals: number;
  /** s of the processor and of the wall clock; the fastest round. */
  readonly nightCpuS: number;
  readonly nightWallS: number;
  readonly samplesPerSecond: number;
  /** The same rows through a bare loop with a threshold. */
  readonly plainCpuS: number;
  readonly plainAlarms: number;
  readonly beds: number;
  /** What one engine holds after its first minutes, bytes. */
  readonly bytesPerBed: number;
  /** Processor time of one second of all beds: every device heard once and a tick; and of the ticks alone. ms */
  readonly secondMs: number;
  readonly tickMs: number;
}

const SIGNALS = [
  ...(["spo2", "pulse_rate", "perfusion_index", "leak", "pressure_peak", "pressure_insp"] as const),
  ...(["pressure_exp", "tidal_volume_exp", "tidal_volume_insp", "minute_volume", "resp_rate"] as const),
  ...(["apnea_duration", "therapy", "mains", "battery_percent"] as const),
] satisfies readonly SignalId[];

const START = 1_700_000_000_000;

/** A night at 1 Hz with 15 signals through `judge`, and a thousand beds beside one another. */
export function measureSpeed(
  { nightSeconds, rounds, beds, bedSeconds }: SpeedPlan,
  clock: Pick<Clock, "mono">,
): AlarmSpeed {
  const timed = stopwatch(clock);
  const rows = Array.from({ length: nightSeconds }, (_, second) => ({
    at: wall(START + second * 1000),
    settings: {},
    samples: samplesAt(second),
  }));
  let nightCpuS = Number.POSITIVE_INFINITY;
  let nightWallS = Number.POSITIVE_INFINITY;
  let plainCpuS = Number.POSITIVE_INFINITY;
  let plainAlarms = 0;
  for (let round = 0; round < rounds; round++) {
    const ours = timed(() => {
      for (const _line of judge({ signals: SIGNALS, rows }, { dependencyClass: "B" })) continue;
    });
    nightCpuS = Math.min(nightCpuS, ours.cpuS);
    nightWallS = Math.min(nightWallS, ours.wallS);
    const plain = timed(() => {
      plainAlarms = plainLoop(rows.map(({ samples }) => samples));
    });
    plainCpuS = Math.min(plainCpuS, plain.cpuS);
  }
  return {
    ...{ rows: nightSeconds, signals: SIGNALS.length, nightCpuS, nightWallS, plainCpuS, plainAlarms },
    samplesPerSecond: (nightSeconds * SIGNALS.length) / nightCpuS,
    ...measureBeds(beds, bedSeconds, timed),
  };
}

/** Thresholds on the same numbers, in a loop: no delay, no missing data, no state beyond "was it low". */
function plainLoop(rows: readonly Samples[]): number {
  let alarms = 0;
  let wasLow = false;
  for (const { spo2, pulse_rate, leak, pressure_peak, resp_rate, minute_volume } of rows) {
    const isLow =
      (typeof spo2 === "number" && spo2 < 88) ||
      (typeof pulse_rate === "number" && (pulse_rate < 50 || pulse_rate > 120)) ||
      (typeof leak === "number" && leak > 40) ||
      (typeof pressure_peak === "number" && pressure_peak < 6) ||
      (typeof resp_rate === "number" && (resp_rate < 8 || resp_rate > 30)) ||
      (typeof minute_volume === "number" && minute_volume < 3);
    if (isLow && !wasLow) alarms++;
    wasLow = isLow;
  }
  return alarms;
}

function measureBeds(
  count: number,
  seconds: number,
  timed: Stopwatch,
): Pick<AlarmSpeed, "beds" | "bytesPerBed" | "secondMs" | "tickMs"> {
  const setup = setupOf({ dependencyClass: "B", sources: [OXIMETER, VENTILATOR] });
  const held = createHeapMeter();
  const before = held();
  let states = Array.from({ length: count }, () =>
    startState({ mono: mono(0), wall: wall(START), trusted: true }, "b1"),
  );
  const all = timed(() => {
    for (let second = 0; second < seconds; second++) {
      states = states.map((state, bed) => aSecond(setup, state, second, bed));
    }
  });
  const bytesPerBed = (held() - before) / count;
  const ticks = timed(() => {
    for (let second = seconds; second < seconds + 5; second++) {
      states = states.map((state) => step(setup, state, tickAt(second)).state);
    }
  });
  if (states.length !== count) throw new TypeError("a bed was lost");
  return { beds: count, bytesPerBed, secondMs: (all.cpuS * 1000) / seconds, tickMs: (ticks.cpuS * 1000) / 5 };
}

const tickAt = (second: number): EngineInput => ({
  ...{ kind: "tick", mono: mono(second * 1000), at: wall(START + second * 1000) },
});

/** Oximeter, ventilator, tick. */
function aSecond(setup: AlarmSetup, before: EngineState, second: number, bed: number): EngineState {
  const samples = samplesAt(second + bed);
  let state = before;
  for (const [index, { device, signals }] of [OXIMETER, VENTILATOR].entries()) {
    const said = Object.fromEntries(
      signals.flatMap((id) => (samples[id] === undefined ? [] : [[id, samples[id]]])),
    );
    const observation = {
      ...{
        device,
        bed: "b1",
        epoch: "bench",
        seq: second * 2 + index,
        simulated: false,
        timeliness: "live" as const,
      },
      ...{ at: wall(START + second * 1000), mono: mono(second * 1000) },
      body: { kind: "samples" as const, samples: said },
    };
    ({ state } = step(setup, state, { kind: "observation", observation }));
  }
  return step(setup, state, tickAt(second)).state;
}

/** A quiet night: everything in range, everything moves. */
const samplesAt = (second: number): Samples => ({
  spo2: 95 + (second % 3),
  pulse_rate: 60 + (second % 7),
  perfusion_index: 2 + (second % 5) / 10,
  leak: 8 + (second % 3),
  pressure_peak: 18 + (second % 4) / 10,
  pressure_insp: 18,
  pressure_exp: 6,
  tidal_volume_exp: 480 + (second % 11),
  tidal_volume_insp: 500 + (second % 9),
  minute_volume: 7 + (second % 3) / 10,
  resp_rate: 14 + (second % 2),
  apnea_duration: 0,
  therapy: 1,
  mains: 1,
  battery_percent: 90,
});

type Stopwatch = (work: () => void) => { readonly cpuS: number; readonly wallS: number };

const stopwatch =
  (clock: Pick<Clock, "mono">): Stopwatch =>
  (work) => {
    const from = clock.mono();
    const cpuFrom = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(cpuFrom);
    return { cpuS: (user + system) / 1e6, wallS: (clock.mono() - from) / 1000 };
  };
