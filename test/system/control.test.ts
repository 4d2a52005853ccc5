import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

const CLI = path.join(import.meta.dirname, "../../src/cli.ts");

let folder: string;
let running: ChildProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "breathwatch-control-"));
});
afterEach(async () => {
  await end("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

interface Control {
  readonly url: string;
  readonly token: string;
}

/** A demo that has printed its address: by then the file is there. */
async function start(): Promise<Control> {
  const given = ["--disable-warning=ExperimentalWarning", CLI, "demo", "--port", "0", "--data", folder];
  running = spawn(process.execPath, given, { stdio: ["ignore", "pipe", "ignore"] });
  await once(running.stdout!, "data");
  return JSON.parse(await readFile(path.join(folder, "control.json"), "utf8"));
}

async function end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  if (running === undefined) return;
  const ended = once(running, "exit");
  if (running.exitCode === null && running.signalCode === null) running.kill(signal);
  else return;
  await ended;
  running = undefined;
}

const statusWith = async ({ url }: Control, token: string): Promise<number> =>
  (await fetch(`${url}/api/devices`, { headers: { authorization: `Bearer ${token}` } })).status;

it("a copy of control.json opens nothing in a later run, whether the earlier one stopped or was killed", async () => {
  const first = await start();
  expect((await stat(path.join(folder, "control.json"))).mode & 0o777).toBe(0o600);
  expect(await statusWith(first, first.token)).toBe(200);
  await end("SIGTERM");
  expect(existsSync(path.join(folder, "control.json"))).toBe(false);

  const second = await start();
  expect(await statusWith(second, second.token)).toBe(200);
  expect(await statusWith(second, first.token)).toBe(401);
  await end("SIGKILL");

  const third = await start();
  expect(await statusWith(third, third.token)).toBe(200);
  expect(await statusWith(third, second.token)).toBe(401);
}, 120_000);
