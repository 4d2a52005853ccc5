import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createBrokerStarter } from "../bus/broker.ts";
import { createBusConnector } from "../bus/client.ts";
import type { HomeConfig } from "../config/config.ts";
import { Fault, messageOf } from "../domain/fault.ts";
import { createAudio, noAudio } from "../ops/audio.ts";
import { createClock } from "../ops/clock.ts";
import { createDisk } from "../ops/disk.ts";
import { createHttp } from "../ops/http.ts";
import { lockDataDir } from "../ops/lock.ts";
import { createLog } from "../ops/log.ts";
import { createRandom } from "../ops/random.ts";
import { createSpeech } from "../ops/speech.ts";
import type { LogLevel } from "../port/log.ts";
import type { ListenOptions, World } from "../port/world.ts";
import { openSqliteStores } from "../store/state/state.ts";
import { openSqliteTimeseries } from "../store/timeseries/sqlite/timeseries.ts";
import { createLinks } from "../transport/links.ts";
import { createMemoryLinks, type MemoryLinks } from "../transport/memory.ts";

export interface RealWorld {
  readonly world: World;
  /** Cables of simulated devices; empty outside the demo. */
  readonly memory: MemoryLinks;
  readonly dataDir: string;
  /** Closes what the roots were lent: stores, links, the lock. After the roots have stopped. */
  close(): Promise<void>;
}

/** This machine. Takes the data folder for this process alone; rejects with the Fault of whatever cannot be had. */
export async function openRealWorld(options: {
  readonly config: HomeConfig;
  readonly dataDir: string;
  readonly level: LogLevel;
  readonly environment: { readonly [name: string]: string | undefined };
}): Promise<RealWorld> {
  const { config } = options;
  const dataDir = resolve(options.dataDir);
  const clock = createClock();
  const random = createRandom();
  const log = createLog({ output: process.stderr, clock, level: options.level });
  const listen = await listenOptions(config);
  const lock = await lockDataDir(dataDir, clock);
  const memory = createMemoryLinks(clock);
  const links = createLinks({ clock, memory, log });
  const closers: (() => Promise<void>)[] = [() => lock.release(), async () => links.stop()];
  const close = async (): Promise<void> => {
    for (const closer of closers.toReversed()) await closer();
  };
  try {
    const stores = await openSqliteStores({ folder: dataDir, clock, log });
    closers.push(() => stores.close());
    const timeseries = await openSqliteTimeseries({ file: join(dataDir, "timeseries.sqlite"), clock, log });
    closers.push(() => timeseries.close());
    const world: World = {
      clock,
      random,
      disk: createDisk(dataDir),
      links,
      bus: createBusConnector({ clock, log, random }),
      broker: createBrokerStarter({ log }),
      http: createHttp(clock),
      listen,
      audio: config.audio.enabled
        ? createAudio({
            clock,
            environment: options.environment,
            ...(config.audio.device === undefined ? {} : { device: config.audio.device }),
          })
        : noAudio("the house sounder is switched off in the configuration (audio.enabled)"),
      // Also for pages, where this machine itself is to be silent.
      speech: createSpeech({ clock, environment: options.environment }),
      timeseries,
      ...{ state: stores.state, accounts: stores.accounts, homes: stores.homes },
      log,
    };
    return { world, memory, dataDir, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function listenOptions({ web }: HomeConfig): Promise<ListenOptions> {
  const { host, port, tls } = web;
  if (tls === undefined) return { host, port };
  const [cert, key] = await Promise.all([pem(tls.certFile, "cert"), pem(tls.keyFile, "key")]);
  return { host, port, tls: { cert, key } };
}

async function pem(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new Fault("CONFIG_INVALID", `web.tls.${what}: ${file} cannot be read: ${messageOf(error)}`, {
      fix: "Name a PEM file that this user may read.",
      permanent: true,
      cause: error,
    });
  }
}
