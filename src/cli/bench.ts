import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DEVICES } from "../../devices/index.ts";
import { type AlarmsPlan, measureAlarms, WHOLE_BED } from "../bench/alarms.ts";
import { alarmsTable } from "../bench/alarms-table.ts";
import { type ApiPlan, measureApi } from "../bench/api.ts";
import { apiTable } from "../bench/api-table.ts";
import { type DevicesPlan, devicesTable, measureDevices } from "../bench/devices.ts";
import { type FleetPlan, measureFleet } from "../bench/hub.ts";
import { fleetTable } from "../bench/hub-table.ts";
import { measurePath, type PathPlan } from "../bench/path.ts";
import { createPrograms, Unmeasured } from "../bench/programs.ts";
import { reportOf, tableOf } from "../bench/report.ts";
import { measureStores, type StorePlan } from "../bench/store.ts";
import { influxUnderTest, victoriaUnderTest } from "../bench/store-servers.ts";
import { sqliteOfHub, sqliteUnderTest } from "../bench/store-sqlite.ts";
import { storeTable } from "../bench/store-table.ts";
import { measureWatch, type WatchPlan } from "../bench/watch.ts";
import { watchTable } from "../bench/watch-table.ts";
import { KEY_BYTES } from "../crypt/seal.ts";
import { createLog } from "../ops/log.ts";
import { command, numberOf, UsageError } from "./command.ts";
import { rehearse } from "./nights.ts";
import { loadScenario } from "./scenario.ts";
import type { Terminal } from "./terminal.ts";

const FULL: PathPlan = {
  rounds: 3,
  seconds: 40,
  alarms: 56,
  bedSeconds: 40,
  driverSeconds: 3,
  floodFrames: 30_000,
  peers: true,
};

/** Enough to see that everything works; no number of it is worth writing down. */
const QUICK: PathPlan = {
  rounds: 1,
  seconds: 2,
  alarms: 0,
  bedSeconds: 0,
  driverSeconds: 0.2,
  floodFrames: 3_000,
  peers: false,
};

const DEVICES_FULL: DevicesPlan = { seconds: 1, nightHours: 8, days: 400 };
const DEVICES_QUICK: DevicesPlan = { seconds: 0.02, nightHours: 0.1, days: 3 };

const ALARMS_FULL: AlarmsPlan = {
  ...{ variations: 60, seed: 1, scenarioSeeds: 3, scenarios: WHOLE_BED },
  ...{ ordinaryNights: 10, chronicNights: 2, nightHours: 8, calibrationNights: 10 },
  speed: { nightSeconds: 36_000, rounds: 3, beds: 1_000, bedSeconds: 60 },
};

/** Every row, each class once, one whole bed; no night is long enough to be counted. */
const ALARMS_QUICK: AlarmsPlan = {
  ...{ variations: 3, seed: 1, scenarioSeeds: 1, scenarios: WHOLE_BED.slice(0, 1) },
  ...{ ordinaryNights: 1, chronicNights: 1, nightHours: 0.5, calibrationNights: 1 },
  speed: { nightSeconds: 300, rounds: 1, beds: 20, bedSeconds: 5 },
};

const STORE_FULL: StorePlan = {
  ...{ fullNights: 30, thinNights: 335, nightHours: 8, questions: 60, questionMs: 20_000 },
  hub: { homes: 16_000, seconds: 780, commits: 4 },
};
const STORE_QUICK: StorePlan = {
  ...{ fullNights: 1, thinNights: 2, nightHours: 0.2, questions: 3, questionMs: 5_000 },
  hub: { homes: 50, seconds: 5, commits: 2 },
};

const HUB_FULL: FleetPlan = {
  homes: [1_000, 2_000, 4_000, 6_000, 8_000, 10_000, 12_000, 14_000, 16_000, 20_000],
  ...{ settleS: 3, seconds: 10, peer: true },
};
const API_FULL: ApiPlan = {
  ...{ homes: 100, people: 20, nightHours: 8, perSecond: 0.5, seconds: 60, peer: true },
};
const API_QUICK: ApiPlan = {
  ...{ homes: 4, people: 2, nightHours: 0.2, perSecond: 10, seconds: 2, peer: true },
};
const HUB_QUICK: FleetPlan = { homes: [1_000], settleS: 1, seconds: 2, peer: false };

const WATCH_FULL: WatchPlan = { homes: [1, 100, 10_000], alarms: 200 };
const WATCH_QUICK: WatchPlan = { homes: [1, 20], alarms: 5 };

/** `breathwatch bench`: measurements. */
export const benchCommand = command({
  name: "bench",
  usage: "[path|devices|alarms|store|hub|watch|api] [--json [FILE]] [--rounds N] [--no-peers] [--quick]",
  about:
    "Measures the path from a device's bytes to the bus and to a phone's push service, on this machine, beside a bare\n" +
    "script and Node-RED doing the same on the same port (Node-RED is installed into a temporary folder). It takes about\n" +
    "twelve minutes; everything is on loopback. A missed aim is told and is no failure; exit 1: something could not be\n" +
    "measured. `bench devices` measures every decoder, what a link holds and how long a card takes, in about three\n" +
    "minutes. `bench alarms` plays every hazard to the alarm engine in seeded variations, counts alarms per night and\n" +
    "measures the engine, in about ten minutes; exit 1: something was missed. `bench store` fills the store with a year of\n" +
    "nights, asks it what pages ask, and gives it the load of 16,000 homes. `bench hub` puts ever more homes\n" +
    "on one hub with Mosquitto, in about two and a half minutes. `bench watch` measures from an alarm to the request that\n" +
    "calls for help, in up to 10,000 homes at once, in about a minute. `bench api` asks a hub what people's pages ask,\n" +
    "alone and while its homes speak, in about five minutes. docs/bench.md says how to read them.",
  options: {
    json: {
      type: "string",
      value: "FILE",
      help: "also write everything as JSON; - for stdout, without the table",
    },
    rounds: { type: "string", value: "N", help: `rounds of each program in turn; default ${FULL.rounds}` },
    seconds: { type: "string", value: "N", help: `steady part of each round; default ${FULL.seconds}` },
    alarms: {
      type: "string",
      value: "N",
      help: `alarms to raise at least; default ${FULL.alarms}, 0 for none`,
    },
    "no-peers": { type: "boolean", help: "Breathwatch alone" },
    seed: {
      type: "string",
      value: "N",
      help: `of the variations of bench alarms; default ${ALARMS_FULL.seed}`,
    },
    quick: { type: "boolean", help: "some seconds in all, without peers and alarms: to try it out" },
  },
  positionals: { min: 0, max: 1, names: "NAME" },
  examples: [
    "breathwatch bench path",
    "breathwatch bench path --json path.json",
    "breathwatch bench --no-peers",
    "breathwatch bench devices",
    "breathwatch bench alarms --seed 7",
    "breathwatch bench store --json store.json",
    "breathwatch bench hub",
    "breathwatch bench watch",
    "breathwatch bench api",
  ],
  async run({ values, positionals }, terminal) {
    const name = positionals[0] ?? "path";
    if (name === "devices") return benchDevices(values, terminal);
    if (name === "alarms") return benchAlarms(values, terminal);
    if (name === "store") return benchStore(values, terminal);
    if (name === "hub") return benchHub(values, terminal);
    if (name === "watch") return benchWatch(values, terminal);
    if (name === "api") return benchApi(values, terminal);
    if (name !== "path") {
      throw new UsageError(
        `There is no measurement "${name}". There are: path, devices, alarms, store, hub, watch, api.`,
      );
    }
    const preset = values.quick === true ? QUICK : FULL;
    const plan: PathPlan = {
      ...preset,
      rounds: numberOf(values.rounds ?? String(preset.rounds), "--rounds", 1, 50),
      seconds: numberOf(values.seconds ?? String(preset.seconds), "--seconds", 2, 600),
      alarms: numberOf(values.alarms ?? String(preset.alarms), "--alarms", 0, 600),
      peers: preset.peers && values["no-peers"] !== true,
    };
    const { clock, random, environment, signal } = terminal;
    const measured = await measurePath(plan, {
      ...{ clock, random, environment, signal },
      say: (words) => terminal.say(words),
    });
    const report = reportOf(measured);
    const json = `${JSON.stringify({ ...report, measured }, undefined, 2)}\n`;
    await show({ json, table: tableOf(measured, report) }, values.json, terminal);
    return measured.problems.length === 0 ? 0 : 1;
  },
});

async function benchDevices(
  values: { readonly json?: string; readonly quick?: boolean },
  terminal: Terminal,
): Promise<number> {
  const { clock, signal } = terminal;
  const plan = values.quick === true ? DEVICES_QUICK : DEVICES_FULL;
  const measured = await measureDevices(DEVICES, plan, {
    clock,
    signal,
    say: (words) => terminal.say(words),
  });
  const json = `${JSON.stringify(measured, undefined, 2)}\n`;
  await show({ json, table: devicesTable(measured) }, values.json, terminal);
  return measured.problems.length === 0 ? 0 : 1;
}

async function benchAlarms(
  values: { readonly json?: string; readonly quick?: boolean; readonly seed?: string },
  terminal: Terminal,
): Promise<number> {
  const { clock, signal, environment } = terminal;
  const preset = values.quick === true ? ALARMS_QUICK : ALARMS_FULL;
  const seed = numberOf(values.seed ?? String(preset.seed), "--seed", 0, 1_000_000);
  const beside = path.join(import.meta.dirname, "../../../shared/recordings");
  const measured = await measureAlarms(
    { ...preset, seed },
    {
      ...{ clock, signal, recordings: path.resolve(environment["BREATHWATCH_RECORDINGS"] ?? beside) },
      say: (words) => terminal.say(words),
      rehearse: async (name, turn) => (await rehearse(await loadScenario(name, terminal), turn)).problems,
    },
  );
  const json = `${JSON.stringify(measured, undefined, 2)}\n`;
  await show({ json, table: alarmsTable(measured) }, values.json, terminal);
  return measured.problems.length === 0 ? 0 : 1;
}

async function benchStore(
  values: { readonly json?: string; readonly quick?: boolean; readonly "no-peers"?: boolean },
  terminal: Terminal,
): Promise<number> {
  const { clock, random, environment, signal } = terminal;
  const programs = createPrograms({ clock, environment });
  const log = createLog({ output: process.stderr, clock, level: "warn" });
  const folder = await mkdtemp(path.join(tmpdir(), "breathwatch-bench-"));
  try {
    const key = random.bytes(KEY_BYTES);
    const place = { folder, clock, log };
    const stores = [
      sqliteUnderTest("SQLite", { ...place, name: "plain" }),
      sqliteUnderTest("SQLite, sealed", { ...place, name: "sealed", key }),
      ...(values["no-peers"] === true || values.quick === true
        ? []
        : [influxUnderTest({ ...place, programs }), victoriaUnderTest({ ...place, programs })]),
    ];
    const plan = values.quick === true ? STORE_QUICK : STORE_FULL;
    const measured = await measureStores(stores, () => sqliteOfHub({ ...place, name: "hub", key }), plan, {
      ...{ clock, signal },
      say: (words) => terminal.say(words),
    });
    const json = `${JSON.stringify(measured, undefined, 2)}\n`;
    await show({ json, table: storeTable(measured) }, values.json, terminal);
    return measured.problems.length === 0 ? 0 : 1;
  } finally {
    await programs.stopAll();
    await rm(folder, { recursive: true, force: true });
  }
}

async function benchHub(
  values: { readonly json?: string; readonly quick?: boolean; readonly "no-peers"?: boolean },
  terminal: Terminal,
): Promise<number> {
  const { clock, random, environment, signal } = terminal;
  const programs = createPrograms({ clock, environment });
  const folder = await mkdtemp(path.join(tmpdir(), "breathwatch-bench-"));
  try {
    const preset = values.quick === true ? HUB_QUICK : HUB_FULL;
    const plan = { ...preset, peer: preset.peer && values["no-peers"] !== true };
    const say = (words: string): void => terminal.say(words);
    const measured = await measureFleet(plan, { clock, random, programs, signal, folder, say });
    const json = `${JSON.stringify(measured, undefined, 2)}\n`;
    await show({ json, table: fleetTable(measured) }, values.json, terminal);
    return measured.problems.length === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof Unmeasured)) throw error;
    terminal.say(`not measured: ${error.message}`);
    return 1;
  } finally {
    await programs.stopAll();
    await rm(folder, { recursive: true, force: true });
  }
}

async function benchWatch(
  values: { readonly json?: string; readonly quick?: boolean },
  terminal: Terminal,
): Promise<number> {
  const { clock, random, signal } = terminal;
  const folder = await mkdtemp(path.join(tmpdir(), "breathwatch-bench-"));
  try {
    const plan = values.quick === true ? WATCH_QUICK : WATCH_FULL;
    const say = (words: string): void => terminal.say(words);
    const measured = await measureWatch(plan, { clock, random, signal, folder, say });
    const json = `${JSON.stringify(measured, undefined, 2)}\n`;
    await show({ json, table: watchTable(measured) }, values.json, terminal);
    return measured.problems.length === 0 ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function benchApi(
  values: { readonly json?: string; readonly quick?: boolean; readonly "no-peers"?: boolean },
  terminal: Terminal,
): Promise<number> {
  const { clock, environment, signal } = terminal;
  const programs = createPrograms({ clock, environment });
  const folder = await mkdtemp(path.join(tmpdir(), "breathwatch-bench-"));
  try {
    const preset = values.quick === true ? API_QUICK : API_FULL;
    const plan = { ...preset, peer: preset.peer && values["no-peers"] !== true };
    const say = (words: string): void => terminal.say(words);
    const measured = await measureApi(plan, { clock, programs, signal, folder, say });
    const json = `${JSON.stringify(measured, undefined, 2)}\n`;
    await show({ json, table: apiTable(measured) }, values.json, terminal);
    return measured.problems.length === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof Unmeasured)) throw error;
    terminal.say(`not measured: ${error.message}`);
    return 1;
  } finally {
    await programs.stopAll();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The table, and JSON into a file where one is named; `-`: JSON alone. */
async function show(
  { json, table }: { readonly json: string; readonly table: string },
  file: string | undefined,
  terminal: Terminal,
): Promise<void> {
  if (file === "-") return terminal.print(json);
  await terminal.print(table);
  if (file !== undefined) await writeFile(path.resolve(terminal.folder, file), json);
}
