import { open, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { messageOf } from "../domain/fault.ts";
import { type Wall, wall } from "../domain/time.ts";
import { createDisk } from "../ops/disk.ts";
import { machineZone } from "../ops/machine.ts";
import type { AuditAnchor, AuditFormat, AuditReader, AuditVerdict } from "../port/record.ts";
import { createAuditReader } from "../record/audit-read.ts";
import { readKnownHeads } from "../record/known.ts";
import { command, invalidInput, UsageError } from "./command.ts";
import { findConfiguration } from "./configuration.ts";
import type { Terminal } from "./terminal.ts";
import { timeOf } from "./zone.ts";

/** `breathwatch audit`: checks the chain of what was done and decided, or hands it out. */
export const auditCommand = command({
  name: "audit",
  usage: "--verify [--bed B] | --export FILE.{jsonl,csv} [--bed B] [--from TIME] [--to TIME]",
  about:
    "The audit record of a bed holds every alarm event, every command that was accepted, and every change of the\n" +
    "watch, each with the hash of the one before. --verify walks along it and prints one JSON object a bed: up to\n" +
    "where it is whole, and what is broken; exit 1 where anything is. --export writes it into a file: JSON Lines\n" +
    "as they lie there, each with its hash, or CSV for a spreadsheet. Both only read, beside a running home too.\n" +
    "Whoever can write the data folder can make a whole new chain: to notice that, keep the hash of the newest\n" +
    "record that --verify prints somewhere else.",
  options: {
    verify: { type: "boolean", help: "checks the chain" },
    export: { type: "string", value: "FILE", help: "writes the records here; .jsonl or .csv" },
    bed: { type: "string", value: "B", help: "b1, b2...; default: every bed (one for --export)" },
    from: { type: "string", value: "TIME", help: "the first moment, 2026-01-15T22:00+08:00" },
    to: { type: "string", value: "TIME", help: "the moment after the last" },
    config: { type: "string", value: "FILE", help: "the home's configuration, to find its data folder" },
    data: {
      type: "string",
      value: "FOLDER",
      help: "the home's data folder, where no configuration names it",
    },
  },
  examples: [
    "breathwatch audit --verify",
    "breathwatch audit --export january.csv --from 2026-01-01T00:00+08:00 --to 2026-02-01T00:00+08:00",
  ],
  async run({ values }, terminal) {
    const file = values.export;
    if ((file === undefined) === (values.verify !== true)) {
      throw new UsageError("Give --verify or --export FILE, one of them.");
    }
    if (file === undefined && (values.from ?? values.to) !== undefined) {
      throw new UsageError("--from and --to belong to --export: a chain is checked whole.");
    }
    const format = file === undefined ? undefined : formatOf(file);
    const from = values.from === undefined ? wall(0) : timeOf(values.from);
    const to = values.to === undefined ? wall(Number.MAX_SAFE_INTEGER) : timeOf(values.to);
    const found = await findBeds(values, terminal);
    if (file === undefined || format === undefined) return verifyAll(found, terminal);
    const [bed, other] = found;
    if (other !== undefined) throw new UsageError("--bed B is missing: there are several beds here.");
    if (bed !== undefined) await exportTo({ file, format, from, to }, bed, terminal);
    return 0;
  },
});

interface FoundBed {
  readonly bed: string;
  readonly reader: AuditReader;
  /** What the home last wrote down of the end of the chain. */
  readonly anchor: AuditAnchor | undefined;
}

const FOLDER = /^audit-(b[1-9]\d?)$/;

/** The beds of a data folder that have an audit record, or had one. */
async function findBeds(
  values: {
    readonly bed?: string | undefined;
    readonly config?: string | undefined;
    readonly data?: string | undefined;
  },
  terminal: Terminal,
): Promise<readonly FoundBed[]> {
  const { bed: asked } = values;
  if (asked !== undefined && !FOLDER.test(`audit-${asked}`)) {
    throw new UsageError(`--bed is "${asked}", but must be b1, b2...`);
  }
  const dataDir =
    values.data === undefined
      ? (await findConfiguration(values.config, terminal, { zone: machineZone() })).dataDir
      : path.resolve(terminal.folder, values.data);
  const disk = createDisk(dataDir);
  const heads = await readKnownHeads(disk);
  const names = new Set([...(await namesIn(dataDir)), ...Object.keys(heads)]);
  const beds = [...names].flatMap((name) => FOLDER.exec(name)?.[1] ?? []).toSorted();
  const wanted = beds.filter((bed) => asked === undefined || bed === asked);
  if (wanted.length === 0) {
    throw invalidInput(
      `${dataDir} has no audit record${asked === undefined ? "" : ` of bed ${asked}`}.`,
      "Name the home's configuration with --config, or its data folder with --data.",
    );
  }
  return wanted.map((bed) => {
    const folder = `audit-${bed}`;
    return { bed, reader: createAuditReader(disk, folder), anchor: heads[folder] };
  });
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw invalidInput(
      `${folder} cannot be read: ${messageOf(error)}.`,
      "Check the name of the data folder, and run this as the user that the home runs as.",
      error,
    );
  }
}

async function verifyAll(beds: readonly FoundBed[], terminal: Terminal): Promise<number> {
  let isWhole = true;
  for (const { bed, reader, anchor } of beds) {
    const verdict = await reader.verify(anchor);
    if (verdict.breaks.length > 0) isWhole = false;
    await terminal.print(`${JSON.stringify({ bed, ok: verdict.breaks.length === 0, ...verdict })}\n`);
    terminal.say(`Bed ${bed}: ${wordsOf(verdict)}`);
  }
  return isWhole ? 0 : 1;
}

function wordsOf({ records, first, whole, breaks, unfinishedBytes }: AuditVerdict): string {
  const [broken] = breaks;
  const upTo =
    first === undefined || whole === undefined
      ? "no record"
      : `record ${first.n} of ${isoOf(first.at)} to record ${whole.n} of ${isoOf(whole.at)}`;
  const tail =
    unfinishedBytes > 0
      ? ` ${unfinishedBytes} bytes at the end are being written, or a power cut left them.`
      : "";
  if (broken === undefined) return `the chain of ${records} records is whole, ${upTo}.${tail}`;
  const more = breaks.length > 1 ? `; ${breaks.length - 1} more` : "";
  return `THE CHAIN IS BROKEN. Whole: ${upTo}. Then ${broken.where}: ${broken.why}${more}.${tail}`;
}

const isoOf = (at: Wall): string => new Date(at).toISOString();

function formatOf(file: string): AuditFormat {
  const [, format] = /\.(jsonl|csv)$/.exec(file) ?? [];
  if (format === "jsonl" || format === "csv") return format;
  throw new UsageError(`--export is "${file}", but its name must end in .jsonl or .csv.`);
}

/** Under a name of its own until it is whole; readable by its owner alone. */
async function exportTo(
  asked: { readonly file: string; readonly format: AuditFormat; readonly from: Wall; readonly to: Wall },
  { bed, reader, anchor }: FoundBed,
  terminal: Terminal,
): Promise<void> {
  const file = path.resolve(terminal.folder, asked.file);
  const part = `${file}.part`;
  try {
    const handle = await open(part, "w", 0o600);
    try {
      for await (const text of reader.text(asked.format, asked.from, asked.to)) {
        terminal.signal.throwIfAborted();
        await handle.writeFile(text);
      }
    } finally {
      await handle.close();
    }
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    if (terminal.signal.aborted) throw error;
    throw invalidInput(`${asked.file} cannot be written: ${messageOf(error)}.`, "Check its folder.", error);
  }
  const verdict = await reader.verify(anchor);
  terminal.say(`Bed ${bed}: written to ${asked.file}. In all, ${wordsOf(verdict)}`);
}
