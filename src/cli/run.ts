import { X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";
import type { HomeConfig } from "../config/config.ts";
import { webhooksOf } from "../config/identity.ts";
import { Fault } from "../domain/fault.ts";
import type { HomeId } from "../domain/ids.ts";
import { isLanguage, type Language } from "../domain/person.ts";
import type { Edge } from "../edge.ts";
import { composeLoneEdge } from "../edge-alone.ts";
import { composeHome } from "../home.ts";
import { composeHub } from "../hub.ts";
import { createHubPost } from "../ops/hub-request.ts";
import { machineZone } from "../ops/machine.ts";
import { readSecretFile } from "../ops/secret-file.ts";
import { createUploads } from "../ops/uploads.ts";
import type { LogLevel } from "../port/log.ts";
import type { Uploads } from "../port/upload.ts";
import type { ServerDeps } from "../server/deps.ts";
import type { HubAddress } from "../server/pairing-desk.ts";
import { command, numberOf } from "./command.ts";
import { type FoundConfiguration, findConfiguration } from "./configuration.ts";
import { type Demo, demoConfig, startDemo } from "./demo.ts";
import { openRealWorld, type RealWorld } from "./real-world.ts";
import { loadScenario, ownScenarios } from "./scenario.ts";
import { type ServeOptions, serve } from "./serve.ts";
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
  run: async ({ values }, terminal) => runHome(await running(values, terminal)),
});

/** `breathwatch edge`: the bedside alone; everything is kept at a hub. */
export const edgeCommand = command({
  name: "edge",
  usage: "[--config FILE] [--log LEVEL]",
  about:
    "Watches the beds of a configuration and sends everything to the hub that this box was paired with\n" +
    "(breathwatch pair). Alarms, sounder, phones and pages of the house work without the hub.",
  options: HOME_OPTIONS,
  examples: ["breathwatch edge --config home.yaml"],
  run: async ({ values }, terminal) => runEdge(await running(values, terminal)),
});

/** `breathwatch hub`: the server side of many homes. */
export const hubCommand = command({
  name: "hub",
  usage: "[--config FILE] [--log LEVEL]",
  about:
    "Takes in what the boxes of many homes send, keeps it, and shows it to those whom the homes let in.\n" +
    "The configuration has a section hub and no beds.",
  options: HOME_OPTIONS,
  examples: ["breathwatch hub --config hub.yaml"],
  run: async ({ values }, terminal) => runHub(await running(values, terminal)),
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
    if (found.file !== undefined) return runHome(await running(values, terminal));
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

/** What a command needs that runs one of the roots. */
interface Running {
  readonly config: HomeConfig;
  readonly found: FoundConfiguration;
  readonly terminal: Terminal;
  /** Of the command line: counts more than the configuration's. */
  readonly level?: LogLevel;
  /** Reads the configuration again. */
  readonly read: ServeOptions["read"];
}

async function running(
  values: { readonly config?: string; readonly log?: string },
  terminal: Terminal,
): Promise<Running> {
  const find = (): Promise<FoundConfiguration> =>
    findConfiguration(values.config, terminal, { zone: machineZone() });
  const found = await find();
  if (found.file === undefined) throw noConfiguration();
  const level = values.log === undefined ? {} : { level: levelOf(values.log) };
  return { config: configOf(found, terminal), found, terminal, ...level, read: find };
}

const openWorld = ({ config, found, terminal, level }: Running): Promise<RealWorld> =>
  openRealWorld({
    ...{ config, dataDir: found.dataDir, environment: terminal.environment, channels: found.channels },
    ...(level === undefined ? {} : { level }),
  });

async function runHome(run: Running): Promise<number> {
  const { config, terminal, read } = run;
  if (config.hub !== undefined) throw isHub("home");
  return atBedside(run, async (real) => {
    const home = await composeHome(real.world, config, {
      pagesFolder: PAGES,
      families: run.found.families,
      uploads: uploadsOf(real),
      keep: () => real.settings().keep,
      metricsToken: () => real.settings().metrics?.token,
      ...authorityOf(real),
    });
    const options = { ...bedside(home.edge, real, config, home.identity.home), read };
    return serve(home, real, terminal, { ...options, apply: applyTo(home.edge, real) });
  });
}

async function runEdge(run: Running): Promise<number> {
  const { config, terminal, read } = run;
  if (config.hub !== undefined) throw isHub("edge");
  return atBedside(run, async (real) => {
    const { clock } = real.world;
    const edge = await composeLoneEdge(real.world, config, {
      ...{ pagesFolder: PAGES, families: run.found.families, post: createHubPost(clock) },
      metricsToken: () => real.settings().metrics?.token,
      ...authorityOf(real),
    });
    const options = bedside(edge.edge, real, config, edge.home);
    const { grant } = edge;
    const unpaired =
      "NOT PAIRED: nothing leaves this box. It watches and rings here; pair it with: breathwatch pair LINK";
    const led = grant === undefined ? unpaired : `Led by ${grant.hub}.`;
    const remarks = [
      ...(real.keyless === undefined ? [led] : []),
      ...unannounced(config),
      ...options.remarks,
    ];
    return serve(edge, real, terminal, { ...options, remarks, read, apply: applyTo(edge.edge, real) });
  });
}

/** Takes over what may change at a bedside while it watches. */
const applyTo =
  (edge: Edge, { world, apply }: RealWorld): ServeOptions["apply"] =>
  (config, live) => {
    apply(config);
    if (live.some((way) => way.startsWith("webhooks")))
      edge.setWebhooks(webhooksOf(config, world.clock.wall()));
  };

/** A bedside in its world; anew when the key that was missing is back: everything is then as it was before. */
async function atBedside(run: Running, work: (real: RealWorld) => Promise<number>): Promise<number> {
  const { terminal } = run;
  for (;;) {
    const real = await openWorld(run);
    try {
      const code = await work(real);
      if (real.keyless?.back.aborted !== true || terminal.signal.aborted) return code;
    } finally {
      await real.close();
    }
    terminal.say("The key is back: starting anew with it.");
  }
}

async function runHub(run: Running): Promise<number> {
  const { config, terminal, read } = run;
  if (config.hub === undefined) throw noHub();
  const real = await openWorld(run);
  try {
    const { world, registry, key } = real;
    if (key === undefined) throw new Fault("UNSEALABLE", "A hub does not start without its key.");
    const hub = await composeHub({ ...world, registry, key }, config, {
      pagesFolder: PAGES,
      certificate: () => certificateOf(real.certificates),
      keep: () => real.settings().keep,
      secret: readSecretFile,
      metricsToken: () => real.settings().metrics?.token,
      ...authorityOf(real),
    });
    return await serve(hub, real, terminal, {
      ...{ config, read, status: `hub ${config.hub.name}`, stuck: hub.stuck },
      remarks: [...unannounced(config), "Stop with Ctrl-C."],
      letIn: async () => undefined,
      apply: real.apply,
    });
  } finally {
    await real.close();
  }
}

/** A hub's broker lets boxes say what is theirs alone, and is not the one that Home Assistant listens to. */
const unannounced = ({ homeAssistant }: HomeConfig): readonly string[] =>
  homeAssistant === undefined
    ? []
    : [
        "NOT ANNOUNCED TO HOME ASSISTANT: homeAssistant of the configuration works in `breathwatch home` alone.",
      ];

/** What a bedside tells its service manager and whoever started it. */
function bedside(
  edge: Edge,
  { keyless, world }: RealWorld,
  config: HomeConfig,
  home: HomeId,
): Omit<ServeOptions, "read" | "apply"> {
  const { sounder } = edge.live.states()[0]?.readiness ?? {};
  const damage = world.stateDamage?.();
  return {
    ...{ config, status: `${config.beds.length} beds`, stuck: edge.stuck },
    endedByHand: async () => (await edge.deadMen.callOff()).map(endedWords),
    ...(keyless === undefined ? {} : { until: keyless.back }),
    remarks: [
      ...(keyless === undefined
        ? []
        : [`THE KEY OF THIS BOX IS MISSING: it rings here and calls no phone. ${keyless.why}`]),
      ...(damage === undefined ? [] : [`PEOPLE AND SETTINGS WERE DAMAGED: ${damage}.`]),
      ...(sounder?.ok === false ? [`NO SOUNDER IN THE HOUSE: ${sounder.detail}`] : []),
      "The machine's own alarm stays the primary alarm. Stop with Ctrl-C.",
    ],
    letIn: (accounts, account) => accounts.putRole(account, home, "technician"),
  };
}

/** What becomes of a dead man outside the house when somebody ends the watch at the keyboard. */
function endedWords({ id, isOff }: { readonly id: string; readonly isOff: boolean }): string {
  if (isOff) return `Called off: ${id}. Nobody is watched, and nobody outside the house is told.`;
  return `NOT called off: ${id}. It will say that the box is silent; pause it there.`;
}

const authorityOf = ({ certificates }: RealWorld): Pick<ServerDeps, "authority"> =>
  certificates?.authority === undefined ? {} : { authority: certificates.authority };

/** What boxes must know to believe this hub: the pin of its certificate, and its authority where that is its own. */
function certificateOf(certificates: RealWorld["certificates"]): Pick<HubAddress, "pin" | "ca"> {
  if (certificates === undefined) return {};
  const ca = certificates.authority?.pem ?? selfIssued(certificates.current().cert);
  return { pin: certificates.facts().pin, ...(ca === undefined ? {} : { ca }) };
}

/** The authority at the end of a chain, or the certificate itself, where it vouches for itself. */
function selfIssued(chain: string): string | undefined {
  const last = chain.match(/-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/g)?.at(-1);
  if (last === undefined) return undefined;
  const { issuer, subject } = new X509Certificate(last);
  return issuer === subject ? last : undefined;
}

const isHub = (named: string): Fault =>
  new Fault("CONFIG_INVALID", "This configuration is a hub's: it has no beds.", {
    fix: `Run "breathwatch hub" with it, or take the section hub out and add beds for "breathwatch ${named}".`,
    permanent: true,
  });

const noHub = (): Fault =>
  new Fault("CONFIG_INVALID", "This configuration is not a hub's: it has no section hub.", {
    fix: "Add hub with a name (docs/configuration.md), in a configuration without beds.",
    permanent: true,
  });

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
    return await serve(home, real, terminal, {
      ...bedside(home.edge, real, config, home.identity.home),
      ...still(config),
    });
  } finally {
    await demo?.stop();
    await real.close();
  }
}

/** The demo has no configuration that could change. */
const still = (config: HomeConfig): Pick<ServeOptions, "read" | "apply"> => ({
  read: async () => ({ config, findings: [] }),
  apply: () => undefined,
});

const uploadsOf = ({ dataDir }: RealWorld): Uploads => createUploads(path.join(dataDir, "upload"));

/** What the technician's page calls a scenario that was named, or given as a file. */
const idOf = (named: string): string =>
  path
    .basename(named)
    .replace(/\.ya?ml$/, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-")
    .slice(0, 64);
