// A real home in a process of its own, started through the command line, and what a test wants to know of it.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import mqtt from "mqtt";
import { expect, onTestFinished } from "vitest";
import WebSocket from "ws";
import { stringify } from "yaml";
import type { ConfigFile } from "../../src/config/schema.ts";
import type { BedState, LiveMessage } from "../../src/server/contract.ts";
import { type CommandLine, startCommandLine } from "./command-line.ts";

/** A folder of its own for one test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "breathwatch-home-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));
  return folder;
}

/** A configuration with free ports and no sounder, unless told otherwise, as home.yaml in the folder. */
export function writeHomeConfig(folder: string, given: Omit<ConfigFile, "dataDir">): string {
  const config: ConfigFile = {
    zone: "UTC",
    dataDir: path.join(folder, "data"),
    web: { port: 0 },
    bus: { port: 0 },
    audio: { enabled: false },
    ...given,
  };
  const file = path.join(folder, "home.yaml");
  writeFileSync(file, stringify(config));
  return file;
}

/** An hour of the day (UTC) that is far from now: a bed with it is not on watch by its schedule. */
export function scheduleFarFromNow(): { readonly from: string; readonly to: string } {
  const hour = (ahead: number): string =>
    `${String((new Date().getUTCHours() + ahead) % 24).padStart(2, "0")}:00`;
  return { from: hour(11), to: hour(12) };
}

/** What a running home leaves for the command line of this machine. */
export interface Control {
  readonly url: string;
  readonly token: string;
  readonly broker: { readonly url: string; readonly username?: string; readonly password?: string };
}

export interface RunningHome {
  readonly line: CommandLine;
  readonly dataDir: string;
  /** As printed: with the owner's code after the # sign. */
  readonly address: string;
  readonly code: string;
  readonly control: Control;
  /** SIGTERM and everything that it wrote. */
  stop(): CommandLine["ended"];
}

/** Starts a command that runs a home; resolves when it has printed its address. */
export async function startHome(
  argv: readonly string[],
  options: {
    readonly folder: string;
    readonly dataDir: string;
    readonly environment?: { readonly [name: string]: string };
  },
): Promise<RunningHome> {
  const line = startCommandLine(argv, options);
  const address = await line.line(0);
  const control = JSON.parse(readFileSync(path.join(options.dataDir, "control.json"), "utf8")) as Control;
  return {
    ...{ line, address, control, dataDir: options.dataDir },
    code: /#code=(\S+)$/.exec(address)?.[1] ?? "",
    stop() {
      line.kill("SIGTERM");
      return line.ended;
    },
  };
}

/** Asks the home as its own command line does, or with another session's cookie. */
export async function ask(
  home: RunningHome,
  method: "GET" | "POST" | "PUT" | "DELETE",
  route: string,
  body?: object,
  cookie?: string,
): Promise<{ readonly status: number; readonly body: unknown; readonly cookie: string }> {
  const response = await fetch(new URL(route, home.control.url), {
    method,
    headers: {
      ...(cookie === undefined ? { authorization: `Bearer ${home.control.token}` } : { cookie }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: text === "" ? undefined : JSON.parse(text),
    cookie: (response.headers.get("set-cookie") ?? "").split(";", 1)[0] ?? "",
  };
}

/** Signs in with the printed code; the cookie of the session. */
export async function signIn(home: RunningHome, name: string): Promise<string> {
  const answer = await ask(home, "POST", "/api/sign-in", { code: home.code, name, language: "en" }, "");
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.cookie;
}

/** What the pages are told, as it comes. */
export interface BedWatcher {
  /** The newest picture of a bed. */
  bed(id?: string): BedState | undefined;
  /** Resolves with the first picture that fits, also one that is there already. */
  until(fits: (bed: BedState) => boolean, ms: number, id?: string): Promise<BedState>;
}

/** Opens the live socket as a page does. */
export async function watchBeds(home: RunningHome, cookie?: string): Promise<BedWatcher> {
  const session = cookie ?? `breathwatch=${home.control.token}`;
  const socket = new WebSocket(`${home.control.url.replace(/^http/, "ws")}/api/live`, {
    headers: { cookie: session },
  });
  onTestFinished(() => socket.terminate());
  const beds = new Map<string, BedState>();
  const listeners = new Set<() => void>();
  socket.on("message", (text: Buffer) => {
    const message = JSON.parse(text.toString()) as LiveMessage;
    if (message.kind !== "state") return;
    for (const bed of message.beds) beds.set(bed.bed, bed);
    for (const listener of listeners) listener();
  });
  await new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  const bed = (id = "b1"): BedState | undefined => beds.get(id);
  return {
    bed,
    until: (fits, ms, id) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const now = bed(id);
          if (now === undefined || !fits(now)) return;
          clearTimeout(timer);
          listeners.delete(look);
          resolve(now);
        };
        const timer = setTimeout(() => {
          listeners.delete(look);
          reject(new Error(`not within ${ms} ms: ${fits.toString()}; last: ${JSON.stringify(bed(id))}`));
        }, ms);
        listeners.add(look);
        look();
      }),
  };
}

/** One message on the home's own broker, as an outside client sees it. */
export interface BusMessage {
  readonly topic: string;
  readonly body: { readonly [name: string]: unknown };
}

/** Reads everything on the broker that control.json names; one that is not there yet gets `ms` to come. */
export async function listenToBus(home: RunningHome, ms = 0): Promise<readonly BusMessage[]> {
  const { url, username, password } = home.control.broker;
  const messages: BusMessage[] = [];
  const deadline = performance.now() + ms;
  const connect = async (): Promise<mqtt.MqttClient> => {
    try {
      return await mqtt.connectAsync(url, {
        ...(username === undefined ? {} : { username }),
        ...(password === undefined ? {} : { password }),
      });
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(200);
      return connect();
    }
  };
  const client = await connect();
  onTestFinished(() => client.endAsync(true));
  client.on("message", (topic, payload) => {
    messages.push({ topic, body: JSON.parse(payload.toString()) as BusMessage["body"] });
  });
  await client.subscribeAsync("breathwatch/#", { qos: 1 });
  return messages;
}

/** Polls, because nothing outside can be told when another process is ready; returns how long it took, ms. */
export async function until(holds: () => unknown, ms: number): Promise<number> {
  const startedAt = performance.now();
  while (holds() !== true) {
    if (performance.now() - startedAt > ms) throw new Error(`not within ${ms} ms: ${holds.toString()}`);
    await sleep(20);
  }
  return performance.now() - startedAt;
}

/** Living processes below a process. */
export function descendantsOf(pid: number): { readonly pid: number; readonly name: string }[] {
  const children = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const [, program = "", state, parent] =
          /^\d+ \((.*)\) (\S) (\d+)/s.exec(readFileSync(`/proc/${name}/stat`, "utf8")) ?? [];
        return Number(parent) === pid && state !== "Z" ? [{ pid: Number(name), name: program }] : [];
      } catch {
        // It ended while we looked.
        return [];
      }
    });
  return children.flatMap((child) => [child, ...descendantsOf(child.pid)]);
}
