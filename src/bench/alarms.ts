import { cpus, loadavg } from "node:os";
import { messageOf } from "../domain/fault.ts";
import type { Clock } from "../port/clock.ts";
import { type Burden, measureBurden, perNight } from "./alarms-burden.ts";
import { type Calibration, CHRONIC_NIGHTS, calibrationOf, ORDINARY_NIGHTS } from "./alarms-calibration.ts";
import { CHRONICALLY_LOW, type NightKind, ORDINARY, simulateNight } from "./alarms-nights.ts";
import { recordedRuns } from "./alarms-recordings.ts";
import { HAZARDS, measureSensitivity, type Sensitivity } from "./alarms-sensitivity.ts";
import { type AlarmSpeed, measureSpeed, type SpeedPlan } from "./alarms-speed.ts";

/** How much of everything. */
export interface AlarmsPlan {
  /** Of each hazard. */
  readonly variations: number;
  readonly seed: number;
  /** Of each scenario of a whole bed. */
  readonly scenarioSeeds: number;
  readonly scenarios: readonly WholeBedRow[];
  readonly ordinaryNights: number;
  readonly chronicNights: number;
  readonly nightHours: number;
  /** Nights that only the generator's calibration is counted on. */
  readonly calibrationNights: number;
  readonly speed: SpeedPlan;
}

/** A hazard that only a whole bed answers, and the scenario that plays it. */
export interface WholeBedRow {
  readonly row: string;
  readonly scenario: string;
}

/** Hazards of links, devices and the house: from the devices' bytes to the alarm. */
export const WHOLE_BED: readonly WholeBedRow[] = [
  { row: "1", scenario: "probe-off" },
  { row: "3", scenario: "ventilator-line-freezes" },
  { row: "7", scenario: "oximeter-unplugged" },
  { row: "7", scenario: "half-open" },
  { row: "8", scenario: "noisy-cable" },
  { row: "8", scenario: "lost-bytes" },
  { row: "8", scenario: "wrong-baud" },
  { row: "10", scenario: "cables-swapped" },
  { row: "11", scenario: "ventilator-off" },
  { row: "12", scenario: "leak-growing" },
  { row: "13", scenario: "mask-off" },
  { row: "13", scenario: "circuit-off" },
  { row: "17", scenario: "broker-away" },
  { row: "19", scenario: "late-link" },
  { row: "20", scenario: "internet-away" },
  { row: "41", scenario: "call-switch" },
  { row: "BR-02", scenario: "never-speaks" },
];

/** A number that was to be reached. */
export interface AlarmAim {
  readonly aim: string;
  readonly measured: number;
  readonly limit: number;
  /** `most`: at most the limit. */
  readonly side: "most" | "least";
  readonly met: boolean;
}

/** Everything that `bench alarms` measured. */
export interface AlarmsMeasurements {
  /** ISO date. */
  readonly date: string;
  readonly machine: {
    readonly cores: number;
    readonly kind: string;
    readonly platform: string;
    readonly node: string;
  };
  readonly load: { readonly before: number; readonly after: number };
  readonly plan: AlarmsPlan;
  readonly sensitivity: readonly Sensitivity[];
  readonly calibration: readonly Calibration[];
  readonly burden: {
    /** Empty where there are no recordings. */
    readonly recorded: readonly Burden[];
    readonly ordinary: Burden;
    readonly chronic: Burden;
    /** The same chronic nights by the presets of the class alone. */
    readonly chronicUnset: Burden;
  };
  readonly aims: readonly AlarmAim[];
  readonly speed: AlarmSpeed;
  /** What could not be measured, and every event that was missed. */
  readonly problems: readonly string[];
}

/** What the bench needs from outside. */
export interface AlarmsTools {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Where recordings are, if they are. */
  readonly recordings: string;
  readonly say: (words: string) => void;
  /** Plays a scenario of a whole bed; resolves to what was not as it must be. */
  readonly rehearse: (scenario: string, seed: number) => Promise<readonly string[]>;
}

const BASE_SEED = 1000;

/** Sensitivity, burden and speed of the alarm engine, in this process. Rejects when it is stopped. */
export async function measureAlarms(plan: AlarmsPlan, tools: AlarmsTools): Promise<AlarmsMeasurements> {
  const { clock, say } = tools;
  const before = loadavg()[0] ?? 0;
  const sensitivity: Sensitivity[] = [];
  say(`sensitivity: ${HAZARDS.length} rows, ${plan.variations} variations each`);
  for (const hazard of HAZARDS) {
    await breathe(tools);
    sensitivity.push(measureSensitivity(hazard, plan.variations, plan.seed));
  }
  for (const row of plan.scenarios) sensitivity.push(await playScenario(row, plan, tools));
  say("burden");
  const nights = (kind: NightKind, count: number) => simulated(kind, count, plan.nightHours);
  const calibration = [
    calibrationOf(ORDINARY, nights(ORDINARY, plan.calibrationNights), ORDINARY_NIGHTS, plan.nightHours),
    calibrationOf(
      CHRONICALLY_LOW,
      nights(CHRONICALLY_LOW, plan.calibrationNights),
      CHRONIC_NIGHTS,
      plan.nightHours,
    ),
  ];
  await breathe(tools);
  const recorded = recordedBurden(tools.recordings);
  await breathe(tools);
  const b = { dependencyClass: "B" } as const;
  const ordinary = measureBurden(
    { what: "simulated ordinary nights", ...b },
    nights(ORDINARY, plan.ordinaryNights),
  );
  await breathe(tools);
  const low = () => nights(CHRONICALLY_LOW, plan.chronicNights);
  const limits = { preset: "chronic_low" };
  const chronic = measureBurden(
    { what: "simulated chronically low nights, preset chronic_low", limits, ...b },
    low(),
  );
  await breathe(tools);
  const chronicUnset = measureBurden({ what: "the same nights, presets of class B", ...b }, low());
  await breathe(tools);
  say("speed");
  const speed = measureSpeed(plan.speed, clock);
  const [cpu] = cpus();
  return {
    date: new Date(clock.wall()).toISOString().slice(0, 10),
    machine: {
      ...{ cores: cpus().length, kind: cpu?.model.trim() ?? "unknown" },
      ...{ platform: process.platform, node: process.versions.node },
    },
    load: { before, after: loadavg()[0] ?? 0 },
    ...{ plan, sensitivity, calibration, speed },
    burden: { recorded, ordinary, chronic, chronicUnset },
    aims: aimsOf(sensitivity, [...recorded, ordinary, chronic], speed, plan),
    problems: sensitivity.flatMap(({ row, what, missed }) =>
      missed.map((one) => `row ${row}, ${what}: ${one}`),
    ),
  };
}

/** Lets other work of the process have its turn, and ends where somebody asked for it. */
async function breathe({ clock, signal }: AlarmsTools): Promise<void> {
  await clock.sleep(0, signal);
}

function* simulated(kind: NightKind, count: number, hours: number) {
  for (let night = 0; night < count; night++) yield simulateNight(kind, BASE_SEED + night, hours);
}

async function playScenario(
  { row, scenario }: WholeBedRow,
  { scenarioSeeds, seed }: AlarmsPlan,
  tools: AlarmsTools,
): Promise<Sensitivity> {
  tools.say(`whole bed: ${scenario}`);
  const missed: string[] = [];
  let raised = 0;
  for (let turn = 0; turn < scenarioSeeds; turn++) {
    tools.signal.throwIfAborted();
    const problems = await tools
      .rehearse(scenario, seed + turn)
      .catch((error: unknown) => [messageOf(error)]);
    if (problems.length === 0) raised++;
    else missed.push(`seed ${seed + turn}: ${problems.join("; ")}`);
  }
  return { row, what: `whole bed: ${scenario}`, variations: scenarioSeeds, raised, missed };
}

function recordedBurden(folder: string): readonly Burden[] {
  const runs = recordedRuns(folder);
  const groups = [...new Set(runs.map(({ group }) => group))];
  return groups.map((group) =>
    measureBurden(
      { what: `recorded: ${group}`, dependencyClass: "B" },
      runs.filter((run) => run.group === group).map(({ seconds }) => seconds),
    ),
  );
}

function aimsOf(
  sensitivity: readonly Sensitivity[],
  burdens: readonly Burden[],
  speed: AlarmSpeed,
  { nightHours }: AlarmsPlan,
): readonly AlarmAim[] {
  const most = (aim: string, measured: number, limit: number): AlarmAim => ({
    ...{ aim, measured, limit, side: "most", met: measured <= limit },
  });
  const missed = sensitivity.reduce((sum, { variations, raised }) => sum + variations - raised, 0);
  const lost = burdens.reduce((sum, { deepLost }) => sum + deepLost.length, 0);
  const [ordinary, chronic] = burdens.slice(-2);
  if (ordinary === undefined || chronic === undefined) throw new TypeError("no nights were simulated");
  const sounded = chronic.signals.high + chronic.signals.medium;
  const fewer = chronic.counted / Math.max(1, sounded);
  const perEight = 8 / nightHours;
  return [
    most("sustained events missed or late", missed, 0),
    most("dips below the critical limit that were no alarm", lost, 0),
    most("ordinary night: high alarms", perNight(ordinary, ordinary.signals.high) * perEight, 1),
    {
      ...{
        aim: "chronically low night: times fewer than a threshold of 88 without delay",
        measured: fewer,
        limit: 10,
      },
      side: "least",
      met: fewer >= 10,
    },
    most("10 h night at 1 Hz with 15 signals, s of a processor", (speed.nightCpuS * 36_000) / speed.rows, 1),
  ];
}
