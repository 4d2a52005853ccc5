import { mkdir, open, readdir } from "node:fs/promises";
import path from "node:path";
import { csvCell } from "../domain/csv-cell.ts";
import type { BedId } from "../domain/ids.ts";
import { NOTE_KINDS } from "../domain/note.ts";
import { LANGUAGES } from "../domain/person.ts";
import { nightBounds, nightOf, type Wall, wall } from "../domain/time.ts";
import { createDisk } from "../ops/disk.ts";
import type { State } from "../port/state.ts";
import type { Page, Timeseries } from "../port/timeseries.ts";
import { createAuditReader } from "../record/audit-read.ts";
import { type FamilyFile, type FamilyFileKind, familyIndex } from "../report/family-index.ts";
import { csvOf } from "../server/csv.ts";
import { voiceFolder } from "../sound/own-voice.ts";
import { recordedPart } from "../trends/recorded.ts";
import { invalidInput } from "./command.ts";

/** Whose everything is written where. */
export interface FamilyExport {
  readonly state: State;
  readonly timeseries: Timeseries;
  readonly dataDir: string;
  readonly zone: string;
  readonly beds: readonly BedId[];
  /** Empty, or not there. */
  readonly out: string;
  readonly signal: AbortSignal;
  say(words: string): void;
}

const NIGHTS_MAX = 20_000;
const VERSIONS_MAX = 2_000;
const ENTRIES_MAX = 1_000;
const NOTES_MAX = 20_000;
const ALL = [wall(0), wall(Number.MAX_SAFE_INTEGER)] as const;

/**
 * Writes everything that is kept of a home in open formats, with a first page in three languages. Rejects with
 * INPUT_INVALID where the folder is not empty, and with the store's faults; what was written by then stays.
 */
export async function exportFamily(asked: FamilyExport): Promise<readonly FamilyFile[]> {
  const { state, timeseries, out } = asked;
  await mkdir(out, { recursive: true, mode: 0o700 });
  if ((await readdir(out)).length > 0) throw invalidInput(`${out} is not empty.`, "Name another folder.");
  const shelf = createShelf(asked);
  const stored = await timeseries.beds();
  for (const bed of [...new Set([...stored.map((one) => one.bed), ...asked.beds])].toSorted()) {
    asked.say(`Bed ${bed}...`);
    await nightsOf(bed, asked, shelf);
    const kept = stored.find((one) => one.bed === bed);
    if (kept !== undefined) await pagesOf(bed, [kept.oldest, wall(kept.newest + 1)], asked, shelf);
    await eventsOf(bed, asked, shelf);
    await recordOf(bed, asked, shelf);
    await shelf.json("limits", `limits-${bed}.json`, await state.limits(bed, VERSIONS_MAX));
    await shelf.json(
      "commissionings",
      `commissionings-${bed}.json`,
      await state.commissionings(bed, ENTRIES_MAX),
    );
    await notesOf(bed, asked, shelf);
    await shelf.json("duty", `duty-${bed}.json`, (await state.duty(bed)) ?? { bed, version: 0 });
    await shelf.json("research", `research-${bed}.json`, await state.researchConsents(bed));
  }
  const people = await state.people();
  // Addresses of phones are secrets of the push services, of no use to anybody else.
  const phones = (await state.targets()).map(({ settings: _settings, signIn: _signIn, ...rest }) => rest);
  await shelf.json("people", "people.json", { people, phones });
  await shelf.json("record", "record.json", await state.audits(ENTRIES_MAX));
  await voicesOf(asked, shelf);
  await shelf.write("index.html", [familyIndex(shelf.files)]);
  return shelf.files;
}

/** Everything that people wrote down, also what was corrected: mornings, symptoms, ALSFRS-R items, duty, care. */
async function notesOf(bed: BedId, { state }: FamilyExport, shelf: Shelf): Promise<void> {
  for (const kind of NOTE_KINDS) {
    await shelf.json("notes", `notes-${kind}-${bed}.json`, await state.notes(bed, kind, NOTES_MAX));
  }
}

/** What the family has spoken itself, as it lies there, also what the house could not use. */
async function voicesOf({ dataDir, signal }: FamilyExport, shelf: Shelf): Promise<void> {
  const disk = createDisk(dataDir);
  for (const language of LANGUAGES) {
    const folder = voiceFolder(language);
    for (const name of await disk.list(folder)) {
      signal.throwIfAborted();
      const bytes = /^[a-z0-9_]+\.wav$/.test(name) ? await disk.read(`${folder}/${name}`) : undefined;
      if (bytes !== undefined) await shelf.bytes("voices", `voice-${language}-${name}`, bytes);
    }
  }
}

interface Shelf {
  readonly files: readonly FamilyFile[];
  /** Writes a whole file, for its owner alone. */
  write(name: string, text: Iterable<string> | AsyncIterable<string>): Promise<void>;
  put(kind: FamilyFileKind, name: string, text: Iterable<string> | AsyncIterable<string>): Promise<void>;
  json(kind: FamilyFileKind, name: string, value: unknown): Promise<void>;
  bytes(kind: FamilyFileKind, name: string, content: Uint8Array): Promise<void>;
  /** Adds to a file that may be begun already. */
  add(kind: FamilyFileKind, name: string, text: string): Promise<void>;
}

function createShelf({ out, signal }: Pick<FamilyExport, "out" | "signal">): Shelf {
  const files: FamilyFile[] = [];
  const note = (kind: FamilyFileKind, name: string): void => {
    if (!files.some((file) => file.name === name)) files.push({ kind, name });
  };
  const append = async (
    name: string,
    text: Iterable<string | Uint8Array> | AsyncIterable<string>,
  ): Promise<void> => {
    const handle = await open(path.join(out, name), "a", 0o600);
    try {
      for await (const piece of text) {
        signal.throwIfAborted();
        await handle.writeFile(piece);
      }
    } finally {
      await handle.close();
    }
  };
  return {
    files,
    write: append,
    async put(kind, name, text) {
      note(kind, name);
      await append(name, text);
    },
    async json(kind, name, value) {
      note(kind, name);
      await append(name, [`${JSON.stringify(value, undefined, 2)}\n`]);
    },
    async bytes(kind, name, content) {
      note(kind, name);
      await append(name, [content]);
    },
    async add(kind, name, text) {
      note(kind, name);
      await append(name, [text]);
    },
  };
}

const marked = (simulated: boolean): string => (simulated ? "-SIMULATED" : "");

/** Numbers as the samples files of the command line: `judge` and `trends` read them, and so does a spreadsheet. */
async function nightsOf(bed: BedId, { timeseries, zone }: FamilyExport, shelf: Shelf): Promise<void> {
  for (const night of await timeseries.nights(bed, zone, NIGHTS_MAX)) {
    const part = await recordedPart(timeseries, { bed, zone }, night);
    if (part === undefined) continue;
    const simulated = await timeseries.simulated({ bed, ...nightBounds(night, zone) });
    const rows = csvOf(timeseries, { bed, zone, simulated, ...part });
    await shelf.put("samples", `samples-${bed}-${night}${marked(simulated)}.csv`, rows);
  }
}

/** Curves by night and settings, as the store has them. */
async function pagesOf(
  bed: BedId,
  [from, to]: readonly [Wall, Wall],
  { timeseries, zone }: FamilyExport,
  shelf: Shelf,
): Promise<void> {
  let next: Wall | undefined = from;
  while (next !== undefined) {
    const page: Page = await timeseries.page({ bed, from: next, to });
    const { waves, settings } = page.batch;
    const byFile = Map.groupBy(
      waves,
      ({ at, simulated }) => `waves-${bed}-${nightOf(at, zone)}${marked(simulated)}.jsonl`,
    );
    for (const [name, pieces] of byFile) await shelf.add("waves", name, linesOf(pieces));
    if (settings.length > 0) await shelf.add("settings", `settings-${bed}.jsonl`, linesOf(settings));
    next = page.next;
  }
}

const linesOf = (values: readonly unknown[]): string =>
  values.map((value) => `${JSON.stringify(value)}\n`).join("");

async function eventsOf(bed: BedId, { timeseries }: FamilyExport, shelf: Shelf): Promise<void> {
  const events = await timeseries.events({ bed, from: ALL[0], to: ALL[1] });
  const head = ["at", "what", "condition", "priority", "occurrence", "by", "simulated", "drill"];
  const rows = events.map(({ at, kind, occurrence, by }) => [
    ...[new Date(at).toISOString(), kind, occurrence.condition, occurrence.priority, occurrence.id],
    ...[by?.name ?? "", occurrence.simulated ? "SIMULATED" : "", occurrence.drill ? "DRILL" : ""],
  ]);
  await shelf.put("alarms", `alarms-${bed}.csv`, [head, ...rows].map(row));
  await shelf.put("alarms", `alarms-${bed}.jsonl`, [linesOf(events)]);
}

/** The hash-chained record as it lies there, and out of it what was done at the bed. */
async function recordOf(bed: BedId, { dataDir }: FamilyExport, shelf: Shelf): Promise<void> {
  const reader = createAuditReader(createDisk(dataDir), `audit-${bed}`);
  await shelf.put("audit", `audit-${bed}.jsonl`, reader.text("jsonl", ...ALL));
  await shelf.put("audit", `audit-${bed}.csv`, reader.text("csv", ...ALL));
  const care = async function* (): AsyncGenerator<string> {
    yield row(["at", "what", "act", "by"]);
    for await (const record of reader.read(...ALL)) {
      if (record.kind !== "command") continue;
      const { command } = record;
      if (command.kind !== "care" && command.kind !== "care_done") continue;
      const act = command.kind === "care" ? command.act : "";
      yield row([new Date(record.at).toISOString(), command.kind, act, command.by.name]);
    }
  };
  await shelf.put("care", `care-${bed}.csv`, care());
}

const row = (cells: readonly string[]): string => `${cells.map(csvCell).join(",")}\r\n`;
