import { globSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { loadavg } from "node:os";
import path from "node:path";
import { HUB_USER } from "../bus/acl.ts";
import { mosquittoConfig, mosquittoUsersFile, USERS_FILE } from "../bus/mosquitto.ts";
import { SECOND_MS } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Random } from "../port/random.ts";
import { freePort, type Program, type Programs, Unmeasured, usageOf } from "./programs.ts";
import { type Spread, spreadOf } from "./statistics.ts";

/** Bed with a whole night in the store, asked for while the fleet speaks. */
export const NIGHT_BED = "nightaaaaa~b1";
export const NIGHT_HOURS = 8;

/** The numbers of homes in turn, and how long each is measured, s. */
export interface FleetPlan {
  readonly homes: readonly number[];
  readonly settleS: number;
  readonly seconds: number;
  /** Beside mosquitto_sub that writes to a file. */
  readonly peer: boolean;
}

/** What the hub's end tells of the time since it was asked before; ms. */
export interface HubHeard {
  /** From the hand-over to the sender's connection until the row was durable. */
  readonly stored: Spread | undefined;
  /** Ten signals of a night in minutes, through the store's port. */
  readonly night: Spread | undefined;
  readonly commits: number;
  /** Since the start; they would be sent again. */
  readonly turnedAway: number;
  readonly repeats: number;
  readonly waiting: number;
}

/** Of one number of homes. Processor in percent of one core. */
export interface FleetStep {
  readonly homes: number;
  /** Messages a second that the homes said, and that were stored. */
  readonly saidPerSecond: number;
  readonly storedPerSecond: number;
  readonly hub: HubHeard;
  readonly hubCpu: number;
  readonly hubMb: number;
  readonly brokerCpu: number;
  readonly brokerMb: number;
  readonly fleetCpu: number;
  readonly load: number;
  /** p99 under a second, and everything that was said came. */
  readonly good: boolean;
}

/** mosquitto_sub that appends to a file, at one number of homes. */
export interface FleetPeer {
  readonly homes: number;
  readonly heardPerSecond: number;
  /** From the hand-over to the sender's connection until it was heard. */
  readonly heard: Spread | undefined;
  readonly cpu: number;
  readonly mb: number;
}

export interface FleetBench {
  readonly steps: readonly FleetStep[];
  /** The most homes of a good step before the first that was not; 0: none. */
  readonly homes: number;
  /** No step failed: there may be more. */
  readonly open: boolean;
  readonly peer: FleetPeer | undefined;
  readonly problems: readonly string[];
}

/** Rejects with the signal's reason once that is aborted. */
export interface FleetContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly programs: Programs;
  readonly signal: AbortSignal;
  readonly folder: string;
  say(words: string): void;
}

const P99_MS = 1_000;
/** Messages under way at the ends of a window. */
const COMPLETE = 0.98;
const PATIENCE_MS = 30 * SECOND_MS;
const LOOK_MS = 50;
const FLAGS = ["--disable-warning=ExperimentalWarning"];

/** Ever more homes on one hub, until the first number that it does not bear. Rejects with Unmeasured. */
export async function measureFleet(plan: FleetPlan, context: FleetContext): Promise<FleetBench> {
  const { programs, folder } = context;
  const broker = await startMosquitto(context);
  const login = [HUB_USER, broker.password];
  const own = (file: string, args: readonly string[]): Program =>
    programs.start(
      process.execPath,
      [...FLAGS, path.join(import.meta.dirname, `${file}${path.extname(import.meta.filename)}`), ...args],
      {
        fed: true,
      },
    );
  const url = `mqtt://127.0.0.1:${broker.port}`;
  const hub = own("hub-end", [path.join(folder, "hub.sqlite"), url, ...login]);
  await hub.saying(/ready/, PATIENCE_MS);
  const fleet = own("hub-fleet", [String(broker.port), ...login]);
  await fleet.saying(/ready/, PATIENCE_MS);
  const parts = {
    hub: { program: hub, word: "heard" },
    fleet: { program: fleet, word: "sent" },
    broker: broker.program,
  };
  const steps: FleetStep[] = [];
  for (const homes of plan.homes) {
    context.say(`${homes.toLocaleString("en")} homes`);
    const step = await measureStep(homes, plan, parts, context);
    steps.push(step);
    if (!step.good) break;
  }
  const borne = steps.filter(({ good }) => good).at(-1)?.homes ?? 0;
  const problems: string[] = [];
  let peer: FleetPeer | undefined;
  if (plan.peer && borne > 0) {
    await hub.stop();
    try {
      peer = await measurePeer(borne, plan, { ...broker, fleet: parts.fleet }, context);
    } catch (error) {
      if (!(error instanceof Unmeasured)) throw error;
      problems.push(error.message);
    }
  }
  await fleet.stop();
  return { steps, homes: borne, open: steps.every(({ good }) => good), peer, problems };
}

/** A program that answers lines with this word before the answer. */
interface Asked {
  readonly program: Program;
  readonly word: string;
}

interface Parts {
  readonly hub: Asked;
  readonly fleet: Asked;
  readonly broker: Program;
}

async function measureStep(
  homes: number,
  plan: FleetPlan,
  { hub, fleet, broker }: Parts,
  { clock, signal }: FleetContext,
): Promise<FleetStep> {
  const pids = [hub.program.pid, broker.pid, fleet.program.pid];
  await ask(fleet, String(homes), clock);
  await clock.sleep(plan.settleS * SECOND_MS, signal);
  await ask(hub, "", clock);
  const sentBefore = Number(await ask(fleet, "", clock));
  const before = pids.map(usageOf);
  const began = clock.mono();
  await clock.sleep(plan.seconds * SECOND_MS, signal);
  const heard = await ask(hub, "", clock);
  const sent = Number(await ask(fleet, "", clock)) - sentBefore;
  const tookMs = clock.mono() - began;
  const after = pids.map(usageOf);
  const cpu = (index: number): number =>
    (((after[index]?.cpuMs ?? 0) - (before[index]?.cpuMs ?? 0)) / tookMs) * 100;
  const told: unknown = JSON.parse(heard);
  if (!isHeard(told)) throw new Unmeasured(`the hub's end said ${heard}`);
  const saidPerSecond = (sent / tookMs) * 1_000;
  const storedPerSecond = ((told.stored?.n ?? 0) / tookMs) * 1_000;
  return {
    ...{ homes, saidPerSecond, storedPerSecond, hub: told },
    ...{ hubCpu: cpu(0), brokerCpu: cpu(1), fleetCpu: cpu(2) },
    ...{ hubMb: after[0]?.rssMb ?? 0, brokerMb: after[1]?.rssMb ?? 0, load: loadavg()[0] ?? 0 },
    good:
      told.stored !== undefined &&
      told.stored.p99 <= P99_MS &&
      saidPerSecond >= COMPLETE * homes &&
      storedPerSecond >= COMPLETE * saidPerSecond,
  };
}

/** Made by hub-end.ts of this same version: looked at no closer than to know it from an error. */
const isHeard = (told: unknown): told is HubHeard =>
  typeof told === "object" && told !== null && "turnedAway" in told;

/** What a program answers to a line; questions are numbered, so that an older answer is not taken for this one. */
async function ask({ program, word }: Asked, question: string, clock: Clock): Promise<string> {
  const id = Math.round(clock.mono() * 1_000);
  program.write(Buffer.from(`${id} ${question}\n`));
  const [, answer = ""] = await program.saying(new RegExp(`${word} ${id} (.*)\n`), PATIENCE_MS);
  return answer;
}

/** mosquitto_sub, as a few words in a shell would do it: it writes when it heard what, and nothing else. */
async function measurePeer(
  homes: number,
  plan: FleetPlan,
  { port, password, fleet }: { readonly port: number; readonly password: string; readonly fleet: Asked },
  { clock, signal, programs, folder }: FleetContext,
): Promise<FleetPeer> {
  const file = path.join(folder, "peer.txt");
  const login = `-h 127.0.0.1 -p ${port} -u ${HUB_USER} -P '${password}'`;
  const filter = "breathwatch/1/+/+/+/observation/+";
  const line = `exec mosquitto_sub ${login} -q 1 -t '${filter}' -F '%U %p' >>'${file}'`;
  const peer = programs.start("/bin/sh", ["-c", line]);
  await ask(fleet, String(homes), clock);
  await clock.sleep(plan.settleS * SECOND_MS, signal);
  const [from, before] = [await sizeOf(file), usageOf(peer.pid)];
  const began = clock.mono();
  await clock.sleep(plan.seconds * SECOND_MS, signal);
  const [after, tookMs] = [usageOf(peer.pid), clock.mono() - began];
  if (after.rssMb === 0) throw new Unmeasured(`mosquitto_sub ended: ${peer.said().trim()}`);
  await peer.stop();
  const lines = (await readFile(file, "utf8")).slice(from).split("\n").slice(1, -1);
  const delays = lines.flatMap((text) => {
    const [, seconds, at] = /^([\d.]+) .*"at":(\d+)/.exec(text) ?? [];
    return at === undefined ? [] : [Number(seconds) * 1_000 - Number(at)];
  });
  const cpu = ((after.cpuMs - before.cpuMs) / tookMs) * 100;
  return {
    homes,
    heardPerSecond: (delays.length / tookMs) * 1_000,
    heard: spreadOf(delays),
    cpu,
    mb: after.rssMb,
  };
}

const sizeOf = async (file: string): Promise<number> => (await readFile(file)).length;

/** With the configuration that a hub's has; without boxes, for the fleet signs in as the hub. */
async function startMosquitto({ clock, random, programs, folder }: FleetContext): Promise<{
  readonly program: Program;
  readonly port: number;
  readonly password: string;
}> {
  const [plugin] = globSync("/usr/lib/*/mosquitto_dynamic_security.so");
  if (plugin === undefined) throw new Unmeasured("mosquitto with its plugin for users is not there");
  const port = await freePort();
  const own = path.join(folder, "mosquitto");
  await mkdir(own);
  const password = Buffer.from(random.bytes(24)).toString("base64url");
  const root = process.getuid?.() === 0 ? { user: "root" } : {};
  const config = path.join(own, "mosquitto.conf");
  await writeFile(config, mosquittoConfig({ folder: own, port, plugin, ...root }));
  const users = mosquittoUsersFile({ hubPassword: password, boxes: [] }, random);
  await writeFile(path.join(own, USERS_FILE), users, { mode: 0o600 });
  const program = programs.start("/usr/sbin/mosquitto", ["-c", config]);
  const deadline = clock.mono() + PATIENCE_MS;
  while (!(await answers(port))) {
    if (clock.mono() > deadline) throw new Unmeasured(`mosquitto does not answer: ${program.said().trim()}`);
    await clock.sleep(LOOK_MS);
  }
  return { program, port, password };
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
