import path from "node:path";
import type { BedView } from "../domain/bed.ts";
import { SECOND_MS, type Wall, wall } from "../domain/time.ts";
import type { BytesModule, DeviceModule, OptionValues } from "../driver/contract.ts";
import { fillOptions } from "../driver/options.ts";
import type { Clock } from "../port/clock.ts";
import type { Random } from "../port/random.ts";
import { isPatientEvent } from "../rehearsal/events.ts";
import { createPatient } from "../rehearsal/patient.ts";
import { createSeededRandom } from "../rehearsal/random.ts";
import { createSamplesBed } from "../rehearsal/samples-bed.ts";
import type { Scenario } from "../rehearsal/scenario.ts";
import { command, invalidInput, needed, numberOf, UsageError } from "./command.ts";
import { familyNamed } from "./configuration.ts";
import type { Outlet } from "./device-end.ts";
import { BUILT_IN } from "./families.ts";
import { inFolder, LINGER_MS, openOutlet, type Target, targetOf, untilOpened } from "./outlet.ts";
import { FAULT_OPTION, faultyPort, type PortFault, portFaults } from "./port-faults.ts";
import { optionsOf } from "./recording.ts";
import { readSamples, type SamplesNight } from "./samples.ts";
import { loadScenario } from "./scenario.ts";
import { toFiles } from "./simulate-files.ts";
import type { Terminal } from "./terminal.ts";
import { timeOf, zoneOf } from "./zone.ts";

/** `breathwatch simulate`: a bed at byte level, from the virtual patient or from given values. */
export const simulateCommand = command({
  name: "simulate",
  usage: "--scenario FILE | --samples FILE [--devices A,B] [--seed N] [--to pty|tcp:PORT|files]",
  about:
    "Plays the devices of a bed, each byte for byte. What they measure comes from a virtual patient to whom the\n" +
    "scenario happens, or from the rows of a samples file.\n\n" +
    "--to pty    each on a pseudo-terminal of its own (needs socat), in real time: it begins when the first of\n" +
    "            them is opened and ends with the scenario or the file. On stdout stands one line a device:\n" +
    "            family, blank, address. Only families that are read from a port\n" +
    "--to tcp:P  the same on ports of this machine, from P up; 0 takes free ones\n" +
    "--to files  any family, as fast as this machine can: what went over its link stands in\n" +
    "            FOLDER/<family>.transcript, for `decode` and `replay`; a card in FOLDER/<family>/, for `import`.\n" +
    "            On stdout stands one line a device: family, blank, file or folder\n\n" +
    "--fault KIND[=AMOUNT][@FROM-TO], times in s: flip, drop (share of the bytes), cut (of the pieces), wrong_baud,\n" +
    "freeze, half_open, delay (s) between device and reader; flip=0.001, freeze@60-120, delay=3.\n\n" +
    "Whoever reads any of it marks the data as simulated: it pages nobody outside a drill.",
  options: {
    scenario: {
      type: "string",
      value: "FILE",
      help: "a scenario, or the name of one that comes along (mask-off)",
    },
    samples: { type: "string", value: "FILE", help: 'a samples file, see "breathwatch help judge"' },
    devices: {
      type: "string",
      value: "A,B",
      help: "families, or module files of families from outside; default: an oximeter and a ventilator",
    },
    seed: { type: "string", value: "N", help: "chance; default: the scenario's, or 1" },
    to: { type: "string", value: "PLACE", help: "pty (default), tcp:PORT or files" },
    options: {
      type: "string",
      value: "NAME=VALUE",
      multiple: true,
      help: "option for every family that has it, repeatable",
    },
    fault: FAULT_OPTION,
    folder: {
      type: "string",
      value: "FOLDER",
      help: "where ptys are named FOLDER/<family>; default: a temporary one. Needed for --to files",
    },
    zone: {
      type: "string",
      value: "ZONE",
      help: "for --to files: what the devices' clocks show; default UTC",
    },
    begin: {
      type: "string",
      value: "TIME",
      help: "for --to files: ISO 8601; default: the first row, or 2026-01-15T22:00Z",
    },
  },
  examples: [
    "breathwatch simulate --scenario mask-off",
    "breathwatch simulate --samples night.csv --devices nonin-serial --options format=7",
    "breathwatch simulate --scenario ordinary-night --devices resmed-card,viatom-ring --to files --folder bench",
  ],
  async run({ values }, terminal) {
    const play = await playOf(values, terminal);
    const seed = numberOf(values.seed ?? String(play.seed), "--seed", 0, 2 ** 32 - 1);
    const random = createSeededRandom(seed);
    const devices = await devicesOf(values.devices, play, terminal);
    const faults = portFaults(values.fault ?? []);
    if (values.to === "files") {
      if (faults.length > 0)
        throw new UsageError("--fault is for ports; scenarios damage links in rehearsals.");
      const chosen = withOptions(devices, values.options ?? []);
      await toFiles(chosen, {
        ...{ play, random, terminal },
        folder: path.resolve(terminal.folder, needed(values.folder, "--folder FOLDER")),
        zone: zoneOf(values.zone),
        begin: values.begin === undefined ? play.at : timeOf(values.begin),
      });
      return 0;
    }
    const target = targetOf(values.to ?? "pty");
    const chosen = withOptions(devices.map(withPort), values.options ?? []);
    await inFolder(values.folder, terminal, (folder) =>
      onPorts(chosen, { target, folder, terminal }, (players) =>
        run(players, { play, random, faults, terminal }),
      ),
    );
    return 0;
  },
});

/** What is played: how to make the bed when it begins, and how long it goes on. */
export interface Play {
  readonly seed: number;
  /** When it begins, where nobody says otherwise. */
  readonly at: Wall;
  readonly ms: number;
  /** Whether a family could tell anything of it. */
  fits(device: DeviceModule): boolean;
  /** Stops what it started with the signal. */
  begin(context: { readonly clock: Clock; readonly random: Random; readonly signal: AbortSignal }): BedView;
}

async function playOf(
  given: { readonly scenario?: string | undefined; readonly samples?: string | undefined },
  terminal: Terminal,
): Promise<Play> {
  if ((given.scenario === undefined) === (given.samples === undefined)) {
    throw new UsageError("Give either --scenario FILE or --samples FILE.");
  }
  return given.samples === undefined
    ? scenarioPlay(await loadScenario(given.scenario ?? "", terminal))
    : samplesPlay(await readSamples(given.samples, terminal));
}

const scenarioPlay = (scenario: Scenario): Play => ({
  seed: scenario.seed,
  at: wall(Date.UTC(2026, 0, 15, 22)),
  ms: scenario.seconds * SECOND_MS,
  fits: () => true,
  begin({ clock, random, signal }) {
    const patient = createPatient({ clock, random });
    // Cables and houses belong to rehearsals; here there are only a person and ports.
    for (const { at, event } of scenario.events) {
      if (!isPatientEvent(event)) continue;
      const cancel = clock.after(at * SECOND_MS, () => patient.apply(event));
      signal.addEventListener("abort", cancel, { once: true });
    }
    return patient;
  },
});

const samplesPlay = (night: SamplesNight): Play => ({
  seed: 1,
  at: night.from,
  ms: night.lastAt - night.from + SECOND_MS,
  fits: (device) =>
    device.signals(fillOptions(device.options, {})).some((signal) => night.signals.includes(signal)),
  begin: ({ clock }) =>
    createSamplesBed(
      night.rows.map(({ at, samples, settings }) => ({ atMs: at - night.from, samples, settings })),
      clock,
    ),
});

async function devicesOf(
  names: string | undefined,
  play: Play,
  terminal: Terminal,
): Promise<readonly DeviceModule[]> {
  if (names !== undefined) {
    const named: DeviceModule[] = [];
    for (const name of new Set(names.split(",").map((text) => text.trim()))) {
      named.push(await familyNamed(name, terminal));
    }
    return named;
  }
  const fitting = BUILT_IN.all.filter((device) => DEFAULT.has(device.id) && play.fits(device));
  if (fitting.length > 0) return fitting;
  throw invalidInput("No built-in family can tell any of these signals.", 'See "breathwatch devices".');
}

/** What is played where nobody names devices: those of the demo. */
const DEFAULT: ReadonlySet<string> = new Set([
  "nonin-serial",
  "puritan-bennett-840-waveform",
  "puritan-bennett-840-parameters",
]);

/** Only these speak over something that can be opened from outside. */
function withPort(device: DeviceModule): BytesModule {
  if (device.link === "bytes") return device;
  throw new UsageError(
    `${device.id} is not read from a port but as ${device.link}: play it with --to files --folder F.`,
  );
}

/** A family with its options, ready to be played. */
export interface Chosen<Module extends DeviceModule = DeviceModule> {
  readonly device: Module;
  readonly options: OptionValues;
}

/** Each option goes to every family that has one of its name; one that nobody has is a mistake. */
function withOptions<Module extends DeviceModule>(
  devices: readonly Module[],
  given: readonly string[],
): readonly Chosen<Module>[] {
  const texts = given.flatMap((text) => text.split(","));
  const has = (device: DeviceModule, text: string): boolean =>
    Object.hasOwn(device.options, text.split("=")[0]?.trim() ?? "");
  const lost = texts.find((text) => !devices.some((device) => has(device, text)));
  if (lost !== undefined) throw new UsageError(`None of these families has an option for "${lost}".`);
  return devices.map((device) => ({
    device,
    options: optionsOf(
      device.options,
      {},
      texts.filter((text) => has(device, text)),
    ),
  }));
}

interface Player extends Chosen<BytesModule> {
  readonly outlet: Outlet;
}

/** Opens a port for each device, prints them, does the work, and closes what was opened. */
async function onPorts(
  chosen: readonly Chosen<BytesModule>[],
  {
    target,
    folder,
    terminal,
  }: { readonly target: Target; readonly folder: string; readonly terminal: Terminal },
  work: (players: readonly Player[]) => Promise<void>,
): Promise<void> {
  const players: Player[] = [];
  try {
    for (const { device, options } of chosen) {
      const outlet = await openOutlet(
        portFor(target, players.length),
        path.join(folder, device.id),
        terminal,
      );
      players.push({ device, options, outlet });
      await terminal.print(`${device.id} ${outlet.address}\n`);
    }
    await untilOpened(
      players.map(({ outlet }) => outlet),
      terminal,
    );
    await work(players);
  } finally {
    await Promise.all(players.map(({ outlet }) => outlet.close()));
  }
}

const portFor = (target: Target, index: number): Target =>
  target.kind === "tcp" && target.port !== 0 ? { kind: "tcp", port: target.port + index } : target;

/** Plays until the end, or until the command is stopped or a port fails; then every simulator has returned. */
async function run(
  players: readonly Player[],
  {
    play,
    random,
    faults,
    terminal,
  }: {
    readonly play: Play;
    readonly random: Random;
    readonly faults: readonly PortFault[];
    readonly terminal: Terminal;
  },
): Promise<void> {
  const { clock } = terminal;
  const ending = new AbortController();
  const signal = AbortSignal.any([terminal.signal, ending.signal]);
  terminal.say(`playing ${Math.round(play.ms / SECOND_MS)} s`);
  const bed = play.begin({ clock, random, signal });
  const playing = Promise.all(
    players.map(({ device, options, outlet }) =>
      device.simulate({
        link: faultyPort(outlet.link, faults, { clock, random }),
        ...{ bed, clock, random, options, signal },
      }),
    ),
  );
  try {
    await Promise.race([playing, clock.sleep(play.ms, signal)]);
  } finally {
    ending.abort();
    await playing;
  }
  await clock.sleep(LINGER_MS, terminal.signal);
}
