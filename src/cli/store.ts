import { stat } from "node:fs/promises";
import path from "node:path";
import type { HomeConfig } from "../config/config.ts";
import { rememberId } from "../config/remember.ts";
import { Fault } from "../domain/fault.ts";
import { isBase32Id } from "../domain/ids.ts";
import { wall } from "../domain/time.ts";
import { lockDataDir } from "../ops/lock.ts";
import { createLog } from "../ops/log.ts";
import { machineZone } from "../ops/machine.ts";
import type { Log } from "../port/log.ts";
import type { Batch, Timeseries } from "../port/timeseries.ts";
import { addressOf } from "../store/timeseries/influx/open.ts";
import { createOutside, type Outside } from "../store/timeseries/influx/outside.ts";
import { createInfluxTimeseries } from "../store/timeseries/influx/timeseries.ts";
import { command, invalidInput, needed, UsageError } from "./command.ts";
import { findConfiguration } from "./configuration.ts";
import { type DataFolder, openDataFolder } from "./data-folder.ts";
import { backUp, restore } from "./store-backup.ts";
import { type CopyPlan, copyStore, forgetProgress, renaming } from "./store-copy.ts";
import { copyNotes } from "./store-notes.ts";
import type { Terminal } from "./terminal.ts";
import { timeOf } from "./zone.ts";

const PROGRESS = "store-copy.json";

/** `breathwatch store`: numbers from one store to another, the data folder's databases into a backup and back. */
export const storeCommand = command({
  name: "store",
  usage: "copy --from STORE --to STORE | backup FOLDER | restore FOLDER  [--config FILE] [--data FOLDER]",
  about:
    "copy brings numbers, waveforms, settings and alarm events from one store to another, and the notes of beds (symptoms,\n" +
    "care, scores, mornings) from one data folder to another. STORE is `sqlite` (the\n" +
    "data folder of the configuration), `influxdb` (the server that the configuration names), or another data\n" +
    "folder. Copying twice changes nothing; a copy that was cut goes on where it was when it is started again.\n" +
    "On stdout stands one JSON object with what was copied.\n\n" +
    "backup copies every database of the data folder, each consistent, as encrypted as it lies there. The key file is\n" +
    "not in it: keep a copy of it elsewhere. restore puts a backup back, after it was found whole, and keeps\n" +
    "what was there beside it (.before-1).\n\n" +
    "All of them want the home or hub of that data folder stopped.",
  options: {
    from: { type: "string", value: "STORE", help: "copy: where from" },
    to: { type: "string", value: "STORE", help: "copy: where to" },
    home: {
      type: "string",
      value: "ID",
      help: "copy: beds without a home become those of this one (b1 becomes ID~b1), as a hub names them",
    },
    plain: { type: "boolean", help: "copy: the other way round: only beds of --home ID, as b1, b2..." },
    since: { type: "string", value: "TIME", help: "copy: the first moment, 2026-01-15T22:00+08:00" },
    until: { type: "string", value: "TIME", help: "copy: the moment after the last" },
    config: { type: "string", value: "FILE", help: "configuration of the home or hub" },
    data: { type: "string", value: "FOLDER", help: "its data folder, where the configuration names another" },
  },
  positionals: { min: 1, max: 2, names: "copy, backup or restore" },
  examples: [
    "breathwatch store copy --from sqlite --to influxdb --config hub.yaml",
    "breathwatch store copy --from /var/lib/breathwatch-old --to sqlite --home qz4k7m2xpa --config hub.yaml",
    "breathwatch store backup /media/stick/2026-11-20",
  ],
  async run({ values, positionals: [what = "", folder, ...more] }, terminal) {
    const place = await placeOf(values, terminal);
    if (what === "copy" && folder === undefined) return copy(values, place, terminal);
    if ((what === "backup" || what === "restore") && folder !== undefined && more.length === 0) {
      const there = path.resolve(terminal.folder, folder);
      return what === "backup" ? makeBackup(there, place, terminal) : putBack(there, place, terminal);
    }
    if (what === "backup" || what === "restore") throw new UsageError(`${what} wants a folder.`);
    throw new UsageError(`"store ${what}" is nothing; it is copy, backup FOLDER or restore FOLDER.`);
  },
});

interface Place {
  readonly dataDir: string;
  readonly config: HomeConfig | undefined;
}

async function placeOf(
  values: { readonly config?: string | undefined; readonly data?: string | undefined },
  terminal: Terminal,
): Promise<Place> {
  const found = await findConfiguration(values.config, terminal, { zone: machineZone() });
  const dataDir = values.data === undefined ? found.dataDir : path.resolve(terminal.folder, values.data);
  return { dataDir, config: found.config };
}

/** Runs while no other process uses the folder. Rejects with DATA_DIR_LOCKED where a home or hub does. */
async function locked<Result>(
  dataDir: string,
  terminal: Terminal,
  work: () => Promise<Result>,
): Promise<Result> {
  await existing(dataDir);
  const lock = await lockDataDir(dataDir, terminal.clock);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

/** The lock makes its folder; a name that was mistyped must not become one. */
async function existing(dataDir: string): Promise<void> {
  try {
    if ((await stat(dataDir)).isDirectory()) return;
  } catch (error) {
    throw invalidInput(
      `There is no data folder ${dataDir}.`,
      "Name it with --data, or its configuration with --config.",
      error,
    );
  }
  throw invalidInput(`${dataDir} is not a folder.`, "Name the data folder.");
}

async function makeBackup(folder: string, { dataDir }: Place, terminal: Terminal): Promise<number> {
  const madeAt = new Date(terminal.clock.wall()).toISOString();
  const say = (words: string): void => terminal.say(words);
  const files = await locked(dataDir, terminal, () => backUp(dataDir, folder, { madeAt, say }));
  terminal.say(`Backed up to ${folder}. The key is not in it: keep a copy of the key file elsewhere.`);
  await terminal.print(`${JSON.stringify({ folder, madeAt, files })}\n`);
  return 0;
}

async function putBack(folder: string, { dataDir }: Place, terminal: Terminal): Promise<number> {
  const { madeAt, kept } = await locked(dataDir, terminal, () => restore(folder, dataDir));
  terminal.say(`Restored to how it was at ${madeAt}. It opens with the key file of that time.`);
  terminal.say(
    "What was ended since then is back: boxes put out, sign-ins, shares, consents, removed people. End them again.",
  );
  await terminal.print(`${JSON.stringify({ dataDir, madeAt, kept })}\n`);
  return 0;
}

interface CopyValues {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly home?: string | undefined;
  readonly plain?: boolean | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
}

async function copy(values: CopyValues, place: Place, terminal: Terminal): Promise<number> {
  const [from, to] = [needed(values.from, "--from"), needed(values.to, "--to")];
  const { home, plain = false } = values;
  if (from === to) throw new UsageError("--from and --to are the same store.");
  if (home !== undefined && !isBase32Id(home))
    throw new UsageError(`--home is "${home}", which is not the id of a home.`);
  if (plain && home === undefined) throw new UsageError("--plain wants --home ID: whose beds?");
  const since = values.since === undefined ? wall(0) : timeOf(values.since);
  const until = values.until === undefined ? wall(Number.MAX_SAFE_INTEGER) : timeOf(values.until);
  const log = createLog({ output: process.stderr, clock: terminal.clock, level: "warn" });
  const shelf = createShelf(place, terminal, log);
  return locked(place.dataDir, terminal, async () => {
    try {
      const source = await shelf.source(from);
      const goal = await shelf.goal(to);
      const name = JSON.stringify({ from, to, home, plain, since, until });
      const progressFile = path.join(place.dataDir, PROGRESS);
      const plan: CopyPlan = {
        from: source,
        to: goal,
        rename: renaming(home, plain),
        since,
        until,
        progressFile,
        name,
      };
      const { clock, signal } = terminal;
      const before = await goal.promise?.();
      const say = (words: string): void => terminal.say(words);
      const counted = await copyStore(plan, { clock, signal, say });
      const [own, theirs] = [await shelf.stores(from), await shelf.stores(to)];
      const notes =
        own === theirs ? 0 : await copyNotes({ from: own, to: theirs, home, plain, since, until }, say);
      await forgetProgress(plan);
      if (before !== undefined && before.settleMs > 0) {
        terminal.say(`Waiting ${before.settleMs / 1000} s until the server has it on its disk.`);
        await clock.sleep(before.settleMs, signal);
        if ((await goal.promise?.())?.run !== before.run) throw restarted();
      }
      await terminal.print(`${JSON.stringify({ ...counted, notes })}\n`);
      return 0;
    } finally {
      await shelf.close();
    }
  });
}

const restarted = (): Fault =>
  new Fault(
    "STORE_FAILED",
    "the server was started again while it was copied to, and may have lost some of it",
    {
      fix: "Copy again: what is there already stays as it is.",
    },
  );

interface Goal {
  write(batch: Batch): Promise<unknown>;
  promise?(): ReturnType<Outside["promise"]>;
}

interface Shelf {
  /** What stands beside these numbers: notes lie with people and limits, never on a server. */
  stores(name: string): Promise<DataFolder["stores"]>;
  source(name: string): Promise<Pick<Timeseries, "beds" | "page">>;
  goal(name: string): Promise<Goal>;
  close(): Promise<void>;
}

/** Opens stores by their names on the command line, and closes what it opened. */
function createShelf({ dataDir, config }: Place, terminal: Terminal, log: Log): Shelf {
  const { clock, random } = terminal;
  const closers: (() => Promise<void>)[] = [];
  const opened = new Map<string, Promise<DataFolder>>();

  const folder = async (folderName: string, given: HomeConfig): Promise<DataFolder> => {
    const known = opened.get(folderName);
    if (known !== undefined) return known;
    const opening = openDataFolder({
      ...{ config: { ...given, store: { engine: "sqlite" } }, dataDir: folderName, clock, random, log },
    });
    opened.set(folderName, opening);
    const data = await opening;
    closers.push(() => data.close());
    return data;
  };

  const configured = (): HomeConfig => {
    if (config !== undefined) return config;
    throw invalidInput(
      "There is no configuration that can be read.",
      "Name it with --config; `check` says what is wrong with it.",
    );
  };

  const influx = async () => {
    const own = configured();
    const data = await folder(dataDir, own);
    const home = own.hub === undefined ? await rememberId(data.stores.state, random, "home_id") : "";
    return { address: addressOf(own.store), home, clock, log };
  };

  const other = async (name: string): Promise<DataFolder> => {
    const there = path.resolve(terminal.folder, name);
    const known = opened.get(there);
    if (known !== undefined) return known;
    await existing(there);
    const lock = await lockDataDir(there, clock);
    closers.push(() => lock.release());
    // Its own key lies in it, whatever this configuration says of this folder's.
    return folder(there, { ...configured(), security: {} });
  };

  return {
    async stores(name) {
      const isOwn = name === "sqlite" || name === "influxdb";
      return (await (isOwn ? folder(dataDir, configured()) : other(name))).stores;
    },
    async source(name) {
      if (name === "sqlite") return (await folder(dataDir, configured())).timeseries;
      if (name !== "influxdb") return (await other(name)).timeseries;
      const store = createInfluxTimeseries(await influx());
      closers.push(() => store.close());
      return store;
    },
    async goal(name) {
      if (name === "sqlite") return (await folder(dataDir, configured())).timeseries;
      if (name !== "influxdb") return (await other(name)).timeseries;
      const outside = createOutside(await influx());
      closers.push(() => outside.close());
      return outside;
    },
    async close() {
      for (const close of closers.toReversed()) await close();
    },
  };
}
