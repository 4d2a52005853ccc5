import path from "node:path";
import { encodeObservation } from "../bus/observation.ts";
import type { HomeConfig } from "../config/config.ts";
import { Fault } from "../domain/fault.ts";
import { DAY_MS, wall } from "../domain/time.ts";
import { otherCard } from "../driver/card-imports.ts";
import type { DeviceModule, OptionValues } from "../driver/contract.ts";
import { deviceOf, importReadings } from "../driver/import-readings.ts";
import { fillOptions } from "../driver/options.ts";
import { keepsReadings, readStored } from "../driver/read-stored.ts";
import { createStamper } from "../driver/stamp.ts";
import { dataDirHolder, lockDataDir } from "../ops/lock.ts";
import { createLog } from "../ops/log.ts";
import { machineZone } from "../ops/machine.ts";
import { createRandom } from "../ops/random.ts";
import { createLinks } from "../transport/links.ts";
import { command, needed, UsageError } from "./command.ts";
import { type FoundConfiguration, familyNamed, findConfiguration } from "./configuration.ts";
import { findControl } from "./control.ts";
import { openDataFolder } from "./data-folder.ts";
import { BUILT_IN } from "./families.ts";
import { handOver } from "./import-hand-over.ts";
import { createProgress, factsOf, type Summary, summaryWords } from "./import-words.ts";
import { optionsOf } from "./recording.ts";
import type { Terminal } from "./terminal.ts";
import { zoneOf } from "./zone.ts";

/** Observations that wait before they are printed together. */
const LINES_AT_ONCE = 200;

/** `breathwatch import`: a card, a file or a device's own memory into the store, or printed. */
export const importCommand = command({
  name: "import",
  usage: "--device ID PATH [--jsonl] [--bed B] [--config FILE] [--zone ZONE] [--options NAME=VALUE]",
  about:
    "Brings what a device kept into the store of the configured home, each number at the device's own time: a\n" +
    "memory card (a folder, a zip, or http:// for a card with Wi-Fi), a device's file, an export of an app, or,\n" +
    "with --from-device, the device's own memory. Doing it twice changes nothing; one that broke off is finished\n" +
    "by doing it again. While the home runs, it is the home that takes it in. On stdout stands one JSON object\n" +
    "with what came; progress and words are on stderr.\n\n" +
    "--jsonl prints the observations instead, in the form of `decode` with the device's time as `deviceAt`, and\n" +
    "touches no store and no home.\n\n" +
    "A device's clock without a zone is taken to show the time of --zone, else of the home.",
  options: {
    device: {
      type: "string",
      value: "ID",
      help: "family, as `breathwatch devices` lists it, or a module file",
    },
    "from-device": {
      type: "string",
      value: "ADDRESS",
      help: "fetch the device's own memory: a port, hid:..., ble:... (docs/links.md)",
    },
    jsonl: { type: "boolean", help: "print observations as JSON Lines, touch no store" },
    bed: { type: "string", value: "B", help: "b1, b2...; needed where the home has more than one" },
    config: { type: "string", value: "FILE", help: "configuration of the home" },
    zone: { type: "string", value: "ZONE", help: "what the device's clock shows, as Asia/Shanghai" },
    options: {
      type: "string",
      value: "NAME=VALUE",
      multiple: true,
      help: "option of the family, repeatable",
    },
  },
  positionals: { min: 0, max: 1, names: "PATH" },
  examples: [
    "breathwatch import --device resmed-card /media/card",
    "breathwatch import --device csv-import export.csv --jsonl | jq .samples",
    "breathwatch import --device viatom-ring --from-device ble:aa:bb:cc:dd:ee:ff --bed b1",
  ],
  async run({ values, positionals }, terminal) {
    const module = await familyNamed(needed(values.device, "--device ID"), terminal, values.config);
    const options = optionsOf(module.options, {}, values.options ?? []);
    const address = addressOf(module, positionals[0], values["from-device"], terminal);
    const brought: Brought = { module, options, address };
    const found = await findConfiguration(values.config, terminal, { zone: machineZone() });
    const zone = values.zone === undefined ? (found.config?.zone ?? machineZone()) : zoneOf(values.zone);
    if (values.jsonl === true) await print(brought, zone, terminal);
    else
      await bring(brought, { found, zone, bed: values.bed, zoneGiven: values.zone !== undefined }, terminal);
    return 0;
  },
});

/** What is to be read. */
interface Brought {
  readonly module: DeviceModule;
  readonly options: OptionValues;
  readonly address: string;
}

/** A path for families of files, an address for the others. Throws UsageError. */
function addressOf(
  module: DeviceModule,
  place: string | undefined,
  fromDevice: string | undefined,
  { folder }: Terminal,
): string {
  if (place !== undefined && fromDevice !== undefined) {
    throw new UsageError("Give either a PATH or --from-device ADDRESS.");
  }
  if (module.link === "files") {
    if (place === undefined) throw new UsageError(`PATH is missing: ${module.id} is read from files.`);
    // A card that still grows is taken as it is now.
    const plain = place.replace(/^card:/, "");
    return plain.startsWith("http://") ? plain : path.resolve(folder, plain);
  }
  if (!keepsReadings(module)) {
    throw new UsageError(
      `${module.id} is read while it measures and keeps nothing: name its port in the configuration.`,
    );
  }
  if (fromDevice === undefined) {
    throw new UsageError(`${module.id} is no family of files: fetch its memory with --from-device ADDRESS.`);
  }
  return fromDevice;
}

async function print({ module, options, address }: Brought, zone: string, terminal: Terminal): Promise<void> {
  const { clock, signal } = terminal;
  const { timeliness } = module;
  const stamper = createStamper({ device: module.id, bed: "b1", epoch: "import", timeliness, clock });
  const links = createLinks({ clock });
  const lines: string[] = [];
  let observations = 0;
  let frames = 0;
  const trace = {
    frame: () => {
      frames += 1;
    },
    reject: (_bytes: Uint8Array, reason: string) => terminal.say(`refused: ${reason}`),
    sent: () => undefined,
  };
  try {
    const readings = readStored({ module, options, links, address }, { clock, zone, trace }, signal);
    for await (const { reading, simulated } of readings) {
      observations += 1;
      lines.push(`${encodeObservation(stamper.stamp(reading, simulated))}\n`);
      if (lines.length >= LINES_AT_ONCE) await terminal.print(lines.splice(0).join(""));
    }
    terminal.say(`${frames} frames, ${observations} observations`);
    if (frames === 0 && observations === 0) {
      throw await notUnderstood({ module, options, address }, { links, zone }, terminal);
    }
  } finally {
    await terminal.print(lines.join(""));
    links.stop();
  }
}

interface Into {
  readonly found: FoundConfiguration;
  readonly zone: string;
  readonly zoneGiven: boolean;
  readonly bed: string | undefined;
}

/** Into the store of the home: by the home itself where it runs, else by this process. */
async function bring(brought: Brought, into: Into, terminal: Terminal): Promise<void> {
  const { found } = into;
  const { config } = found;
  if (config === undefined) {
    throw new Fault("CONFIG_UNREADABLE", "There is no configuration of a home that can be read.", {
      fix: 'Run "breathwatch check", name it with --config, or print what is there with --jsonl.',
      permanent: true,
    });
  }
  const bed = bedOf(config, into.bed);
  if ((await dataDirHolder(found.dataDir)) === undefined) {
    const summary = await store(brought, { ...into, config, bed }, terminal);
    await tell(summary, terminal);
    return;
  }
  if (brought.module.link !== "files") {
    throw new Fault("CONFLICT", "A home runs and owns the store, and may own the device's port as well.", {
      fix: "Stop the home for as long as this takes, or print what is there with --jsonl.",
      permanent: true,
    });
  }
  if (into.zoneGiven && into.zone !== config.zone) {
    throw new UsageError(
      "While the home runs, a device's clock is taken to show the home's zone: leave --zone out.",
    );
  }
  const control = await findControl([found.dataDir]);
  const links = createLinks({ clock: terminal.clock });
  try {
    await tell(await handOver({ ...brought, bed, control, links }, terminal), terminal);
  } finally {
    links.stop();
  }
}

function bedOf({ beds }: HomeConfig, given: string | undefined): string {
  const names = beds.map(({ id }) => id);
  if (given !== undefined) {
    if (names.includes(given)) return given;
    throw new UsageError(`There is no bed ${given}; the home has ${names.join(", ")}.`);
  }
  const [only, ...others] = names;
  if (only !== undefined && others.length === 0) return only;
  throw new UsageError(`--bed is missing; the home has ${names.join(", ")}.`);
}

async function store(
  { module, options, address }: Brought,
  { found, config, bed, zone }: Into & { readonly config: HomeConfig; readonly bed: string },
  terminal: Terminal,
): Promise<Summary> {
  const { clock, signal } = terminal;
  const lock = await lockDataDir(found.dataDir, clock);
  const links = createLinks({ clock });
  try {
    const log = createLog({ output: process.stderr, clock, level: "warn" });
    const { dataDir } = found;
    const folder = await openDataFolder({ config, dataDir, clock, random: createRandom(), log });
    const { timeseries } = folder;
    try {
      const counts = await importReadings({
        ...{ module, options, links, address, bed, zone, timeseries, clock, signal },
        wavesFrom: wall(clock.wall() - config.keep.waveDays * DAY_MS),
        onProgress: createProgress(terminal),
      }).catch((error: unknown) => {
        if (error instanceof Fault && error.code === "INPUT_INVALID") return error;
        throw error;
      });
      if (!(counts instanceof Fault) && counts.rows > 0) {
        return factsOf({ device: deviceOf(module, counts.serials.at(-1)), family: module.id, bed, counts });
      }
      const cause = counts instanceof Fault ? counts : undefined;
      throw await notUnderstood({ module, options, address }, { links, zone }, terminal, cause);
    } finally {
      await folder.close();
    }
  } finally {
    links.stop();
    await lock.release();
  }
}

/** Nothing came of it: says so, and what it may be instead. */
async function notUnderstood(
  { module, address }: Brought,
  { links, zone }: { readonly links: ReturnType<typeof createLinks>; readonly zone: string },
  { clock, signal }: Terminal,
  cause?: Fault,
): Promise<Fault> {
  const others = module.link === "files" ? BUILT_IN.all : [];
  const optionsOfOther = (other: DeviceModule) => fillOptions(other.options, {});
  return otherCard(
    { module, others, links, address },
    { clock, zone, optionsOf: optionsOfOther },
    signal,
    cause,
  );
}

async function tell(summary: Summary, terminal: Terminal): Promise<void> {
  for (const line of summaryWords(summary)) terminal.say(line);
  await terminal.print(`${JSON.stringify(summary)}\n`);
}
