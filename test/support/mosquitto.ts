import { type ChildProcess, spawn } from "node:child_process";
import { globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import mqtt from "mqtt";
import { mosquittoConfig, mosquittoUsersFile, USERS_FILE } from "../../src/bus/mosquitto.ts";
import { createRandom } from "../../src/ops/random.ts";

/** A real Mosquitto as a hub runs it, in a folder of its own; ends with `remove`. */
export interface Mosquitto {
  /** For the hub: mqtt on this machine. */
  readonly url: string;
  /** For boxes: mqtts; absent without a certificate. */
  readonly boxUrl?: string;
  /** What the hub connects with. */
  readonly hub: { readonly username: string; readonly password: string };
  readonly folder: string;
  /** Sends a signal, and waits for the end unless it is SIGHUP. */
  signal(name: "SIGTERM" | "SIGKILL" | "SIGHUP"): Promise<void>;
  /** Starts it again, with what its folder holds. */
  start(): Promise<void>;
  remove(): Promise<void>;
}

/** Starts one. Needs the package mosquitto; certificate files are needed for boxes. */
export async function startMosquitto(
  options: {
    readonly tls?: { readonly certFile: string; readonly keyFile: string };
    readonly boxes?: readonly { readonly user: string; readonly password: string }[];
    /** Added to the configuration; what comes last counts. */
    readonly lines?: readonly string[];
  } = {},
): Promise<Mosquitto> {
  const folder = mkdtempSync(path.join(tmpdir(), "breathwatch-mosquitto-"));
  const [port, tlsPort] = [await freePort(), await freePort()];
  const hub = { username: "hub", password: "a secret of the hub" };
  const config = path.join(folder, "mosquitto.conf");
  const plan = {
    ...{ folder, port },
    plugin: globSync("/usr/lib/*/mosquitto_dynamic_security.so")[0]!,
    // Started by root it would become its own user, who may not read the test's folder.
    ...(process.getuid?.() === 0 ? { user: "root" } : {}),
    ...(options.tls === undefined ? {} : { tls: { ...options.tls, port: tlsPort } }),
  };
  writeFileSync(config, `${mosquittoConfig(plan)}${(options.lines ?? []).join("\n")}\n`);
  const users = { hubPassword: hub.password, boxes: options.boxes ?? [] };
  writeFileSync(path.join(folder, USERS_FILE), mosquittoUsersFile(users, createRandom()), { mode: 0o600 });
  const url = `mqtt://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    child = spawn("/usr/sbin/mosquitto", ["-c", config], { stdio: "ignore" });
    await answers(url, hub);
  };
  const signal = async (name: "SIGTERM" | "SIGKILL" | "SIGHUP"): Promise<void> => {
    const running = child;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise((resolve) => running.once("exit", resolve));
    running.kill(name);
    if (name !== "SIGHUP") await ended;
  };
  await start();
  return {
    ...{ url, hub, folder, signal, start },
    ...(options.tls === undefined ? {} : { boxUrl: `mqtts://127.0.0.1:${tlsPort}` }),
    async remove() {
      await signal("SIGKILL");
      rmSync(folder, { recursive: true });
    },
  };
}

async function answers(url: string, login: { readonly username: string; readonly password: string }) {
  for (let attempt = 0; attempt < 200; attempt++) {
    try {
      const client = await mqtt.connectAsync(url, { ...login, reconnectPeriod: 0 }, false);
      await client.endAsync();
      return;
    } catch {
      // Not yet.
      await sleep(25);
    }
  }
  throw new Error(`mosquitto does not answer at ${url}`);
}

/** A port of this machine that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
