import { existsSync } from "node:fs";
import { mkdir, readdir, readlink, rename, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { messageOf } from "../../domain/fault.ts";
import { syncFolder } from "../sync-folder.ts";
import { refused } from "./release.ts";
import { runProgram } from "./run.ts";

/**
 * The releases beside the package's own program: `releases/VERSION`, the links `current` and `previous` (absent: the
 * package's own), and `trial`, a file that is there while a release has not yet proved that it becomes ready. The guard
 * that systemd runs before each start reads the same names.
 */
export interface Releases {
  /** The version that starts next; undefined: the package's own. */
  current(): Promise<string | undefined>;
  /** The version to go back to; undefined: the package's own, where there is a current one. */
  previous(): Promise<string | undefined>;
  /** Unpacks a checked package beside the others and asks it for its version. Rejects with UPDATE_REFUSED. */
  unpack(deb: string, version: string): Promise<void>;
  /** From the next start on this version runs, on trial; undefined: the package's own. */
  switchTo(version: string | undefined): Promise<void>;
  /** Undoes switchTo(): what was current before is so again. */
  back(): Promise<void>;
  /** The trial is over; releases that nobody goes back to are removed. */
  settle(): Promise<void>;
}

const UNPACK_MS = 300_000;
const TRY_MS = 30_000;

/** @param folder made where it is missing */
export async function openReleases(folder: string, signal: AbortSignal): Promise<Releases> {
  const at = (...names: string[]): string => path.join(folder, ...names);
  try {
    await mkdir(at("releases"), { recursive: true, mode: 0o755 });
  } catch (error) {
    throw refused(
      `${folder} cannot be written: ${messageOf(error)}.`,
      "Run it as root: sudo breathwatch update.",
      error,
    );
  }
  const versionAt = async (link: string): Promise<string | undefined> => {
    const target = await readlink(at(link)).catch(() => undefined);
    return target === undefined || !existsSync(at(target)) ? undefined : path.basename(target);
  };
  /** Atomic: whoever starts in this moment finds the old one or the new one. */
  const point = async (link: string, version: string | undefined): Promise<void> => {
    if (version === undefined) await rm(at(link), { force: true });
    else {
      await rm(at(`${link}.new`), { force: true });
      await symlink(path.join("releases", version), at(`${link}.new`));
      await rename(at(`${link}.new`), at(link));
    }
    await syncFolder(folder);
  };

  return {
    current: () => versionAt("current"),
    previous: () => versionAt("previous"),

    async unpack(deb, version) {
      const aside = at("unpacking");
      const place = at("releases", version);
      await rm(aside, { recursive: true, force: true });
      const problem = await runProgram("dpkg-deb", ["--extract", deb, aside], { ms: UNPACK_MS, signal });
      if (problem.failed !== undefined) throw broken(`it cannot be unpacked: ${problem.failed}`);
      await rm(place, { recursive: true, force: true });
      await rename(path.join(aside, "usr/lib/breathwatch"), place).catch((error: unknown) => {
        throw broken(`it holds no program: ${messageOf(error)}`);
      });
      await rm(aside, { recursive: true, force: true });
      const args = [path.join(place, "dist/src/cli.js"), "--version"];
      const tried = await runProgram(path.join(place, "node"), args, { ms: TRY_MS, signal });
      if (tried.failed === undefined && tried.output.startsWith(`breathwatch ${version},`)) return;
      await rm(place, { recursive: true, force: true });
      throw broken(tried.failed ?? `it says of itself: ${tried.output.slice(0, 100)}`);
    },

    async switchTo(version) {
      await point("previous", await versionAt("current"));
      await writeFile(at("trial"), "0\n", { mode: 0o644, flush: true });
      await point("current", version);
    },

    async back() {
      await point("current", await versionAt("previous"));
      await rm(at("trial"), { force: true });
      await syncFolder(folder);
    },

    async settle() {
      await rm(at("trial"), { force: true });
      const kept = new Set([await versionAt("current"), await versionAt("previous")]);
      for (const name of await readdir(at("releases"))) {
        if (!kept.has(name)) await rm(at("releases", name), { recursive: true, force: true });
      }
      await syncFolder(folder);
    },
  };
}

const broken = (why: string) =>
  refused(
    `This release does not run on this machine: ${why}.`,
    "Stay with what is installed, and tell whoever made it.",
  );
