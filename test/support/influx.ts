import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

/** A store's server on loopback, with a data folder of its own that goes with it. */
export interface StoreServer {
  readonly url: string;
  readonly folder: string;
  readonly pid: number;
  /** InfluxQL with all rights; resolves with the answer's text. */
  query(statement: string, database?: string): Promise<string>;
  /** Ends it, by force where asked, and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** The same program on the same port and data again. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}

export interface InfluxOptions {
  /** Names and passwords are asked for; the administrator is admin / secret. */
  readonly auth?: boolean;
  /** Data lies here instead of in a folder of its own. */
  readonly data?: string;
}

/** Debian's InfluxDB 1.6. */
export async function startInflux(options: InfluxOptions = {}): Promise<StoreServer> {
  const folder = mkdtempSync(path.join(tmpdir(), "breathwatch-influx-"));
  const [port, rpc] = [await freePort(), await freePort()];
  const data = options.data ?? folder;
  const config = path.join(folder, "influxdb.conf");
  writeFileSync(
    config,
    `reporting-enabled = false
bind-address = "127.0.0.1:${rpc}"
[meta]
  dir = "${data}/meta"
[data]
  dir = "${data}/data"
  wal-dir = "${data}/wal"
  index-version = "tsi1"
  query-log-enabled = false
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:${port}"
  log-enabled = false
  auth-enabled = ${options.auth === true}
[logging]
  level = "error"
`,
  );
  const url = `http://127.0.0.1:${port}`;
  const server = createStoreServer(url, folder, "influxd", ["run", "-config", config]);
  await server.start();
  if (options.auth === true)
    await server.query("CREATE USER admin WITH PASSWORD 'secret' WITH ALL PRIVILEGES");
  return server;
}

/** Debian's VictoriaMetrics. */
export async function startVictoria(): Promise<StoreServer> {
  const folder = mkdtempSync(path.join(tmpdir(), "breathwatch-victoria-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = createStoreServer(url, folder, "victoria-metrics", [
    `-storageDataPath=${folder}/data`,
    `-httpListenAddr=127.0.0.1:${port}`,
    "-retentionPeriod=5y",
    "-loggerLevel=ERROR",
    "-search.latencyOffset=0s",
  ]);
  await server.start();
  return server;
}

function createStoreServer(
  url: string,
  folder: string,
  program: string,
  args: readonly string[],
): StoreServer {
  let child: ChildProcess | undefined;
  const stop = async (signal: NodeJS.Signals = "SIGTERM"): Promise<void> => {
    const ending = child;
    child = undefined;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    await new Promise((resolve) => {
      ending.once("exit", resolve);
      ending.kill(signal);
    });
  };
  return {
    url,
    folder,
    get pid() {
      return child?.pid ?? 0;
    },
    async query(statement, database = "") {
      const named = new URLSearchParams({ db: database, epoch: "ms", u: "admin", p: "secret" });
      const body = new URLSearchParams({ q: statement });
      return (await fetch(`${url}/query?${named.toString()}`, { method: "POST", body })).text();
    },
    stop,
    async start() {
      child = spawn(program, [...args], { stdio: "ignore" });
      await answering(url);
    },
    async remove() {
      await stop("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answering(url: string): Promise<void> {
  // Beside three other files that start programs too.
  for (let wait = 0; wait < 1_200; wait++) {
    try {
      if ((await fetch(`${url}/ping`)).status === 204) return;
    } catch {
      // Not yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${url} does not answer`);
}

/** A port of loopback that nobody uses now. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
