import { messageOf } from "../../../domain/fault.ts";
import type { BedId } from "../../../domain/ids.ts";
import { MINUTE_MS, type Mono, SECOND_MS, wall } from "../../../domain/time.ts";
import type { Clock } from "../../../port/clock.ts";
import type { Log } from "../../../port/log.ts";
import type { Batch, Timeseries } from "../../../port/timeseries.ts";
import type { WorkerClient } from "../../worker.ts";
import type { MirrorMarks, Window } from "./marks.ts";
import type { Outside } from "./outside.ts";

/** Length of a stretch of which the mirror knows whether it is outside. */
const WINDOW_MS = 10 * MINUTE_MS;
const SEND_MS = 2 * SECOND_MS;
const RETRY_MS_MAX = MINUTE_MS;
/** Rows, waveforms and events that wait in memory; what is above it is read from the store again. */
const WAITING_MAX = 20_000;
const OWED_AT_ONCE = 100;

/** How far the outside store is behind. */
export interface MirrorStatus {
  /** Stretches of ten minutes of a bed that are not known to be whole outside, those of just now among them. */
  readonly owed: number;
  /** Why the last attempt failed; absent: it did not. */
  readonly trouble?: string;
}

/** A store that is also written to an outside one. */
export interface Mirror extends Timeseries {
  start(): void;
  /** Asks how far it is. */
  status(): Promise<MirrorStatus>;
  /** Sends what waits now and goes through everything owed once; resolves whether nothing is owed after it. */
  catchUp(): Promise<boolean>;
}

/** A stretch that is written to, or that was until a moment ago. */
interface Open extends Window {
  /** Batches of it that are not confirmed yet. */
  pending: number;
  /** Something of it is missing outside and has to be read from the store. */
  owed: boolean;
  /** Counts what became owed, so that a copy that began before does not settle it. */
  losses: number;
  confirmedAt?: Mono;
  /** The run of the outside server in which it was confirmed. */
  run?: string;
  /** Its mark is durable, or could not be made. */
  marked?: Promise<void>;
}

/**
 * The store on this machine, with everything also in an outside one. Reads and the promise of `write` are the store's;
 * the outside may be away for as long as it likes. What it lacks is marked durably before the store takes it, and the
 * mark goes when the outside has provably kept it, after a restart of either too.
 */
export function createMirror(options: {
  readonly store: Timeseries;
  readonly outside: Outside;
  readonly marks: WorkerClient<MirrorMarks>;
  readonly clock: Clock;
  readonly log: Log;
}): Mirror {
  const { store, outside, marks, clock, log } = options;
  const open = new Map<string, Open>();
  let line: Batch[] = [];
  let waiting = 0;
  let failures = 0;
  let trouble: string | undefined;
  let running: Promise<boolean> | undefined;
  let cancelTimer: (() => void) | undefined;
  let stopped = false;
  /** Beds that are being taken away: nothing of them goes outside meanwhile. */
  const leaving = new Set<BedId>();

  /** What is marked of them stays so in the file, where the copying finds it if the removal fails. */
  const letGo = (bed: BedId): void => {
    line = line.map((batch) => without(batch, bed));
    for (const [name, window] of open) if (window.bed === bed) open.delete(name);
  };

  const lose = (windows: readonly Open[]): void => {
    for (const window of windows) {
      window.owed = true;
      window.losses++;
    }
  };

  const failed = (error: unknown): void => {
    failures++;
    if (trouble === undefined) log.note("mirror.behind", { why: messageOf(error) }, "warn");
    trouble = messageOf(error);
  };

  /** What was marked before is owed from an earlier run of this program. */
  const mark = async (fresh: readonly Window[]): Promise<void> => {
    if (fresh.length === 0) return;
    try {
      const known = await marks.call("add", [fresh]);
      const old = fresh.filter((_window, index) => known[index] === true);
      lose(old.flatMap((window) => open.get(nameOf(window)) ?? []));
    } catch (error) {
      // The store comes first. Without a mark a crash of this program would leave a hole outside: said, not silent.
      log.note("mirror.mark_failed", { why: messageOf(error) }, "error");
    }
  };

  /** The windows of a batch, those that are new marked durably first. */
  const enter = async (batch: Batch): Promise<readonly Open[]> => {
    const names = new Map(windowsOf(batch).map((window) => [nameOf(window), window]));
    const fresh = [...names].filter(([name]) => !open.has(name)).map(([, window]) => window);
    for (const window of fresh) open.set(nameOf(window), { ...window, pending: 0, owed: false, losses: 0 });
    const windows = [...names.keys()].flatMap((name) => open.get(name) ?? []);
    for (const window of windows) window.pending++;
    const marked = mark(fresh);
    for (const window of fresh) {
      const entry = open.get(nameOf(window));
      if (entry !== undefined) entry.marked = marked;
    }
    for (const window of windows) await window.marked;
    return windows;
  };

  const sendLine = async (): Promise<void> => {
    while (line.length > 0) {
      for (const bed of leaving) letGo(bed);
      const batches = line;
      line = [];
      waiting = 0;
      const windows = batches.flatMap((batch) => openOf(batch));
      try {
        const { run } = await outside.promise();
        await outside.write(joined(batches));
        for (const window of windows) confirm(window, run);
      } catch (error) {
        lose(windows);
        throw error;
      } finally {
        for (const window of windows) window.pending--;
      }
    }
  };

  const confirm = (window: Open, run: string | undefined): void => {
    // Confirmed by two runs of a server that forgets: the part of the first may be gone.
    if (window.run !== undefined && window.run !== run) lose([window]);
    window.confirmedAt = clock.mono();
    if (run === undefined) delete window.run;
    else window.run = run;
  };

  const openOf = (batch: Batch): readonly Open[] =>
    windowsOf(batch).flatMap((window) => open.get(nameOf(window)) ?? []);

  /** Takes the marks away of what is provably outside. */
  const settle = async (): Promise<void> => {
    const { settleMs, run } = await outside.promise();
    const done: Open[] = [];
    for (const [name, window] of open) {
      if (window.pending > 0 || clock.wall() < window.start + WINDOW_MS) continue;
      if (window.owed || window.confirmedAt === undefined) {
        // Its mark lies in the file, where the copying finds it.
        if (window.owed) open.delete(name);
      } else if (window.run !== run) lose([window]);
      else if (clock.mono() - window.confirmedAt >= settleMs) done.push(window);
    }
    if (done.length === 0) return;
    // No more while the file is asked: a write that comes now marks its window anew, after this.
    for (const window of done) open.delete(nameOf(window));
    await marks.call("remove", [done.map(({ bed, start }) => ({ bed, start }))]);
  };

  /** Reads what is owed from the store and sends it. */
  const copyOwed = async (): Promise<void> => {
    let after: Window | undefined;
    for (;;) {
      const listed: readonly Window[] = await marks.call("list", [after, OWED_AT_ONCE]);
      for (const window of listed) {
        if (stopped) return;
        const now = open.get(nameOf(window));
        if (!leaving.has(window.bed) && (now === undefined || now.owed)) await copy(window);
        await sendLine();
      }
      await settle();
      after = listed.at(-1);
      if (after === undefined || listed.length < OWED_AT_ONCE) return;
    }
  };

  const copy = async (window: Window): Promise<void> => {
    const name = nameOf(window);
    const entry: Open = open.get(name) ?? { ...window, pending: 0, owed: true, losses: 0 };
    open.set(name, entry);
    const { losses } = entry;
    const { run } = await outside.promise();
    let from: number | undefined = window.start;
    while (from !== undefined) {
      const page = await store.page({
        bed: window.bed,
        from: wall(from),
        to: wall(window.start + WINDOW_MS),
      });
      if (!isEmpty(page.batch)) await outside.write(page.batch);
      from = page.next;
    }
    if (entry.losses !== losses) return;
    // What this run of the server has now is all of it.
    delete entry.run;
    confirm(entry, run);
    entry.owed = false;
  };

  const round = async (): Promise<boolean> => {
    try {
      await sendLine();
      await copyOwed();
      if (trouble !== undefined) log.note("mirror.caught_up", {});
      trouble = undefined;
      failures = 0;
      return (await marks.call("count", [])) === 0;
    } catch (error) {
      failed(error);
      return false;
    } finally {
      running = undefined;
    }
  };

  const run = (): Promise<boolean> => {
    running ??= round();
    return running;
  };

  const schedule = (): void => {
    if (stopped) return;
    const wait = Math.min(RETRY_MS_MAX, SEND_MS * 2 ** Math.min(failures, 10));
    cancelTimer = clock.after(wait, () => {
      run().then(schedule, schedule);
    });
  };

  return {
    ...readsOf(store),
    async write(batch) {
      const windows = await enter(batch);
      let isStored = false;
      try {
        const rows = await store.write(batch);
        isStored = true;
        return rows;
      } finally {
        const size = batch.rows.length + batch.waves.length + batch.settings.length + batch.events.length;
        if (isStored && waiting + size <= WAITING_MAX) {
          line.push(batch);
          waiting += size;
        } else {
          // Not stored: it may be there all the same (a store that stalled). Too much: it is read again later.
          lose(windows);
          for (const window of windows) window.pending--;
        }
      }
    },
    async remove(bed) {
      leaving.add(bed);
      try {
        // What is on its way arrives before it is removed there.
        await running;
        // First: until the outside has let go of it, the bed is known here, and can be asked to be removed again.
        await outside.remove(bed);
        await store.remove(bed);
        await marks.call("removeBed", [bed]);
      } finally {
        letGo(bed);
        leaving.delete(bed);
      }
    },
    async retain(policy) {
      await store.retain(policy);
      try {
        // Its age alone: the budget is the room of this machine.
        await outside.retain(policy);
      } catch (error) {
        // Asked for again every hour; the store has done its part.
        log.note("mirror.unretained", { why: messageOf(error) }, "warn");
      }
    },
    start: schedule,
    async status() {
      const owed = await marks.call("count", []);
      return trouble === undefined ? { owed } : { owed, trouble };
    },
    catchUp: run,
    async close() {
      stopped = true;
      cancelTimer?.();
      await running;
      await Promise.all([outside.close(), marks.close()]);
      await store.close();
    },
  };
}

const nameOf = ({ bed, start }: Window): string => `${start} ${bed}`;

/** The windows that a batch touches, each once. */
function windowsOf(batch: Batch): readonly Window[] {
  const found = new Map<string, Window>();
  const add = (bed: BedId, at: number): void => {
    const window = { bed, start: Math.floor(at / WINDOW_MS) * WINDOW_MS };
    found.set(nameOf(window), window);
  };
  for (const list of [batch.rows, batch.waves, batch.settings]) for (const { bed, at } of list) add(bed, at);
  for (const { bed, event } of batch.events) add(bed, event.at);
  return [...found.values()];
}

const joined = (batches: readonly Batch[]): Batch => ({
  rows: batches.flatMap(({ rows }) => rows),
  waves: batches.flatMap(({ waves }) => waves),
  settings: batches.flatMap(({ settings }) => settings),
  events: batches.flatMap(({ events }) => events),
});

const without = (batch: Batch, bed: BedId): Batch => ({
  rows: batch.rows.filter((one) => one.bed !== bed),
  waves: batch.waves.filter((one) => one.bed !== bed),
  settings: batch.settings.filter((one) => one.bed !== bed),
  events: batch.events.filter((one) => one.bed !== bed),
});

const isEmpty = (batch: Batch): boolean =>
  batch.rows.length + batch.waves.length + batch.settings.length + batch.events.length === 0;

/** Everything that only the store on this machine answers. */
const readsOf = (store: Timeseries): Omit<Timeseries, "write" | "remove" | "retain" | "close"> => ({
  range: (query) => store.range(query),
  series: (query) => store.series(query),
  buckets: (query) => store.buckets(query),
  waves: (query) => store.waves(query),
  events: (query) => store.events(query),
  nights: (bed, zone, limit) => store.nights(bed, zone, limit),
  summaries: (query) => store.summaries(query),
  simulated: (query) => store.simulated(query),
  beds: () => store.beds(),
  page: (query) => store.page(query),
  backup: (file) => store.backup(file),
  health: () => store.health(),
});
