import { Fault } from "../domain/fault.ts";
import { QUALITY_FLAGS, type QualityFlag } from "../domain/observation.ts";
import { ABSENCES, absent, isAbsence, type Sample } from "../domain/sample.ts";
import {
  isSettingId,
  isSignalId,
  SETTINGS,
  type SettingId,
  SIGNALS,
  type SignalId,
} from "../domain/signal.ts";
import { type Wall, wall } from "../domain/time.ts";

/** One row: what arrived at `at`. A column without a cell in this row is not a key. */
export interface SamplesRow {
  readonly at: Wall;
  readonly samples: { readonly [id in SignalId]?: Sample };
  readonly settings: { readonly [id in SettingId]?: number | string };
  /** What the oximeter remarked about its numbers; absent: nothing. */
  readonly flags?: readonly QualityFlag[];
}

/** A samples file: its columns, and its rows in time order. */
export interface SamplesFile {
  readonly signals: readonly SignalId[];
  readonly settings: readonly SettingId[];
  readonly rows: readonly SamplesRow[];
}

type Column =
  | { readonly kind: "at" }
  | { readonly kind: "flags" }
  | { readonly kind: "signal"; readonly id: SignalId }
  | { readonly kind: "absent"; readonly id: SignalId }
  | { readonly kind: "setting"; readonly id: SettingId };

/** A date and a time with or without a zone; without one it is UTC, so that no machine reads it differently. */
const ISO = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?$/;
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

/**
 * Reads a samples file (design, section 9): CSV with a header; `at` as epoch milliseconds or ISO 8601; a column per
 * signal id, `settings.<name>`, `<signal>.absent` with the reason for an empty cell, and `flags` with the oximeter's
 * remarks about its numbers (QUALITY_FLAGS, with spaces between). An empty cell without a reason is not_measured; a number outside the signal's range is absent as invalid; numbers are not rounded. Throws
 * INPUT_INVALID naming the line.
 */
export function parseSamplesFile(text: string): SamplesFile {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  const head = lines.findIndex((line) => line.trim() !== "");
  if (head < 0) throw refuse(1, "the file is empty", "Begin with a header such as at,spo2,pulse_rate.");
  const columns = columnsOf(cellsOf(lines[head] ?? "", head + 1), head + 1);
  const rows: SamplesRow[] = [];
  for (let index = head + 1; index < lines.length; index++) {
    const line = lines[index] ?? "";
    if (line.trim() === "") continue;
    const row = rowOf(columns, cellsOf(line, index + 1), index + 1);
    const before = rows.at(-1);
    if (before !== undefined && row.at <= before.at) {
      throw refuse(
        index + 1,
        "its time is not after that of the row before",
        "Sort the rows by `at`, each time once.",
      );
    }
    rows.push(row);
  }
  return {
    signals: columns.flatMap((column) => (column.kind === "signal" ? column.id : [])),
    settings: columns.flatMap((column) => (column.kind === "setting" ? column.id : [])),
    rows,
  };
}

function columnsOf(names: readonly string[], line: number): readonly Column[] {
  const columns = names.map((name) => columnOf(name, line));
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined)
    throw refuse(line, `the column "${repeated}" stands twice`, "Keep one of them.");
  if (!columns.some(({ kind }) => kind === "at")) {
    throw refuse(line, 'there is no column "at"', "The first line must name the columns, one of them at.");
  }
  for (const column of columns) {
    if (column.kind === "absent" && !names.includes(column.id)) {
      throw refuse(
        line,
        `"${column.id}.absent" stands without "${column.id}"`,
        `Add the column ${column.id}.`,
      );
    }
  }
  if (!columns.some(({ kind }) => kind === "signal")) {
    throw refuse(line, "no column is a signal", `Use signal ids: ${Object.keys(SIGNALS).join(", ")}.`);
  }
  return columns;
}

function columnOf(name: string, line: number): Column {
  if (name === "at" || name === "flags") return { kind: name };
  if (isSignalId(name)) return { kind: "signal", id: name };
  const setting = name.startsWith("settings.") ? name.slice("settings.".length) : "";
  if (isSettingId(setting)) return { kind: "setting", id: setting };
  const signal = name.endsWith(".absent") ? name.slice(0, -".absent".length) : "";
  if (isSignalId(signal)) return { kind: "absent", id: signal };
  const fix = name.startsWith("settings.")
    ? `Settings are ${Object.keys(SETTINGS).join(", ")}.`
    : `Signals are ${Object.keys(SIGNALS).join(", ")}.`;
  throw refuse(line, `the column "${name}" is not known`, fix);
}

function rowOf(columns: readonly Column[], cells: readonly string[], line: number): SamplesRow {
  if (cells.length !== columns.length) {
    throw refuse(
      line,
      `it has ${cells.length} cells and the header ${columns.length}`,
      "Give each row as many cells as the header; a missing sample is an empty cell.",
    );
  }
  const samples: { [id in SignalId]?: Sample } = {};
  const settings: { [id in SettingId]?: number | string } = {};
  let flags: readonly QualityFlag[] = [];
  let at: Wall | undefined;
  columns.forEach((column, index) => {
    const cell = cells[index] ?? "";
    switch (column.kind) {
      case "at":
        at = timeOf(cell, line);
        break;
      case "flags":
        flags = flagsOf(cell, line);
        break;
      case "signal":
        samples[column.id] = sampleOf(column.id, cell, line);
        break;
      case "setting":
        if (cell !== "") settings[column.id] = settingOf(column.id, cell, line);
        break;
      case "absent":
        break;
    }
  });
  columns.forEach((column, index) => {
    const reason = cells[index] ?? "";
    if (column.kind !== "absent" || reason === "") return;
    if (!isAbsence(reason)) {
      throw refuse(line, `"${reason}" is not a reason for absence`, `Reasons are ${ABSENCES.join(", ")}.`);
    }
    if (typeof samples[column.id] === "number") {
      throw refuse(
        line,
        `${column.id} has both a value and a reason for absence`,
        "Leave one of the two cells empty.",
      );
    }
    samples[column.id] = absent(reason);
  });
  if (at === undefined) throw refuse(line, "it has no time", "Fill the cell of `at`.");
  return { at, samples, settings, ...(flags.length > 0 && { flags }) };
}

function flagsOf(cell: string, line: number): readonly QualityFlag[] {
  return cell
    .split(" ")
    .filter((word) => word !== "")
    .map((word) => {
      const flag = QUALITY_FLAGS.find((known) => known === word);
      if (flag !== undefined) return flag;
      throw refuse(line, `"${word}" is not a quality flag`, `Flags are ${QUALITY_FLAGS.join(", ")}.`);
    });
}

function timeOf(cell: string, line: number): Wall {
  const ms = NUMBER.test(cell) ? Number(cell) : Date.parse(isoOf(cell));
  // The years 1970 to 9999: what else a number can be is seconds, or a mistake.
  if (Number.isFinite(ms) && ms >= 0 && ms < 253_402_300_800_000) return wall(Math.round(ms));
  throw refuse(
    line,
    `"${cell}" is not a time`,
    "Write epoch milliseconds or ISO 8601, such as 2024-05-01T23:10:00Z.",
  );
}

function isoOf(cell: string): string {
  if (!ISO.test(cell)) return "";
  const iso = cell.replace(" ", "T").replace(",", ".");
  return /(Z|[+-]\d{2}:?\d{2})$/.test(iso) ? iso : `${iso}Z`;
}

function sampleOf(id: SignalId, cell: string, line: number): Sample {
  if (cell === "") return absent("not_measured");
  const { unit, min, max } = SIGNALS[id];
  const word = cell.toLowerCase();
  if (unit === "on/off" && (word === "on" || word === "off")) return word === "on" ? 1 : 0;
  if (!NUMBER.test(cell)) {
    throw refuse(line, `"${cell}" is not a number for ${id}`, "Write a number, or leave the cell empty.");
  }
  const value = Number(cell);
  return value >= min && value <= max ? value : absent("invalid");
}

function settingOf(id: SettingId, cell: string, line: number): number | string {
  if (SETTINGS[id] === "text") return cell;
  if (!NUMBER.test(cell)) {
    throw refuse(line, `"${cell}" is not a number for settings.${id}`, `Write a number in ${SETTINGS[id]}.`);
  }
  return Number(cell);
}

/** Cells of a line; a cell may stand in double quotes, with a quote inside doubled. */
function cellsOf(line: string, number: number): readonly string[] {
  if (!line.includes('"')) return line.split(",").map((cell) => cell.trim());
  const cells: string[] = [];
  const cell = /\s*(?:"((?:[^"]|"")*)"|([^",]*))\s*(,|$)/y;
  for (;;) {
    const match = cell.exec(line);
    if (match === null) throw refuse(number, "its quotes do not match", "Close each quoted cell.");
    cells.push((match[1]?.replaceAll('""', '"') ?? match[2] ?? "").trim());
    if (match[3] === "") return cells;
  }
}

const refuse = (line: number, what: string, fix: string): Fault =>
  new Fault("INPUT_INVALID", `Line ${line} of the samples file: ${what}`, { fix, permanent: true });
