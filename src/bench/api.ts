import { writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import path from "node:path";
import { SECOND_MS } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import { type Program, type Programs, Unmeasured, usageOf } from "./programs.ts";
import { quantile } from "./statistics.ts";

export interface ApiPlan {
  readonly homes: number;
  /** Of them, those whose people ask; each has a whole night. */
  readonly people: number;
  readonly nightHours: number;
  /** Questions of each in a second. */
  readonly perSecond: number;
  readonly seconds: number;
  readonly peer: boolean;
}

/** How long answers took, ms. */
export interface Latency {
  readonly n: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** What the hub's end tells when it is ready. */
export interface ApiEnd {
  readonly url: string;
  readonly broker: { readonly port: number; readonly username: string; readonly password: string };
  readonly night: string;
  readonly people: readonly { readonly token: string; readonly bed: string }[];
}

/** What the clients are told. */
export interface ApiClients extends Pick<ApiEnd, "url" | "night" | "people"> {
  readonly perSecond: number;
  /** With a page each that hears live. */
  readonly live: boolean;
}

/** What the clients tell. */
export interface ApiHeard {
  readonly perSecond: number;
  readonly failed: number;
  readonly all: Latency | undefined;
  readonly kinds: { readonly [kind: string]: Latency | undefined };
  readonly live: { readonly open: number; readonly messages: number };
}

export interface ApiRound extends ApiHeard {
  readonly name: "hub" | "hub, homes speak" | "bare Fastify";
  /** Of the server under test, in percent of one core, and MB. */
  readonly cpu: number;
  readonly mb: number;
  readonly load: number;
}

export interface ApiBench {
  readonly plan: ApiPlan;
  readonly rounds: readonly ApiRound[];
  /** Bytes of an answer, by what was asked. */
  readonly bytes: { readonly [kind: string]: number };
  readonly problems: readonly string[];
}

export interface ApiContext {
  readonly clock: Clock;
  readonly programs: Programs;
  readonly signal: AbortSignal;
  readonly folder: string;
  say(words: string): void;
}

const PATIENCE_MS = 30 * SECOND_MS;
/** Filling the store of a slow machine. */
const FILL_MS = 600 * SECOND_MS;
const WARM_TURNS = 10;
const WARM_MS = SECOND_MS;
const FLAGS = ["--disable-warning=ExperimentalWarning"];

/** What somebody of a family asks, in ten questions. */
const MIX = ["me", "limits", "nights", "me", "limits", "night", "duty", "nights", "me", "people"] as const;

type Kind = (typeof MIX)[number];

const pathOf = (kind: Kind, bed: string, night: string): string =>
  ({
    me: "/api/me",
    people: `/api/homes/${bed.split("~", 1)[0] ?? ""}/people`,
    duty: `/api/beds/${bed}/duty`,
    limits: `/api/beds/${bed}/limits`,
    nights: `/api/beds/${bed}/nights`,
    night: `/api/beds/${bed}/nights/${night}?width=1000`,
  })[kind];

/** The question of a turn. */
export function askedAt(
  turn: number,
  bed: string,
  { night }: Pick<ApiClients, "night">,
): { readonly kind: Kind; readonly path: string } {
  const kind = MIX[turn % MIX.length] ?? "me";
  return { kind, path: pathOf(kind, bed, night) };
}

/** Made by api.ts of this same version: looked at no closer than to know it from an error. */
export const isClients = (given: unknown): given is ApiClients =>
  typeof given === "object" && given !== null && "people" in given && "perSecond" in given;

/** Undefined where nothing was asked. */
export function latencyOf(values: readonly number[]): Latency | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const [p50, p95, p99, max] = [0.5, 0.95, 0.99, 1].map((q) => quantile(sorted, q));
  return { n: sorted.length, p50: p50 ?? 0, p95: p95 ?? 0, p99: p99 ?? 0, max: max ?? 0 };
}

/**
 * The pages' interface of one hub, asked by people at addresses of their own: alone, while every home says a row a second, and
 * beside a server that does nothing but answer. Rejects with Unmeasured.
 */
export async function measureApi(plan: ApiPlan, context: ApiContext): Promise<ApiBench> {
  const { programs, folder, clock, signal, say } = context;
  say(`${plan.homes} homes, ${plan.people} of them with a night of ${plan.nightHours} h: filling the store`);
  const args = [folder, plan.homes, plan.people, plan.nightHours].map(String);
  const hub = start(programs, "api-end", args);
  const end = await readyOf<ApiEnd>(hub, FILL_MS);
  const rounds: ApiRound[] = [];
  const problems: string[] = [];

  const round = async (name: ApiRound["name"], server: Program, given: ApiClients): Promise<void> => {
    say(`${name}: ${plan.people} people, ${plan.perSecond} questions a second each`);
    const file = path.join(folder, "clients.json");
    await writeFile(file, JSON.stringify(given));
    const clients = start(programs, "api-clients", [file]);
    await clients.saying(/ready/, PATIENCE_MS);
    await warm(clients, clock);
    const before = usageOf(server.pid);
    const began = clock.mono();
    const heard = await ask(clients, String(plan.seconds), plan.seconds + 60, clock);
    const after = usageOf(server.pid);
    const cpu = ((after.cpuMs - before.cpuMs) / (clock.mono() - began)) * 100;
    rounds.push({ ...heard, name, cpu, mb: after.rssMb, load: loadavg()[0] ?? 0 });
    await clients.stop();
    if (heard.failed > 0) problems.push(`${name}: ${heard.failed} questions had no good answer`);
    signal.throwIfAborted();
  };

  const people = { url: end.url, night: end.night, people: end.people, perSecond: plan.perSecond };
  await round("hub", hub, { ...people, live: true });
  const { port, username, password } = end.broker;
  const fleet = start(programs, "hub-fleet", [String(port), username, password]);
  await fleet.saying(/ready/, PATIENCE_MS);
  fleet.write(Buffer.from(`0 ${plan.homes}\n`));
  await clock.sleep(2 * SECOND_MS, signal);
  await round("hub, homes speak", hub, { ...people, live: true });
  await fleet.stop();
  const answers = await answersOf(end);
  const bytes = Object.fromEntries(
    MIX.map((kind) => [
      kind,
      Buffer.byteLength(answers[pathOf(kind, end.people[0]?.bed ?? "", end.night)] ?? ""),
    ]),
  );
  await hub.stop();
  if (plan.peer) {
    const file = path.join(folder, "answers.json");
    await writeFile(file, JSON.stringify(answers));
    const peer = start(programs, "api-peer", [file]);
    const { url } = await readyOf<{ readonly url: string }>(peer, PATIENCE_MS);
    await round("bare Fastify", peer, { ...people, url, live: false });
    await peer.stop();
  }
  return { plan, rounds, bytes, problems };
}

const start = (programs: Programs, file: string, args: readonly string[]): Program =>
  programs.start(
    process.execPath,
    [...FLAGS, path.join(import.meta.dirname, `${file}${path.extname(import.meta.filename)}`), ...args],
    { fed: true },
  );

/** What a hub does once after its start, and the first use of everything, is not what is measured. */
async function warm(clients: Program, clock: Clock): Promise<void> {
  for (let turn = 0; turn < WARM_TURNS; turn++) {
    const { failed, all } = await ask(clients, "2", 120, clock);
    if (failed === 0 && all !== undefined && all.p99 < WARM_MS) return;
  }
}

/** What a program of ours says when it is ready. */
async function readyOf<Said>(program: Program, withinMs: number): Promise<Said> {
  const [, text = ""] = await program.saying(/ready (\{.*\})\n/, withinMs);
  // Programs of this same version, started by this one.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return JSON.parse(text) as Said;
}

async function ask(program: Program, seconds: string, withinS: number, clock: Clock): Promise<ApiHeard> {
  const id = Math.round(clock.mono() * 1_000);
  program.write(Buffer.from(`${id} ${seconds}\n`));
  const [, answer = ""] = await program.saying(new RegExp(`heard ${id} (.*)\n`), withinS * SECOND_MS);
  // As above.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return JSON.parse(answer) as ApiHeard;
}

/** The answer to each question that anybody asks, as the hub gives it. */
async function answersOf({ url, night, people }: ApiEnd): Promise<{ readonly [path: string]: string }> {
  const answers: { [path: string]: string } = {};
  for (const { token, bed } of people) {
    for (const kind of new Set(MIX)) {
      const asked = pathOf(kind, bed, night);
      const answer = await fetch(`${url}${asked}`, { headers: { authorization: `Bearer ${token}` } });
      if (!answer.ok) throw new Unmeasured(`${asked} was answered with ${answer.status}`);
      answers[asked] = await answer.text();
    }
  }
  return answers;
}
