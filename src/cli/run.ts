import { existsSync } from "node:fs";
import { chmod, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { HomeConfig } from "../config/config.ts";
import { Fault, messageOf } from "../domain/fault.ts";
import type { HomeId } from "../domain/ids.ts";
import { isLanguage, type Language } from "../domain/person.ts";
import { composeHome, type Home } from "../home.ts";
import { machineZone } from "../ops/machine.ts";
import { createUploads } from "../ops/uploads.ts";
import type { LogLevel } from "../port/log.ts";
import type { Uploads } from "../port/upload.ts";
import { createSessions } from "../server/sessions.ts";
import { command, numberOf } from "./command.ts";
import { type FoundConfiguration, findConfiguration } from "./configuration.ts";
import { type Demo, demoConfig, startDemo } from "./demo.ts";
import { faultSentence } from "./fault-sentence.ts";
import { openRealWorld, type RealWorld } from "./real-world.ts";
import { loadScenario, ownScenarios } from "./scenario.ts";
import type { BenchBed } from "./simulated-bed.ts";
import type { Terminal } from "./terminal.ts";

const DEMO_PORT = 8420;
const PAGES = path.join(import.meta.dirname, "../../dashboards/dist");

const HOME_OPTIONS = {
  config: {
    type: "string",
    value: "FILE",
    help: "configuration; else ./breathwatch.yaml, else /etc/breathwatch/",
  },
  log: { type: "string", value: "LEVEL", help: "debug, info, warn or error; default warn" },
} as const;

const DEMO_OPTIONS = {
  scenario: {
    type: "string",
    value: "NAME",
    help: "what happens to the virtual patient: mask-off, probe-off..., or a file",
  },
  port: { type: "string", value: "N", help: `port of the demo's pages; default ${DEMO_PORT}, 0 for any` },
  data: { type: "string", value: "FOLDER", help: "the demo's data folder; default ./.breathwatch-demo" },
} as const;

/** `breathwatch home`: watches the beds of a configuration. */
export const homeCommand = command({
  name: "home",
  usage: "[--config FILE] [--log LEVEL]",
  about:
    "Watches the beds of a configuration: devices, alarms, sounder, phones, pages, broker and store in one process.",
  options: HOME_OPTIONS,
  examples: ["breathwatch home --config home.yaml"],
  run: async ({ values }, terminal) => {
    const found = await findConfiguration(values.config, terminal, { zone: machineZone() });
    if (found.file === undefined) throw noConfiguration();
    return runHome(configOf(found, terminal), found, levelOf(values.log), terminal);
  },
});

/** `breathwatch demo`: a simulated bed, whatever configuration there is. */
export const demoCommand = command({
  name: "demo",
  usage: "[--scenario NAME] [--port N] [--data FOLDER] [--log LEVEL]",
  about:
    "Shows a simulated bed in a data folder of its own. Everything is marked SIMULATED and pages nobody.",
  options: { ...DEMO_OPTIONS, log: HOME_OPTIONS.log },
  examples: ["breathwatch demo", "breathwatch demo --scenario mask-off"],
  run: ({ values }, terminal) => runDemo(values, terminal),
});

/** `breathwatch start`, what `npm start` runs: the configured home, or the demo where none was ever set up. */
export const startCommand = command({
  name: "start",
  usage: "[--config FILE] [--scenario NAME] [--port N] [--log LEVEL]",
  about:
    "Runs the configured home. Where there is no configuration and no home was ever set up in the data folder, it\n" +
    "runs the demo instead. A home that was once configured never falls back to simulation.",
  options: { ...HOME_OPTIONS, ...DEMO_OPTIONS },
  examples: ["npm start", "npm start -- --scenario mask-off", "npm start -- --config home.yaml"],
  run: async ({ values }, terminal) => {
    const found = await findConfiguration(values.config, terminal, { zone: machineZone() });
    if (found.file !== undefined) {
      return runHome(configOf(found, terminal), found, levelOf(values.log), terminal);
    }
    if (existsSync(path.join(found.dataDir, "state.sqlite"))) throw lostConfiguration(found.dataDir);
    return runDemo(values, terminal);
  },
});

const noConfiguration = (): Fault =>
  new Fault(
    "CONFIG_UNREADABLE",
    "There is no configuration: neither ./breathwatch.yaml nor /etc/breathwatch/breathwatch.yaml.",
    {
      fix: 'Write one (docs/configuration.md), name it with --config, or look at the demo with "breathwatch demo".',
      permanent: true,
    },
  );

const lostConfiguration = (dataDir: string): Fault =>
  new Fault(
    "CONFIG_UNREADABLE",
    `${dataDir} belongs to a configured home, but its configuration file is gone.`,
    {
      fix: 'Put breathwatch.yaml back, or name it with --config. Nothing is simulated in its place; "breathwatch demo" runs in a folder of its own.',
      permanent: true,
    },
  );

function levelOf(text: string | undefined): LogLevel {
  const levels: readonly LogLevel[] = ["debug", "info", "warn", "error"];
  const level = levels.find((one) => one === (text ?? "warn"));
  if (level === undefined)
    throw new Fault("INPUT_INVALID", `--log is "${text}"`, { fix: `Use ${levels.join(", ")}.` });
  return level;
}

/** Says every finding; throws when one of them is an error. */
function configOf(found: FoundConfiguration, terminal: Terminal): HomeConfig {
  for (const { level, where, what, fix } of found.findings) {
    if (level !== "ok") terminal.say(`${level}: ${where}: ${what}${fix === undefined ? "" : ` -> ${fix}`}`);
  }
  if (found.config !== undefined) return found.config;
  throw new Fault("CONFIG_INVALID", `${found.file ?? "the configuration"} has mistakes, named above`, {
    fix: 'Mend them; nothing is watched until then. "breathwatch check" reads it again.',
    permanent: true,
  });
}

function machineLanguage({ environment }: Terminal): Language {
  const locale = (environment["LC_ALL"] ?? environment["LANG"] ?? "").toLowerCase();
  if (/^zh[-_](tw|hk|mo|hant)/.test(locale)) return "zh-Hant";
  const language = locale.startsWith("zh") ? "zh-Hans" : "en";
  return isLanguage(language) ? language : "en";
}

async function runHome(
  config: HomeConfig,
  { dataDir, families }: Pick<FoundConfiguration, "dataDir" | "families">,
  level: LogLevel,
  terminal: Terminal,
): Promise<number> {
  const real = await openRealWorld({ config, dataDir, level, environment: terminal.environment });
  try {
    const home = await composeHome(real.world, config, {
      pagesFolder: PAGES,
      families,
      uploads: uploadsOf(real),
    });
    return await serve(home, real, terminal);
  } finally {
    await real.close();
  }
}

async function runDemo(
  values: {
    readonly scenario?: string;
    readonly port?: string;
    readonly data?: string;
    readonly log?: string;
  },
  terminal: Terminal,
): Promise<number> {
  const scenario = values.scenario === undefined ? undefined : await loadScenario(values.scenario, terminal);
  const port = values.port === undefined ? DEMO_PORT : numberOf(values.port, "--port", 0, 65_535);
  const config = demoConfig(machineZone(), machineLanguage(terminal), port);
  const dataDir = path.resolve(terminal.folder, values.data ?? ".breathwatch-demo");
  const real = await openRealWorld({
    config,
    dataDir,
    level: levelOf(values.log),
    environment: terminal.environment,
  });
  let demo: Demo | undefined;
  try {
    const { clock, random, log } = real.world;
    const given = scenario === undefined ? undefined : { id: idOf(values.scenario ?? ""), scenario };
    const own = await ownScenarios(terminal);
    const scenarios = given === undefined ? own : [given, ...own.filter(({ id }) => id !== given.id)];
    demo = startDemo({ clock, random, log, zone: config.zone, memory: real.memory });
    const held: { bench?: BenchBed } = {};
    const home = await composeHome(real.world, config, {
      pagesFolder: PAGES,
      uploads: uploadsOf(real),
      simulation: (bed) => (bed === "b1" ? held.bench : undefined),
    });
    held.bench = demo.bench(home, scenarios);
    if (given !== undefined) held.bench.play(given);
    terminal.say("DEMO: a simulated bed. Nothing here comes from a person, and nobody is paged.");
    if (scenario !== undefined) terminal.say(`Scenario: ${scenario.name}.`);
    return await serve(home, real, terminal);
  } finally {
    await demo?.stop();
    await real.close();
  }
}

const uploadsOf = ({ dataDir }: RealWorld): Uploads => createUploads(path.join(dataDir, "upload"));

/** What the technician's page calls a scenario that was named, or given as a file. */
const idOf = (named: string): string =>
  path
    .basename(named)
    .replace(/\.ya?ml$/, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-")
    .slice(0, 64);

/** Says where it is, lets the command line in, and stays until it is stopped. */
async function serve(home: Home, real: RealWorld, terminal: Terminal): Promise<number> {
  const control = path.join(real.dataDir, "control.json");
  let token: string | undefined;
  try {
    const url = home.url ?? "";
    await endLocalToken(real, await tokenLeftIn(control));
    token = await localToken(real, home.identity.home);
    const certificate = real.world.listen?.tls?.cert;
    await writeControl(control, { url, token, broker: home.broker, ...(certificate && { certificate }) });
    await terminal.print(`${url}/${home.ownerCode === undefined ? "" : `#code=${home.ownerCode}`}\n`);
    for (const trouble of home.troubles) {
      terminal.say(`NOT YET: ${faultSentence(trouble)} The watch goes on; this is tried again every 5 s.`);
    }
    if (home.ownerCode !== undefined) terminal.say(`Owner code: ${home.ownerCode} (sign in with it once)`);
    const { sounder } = home.edge.live.states()[0]?.readiness ?? {};
    if (sounder?.ok === false) terminal.say(`NO SOUNDER IN THE HOUSE: ${sounder.detail}`);
    terminal.say("The machine's own alarm stays the primary alarm. Stop with Ctrl-C.");
    await stopped(terminal.signal);
    return 0;
  } finally {
    try {
      await rm(control, { force: true });
      await endLocalToken(real, token);
    } finally {
      await home.stop();
    }
  }
}

const stopped = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

/** Signs the command line of this machine's user in: it may start drills. The secret lies in a 0600 file. */
async function localToken({ world }: RealWorld, home: HomeId): Promise<string> {
  const { accounts } = world;
  await accounts.putAccount({ id: "local", name: "Command line", language: "en" });
  await accounts.putRole("local", home, "technician");
  return createSessions(world).start("local", "program", "command line");
}

/** What a run that was killed left; undefined when the last one ended by itself. */
async function tokenLeftIn(control: string): Promise<string | undefined> {
  try {
    const left: unknown = JSON.parse(await readFile(control, "utf8"));
    const isToken = typeof left === "object" && left !== null && "token" in left;
    return isToken && typeof left.token === "string" ? left.token : undefined;
  } catch {
    // No file, or one cut short: there is nothing to end, and the sign-in runs out by itself.
    return undefined;
  }
}

/** The command line's sign-in ends with the run that it belongs to: a copy of the file is worth nothing afterwards. */
async function endLocalToken({ world }: RealWorld, token: string | undefined): Promise<void> {
  try {
    const sessions = createSessions(world);
    const signedIn = await sessions.find(token);
    if (signedIn !== undefined) await sessions.end(signedIn.tokenHash);
  } catch (error) {
    world.log.note("control.session_left", { why: messageOf(error) }, "warn");
  }
}

async function writeControl(file: string, content: object): Promise<void> {
  await writeFile(file, JSON.stringify(content), { mode: 0o600 });
  await chmod(file, 0o600);
}
