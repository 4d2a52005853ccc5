// Runs inside the guest of `npm run nightly -- ble-guest`, as root and as the only program beside busybox: Debian's
// kernel and bluetoothd are real, bleno and noble are real, the controllers are those of test/support/virtual-radio.ts.
// One line a step; the last one says whether all were well.
import { type ChildProcess, execFile, fork, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { jumperOximeter } from "../../devices/jumper-oximeter/module.ts";
import { lpowOximeter } from "../../devices/lpow-oximeter/module.ts";
import { sigPlx } from "../../devices/sig-plx/module.ts";
import type { Observation } from "../../src/domain/observation.ts";
import { fillOptions } from "../../src/driver/options.ts";
import { recogniseOximeter } from "../../src/driver/recognise.ts";
import { supervise } from "../../src/driver/supervise.ts";
import { createClock } from "../../src/ops/clock.ts";
import { createRandom } from "../../src/ops/random.ts";
import type { Clock } from "../../src/port/clock.ts";
import type { LogFields } from "../../src/port/log.ts";
import { startBleHelper } from "../../src/transport/ble-helper.ts";
import { scanBle } from "../../src/transport/ble-scan.ts";
import { createLinks } from "../../src/transport/links.ts";
import type { SensorDescription, SensorNews, SensorOrder } from "../support/ble-sensor-writer.ts";
import { plugIntoKernel } from "../support/kernel-radio.ts";
import { createVirtualRoom } from "../support/virtual-radio.ts";

const SENSOR: SensorDescription = {
  name: "Ring 0815",
  advertises: ["1822"],
  service: "1822",
  notify: ["2a5f"],
  read: { "2a60": [0x03, 0x00] },
  write: [],
};
const BLUETOOTHD = "/usr/libexec/bluetooth/bluetoothd";

/** An emulated machine is several times slower than the slowest real one: so are the time limits. */
const SLOWNESS = 4;
const real = createClock();
const clock: Clock = { ...real, after: (ms, callback) => real.after(ms * SLOWNESS, callback) };

const began = performance.now();
const print = (words: string): void => {
  process.stdout.write(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${words}\n`);
};

async function until(what: () => boolean | Promise<boolean>, ms: number): Promise<number> {
  const start = performance.now();
  while (!(await what())) {
    if (performance.now() - start > ms) throw new Error(`not within ${ms / 1000} s: ${what.toString()}`);
    await sleep(50);
  }
  return performance.now() - start;
}

let failures = 0;
async function step(name: string, act: () => Promise<string>): Promise<void> {
  try {
    print(`ok    ${name}: ${await act()}`);
  } catch (error) {
    failures += 1;
    print(
      `FAIL  ${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n${said}`,
    );
  }
}

const run = promisify(execFile);
const children: ChildProcess[] = [];
/** What the system's programs said last, to be shown where a step fails. */
let said = "";
function start(program: string, args: readonly string[]): ChildProcess {
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-2_000);
  });
  children.push(child);
  return child;
}

// What the kernel encrypts for bluetoothd, and where virtual controllers are plugged in.
for (const module of ["algif_skcipher", "algif_hash", "cmac", "ecb", "hci_vhci"]) {
  const { status, stderr } = spawnSync("/sbin/modprobe", [module], { encoding: "utf8" });
  if (status !== 0) print(`      modprobe ${module}: ${stderr.trim()}`);
}
print("modules loaded");
mkdirSync("/run/dbus", { recursive: true });
start("/usr/bin/dbus-daemon", ["--system", "--nofork", "--nopidfile"]);
await until(() => existsSync("/run/dbus/system_bus_socket"), 30_000);

print("message bus");
const room = createVirtualRoom();
const news: SensorNews[] = [];
const port = await room.controller("c0:ff:ee:00:00:01");
const program = path.join(import.meta.dirname, "../support/ble-sensor-writer.ts");
const sensor = fork(program, [port, JSON.stringify(SENSOR)], { execArgv: [] });
sensor.on("message", (each: SensorNews) => news.push(each));
children.push(sensor);
const order = (what: SensorOrder): void => void sensor.send(what);

print("sensor started");
const adapter = await plugIntoKernel(room, "00:aa:01:00:00:02");
print(`plugged in as ${adapter.name}`);
let bluetoothd = start(BLUETOOTHD, ["-n"]);

await step("the kernel and bluetoothd take the virtual adapter", async () => {
  // The controller lives in this process: nothing here may wait for bluetoothd without letting it answer.
  const isOn = async (): Promise<boolean> => {
    const shown = await run("bluetoothctl", ["show"], { timeout: 10_000 }).catch(() => ({ stdout: "" }));
    return /Powered: yes/.test(shown.stdout);
  };
  const ms = await until(isOn, 90_000);
  return `${adapter.name}, on after ${(ms / 1000).toFixed(1)} s`;
});

await step("a scan hears the sensor, and its family recognises it", async () => {
  await until(() => news.some((each) => each.news === "ready"), 90_000);
  const heard = await scanBle({
    clock,
    startHelper: startBleHelper,
    radio: { kind: "bluez", adapter: undefined },
    forMs: 2_500,
    signal: new AbortController().signal,
  });
  const found = heard.find(({ name }) => name === SENSOR.name);
  if (found === undefined) throw new Error(`heard ${JSON.stringify(heard)}`);
  const { name = "", services } = found;
  // Not the whole list: an emulated machine takes a minute to load that.
  const families = recogniseOximeter({ name, services }, [jumperOximeter, lpowOximeter, sigPlx]);
  if (families[0] !== "sig-plx") throw new Error(`recognised as ${families.join(", ")}`);
  return `${name} ${found.address} ${found.rssiDbm} dBm, ${families.join(", ")}`;
});

const heard: Observation[] = [];
const notes: { readonly event: string; readonly fields: LogFields }[] = [];
const supervisor = supervise({
  module: sigPlx,
  device: "d",
  bed: "b1",
  zone: "UTC",
  epoch: "e",
  address: `ble:${SENSOR.name}`,
  options: fillOptions(sigPlx.options, {}),
  links: createLinks({ clock }),
  clock,
  random: createRandom(),
  log: { note: (event, fields = {}) => void notes.push({ event, fields }) },
  onObservation: (observation) => heard.push(observation),
});

const spo2 = (): unknown[] =>
  heard.flatMap(({ body, simulated }) => (body.kind === "samples" && simulated ? [body.samples.spo2] : []));
/** Says a value again and again, since bluetoothd passes on only what changes, until it arrives as a sample. */
async function arrives(value: number): Promise<number> {
  let pulse = 60;
  return until(() => {
    pulse = pulse === 60 ? 61 : 60;
    order({ do: "say", uuid: "2a5f", bytes: [0, value, 0, pulse, 0] });
    return spo2().includes(value);
  }, 300_000);
}
const lastLoss = (): string =>
  String(notes.findLast(({ fields }) => fields["code"] === "LINK_LOST")?.fields["problem"]).split(". ")[0] ??
  "";

supervisor.start();
await step("a notification arrives through bluetoothd and noble, marked simulated", async () => {
  const ms = await arrives(97);
  return `after ${(ms / 1000).toFixed(1)} s at ${supervisor.view().resolved}`;
});

await step("a lost radio link is noticed, and the sensor found again", async () => {
  room.loseLinks();
  const lostMs = await until(() => supervisor.view().link !== "open", 60_000);
  const backMs = await arrives(91);
  return `lost after ${lostMs.toFixed(0)} ms (${lastLoss()}), values again after ${(backMs / 1000).toFixed(1)} s`;
});

await step("a restart of bluetoothd is a lost link, and the sensor is read over the new one", async () => {
  const gone = new Promise((resolve) => bluetoothd.once("exit", resolve));
  bluetoothd.kill("SIGTERM");
  await gone;
  const lostMs = await until(() => supervisor.view().link !== "open", 60_000);
  // It lets its devices go before it ends, or is gone first: either is a lost link.
  const why = lastLoss();
  await sleep(2_000);
  bluetoothd = start(BLUETOOTHD, ["-n"]);
  const backMs = await arrives(88);
  return `lost after ${lostMs.toFixed(0)} ms (${why}), values again after ${(backMs / 1000).toFixed(1)} s`;
});

await step("an adapter that is pulled is a lost link", async () => {
  await until(() => supervisor.view().link === "open", 60_000);
  adapter.unplug();
  const lostMs = await until(() => supervisor.view().link !== "open", 60_000);
  return `lost after ${lostMs.toFixed(0)} ms (${lastLoss()})`;
});

await supervisor.stop();
await room.remove();
for (const child of children) child.kill("SIGKILL");
print(failures === 0 ? "all steps well" : `${failures} steps failed`);
process.exit(failures === 0 ? 0 : 1);
