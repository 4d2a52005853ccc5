import {
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  type Night,
  nightBounds,
  nightOf,
  SECOND_MS,
  wall,
} from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Batch, StoredRow, Timeseries } from "../port/timeseries.ts";
import { Unmeasured } from "./programs.ts";
import { type Spread, spreadOf } from "./statistics.ts";
import { FIRST_EVENING, STORE_SIGNALS, wanderingRows } from "./store-data.ts";
import { type HubPlan, type HubStore, measureHubStore } from "./store-hub.ts";

/** How much of it. */
export interface StorePlan {
  /** Nights of one bed with a row every second; the last of all. */
  readonly fullNights: number;
  /** Nights before them with a row every ten seconds. */
  readonly thinNights: number;
  readonly nightHours: number;
  /** How often each question is asked; less often where an engine takes longer than `questionMs` for all of them. */
  readonly questions: number;
  readonly questionMs: number;
  readonly hub: HubPlan;
}

/** One engine under measurement, in a place of its own. */
export interface StoreUnderTest {
  readonly name: string;
  /** Rejects with Unmeasured where its program is not there. */
  open(): Promise<OpenedStore>;
  /** Resolves when nothing more will happen to what was written (compaction, an index). */
  settle(): Promise<void>;
  /** What it takes on disk now. */
  bytes(): Promise<number>;
  /** Memory of the program that answers, bytes. */
  memory(): Promise<number>;
}

/** Rejects with the signal's reason once that is aborted. */
export interface StoreContext {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  say(words: string): void;
}

/** What a store under measurement is asked through. */
export interface OpenedStore {
  write(batch: Batch): Promise<unknown>;
  close(): Promise<void>;
  /** Absent where it only takes numbers. */
  readonly reads?: Timeseries;
}

/** A whole store. */
export const openedFor = (timeseries: Timeseries): OpenedStore => ({
  write: (batch) => timeseries.write(batch),
  close: () => timeseries.close(),
  reads: timeseries,
});

/** Of one engine; times in ms. */
export interface StoreMeasured {
  readonly name: string;
  readonly samples: number;
  readonly samplesPerSecond: number;
  /** Processor time of this process for all of it, s. */
  readonly ingestCpuS: number;
  readonly settleS: number;
  readonly bytesPerSample: number;
  /** One night of three signals at full resolution: as columns, and as points. */
  readonly rawNight: Spread | undefined;
  readonly rawNightPoints: Spread | undefined;
  /** One night of ten signals in minutes. */
  readonly minutesNight: Spread | undefined;
  /** All nights' summaries: asked for the first time, and again. */
  readonly summariesFirstMs: number | undefined;
  readonly summaries: Spread | undefined;
  readonly nights: number;
  readonly memoryBytes: number;
}

export interface StoreBench {
  readonly stores: readonly StoreMeasured[];
  /** What could not be measured, and why. */
  readonly problems: readonly string[];
  readonly hub: HubStore | undefined;
}

const ZONE = "UTC";
const BED = "b1";
const BATCH_ROWS = 3_600;

/** The same data and questions for each engine in turn; the hub's load for the first alone. */
export async function measureStores(
  stores: readonly StoreUnderTest[],
  hub: (() => Promise<{ readonly timeseries: Timeseries; minute(): void }>) | undefined,
  plan: StorePlan,
  context: StoreContext,
): Promise<StoreBench> {
  const measured: StoreMeasured[] = [];
  const problems: string[] = [];
  for (const store of stores) {
    context.say(`${store.name}: ${plan.thinNights + plan.fullNights} nights`);
    try {
      measured.push(await measureStore(store, plan, context));
    } catch (error) {
      if (!(error instanceof Unmeasured)) throw error;
      problems.push(`${store.name}: ${error.message}`);
    }
  }
  if (hub === undefined) return { stores: measured, problems, hub: undefined };
  context.say(`${plan.hub.homes} homes, ${plan.hub.seconds} s`);
  return { stores: measured, problems, hub: await measureHubStore(hub, plan.hub, context) };
}

async function measureStore(
  store: StoreUnderTest,
  plan: StorePlan,
  context: StoreContext,
): Promise<StoreMeasured> {
  const { clock, signal } = context;
  const opened = await store.open();
  try {
    const began = { wall: clock.mono(), cpu: process.cpuUsage() };
    const samples = await fill(opened, plan, signal);
    const written = clock.mono();
    const cpu = process.cpuUsage(began.cpu);
    context.say(`${store.name}: written in ${((written - began.wall) / SECOND_MS).toFixed(1)} s`);
    await store.settle();
    const settled = clock.mono();
    context.say(`${store.name}: at rest, questions`);
    const questions = opened.reads === undefined ? NOTHING_ASKED : await ask(opened.reads, plan, context);
    return {
      name: store.name,
      samples,
      samplesPerSecond: (samples / Math.max(1, written - began.wall)) * 1_000,
      ingestCpuS: (cpu.user + cpu.system) / 1e6,
      settleS: (settled - written) / 1_000,
      bytesPerSample: (await store.bytes()) / samples,
      ...questions,
      memoryBytes: await store.memory(),
    };
  } finally {
    await opened.close();
  }
}

/** Writes the nights in order, an hour at once. Returns how many samples. */
async function fill(store: OpenedStore, plan: StorePlan, signal: AbortSignal): Promise<number> {
  const nights = plan.thinNights + plan.fullNights;
  let samples = 0;
  let batch: StoredRow[] = [];
  const flush = async (): Promise<void> => {
    signal.throwIfAborted();
    await store.write({ rows: batch, waves: [], settings: [], events: [] });
    samples += batch.length * STORE_SIGNALS.length;
    batch = [];
  };
  for (let night = 0; night < nights; night++) {
    const stepSeconds = night < plan.thinNights ? 10 : 1;
    const from = FIRST_EVENING + night * DAY_MS;
    for (const row of wanderingRows(BED, { from, hours: plan.nightHours, stepSeconds, seed: night })) {
      batch.push(row);
      if (batch.length === BATCH_ROWS) await flush();
    }
  }
  await flush();
  return samples;
}

type Answers = Pick<
  StoreMeasured,
  "rawNight" | "rawNightPoints" | "minutesNight" | "summariesFirstMs" | "summaries" | "nights"
>;

const NOTHING_ASKED: Answers = {
  rawNight: undefined,
  rawNightPoints: undefined,
  minutesNight: undefined,
  summariesFirstMs: undefined,
  summaries: undefined,
  nights: 0,
};

async function ask(
  timeseries: Timeseries,
  plan: StorePlan,
  { clock, signal }: StoreContext,
): Promise<Answers> {
  const timed = async (question: () => Promise<unknown>): Promise<number> => {
    const began = clock.mono();
    await question();
    return clock.mono() - began;
  };
  const many = async (question: (round: number) => Promise<unknown>): Promise<Spread | undefined> => {
    const times: number[] = [];
    const enough = clock.mono() + plan.questionMs;
    for (let round = 0; round < plan.questions && (round === 0 || clock.mono() < enough); round++) {
      signal.throwIfAborted();
      times.push(await timed(() => question(round)));
    }
    return spreadOf(times);
  };
  const ofNights = (question: (night: Night) => Promise<unknown>): Promise<Spread | undefined> =>
    many((round) => {
      // Every night in turn, in an order that no cache could guess.
      const night = plan.thinNights + ((round * 7_919) % plan.fullNights);
      return question(nightOf(wall(FIRST_EVENING + night * DAY_MS), ZONE));
    });
  const rangeOf = (night: Night) => {
    const { from } = nightBounds(night, ZONE);
    const evening = from + 10 * HOUR_MS;
    return { bed: BED, from: wall(evening), to: wall(evening + plan.nightHours * HOUR_MS) };
  };
  const three = STORE_SIGNALS.slice(0, 3);
  const rawNight = await ofNights((night) => timeseries.series({ ...rangeOf(night), signals: three }));
  const rawNightPoints = await ofNights((night) =>
    Promise.all(three.map((signal) => timeseries.range({ ...rangeOf(night), signal }))),
  );
  const ten = STORE_SIGNALS.slice(0, 10);
  const minutesNight = await ofNights((night) =>
    timeseries.buckets({ ...rangeOf(night), signals: ten, bucketMs: MINUTE_MS }),
  );
  const nightAt = (index: number): Night => nightOf(wall(FIRST_EVENING + index * DAY_MS), ZONE);
  const query = {
    bed: BED,
    zone: ZONE,
    from: nightAt(0),
    to: nightAt(plan.thinNights + plan.fullNights - 1),
  };
  let nights = 0;
  const summariesFirstMs = await timed(async () => {
    nights = (await timeseries.summaries(query)).length;
  });
  const summaries = await many(() => timeseries.summaries(query));
  return { rawNight, rawNightPoints, minutesNight, summariesFirstMs, summaries, nights };
}
