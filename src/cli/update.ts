import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import { Fault, messageOf } from "../domain/fault.ts";
import { HOUR_MS } from "../domain/time.ts";
import { lockDataDir } from "../ops/lock.ts";
import { machineZone } from "../ops/machine.ts";
import { applyUpdate, READY_MS, type UpdateSurroundings } from "../ops/update/apply.ts";
import { releasePlace } from "../ops/update/fetch.ts";
import { assertForward, fileFor, RELEASE_BYTES_MAX, readRelease, refused } from "../ops/update/release.ts";
import { openReleases, type Releases } from "../ops/update/releases.ts";
import { runProgram } from "../ops/update/run.ts";
import { mayRestart } from "../ops/update-time.ts";
import type { BedHealth } from "../port/health.ts";
import { command, UsageError } from "./command.ts";
import { findConfiguration } from "./configuration.ts";
import { askHealth } from "./health.ts";
import type { Terminal } from "./terminal.ts";
import { ownVersion, versionIn } from "./version.ts";

const FOLDER = "/opt/breathwatch";
/** Beside dist/ in an installed package. */
const RELEASE_KEY = path.join(import.meta.dirname, "../../../release-key.pem");
const UNITS = ["breathwatch", "breathwatch-edge", "breathwatch-hub"];
const SYSTEMCTL_MS = 10_000;
const DEBIAN_ARCH: { readonly [arch: string]: string } = { x64: "amd64", arm64: "arm64" };

/** `breathwatch update`: a signed release, put in place by day, taken back where it does not become ready. */
export const updateCommand = command({
  name: "update",
  usage: "FILE|URL | --back | --may-restart",
  about:
    "Puts the release of a release.json in place: checks its signature and that it is a step forward, unpacks it\n" +
    "beside what is installed, restarts, and takes it back when it does not become ready within 2 min. Never while\n" +
    "somebody is on watch or an alarm is open, and never between 20:00 and 10:00 of any bed; it says when.\n" +
    "--back goes back to the version before the last update. --may-restart only says whether there may be a restart\n" +
    "now; exit code 1 where not.",
  options: {
    back: { type: "boolean", help: "back to the version before" },
    "may-restart": { type: "boolean", help: "changes nothing; exit code 0: a restart would be allowed now" },
    key: {
      type: "string",
      value: "FILE",
      help: "public key of the releases (PEM); default: the one installed",
    },
    into: { type: "string", value: "FOLDER", help: `where releases are kept; default ${FOLDER}` },
    restart: { type: "string", value: "COMMAND", help: "restarts the program, where systemd does not" },
    config: { type: "string", value: "FILE", help: "the configuration, to find zones and data folder" },
  },
  positionals: { min: 0, max: 1, names: "FILE|URL" },
  examples: [
    "sudo breathwatch update https://releases.example/breathwatch/release.json",
    "sudo breathwatch update /media/stick/release.json",
    "sudo breathwatch update --back",
  ],
  async run({ values, positionals: [source] }, terminal) {
    const asked = [source, values.back, values["may-restart"]].filter((one) => one !== undefined);
    if (asked.length !== 1) throw new UsageError("Give FILE|URL, --back or --may-restart, one of them.");
    const around = { terminal, config: values.config };
    if (values["may-restart"] === true) return tellMayRestart(around);
    const into = path.resolve(terminal.folder, values.into ?? FOLDER);
    const releases = await openReleases(into, terminal.signal);
    const lock = await lockDataDir(path.join(into, "updating"), terminal.clock);
    try {
      const installed = (await releases.current()) ?? (await ownVersion());
      const surroundings = await surroundingsOf(releases, values.restart, around);
      if (source === undefined) await goBack(releases, installed, surroundings);
      else await takeRelease({ source, key: values.key, into, installed }, releases, surroundings, terminal);
      return 0;
    } finally {
      await lock.release();
    }
  },
});

interface Around {
  readonly terminal: Terminal;
  readonly config: string | undefined;
}

async function takeRelease(
  {
    source,
    key,
    into,
    installed,
  }: {
    readonly source: string;
    readonly key: string | undefined;
    readonly into: string;
    readonly installed: string;
  },
  releases: Releases,
  surroundings: UpdateSurroundings,
  terminal: Terminal,
): Promise<void> {
  const publicKey = await releaseKey(key, terminal);
  const place = releasePlace(source, terminal.folder, terminal.signal);
  const release = readRelease(await place.manifest(RELEASE_BYTES_MAX), publicKey);
  assertForward(release, installed);
  const file = fileFor(release, DEBIAN_ARCH[process.arch] ?? process.arch);
  // Before anything is fetched: whoever asks by night is told at once.
  const why = await surroundings.refusal();
  if (why !== undefined) throw refused(`Not now: ${why}.`, "Nothing was changed. Try it again then.");
  const deb = path.join(into, "download.deb");
  try {
    terminal.say(`Getting version ${release.version}, ${Math.ceil(file.bytes / 1e6)} MB...`);
    await place.fetch(file, deb);
    await releases.unpack(deb, release.version);
  } finally {
    await rm(deb, { force: true });
  }
  terminal.signal.throwIfAborted();
  await applyUpdate({ release: release.version, version: release.version }, installed, surroundings);
}

async function goBack(
  releases: Releases,
  installed: string,
  surroundings: UpdateSurroundings,
): Promise<void> {
  const release = await releases.previous();
  if (release === undefined && (await releases.current()) === undefined)
    throw refused("There is no version before this one here.", "Install the older package by hand.");
  const version = release ?? (await packageVersion());
  await applyUpdate({ release, version }, installed, surroundings);
}

/** The program that the package brought, below any release. */
async function packageVersion(): Promise<string> {
  const program = "/usr/lib/breathwatch/dist/package.json";
  return existsSync(program) ? versionIn(program) : ownVersion();
}

async function releaseKey(named: string | undefined, terminal: Terminal): Promise<string> {
  const file = named === undefined ? RELEASE_KEY : path.resolve(terminal.folder, named);
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw refused(
      named === undefined
        ? "This installation trusts no key of releases."
        : `${file} cannot be read: ${messageOf(error)}.`,
      "Name the public key of whoever makes your releases with --key, or install the package by hand.",
      error,
    );
  }
}

async function tellMayRestart(around: Around): Promise<number> {
  const why = await refusalOf(around);
  if (why !== undefined) {
    around.terminal.say(`No restart now: ${why}.`);
    return 1;
  }
  await around.terminal.print("a restart is allowed now\n");
  return 0;
}

/** Why there is no restart now, with when there may be one; undefined where there may. */
async function refusalOf(around: Around): Promise<string | undefined> {
  const { clock } = around.terminal;
  const verdict = mayRestart(clock.wall(), await bedsOf(around));
  if (verdict.ok) return undefined;
  if (verdict.from === undefined) return verdict.why;
  const hours = Math.ceil((verdict.from - clock.wall()) / HOUR_MS);
  return `${verdict.why}; the next time is ${new Date(verdict.from).toISOString()}, in ${hours} h`;
}

/**
 * The beds of the program that runs; where none runs, those of the configuration, which nobody is watching. A hub
 * without any bed keeps the hours of its own zone.
 */
async function bedsOf({ terminal, config: named }: Around): Promise<readonly BedHealth[]> {
  const { config, dataDir } = await findConfiguration(named, terminal, { zone: machineZone() });
  const report = await askHealth([dataDir], terminal);
  const zone = config?.zone ?? machineZone();
  const unwatched = (bed: string): BedHealth => ({ bed, zone, onWatch: false, open: 0 });
  const beds = report?.beds ?? (config?.beds ?? []).map(({ id }) => unwatched(id));
  return beds.length > 0 ? beds : [unwatched("none")];
}

async function surroundingsOf(
  releases: Releases,
  command: string | undefined,
  around: Around,
): Promise<UpdateSurroundings> {
  const { terminal } = around;
  const { dataDir } = await findConfiguration(around.config, terminal, { zone: machineZone() });
  const restart = await restarterOf(command, (await askHealth([dataDir], terminal)) !== undefined);
  return {
    ...{ releases, clock: terminal.clock },
    ...(restart === undefined ? {} : { restart }),
    refusal: () => refusalOf(around),
    // From the switch on nobody stops it: what was begun is seen through, or taken back.
    isReady: async (version) => {
      const report = await askHealth([dataDir], { ...terminal, signal: new AbortController().signal });
      return report?.version === version && report.serving;
    },
    say: (words) => terminal.say(words),
  };
}

/** How the running program is started again; undefined where none runs. Rejects with UPDATE_REFUSED. */
async function restarterOf(
  command: string | undefined,
  runs: boolean,
): Promise<(() => Promise<void>) | undefined> {
  const signal = new AbortController().signal;
  const by = (program: string, args: readonly string[]) => async (): Promise<void> => {
    const { failed } = await runProgram(program, args, { ms: READY_MS, signal });
    if (failed !== undefined) throw new Error(failed);
  };
  if (command !== undefined) return by("/bin/sh", ["-c", command]);
  for (const unit of UNITS) {
    const { output } = await runProgram("systemctl", ["is-active", unit], { ms: SYSTEMCTL_MS, signal });
    if (output.trim() === "active") return by("systemctl", ["restart", unit]);
  }
  if (!runs) return undefined;
  throw new Fault("UPDATE_REFUSED", "Breathwatch runs here, but not as a service of systemd.", {
    fix: "Say how it is started again with --restart COMMAND, or stop it first.",
    permanent: true,
  });
}
