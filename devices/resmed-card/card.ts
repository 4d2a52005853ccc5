import type { IdentityBody, SettingsBody } from "../../src/domain/observation.ts";
import type { Trace } from "../../src/driver/contract.ts";
import type { FileEntry, FileLink } from "../../src/port/link.ts";
import { wholeFile } from "../../src/wire/card.ts";
import { fitsCrc, identityOf } from "./identification.ts";
import { settingsFromJson, settingsFromTgt } from "./settings.ts";
import { type DaySummary, readSummaries } from "./summary.ts";

/** The small files of a card are read whole. */
const LARGEST_SMALL_BYTES = 64 * 1024;
/** Ten years of daily statistics. */
const LARGEST_SUMMARY_BYTES = 4 << 20;

/** Reads the files beside DATALOG; what is damaged is told to `trace` and left out. */
export interface CardPapers {
  identity(files: readonly FileEntry[]): Promise<IdentityBody | undefined>;
  /** The settings in force; undefined where no file says them. */
  settings(files: readonly FileEntry[]): Promise<SettingsBody["settings"] | undefined>;
  days(files: readonly FileEntry[]): Promise<readonly DaySummary[]>;
}

const IDENTIFICATION = /(?:^|\/)Identification\.(?:tgt|json)$/i;
const TGT_SETTINGS = /(?:^|\/)SETTINGS\/[A-Z0-9]{3}\.tgt$/i;
const JSON_SETTINGS = /(?:^|\/)SETTINGS\/CurrentSettings\.json$/i;
const SUMMARY = /(?:^|\/)STR\.edf$/i;
/** An Air10 has sixteen. */
const MOST_SETTINGS_FILES = 64;

/** Whether a path is of a card of this kind at all, beside DATALOG. */
export const isPaper = (path: string): boolean => IDENTIFICATION.test(path) || SUMMARY.test(path);

export function createCardPapers(link: FileLink, trace: Trace): CardPapers {
  /** A small file whose `.crc`, where it has one, fits. */
  const small = async (files: readonly FileEntry[], entry: FileEntry): Promise<Uint8Array | undefined> => {
    const bytes = await wholeFile(link, entry, LARGEST_SMALL_BYTES);
    if (bytes === undefined) {
      trace.reject(new Uint8Array(0), `${entry.path}: larger than any such file`);
      return undefined;
    }
    const sum = files.find(({ path }) => path.toLowerCase() === crcPath(entry.path));
    if (sum === undefined) return bytes;
    if (fitsCrc(bytes, await link.read(sum.path, 0, 8))) return bytes;
    trace.reject(bytes, `${entry.path}: does not fit its .crc`);
    return undefined;
  };

  return {
    async identity(files) {
      for (const entry of files.filter(({ path }) => IDENTIFICATION.test(path))) {
        const bytes = await small(files, entry);
        const identity = bytes === undefined ? undefined : identityOf(entry.path, bytes);
        if (typeof identity === "object") {
          trace.frame(bytes ?? new Uint8Array(0), () => `identity: ${identity.model ?? identity.serial}`);
          return identity;
        }
        if (identity !== undefined) trace.reject(bytes ?? new Uint8Array(0), `${entry.path}: ${identity}`);
      }
      return undefined;
    },

    async settings(files) {
      const json = files.find(({ path }) => JSON_SETTINGS.test(path));
      if (json !== undefined) {
        const bytes = await small(files, json);
        return bytes === undefined ? undefined : said(settingsFromJson(bytes));
      }
      const parts: Uint8Array[] = [];
      for (const entry of files.filter(({ path }) => TGT_SETTINGS.test(path)).slice(0, MOST_SETTINGS_FILES)) {
        const bytes = await small(files, entry);
        if (bytes !== undefined) parts.push(bytes);
      }
      return said(settingsFromTgt(parts));
    },

    async days(files) {
      const entry = files.find(({ path }) => SUMMARY.test(path));
      if (entry === undefined) return [];
      const bytes = await wholeFile(link, entry, LARGEST_SUMMARY_BYTES);
      const read = bytes === undefined ? "larger than any such file" : readSummaries(bytes);
      if (typeof read === "string") {
        trace.reject(new Uint8Array(0), `${entry.path}: ${read}`);
        return [];
      }
      if (read.damaged > 0) {
        trace.reject(new Uint8Array(0), `${entry.path}: the checksum of ${read.damaged} days does not fit`);
      }
      return read.days;
    },
  };
}

const crcPath = (path: string): string => path.toLowerCase().replace(/\.[a-z]+$/, ".crc");

const said = (settings: SettingsBody["settings"]): SettingsBody["settings"] | undefined =>
  Object.keys(settings).length === 0 ? undefined : settings;
