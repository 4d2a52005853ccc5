import path from "node:path";
import { DEVICES } from "../../devices/index.ts";
import type { BedView } from "../domain/bed.ts";
import { SECOND_MS } from "../domain/time.ts";
import type { BytesModule, DeviceModule, OptionValues } from "../driver/contract.ts";
import { fillOptions } from "../driver/options.ts";
import type { Clock } from "../port/clock.ts";
import type { Random } from "../port/random.ts";
import { isPatientEvent } from "../rehearsal/events.ts";
import { createPatient } from "../rehearsal/patient.ts";
import { createSeededRandom } from "../rehearsal/random.ts";
import { createSamplesBed } from "../rehearsal/samples-bed.ts";
import type { Scenario } from "../rehearsal/scenario.ts";
import { command, invalidInput, numberOf, UsageError } from "./command.ts";
import type { Outlet } from "./device-end.ts";
import { inFolder, LINGER_MS, openOutlet, type Target, targetOf, untilOpened } from "./outlet.ts";
import { familyOf, optionsOf } from "./recording.ts";
import { readSamples, type SamplesNight } from "./samples.ts";
import { loadScenario } from "./scenario.ts";
import type { Terminal } from "./terminal.ts";

/** `breathwatch simulate`: a bed at byte level, from the virtual patient or from given values. */
export const simulateCommand = command({
  name: "simulate",
  usage: "--scenario FILE | --samples FILE [--devices A,B] [--seed N] [--to pty|tcp:PORT]",
  about:
    "Plays the devices of a bed, each byte for byte on a port of its own, in real time. What they measure comes\n" +
    "from a virtual patient to whom the scenario happens, or from the rows of a samples file. It begins when the\n" +
    "first of its ports is opened and ends with the scenario or the file. On stdout stands one line a device:\n" +
    "family, blank, address. Whoever reads these ports marks the data as simulated: it pages nobody outside a\n" +
    "drill.",
  options: {
    scenario: {
      type: "string",
      value: "FILE",
      help: "a scenario, or the name of one that comes along (mask-off)",
    },
    samples: { type: "string", value: "FILE", help: 'a samples file, see "breathwatch help judge"' },
    devices: { type: "string", value: "A,B", help: "families; default: all that can tell something of it" },
    seed: { type: "string", value: "N", help: "chance; default: the scenario's, or 1" },
    to: {
      type: "string",
      value: "PLACE",
      help: "pty (default, needs socat) or tcp:PORT, one port up for each device",
    },
    options: {
      type: "string",
      value: "NAME=VALUE",
      multiple: true,
      help: "option for every family that has it, repeatable",
    },
    folder: {
      type: "string",
      value: "FOLDER",
      help: "where ptys are named FOLDER/<family>; default: a temporary one",
    },
  },
  examples: [
    "breathwatch simulate --scenario mask-off",
    "breathwatch simulate --samples night.csv --devices nonin-serial --options format=7",
  ],
  async run({ values }, terminal) {
    const play = await playOf(values, terminal);
    const target = targetOf(values.to ?? "pty");
    const chosen = withOptions(devicesOf(values.devices, play), values.options ?? []);
    const seed = numberOf(values.seed ?? String(play.seed), "--seed", 0, 2 ** 32 - 1);
    await inFolder(values.folder, terminal, (folder) =>
      onPorts(chosen, { target, folder, terminal }, (players) =>
        run(players, { play, random: createSeededRandom(seed), terminal }),
      ),
    );
    return 0;
  },
});

/** What is played: how to make the bed when it begins, and how long it goes on. */
interface Play {
  readonly seed: number;
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
  ms: night.lastAt - night.from + SECOND_MS,
  fits: (device) =>
    device.signals(fillOptions(device.options, {})).some((signal) => night.signals.includes(signal)),
  begin: ({ clock }) =>
    createSamplesBed(
      night.rows.map(({ at, samples, settings }) => ({ atMs: at - night.from, samples, settings })),
      clock,
    ),
});

/** Families that speak over a port, which is what can be opened from outside. */
function devicesOf(names: string | undefined, play: Play): readonly BytesModule[] {
  if (names !== undefined)
    return [...new Set(names.split(","))].map((name) => withPort(familyOf(name.trim())));
  const fitting = DEVICES.filter(
    (device): device is BytesModule => device.link === "bytes" && DEFAULT.has(device.id) && play.fits(device),
  );
  if (fitting.length > 0) return fitting;
  throw invalidInput("No built-in family can tell any of these signals.", 'See "breathwatch devices".');
}

/** What is played where nobody names devices: those of the demo. */
const DEFAULT: ReadonlySet<string> = new Set([
  "nonin-serial",
  "puritan-bennett-840-waveform",
  "puritan-bennett-840-parameters",
]);

function withPort(device: DeviceModule): BytesModule {
  if (device.link === "bytes") return device;
  throw new UsageError(
    `${device.id} is not read from a port but as ${device.link}; it can be played inside a home, at memory:NAME.`,
  );
}

interface Chosen {
  readonly device: BytesModule;
  readonly options: OptionValues;
}

/** Each option goes to every family that has one of its name; one that nobody has is a mistake. */
function withOptions(devices: readonly BytesModule[], given: readonly string[]): readonly Chosen[] {
  const texts = given.flatMap((text) => text.split(","));
  const has = (device: BytesModule, text: string): boolean =>
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

interface Player extends Chosen {
  readonly outlet: Outlet;
}

/** Opens a port for each device, prints them, does the work, and closes what was opened. */
async function onPorts(
  chosen: readonly Chosen[],
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
  { play, random, terminal }: { readonly play: Play; readonly random: Random; readonly terminal: Terminal },
): Promise<void> {
  const { clock } = terminal;
  const ending = new AbortController();
  const signal = AbortSignal.any([terminal.signal, ending.signal]);
  terminal.say(`playing ${Math.round(play.ms / SECOND_MS)} s`);
  const bed = play.begin({ clock, random, signal });
  const playing = Promise.all(
    players.map(({ device, options, outlet }) =>
      device.simulate({ link: outlet.link, bed, clock, random, options, signal }),
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
