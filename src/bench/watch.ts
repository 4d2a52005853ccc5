import { mkdir, open } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { loadavg } from "node:os";
import path from "node:path";
import type { AlarmFold, Occurrence } from "../domain/alarm.ts";
import { SECOND_MS, wall } from "../domain/time.ts";
import { ntfy } from "../notify/ntfy/ntfy.ts";
import { createDisk } from "../ops/disk.ts";
import { createHttp } from "../ops/http.ts";
import type { ChannelDeps } from "../port/channel.ts";
import type { Clock } from "../port/clock.ts";
import type { Http, HttpRequest } from "../port/http.ts";
import type { Random } from "../port/random.ts";
import { openRecordLog } from "../record/log.ts";
import { decodeOutboxEntry } from "../watch/outbox.ts";
import { createWatch, type Watch } from "../watch/watch.ts";
import { type Spread, spreadOf } from "./statistics.ts";

/** The numbers of homes in one process, and how many alarms one after the other. */
export interface WatchPlan {
  readonly homes: readonly number[];
  readonly alarms: number;
}

/** From the occurrence to the moment at which the request is handed to the socket, ms. */
export interface WatchStep {
  readonly homes: number;
  /** One alarm at a time, somewhere among them. */
  readonly alone: Spread | undefined;
  /** An alarm in every home in the same instant. */
  readonly together: Spread | undefined;
  /** The same instant in the bare script: a line for each, written and synced, then the request. */
  readonly bare: Spread | undefined;
  /** Requests of the alarms in the same instant that arrived at the service. */
  readonly arrived: number;
  /** What went out before the disk had confirmed it (500 ms), of those in the same instant. */
  readonly unwritten: number;
  readonly memoryMb: number;
  readonly load: number;
}

export interface WatchBench {
  readonly steps: readonly WatchStep[];
  readonly problems: readonly string[];
}

interface WatchContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly folder: string;
  say(words: string): void;
}

/** A service on this machine that takes every message. */
interface Service {
  readonly url: string;
  readonly arrived: ReadonlySet<string>;
  close(): Promise<void>;
}

const BED = "b1";
const PATIENCE_MS = 120 * SECOND_MS;

/** Homes with a watch, an outbox on the disk, a phone and the real channel each. Rejects when the signal is aborted. */
export async function measureWatch(plan: WatchPlan, context: WatchContext): Promise<WatchBench> {
  const steps: WatchStep[] = [];
  const problems: string[] = [];
  for (const homes of plan.homes) {
    context.signal.throwIfAborted();
    context.say(`${homes.toLocaleString("en")} homes`);
    const step = await measureHomes(homes, plan.alarms, context);
    if (step.arrived < homes) {
      problems.push(`${homes} homes: ${homes - step.arrived} messages did not arrive`);
    }
    steps.push(step);
  }
  return { steps, problems };
}

async function measureHomes(homes: number, alarms: number, context: WatchContext): Promise<WatchStep> {
  const { clock } = context;
  const service = await startService();
  const leaving = createLeaving(createHttp(clock), clock);
  let unwritten = 0;
  const made: Home[] = [];
  const folder = path.join(context.folder, `homes-${homes}`);
  const disk = createDisk(folder);
  try {
    for (let index = 0; index < homes; index += 1) {
      made.push(
        await openHome(index, {
          ...{ ...context, disk, http: leaving.http, url: service.url },
          onUnwritten: () => {
            unwritten += 1;
          },
        }),
      );
    }
    const alone: number[] = [];
    for (let turn = 0; turn < alarms; turn += 1) {
      const home = made[(turn * 7_919) % homes];
      if (home === undefined) continue;
      alone.push(...(await oneAlarm([home], leaving, clock)));
      home.end();
    }
    await until(() => service.arrived.size >= alone.length, clock);
    unwritten = 0;
    const before = service.arrived.size;
    const together = await oneAlarm(made, leaving, clock);
    await until(() => service.arrived.size - before >= homes, clock);
    const arrived = service.arrived.size - before;
    const memoryMb = process.memoryUsage().rss / 2 ** 20;
    for (const home of made) home.watch.stop();
    const bare = await bareScript(homes, { ...context, folder, http: leaving, url: service.url });
    return {
      ...{ homes, arrived, unwritten, memoryMb },
      ...{ alone: spreadOf(alone), together: spreadOf(together), bare: spreadOf(bare) },
      load: loadavg()[0] ?? 0,
    };
  } finally {
    for (const home of made) home.watch.stop();
    await closeAll(made, disk);
    await service.close();
  }
}

interface Home {
  readonly id: string;
  readonly watch: Watch;
  alarm(): void;
  end(): void;
  close(): Promise<void>;
}

async function openHome(
  index: number,
  {
    clock,
    random,
    disk,
    http,
    url,
    onUnwritten,
  }: Pick<WatchContext, "clock" | "random"> & {
    readonly disk: ReturnType<typeof createDisk>;
    readonly http: Http;
    readonly url: string;
    readonly onUnwritten: () => void;
  },
): Promise<Home> {
  const id = `home${index}`;
  const log = { note: () => undefined };
  const outbox = await openRecordLog({
    ...{ disk, clock, random, log, decode: decodeOutboxEntry },
    path: `homes/${id}/outbox.log`,
  });
  const nowhere = () => Promise.reject(new Error("not part of this measurement"));
  const deps: ChannelDeps = {
    ...{ clock, random, log, http: { ...http, lines: nowhere } },
    links: { open: nowhere, openPackets: nowhere, openFiles: nowhere, list: nowhere },
    mail: { send: nowhere },
    access: () => ({ server: url }),
  };
  const target = {
    ...{ id: `phone-${id}`, channel: "ntfy", settings: { topic: id }, person: `p-${id}`, label: "phone" },
    ...{ addedAt: wall(1), lastProofAt: clock.wall(), language: "en" as const },
  };
  const watch = createWatch({
    ...{ clock, random, log, outbox, home: id, ackKey: "a2V5" },
    links: {
      page: () => `${url}/page`,
      acknowledge: (token) => `${url}/a/${token}`,
      shown: (token) => `${url}/s/${token}`,
    },
    zone: () => "Asia/Shanghai",
    channels: [ntfy.create(deps)],
    targets: () => [target],
    calling: () => undefined,
    dependencyClass: () => "B",
    tellsLeaving: () => true,
    onAcknowledge: () => undefined,
    onTargetGone: () => undefined,
    onDurability: (durable) => {
      if (!durable) onUnwritten();
    },
  });
  let revision = 0;
  let alarms = 0;
  const say = (open: readonly Occurrence[]): void => {
    revision += 1;
    watch.onFold(foldOf(open, revision, clock));
  };
  say([]);
  return {
    ...{ id, watch },
    alarm() {
      alarms += 1;
      say([occurrenceOf(`${BED}-abcdefghij-${alarms}`, clock)]);
    },
    end: () => say([]),
    close: () => outbox.close(),
  };
}

/** An alarm in each of these; how long it took until each one's first message left, ms. */
async function oneAlarm(homes: readonly Home[], leaving: Leaving, clock: Clock): Promise<number[]> {
  leaving.clear();
  const began = clock.mono();
  for (const home of homes) home.alarm();
  await until(() => leaving.at.size >= homes.length, clock);
  return homes.flatMap(({ id }) => {
    const at = leaving.at.get(id);
    return at === undefined ? [] : [at - began];
  });
}

/** The disk works off its line in order: what was asked of it after the others has waited for all of them. */
async function closeAll(homes: readonly Home[], disk: ReturnType<typeof createDisk>): Promise<void> {
  await Promise.allSettled(homes.map((home) => home.close()));
  for (let turn = 0; turn < 20; turn += 1) await disk.read("line");
}

/** What the least that keeps a promise would take: a line for each home, synced, two files at a time, then the request. */
async function bareScript(
  homes: number,
  options: Pick<WatchContext, "clock" | "folder"> & { readonly http: Leaving; readonly url: string },
): Promise<number[]> {
  const { clock, http, url } = options;
  const folder = path.join(options.folder, "bare");
  await mkdir(folder, { recursive: true });
  http.clear();
  const began = clock.mono();
  let next = 0;
  const sends: Promise<unknown>[] = [];
  const worker = async (): Promise<void> => {
    while (next < homes) {
      const topic = `home${next}`;
      next += 1;
      const file = await open(path.join(folder, `${topic}.log`), "a");
      await file.write(`${JSON.stringify({ topic, at: clock.wall() })}\n`);
      await file.datasync();
      await file.close();
      const body = Buffer.from(JSON.stringify({ topic, title: "alarm", message: "look", priority: 5 }));
      const request = { method: "POST", url, headers: {}, body, timeoutMs: PATIENCE_MS } as const;
      sends.push(http.http.request(request).catch(() => undefined));
    }
  };
  await Promise.all([worker(), worker()]);
  const times = [...http.at.values()].map((at) => at - began);
  await Promise.all(sends);
  return times;
}

interface Leaving {
  readonly http: Http;
  /** When the first request about each topic was handed over. */
  readonly at: ReadonlyMap<string, number>;
  clear(): void;
}

function createLeaving(http: Http, clock: Clock): Leaving {
  const at = new Map<string, number>();
  return {
    at,
    http: {
      request(request: HttpRequest) {
        const topic = alarmOf(request.body);
        if (topic !== undefined && !at.has(topic)) at.set(topic, clock.mono());
        return http.request(request);
      },
    },
    clear: () => at.clear(),
  };
}

/** Of a message that asks for somebody: that it is over is no answer to how fast it was told. */
function alarmOf(body: HttpRequest["body"]): string | undefined {
  const text = body === undefined ? "" : Buffer.from(body).toString();
  return text.includes('"priority":5') ? topicIn(text) : undefined;
}

const topicIn = (text: string): string | undefined => /"topic":"([^"]+)"/.exec(text)?.[1];

async function until(holds: () => boolean, clock: Clock): Promise<void> {
  const began = clock.mono();
  while (!holds() && clock.mono() - began < PATIENCE_MS) {
    await new Promise<void>((resolve) => {
      clock.after(5, resolve);
    });
  }
}

async function startService(): Promise<Service> {
  const arrived = new Set<string>();
  const server: Server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const text = Buffer.concat(pieces).toString();
      const topic = topicIn(text);
      if (topic !== undefined && text.includes('"actions"')) arrived.add(`${topic} ${sequenceOf(text)}`);
      const answer = { id: "sPs71M8A2T", time: 1, event: "message", topic };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    });
  });
  server.listen({ port: 0, host: "127.0.0.1", backlog: 4_096 });
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    arrived,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const sequenceOf = (text: string): string => /"sequence_id":"([^"]+)"/.exec(text)?.[1] ?? "";

const occurrenceOf = (id: string, clock: Clock): Occurrence => ({
  ...{ id, bed: BED, condition: "SPO2_LOW", priority: "high", state: "holds", raisedAt: clock.wall() },
  ...{ values: { spo2: 82 }, simulated: false, drill: false },
});

const foldOf = (open: readonly Occurrence[], revision: number, clock: Clock): AlarmFold => ({
  ...{ bed: BED, revision, at: clock.wall(), open, unknown: [], cards: [], past: [], pauses: [] },
  watch: { on: true, reason: "schedule", since: clock.wall() },
  limits: { version: 0, off: [] },
});
