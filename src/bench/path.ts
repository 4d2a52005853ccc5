import { mkdtemp, rm } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import path from "node:path";
import { messageOf } from "../domain/fault.ts";
import type { Clock } from "../port/clock.ts";
import type { Random } from "../port/random.ts";
import { type AlarmTimes, measureAlarms } from "./alarm.ts";
import { type BedUsage, measureBed } from "./bed.ts";
import { type BenchBroker, openEar, startBroker } from "./broker.ts";
import { type DriverRate, measureDrivers } from "./driver.ts";
import { installNodeRed } from "./node-red.ts";
import { createPrograms } from "./programs.ts";
import { type Bench, type Round, runRound } from "./round.ts";
import { BENCH_FILTERS, bare, breathwatch, nodeRed, type Subject, type SubjectName } from "./subject.ts";

/** How long and how often everything is measured. */
export interface PathPlan {
  readonly rounds: number;
  /** Of each round of each subject. */
  readonly seconds: number;
  /** 0: none. */
  readonly alarms: number;
  /** 0: not at all. */
  readonly bedSeconds: number;
  readonly driverSeconds: number;
  readonly floodFrames: number;
  /** Node-RED and the bare script too. */
  readonly peers: boolean;
}

/** Everything that one run measured. What is absent could not be measured: `problems` says why. */
export interface PathMeasurements {
  readonly machine: { readonly cores: number; readonly platform: string; readonly node: string };
  readonly broker: BenchBroker["kind"];
  readonly plan: PathPlan;
  /** One-minute load average of the machine, before and after. */
  readonly load: { readonly before: number; readonly after: number };
  readonly rounds: { readonly [subject in SubjectName]?: readonly Round[] };
  readonly alarms?: AlarmTimes;
  readonly bed?: BedUsage;
  readonly drivers: readonly DriverRate[];
  /** What was left out because the machine has it not. */
  readonly notes: readonly string[];
  readonly problems: readonly string[];
}

/** What the bench takes from the command line's process. */
export interface PathWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly environment: { readonly [name: string]: string | undefined };
  readonly signal: AbortSignal;
  /** One line of what is going on. */
  readonly say: (words: string) => void;
}

/**
 * Measures the path from a device's bytes to the bus and to a phone's push service, beside two other ways to read the
 * same port. Everything on loopback and in a temporary folder; whatever it started has ended when it resolves. What
 * cannot be measured is left out and named; rejects only when it is stopped, or nothing can be measured at all.
 */
export async function measurePath(plan: PathPlan, world: PathWorld): Promise<PathMeasurements> {
  const { clock, signal } = world;
  const programs = createPrograms(world);
  const folder = await mkdtemp(path.join(tmpdir(), "breathwatch-bench-"));
  // Whoever waits for a program goes on when it has ended.
  const end = (): void => {
    programs.stopAll().catch((error: unknown) => world.say(messageOf(error)));
  };
  signal.addEventListener("abort", end, { once: true });
  const closers: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
  try {
    const broker = await startBroker({ programs, clock, folder });
    closers.push(
      () => broker.close(),
      () => programs.stopAll(),
    );
    const ear = await openEar(broker, BENCH_FILTERS, clock);
    closers.push(() => ear.close());
    return await measureAll({ clock, programs, broker, ear, folder, signal }, plan, world);
  } finally {
    signal.removeEventListener("abort", end);
    for (const close of closers.toReversed()) await close();
  }
}

async function measureAll(bench: Bench, plan: PathPlan, world: PathWorld): Promise<PathMeasurements> {
  const { say, random, signal } = world;
  const problems: string[] = [];
  const notes: string[] = [];
  const before = loadavg()[0] ?? 0;
  /** A part that fails is named and left out; being stopped ends everything. */
  const part = async <T>(
    what: string,
    work: () => Promise<T>,
    failures = problems,
  ): Promise<T | undefined> => {
    signal.throwIfAborted();
    say(what);
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      failures.push(`${what}: ${messageOf(error)}`);
      say(`  not measured: ${messageOf(error)}`);
      return undefined;
    }
  };

  const subjects: Subject[] = [breathwatch];
  if (plan.peers) {
    subjects.push(bare);
    const place = await part(
      "Node-RED: installing into a temporary folder",
      () => installNodeRed(bench.folder, bench.programs, bench.clock),
      notes,
    );
    if (place !== undefined) subjects.push(nodeRed(place));
  }
  const rounds: { [subject in SubjectName]?: Round[] } = {};
  for (let round = 1; round <= plan.rounds; round++) {
    for (const subject of subjects) {
      const what = `round ${round} of ${plan.rounds}: ${subject.name}`;
      const measured = await part(what, () => runRound(bench, subject, plan, `${subject.name}-${round}`));
      if (measured !== undefined) (rounds[subject.name] ??= []).push(measured);
    }
  }
  const alarms =
    plan.alarms === 0
      ? undefined
      : await part(`alarms: at least ${plan.alarms}`, () => measureAlarms(bench, plan.alarms));
  const bed =
    plan.bedSeconds === 0
      ? undefined
      : await part(`one bed for ${plan.bedSeconds} s`, () => measureBed(bench, random, plan.bedSeconds));
  const drivers = await part("drivers alone", () => measureDrivers(bench, random, plan.driverSeconds));
  return {
    machine: { cores: cpus().length, platform: process.platform, node: process.versions.node },
    broker: bench.broker.kind,
    plan,
    load: { before, after: loadavg()[0] ?? 0 },
    rounds,
    ...(alarms === undefined ? {} : { alarms }),
    ...(bed === undefined ? {} : { bed }),
    drivers: drivers ?? [],
    notes,
    problems,
  };
}
