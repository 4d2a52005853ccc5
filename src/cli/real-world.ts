import { stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import type { Writable } from "node:stream";
import { createBrokerStarter } from "../bus/broker.ts";
import { createBusConnector } from "../bus/client.ts";
import type { HomeConfig } from "../config/config.ts";
import { Fault } from "../domain/fault.ts";
import { createAudio, noAudio } from "../ops/audio.ts";
import {
  type Certificates,
  makeCertificates,
  openFileCertificates,
  openOwnCertificates,
} from "../ops/certificates.ts";
import { createClock } from "../ops/clock.ts";
import { createDisk } from "../ops/disk.ts";
import { createGpio } from "../ops/gpio.ts";
import { holdFolder } from "../ops/held-folder.ts";
import { createHttp } from "../ops/http.ts";
import { keyFileOf } from "../ops/key-file.ts";
import { lockDataDir } from "../ops/lock.ts";
import { createLog } from "../ops/log.ts";
import { createMail } from "../ops/mail.ts";
import { createRandom } from "../ops/random.ts";
import { createRotatingFile } from "../ops/rotate.ts";
import { createSpeech } from "../ops/speech.ts";
import type { Audio } from "../port/audio.ts";
import type { ChannelModule } from "../port/channel.ts";
import type { Clock } from "../port/clock.ts";
import type { Log, LogLevel } from "../port/log.ts";
import type { Registry } from "../port/registry.ts";
import type { ListenOptions, World } from "../port/world.ts";
import { machineNames } from "../server/hosts.ts";
import { withRevisions } from "../store/timeseries/revisions.ts";
import { createLinks } from "../transport/links.ts";
import { createMemoryLinks, type MemoryLinks } from "../transport/memory.ts";
import { type DataFolder, openDataFolder } from "./data-folder.ts";
import { awaitKey, isAboutKey, type Keyless, openKeylessFolder } from "./keyless.ts";

export interface RealWorld {
  readonly world: World;
  /** On a hub: homes and boxes. */
  readonly registry: Registry;
  /** Of the data folder: what is secret in it is encrypted with it; absent where it is missing. */
  readonly key?: Uint8Array;
  /** The key is missing, and this world works without what is sealed with it. */
  readonly keyless?: Keyless;
  /** Of pages and broker, renewed while they run; absent without TLS. */
  readonly certificates?: Certificates;
  /** Cables of simulated devices; empty outside the demo. */
  readonly memory: MemoryLinks;
  readonly dataDir: string;
  /** What may change while it runs. */
  settings(): {
    readonly level: LogLevel;
    readonly keep: HomeConfig["keep"];
    readonly metrics: HomeConfig["metrics"];
  };
  /** Takes over what may change of a configuration that was read again. */
  apply(config: HomeConfig): void;
  /** Closes what the roots were lent: stores, links, the lock. After the roots have stopped. */
  close(): Promise<void>;
}

/**
 * This machine. Takes the data folder for this process alone; rejects with the Fault of whatever cannot be had. A hub
 * does not start without its key; a box does.
 */
export async function openRealWorld(options: {
  readonly config: HomeConfig;
  readonly dataDir: string;
  /** Ways to reach people from outside the tree; absent: none. */
  readonly channels?: readonly ChannelModule[];
  /** Of the command line; absent: the configuration's, else warn. */
  readonly level?: LogLevel;
  readonly environment: { readonly [name: string]: string | undefined };
}): Promise<RealWorld> {
  const { config } = options;
  const clock = createClock();
  const random = createRandom();
  const settingsOf = ({ log: logging, keep, metrics }: HomeConfig): ReturnType<RealWorld["settings"]> => ({
    ...{ level: options.level ?? logging?.level ?? "warn", keep, metrics },
  });
  let settings = settingsOf(config);
  const output = outputOf(config);
  const log = createLog({ output, clock, level: () => settings.level });
  const { dataDir, unwritable, release } = await takeFolder(config, resolve(options.dataDir), { clock, log });
  const memory = createMemoryLinks(clock);
  const links = createLinks({ clock, memory, log });
  const closers: (() => Promise<void>)[] = [
    async () => void (output === process.stderr || output.end()),
    release,
    async () => links.stop(),
  ];
  const close = async (): Promise<void> => {
    for (const closer of closers.toReversed()) await closer();
  };
  try {
    const { keyless, ...folder } = await openFolder({ config, dataDir, clock, random, log });
    closers.push(folder.close);
    const stateDamage = (): string | undefined =>
      [unwritable, folder.stateDamage?.()].filter(Boolean).join("; ") || undefined;
    const { key, stores, timeseries } = folder;
    const certificates = await certificatesOf(config, dataDir, { key, clock, random, log });
    if (certificates !== undefined) {
      certificates.start();
      closers.push(async () => certificates.stop());
    }
    const { host, port } = config.web;
    const tls = certificates?.current();
    const names = [...machineNames(hostname()), config.web.name, ...(config.web.otherNames ?? [])];
    const listen: ListenOptions = {
      ...{ host, port, ...(tls === undefined ? {} : { tls }) },
      names: () => [...names, ...(certificates?.facts().names ?? [])],
    };
    const audioOf = (device: string | undefined): Audio =>
      config.audio.enabled
        ? createAudio({
            ...{ clock, environment: options.environment },
            ...(device === undefined ? {} : { device }),
            ...(config.audio.server === undefined ? {} : { server: config.audio.server }),
          })
        : noAudio("the house sounder is switched off in the configuration (audio.enabled)");
    const world: World = {
      clock,
      random,
      disk: createDisk(dataDir),
      links,
      bus: createBusConnector({ clock, log, random }),
      broker: createBrokerStarter({ log }),
      http: createHttp(clock),
      mail: createMail(clock),
      ...(options.channels === undefined ? {} : { channelModules: options.channels }),
      listen,
      audio: audioOf(config.audio.device),
      audioAt: audioOf,
      gpio: createGpio({ clock, environment: options.environment }),
      // Also for pages, where this machine itself is to be silent.
      speech: createSpeech({
        ...{ clock, environment: options.environment, cantonese: config.sounder?.cantonese === true },
      }),
      timeseries: withRevisions(timeseries, { clock }),
      ...{ state: stores.state, accounts: stores.accounts, homes: stores.homes },
      log,
      ...(keyless === undefined ? {} : { keyless: keyless.why }),
      stateDamage,
      ...(folder.onStateDamage === undefined ? {} : { onStateDamage: folder.onStateDamage }),
      ...(certificates === undefined ? {} : { certificate: certificates.facts }),
    };
    return {
      ...{ world, registry: stores.registry, memory, dataDir, close },
      ...(key === undefined ? {} : { key }),
      ...(keyless === undefined ? {} : { keyless }),
      ...(certificates === undefined ? {} : { certificates }),
      settings: () => settings,
      apply(next) {
        settings = settingsOf(next);
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * The data folder, taken for this process alone. At a bed one that cannot be written (a disk that turned read-only, a
 * right that is missing) is copied out for this run, so that the watch begins: what it held is known, and what happens is
 * forgotten with the run.
 */
async function takeFolder(
  config: HomeConfig,
  dataDir: string,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<{ readonly dataDir: string; readonly unwritable?: string; release(): Promise<void> }> {
  try {
    const { release } = await lockDataDir(dataDir, clock);
    return { dataDir, release };
  } catch (error) {
    const isUnwritable = error instanceof Fault && error.code === "DATA_DIR_UNWRITABLE";
    // What is not there at all was never set up: a path that is wrong is said, not made up for.
    if (!isUnwritable || config.hub !== undefined || config.demo || !(await isFolder(dataDir))) throw error;
    const { folder, remove } = await holdFolder(dataDir, log).catch(() => {
      throw error;
    });
    const unwritable = `${error.message} What happens now is forgotten at the next start`;
    log.note("folder.held", { why: error.message }, "error");
    return { dataDir: folder, unwritable, release: remove };
  }
}

const isFolder = async (place: string): Promise<boolean> =>
  stat(place).then(
    (found) => found.isDirectory(),
    () => false,
  );

/** What there is only with the key. */
type Kept = "key" | "stateDamage" | "onStateDamage";

/** The data folder, or, at a bed, what of it can be had without its key. */
async function openFolder(
  options: Parameters<typeof openDataFolder>[0],
): Promise<Omit<DataFolder, Kept> & Partial<Pick<DataFolder, Kept>> & { readonly keyless?: Keyless }> {
  const { config, dataDir } = options;
  try {
    return await openDataFolder(options);
  } catch (error) {
    if (config.hub !== undefined || config.demo || !isAboutKey(error)) throw error;
    const folder = await openKeylessFolder(options, error.message);
    const file = keyFileOf(dataDir, config.security.keyFile);
    const { back, stop } = await awaitKey({ ...options, file });
    return {
      ...folder,
      keyless: { why: error.message, back },
      async close() {
        stop();
        await folder.close();
      },
    };
  }
}

/** Where the log goes: stderr, which a service manager keeps, or a file that puts itself aside. */
function outputOf({ log }: HomeConfig): Writable {
  if (log?.file === undefined) return process.stderr;
  const { path: file, bytesMax, keep } = log.file;
  return createRotatingFile({ file, bytesMax, keep, fallback: process.stderr });
}

/** The certificate of pages and broker: of somebody else's files, of this machine's own authority, or none. */
function certificatesOf(
  { web }: HomeConfig,
  dataDir: string,
  {
    key,
    ...tools
  }: Omit<Parameters<typeof openOwnCertificates>[0], "folder" | "names" | "key"> & {
    readonly key: Uint8Array | undefined;
  },
): Promise<Certificates> | undefined {
  const { clock, log } = tools;
  if (web.tls !== undefined) return openFileCertificates({ ...web.tls, clock, log });
  if (web.ownAuthority !== true) return undefined;
  const names = [...new Set([web.name, "localhost", "127.0.0.1"])];
  if (key === undefined) return Promise.resolve(makeCertificates({ ...tools, names }));
  return openOwnCertificates({ ...tools, key, folder: join(dataDir, "tls"), names });
}
