import type { ChildProcess } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { mosquittoConfig, mosquittoUsersFile, USERS_FILE } from "../../src/bus/mosquitto.ts";
import { qualifiedBed } from "../../src/domain/ids.ts";
import { createClock } from "../../src/ops/clock.ts";
import { createRandom } from "../../src/ops/random.ts";
import { boxUser } from "../../src/port/registry.ts";
import type { Timeseries } from "../../src/port/timeseries.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import { openSqliteTimeseries } from "../../src/store/timeseries/sqlite/timeseries.ts";
import { numberOfSecond, secondAt, spo2At } from "./cuts-night.ts";
import { type Cut, createMachines, type Machines } from "./namespaces.ts";
import { silentLog } from "./silent-log.ts";

/** How long and how hard. */
export interface CutsPlan {
  readonly cuts: number;
  readonly seed: number;
  /** Real ms for one second of the night. */
  readonly paceMs: number;
  /** A cut or an absence lasts at most so long; half of them less than a quarter of it. */
  readonly longestMs: number;
  readonly betweenMs: number;
  /** After the last cut the box may take so long to get rid of what it holds. */
  readonly healMs: number;
}

/** What was counted at the end. */
export interface CutsFound {
  /** Everything that the box was about to say; of it durable before it was killed. */
  readonly said: number;
  readonly kept: number;
  readonly stored: number;
  /** Names of what is not in the store though the box had it durable. */
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  /** In the store, and never said, or said otherwise. */
  readonly strange: readonly string[];
  /** Marks that are not the last number of their run. */
  readonly wrongMarks: readonly string[];
  /** What was done, in order. */
  readonly done: readonly string[];
  /** From the last cut's end until the box held nothing, ms. */
  readonly healedMs: number;
}

const HOME = "abcdefghij";
const USER = boxUser({ home: HOME, id: "boxaaaaaaa" });
const [BOX_PASSWORD, HUB_PASSWORD] = ["a secret of the box", "a secret of the hub"];
const PORT = 1884;
const CUTS: readonly Cut[] = ["down", "silent", "deaf", "mute", "lossy", "slow"];
type Victim = "kill box" | "kill hub" | "kill broker" | "cut box" | "cut hub";
const VICTIMS: readonly Victim[] = [
  "kill box",
  "kill hub",
  "kill broker",
  "cut box",
  "cut hub",
  "cut box",
  "cut hub",
];
/** What was heard of one box process; its numbers start anew with it. */
interface BoxRun {
  readonly child: ChildProcess;
  readonly said: string[];
  kept: number;
  held: number | undefined;
  /** Its output is read to its end. */
  readonly over: Promise<void>;
}

/** Plays a night with kills and cuts between a box, a broker and a hub, each on a machine of its own, and counts. */
export async function playCuts(plan: CutsPlan): Promise<CutsFound> {
  const folder = mkdtempSync(path.join(tmpdir(), "breathwatch-cuts-"));
  try {
    const machines = createMachines();
    try {
      return await play(plan, folder, machines);
    } finally {
      await machines.remove();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function play(plan: CutsPlan, folder: string, machines: Machines): Promise<CutsFound> {
  const random = createSeededRandom(plan.seed);
  const store = path.join(folder, "store.sqlite");
  const broker = brokerIn(folder, machines);
  const hub = hubIn(store, machines);
  const box = boxIn(folder, machines, plan.paceMs);
  broker.start();
  hub.start();
  box.start();
  await until("the box began", 30_000, () => box.runs[0]!.said.length > 0 && hub.isOpen());
  const parts = { box, hub, broker };
  const done: string[] = [];
  const busy = new Map<Victim, Promise<void>>();
  const hit = async (victim: Victim, how: Cut, ms: number): Promise<void> => {
    const [what, name] = victim.split(" ") as ["kill" | "cut", "box" | "hub" | "broker"];
    if (what === "kill") {
      await parts[name].kill();
      await sleep(ms);
      parts[name].start();
    } else if (name !== "broker") {
      machines.cut(name, how);
      await sleep(ms);
      machines.heal(name);
    }
  };
  for (let n = 0; n < plan.cuts; n++) {
    const free = VICTIMS.filter((victim) => !busy.has(victim));
    const victim = free[Math.floor(random.uniform() * free.length)]!;
    const how = CUTS[Math.floor(random.uniform() * CUTS.length)]!;
    const ms = Math.round(plan.longestMs * random.uniform() ** 2);
    done.push(`${victim}${victim.startsWith("cut") ? ` ${how}` : ""} ${ms} ms`);
    const healed = hit(victim, how, ms).finally(() => busy.delete(victim));
    busy.set(victim, healed);
    // Now and then the next one comes before this one is over.
    if (random.uniform() < 0.7 || busy.size >= 3) await healed;
    await sleep(plan.betweenMs * random.uniform());
  }
  await Promise.all(busy.values());
  const began = performance.now();
  const last = box.runs.at(-1)!;
  await until("the box says something after the last cut", 30_000, () => last.said.length > 0);
  last.child.stdin!.write("end\n");
  // Twice: the first may be of the time before it had stopped.
  last.held = undefined;
  await until("the box is asked how much it holds", 30_000, () => last.held !== undefined);
  await until(`the spool is empty (${done.join(", ")})`, plan.healMs, () => {
    return last.kept === last.said.length && last.held === 0;
  }).catch((error: unknown) => done.push(String(error)));
  const healedMs = performance.now() - began;
  const marks = readMarks(machines);
  await box.kill();
  await hub.end();
  return { ...(await count(store, box.runs, marks)), done, healedMs };
}

function brokerIn(folder: string, machines: Machines) {
  const own = path.join(folder, "mosquitto");
  mkdirSync(own);
  const config = mosquittoConfig({
    ...{ folder: own, port: 1883, plugin: globSync("/usr/lib/*/mosquitto_dynamic_security.so")[0]! },
    user: "root",
  });
  const file = path.join(own, "mosquitto.conf");
  writeFileSync(file, `${config}log_dest none\nlistener ${PORT} 0.0.0.0\n`);
  const boxes = [{ user: USER, password: BOX_PASSWORD }];
  const users = mosquittoUsersFile({ hubPassword: HUB_PASSWORD, boxes }, createRandom());
  writeFileSync(path.join(own, USERS_FILE), users, { mode: 0o600 });
  let child: ChildProcess | undefined;
  return {
    start() {
      child = machines.spawn("middle", "/usr/sbin/mosquitto", ["-c", file]);
    },
    kill: () => ended(child),
  };
}

function hubIn(store: string, machines: Machines) {
  let child: ChildProcess | undefined;
  let open = false;
  return {
    start() {
      const url = `mqtt://${machines.middleFor.hub}:${PORT}`;
      open = false;
      child = program(machines, "hub", "cuts-hub-writer.ts", [store, url, "hub", HUB_PASSWORD]);
      child.stdout!.on("data", () => (open = true));
    },
    isOpen: () => open,
    kill: () => ended(child),
    async end() {
      const { promise, resolve } = Promise.withResolvers<unknown>();
      child?.once("exit", resolve);
      child?.kill("SIGTERM");
      await promise;
    },
  };
}

function boxIn(folder: string, machines: Machines, paceMs: number) {
  const own = path.join(folder, "box");
  mkdirSync(own);
  const runs: BoxRun[] = [];
  let next = 0;
  return {
    runs,
    start() {
      const url = `mqtt://${machines.middleFor.box}:${PORT}`;
      const args = [own, url, USER, BOX_PASSWORD, HOME, String(paceMs), String(next)];
      const child = program(machines, "box", "cuts-box-writer.ts", args);
      const lines = createInterface(child.stdout!);
      const over = new Promise<void>((resolve) => lines.once("close", resolve));
      const run: BoxRun = { child, said: [], kept: 0, held: undefined, over };
      runs.push(run);
      lines.on("line", (line) => {
        const [what, ...words] = line.split(" ");
        if (what === "said") {
          run.said.push(words.join(" "));
          next = Number(words[3]) + 1;
        } else {
          run.kept = Number(words[0]);
          run.held = Number(words[2]);
        }
      });
    },
    async kill() {
      const run = runs.at(-1)!;
      await ended(run.child);
      await run.over;
    },
  };
}

function program(machines: Machines, machine: "box" | "hub", file: string, args: readonly string[]) {
  const flags = ["--disable-warning=ExperimentalWarning", path.join(import.meta.dirname, file)];
  return machines.spawn(machine, process.execPath, [...flags, ...args]);
}

async function ended(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await exit;
}

async function until(what: string, ms: number, isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + ms;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`waited ${ms} ms in vain until ${what}`);
    await sleep(50);
  }
}

/** What the broker holds for the box: `device epoch mark`. */
function readMarks(machines: Machines): string[] {
  const topic = `breathwatch/1/+/${HOME}/b1/stored/+`;
  const login = ["-h", "127.0.0.1", "-p", "1883", "-u", "hub", "-P", HUB_PASSWORD];
  const args = [...login, "-t", topic, "-v", "-C", "3", "-W", "5"];
  const lines = machines.run("middle", "mosquitto_sub", args).trim().split("\n");
  return lines.flatMap((line) => {
    const [at = "", ...json] = line.split(" ");
    const { marks } = JSON.parse(json.join(" ")) as { marks: { epoch: string; seq: number }[] };
    return marks.map(({ epoch, seq }) => `${at.split("/").at(-1)} ${epoch} ${seq}`);
  });
}

/** Everything in the store against everything that was said. */
async function count(file: string, runs: readonly BoxRun[], marks: readonly string[]) {
  const said = new Map<string, string>();
  const durable: string[] = [];
  /** Last number of each stream and run. */
  const lasts = new Map<string, number>();
  for (const run of runs) {
    for (const [index, name] of run.said.entries()) {
      const [stream = "", epoch = "", seq = "", n = ""] = name.split(" ");
      said.set(`${stream} ${n}`, name);
      if (index < run.kept) durable.push(`${stream} ${n}`);
      lasts.set(`${stream} ${epoch}`, Number(seq));
    }
  }
  const timeseries = await openSqliteTimeseries({ file, clock: createClock(), log: silentLog });
  const stored = await storedIn(timeseries);
  await timeseries.close();
  const seen = new Set<string>();
  const doubled = new Set<string>();
  for (const key of stored) (seen.has(key) ? doubled : seen).add(key);
  const nameOf = (key: string): string => said.get(key) ?? key;
  const newest = runs.at(-1)!.said[0]!.split(" ")[1]!;
  const told = new Set(marks);
  const missingMarks = [...lasts].filter(([stream]) => stream.endsWith(` ${newest}`));
  return {
    said: said.size,
    kept: durable.length,
    stored: stored.length,
    lost: durable.filter((key) => !seen.has(key)).map(nameOf),
    doubled: [...doubled].map(nameOf),
    strange: stored.filter((key) => !said.has(key)),
    wrongMarks: [
      ...marks.filter((mark) => {
        const [stream, epoch, seq] = mark.split(" ");
        return Number(seq) > (lasts.get(`${stream} ${epoch}`) ?? -1);
      }),
      ...missingMarks.map(([stream, last]) => `${stream} ${last}`).filter((mark) => !told.has(mark)),
    ],
  };
}

/** `stream second` of everything; a number with another value than its second's is told as a stream of its own. */
async function storedIn(timeseries: Timeseries): Promise<string[]> {
  const bed = qualifiedBed(HOME, "b1");
  const found: string[] = [];
  const to = secondAt(10_000_000);
  for (let from = secondAt(0), more = true; more; ) {
    const { batch, next } = await timeseries.page({ bed, from, to });
    for (const { device, at, samples } of batch.rows) {
      const n = numberOfSecond(at);
      found.push(`${samples.spo2 === spo2At(n) ? device : `${device} with ${String(samples.spo2)}`} ${n}`);
    }
    for (const { device, at } of batch.waves) found.push(`${device} ${numberOfSecond(at)}`);
    for (const { event } of batch.events) found.push(`alarm ${numberOfSecond(event.at)}`);
    more = next !== undefined;
    from = next ?? from;
  }
  return found;
}
