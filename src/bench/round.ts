import { mkdir } from "node:fs/promises";
import path from "node:path";
import { SECOND_MS } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { BenchBroker, Ear } from "./broker.ts";
import { type Cable, layCable } from "./cable.ts";
import { createOximeter, FRAMES_PER_PACKET, type Oximeter, PACKETS_PER_SECOND } from "./oximeter.ts";
import { freePort, type Program, type Programs, Unmeasured, usageOf } from "./programs.ts";
import { counterOf, type Subject } from "./subject.ts";

/** What every part of the bench works with. */
export interface Bench {
  readonly clock: Clock;
  readonly programs: Programs;
  readonly broker: BenchBroker;
  readonly ear: Ear;
  readonly folder: string;
  readonly signal: AbortSignal;
}

export interface RoundPlan {
  readonly seconds: number;
  /** How many frames are sent as fast as they are taken. */
  readonly floodFrames: number;
}

/** One subject, once. Times in milliseconds. */
export interface Round {
  /** From starting the program to its first message with a number, while the device sends. */
  readonly startMs: number;
  /** From the write of the completing frame to its message, one for each observation. */
  readonly latenciesMs: readonly number[];
  /** Observations that never came, while the device kept its pace. */
  readonly missing: number;
  readonly rssMb: number;
  /** Of one core. */
  readonly cpuPercent: number;
  readonly floodFramesPerSecond: number;
  readonly floodMissing: number;
  readonly rssAfterFloodMb: number;
  /** From the port's return to the first message with a number; a third of a second of it is the first packet. */
  readonly replugMs: number;
}

const FIRST_MS = 60 * SECOND_MS;
const SETTLE_MS = 2 * SECOND_MS;
const UNPLUGGED_MS = SECOND_MS;
const LATE_MS = SECOND_MS;
const FLOOD_QUIET_MS = 3 * SECOND_MS;

/** Starts a subject on a port of its own, measures it and ends it. */
export async function runRound(
  bench: Bench,
  subject: Subject,
  plan: RoundPlan,
  name: string,
): Promise<Round> {
  const { clock, programs, broker, signal } = bench;
  const folder = path.join(bench.folder, name);
  await mkdir(folder, { recursive: true });
  const webPort = await freePort();
  const cable = await layCable(path.join(folder, "port"), programs, clock);
  const oximeter = createOximeter(clock);
  let stopPlaying = oximeter.play(cable);
  let program: Program | undefined;
  try {
    const first = nextObservation(bench, FIRST_MS, subject.name);
    const startedAt = clock.mono();
    program = await subject.start({ programs, folder, port: cable.path, broker, webPort });
    const startMs = (await first) - startedAt;
    await clock.sleep(SETTLE_MS, signal);
    const steady = await measureLatency(bench, oximeter, program.pid, plan.seconds);
    stopPlaying();
    const flood = await measureFlood(bench, oximeter, cable, plan.floodFrames);
    const { rssMb: rssAfterFloodMb } = usageOf(program.pid);

    await cable.unplug();
    await clock.sleep(UNPLUGGED_MS, signal);
    const again = nextObservation(bench, FIRST_MS, subject.name);
    const backAt = await cable.plugIn();
    stopPlaying = oximeter.play(cable);
    const replugMs = (await again) - backAt;
    return { startMs, ...steady, ...flood, rssAfterFloodMb, replugMs };
  } catch (error) {
    // What the program itself said is the best hint there is.
    const said = program?.said().trim().split("\n").slice(-3).join(" | ") ?? "";
    if (!(error instanceof Unmeasured) || said === "") throw error;
    throw new Unmeasured(`${error.message}; it said: ${said.slice(-500)}`);
  } finally {
    stopPlaying();
    await program?.stop();
    await cable.close();
  }
}

/** Resolves with the moment of the next observation. */
function nextObservation({ clock, ear, signal }: Bench, withinMs: number, who: string): Promise<number> {
  const heard = Promise.withResolvers<number>();
  const stop = ear.hear((_topic, payload, at) => {
    if (counterOf(payload) !== undefined) heard.resolve(at);
  });
  const cancel = clock.after(withinMs, () => heard.reject(silent(who, withinMs)));
  const end = (): void => heard.reject(signal.reason);
  signal.addEventListener("abort", end, { once: true });
  // Whoever waits for it may fail before: the rejection is then nobody's.
  heard.promise.catch(() => undefined);
  return heard.promise.finally(() => {
    stop();
    cancel();
    signal.removeEventListener("abort", end);
  });
}

const silent = (who: string, withinMs: number): Unmeasured =>
  new Unmeasured(`${who} published no observation within ${withinMs / SECOND_MS} s`);

async function measureLatency(
  { clock, ear, signal }: Bench,
  oximeter: Oximeter,
  pid: number,
  seconds: number,
): Promise<Pick<Round, "latenciesMs" | "missing" | "rssMb" | "cpuPercent">> {
  const latenciesMs: number[] = [];
  const seen = new Set<number>();
  const stop = ear.hear((_topic, payload, at) => {
    const counter = counterOf(payload);
    const writtenAt = counter === undefined ? undefined : oximeter.writtenAt(counter);
    if (counter === undefined || writtenAt === undefined || seen.has(counter)) return;
    seen.add(counter);
    latenciesMs.push(at - writtenAt);
  });
  const before = usageOf(pid);
  const from = clock.mono();
  await clock.sleep(seconds * SECOND_MS, signal);
  const after = usageOf(pid);
  const cpuPercent = (100 * (after.cpuMs - before.cpuMs)) / (clock.mono() - from);
  await clock.sleep(LATE_MS, signal);
  stop();
  return { latenciesMs, missing: Math.max(0, seconds - latenciesMs.length), rssMb: after.rssMb, cpuPercent };
}

/** As many frames as asked for, as fast as they are taken; the rate is that of what came out at the other end. */
async function measureFlood(
  { clock, ear, signal }: Bench,
  oximeter: Oximeter,
  cable: Cable,
  frames: number,
): Promise<Pick<Round, "floodFramesPerSecond" | "floodMissing">> {
  const packets = Math.round(frames / FRAMES_PER_PACKET);
  const wanted = Math.floor(packets / PACKETS_PER_SECOND);
  const seen = new Set<number>();
  let lastAt: number = clock.mono();
  const stop = ear.hear((_topic, payload, at) => {
    const counter = counterOf(payload);
    if (counter === undefined || seen.has(counter)) return;
    seen.add(counter);
    lastAt = at;
  });
  const from = clock.mono();
  await oximeter.flood(cable, packets);
  while (seen.size < wanted && clock.mono() - Math.max(lastAt, from) < FLOOD_QUIET_MS) {
    await clock.sleep(20, signal);
  }
  stop();
  return {
    floodFramesPerSecond: (packets * FRAMES_PER_PACKET * SECOND_MS) / (lastAt - from),
    floodMissing: Math.max(0, wanted - seen.size),
  };
}
