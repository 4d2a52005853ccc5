import type { Wall } from "../domain/time.ts";
import type { Disk } from "../port/disk.ts";
import type { AuditFormat, AuditReader } from "../port/record.ts";
import { createChainCheck } from "./audit-chain.ts";
import { AUDIT_CSV_HEAD, auditCsvRow } from "./audit-csv.ts";
import { listAuditFiles } from "./audit-files.ts";
import { type AuditLine, type ScannedSegment, scanAuditLines } from "./audit-line.ts";

/** Files that one page looks into: a time with nothing in it is passed over in several. */
const PAGE_FILES_MAX = 40;

/** Reads the audit record in a folder of a disk, one file (about 256 KiB) in memory at a time; never writes. */
export function createAuditReader(disk: Pick<Disk, "list" | "read">, folder: string): AuditReader {
  /** A file that its owner lets go meanwhile is passed over. */
  async function* files(): AsyncGenerator<{
    readonly path: string;
    readonly segment: ScannedSegment;
    readonly isLast: boolean;
  }> {
    const all = await listAuditFiles(disk, folder);
    for (const { path } of all) {
      const bytes = await disk.read(path);
      if (bytes !== undefined)
        yield { path, segment: scanAuditLines(bytes), isLast: path === all.at(-1)?.path };
    }
  }

  async function* linesIn(from: Wall, to: Wall): AsyncGenerator<readonly WholeLine[]> {
    for await (const { segment } of files()) {
      yield segment.lines.filter(isWhole).filter(({ record }) => record.at >= from && record.at < to);
    }
  }

  return {
    async *read(from, to) {
      for await (const lines of linesIn(from, to)) for (const { record } of lines) yield record;
    },
    async *text(format, from, to) {
      if (format === "csv") yield AUDIT_CSV_HEAD;
      for await (const lines of linesIn(from, to)) {
        const rows = rowsOf(format, lines);
        if (rows !== "") yield rows;
      }
    },
    async page(format, from, to, after) {
      const head = after === undefined && format === "csv" ? AUDIT_CSV_HEAD : "";
      const left = (await listAuditFiles(disk, folder)).filter(({ seq }) => seq > (after ?? 0));
      for (const [index, { path, seq }] of left.slice(0, PAGE_FILES_MAX).entries()) {
        const bytes = (await disk.read(path)) ?? new Uint8Array();
        const lines = scanAuditLines(bytes).lines.filter(isWhole);
        const rows = rowsOf(
          format,
          lines.filter(({ record }) => record.at >= from && record.at < to),
        );
        const isLast = index === left.length - 1;
        if (rows !== "" || isLast) return { text: head + rows, ...(isLast ? {} : { next: seq }) };
      }
      const next = left[PAGE_FILES_MAX - 1]?.seq;
      return { text: head, ...(next === undefined ? {} : { next }) };
    },
    async verify(anchor) {
      const check = createChainCheck({ folder, part: "whole", ...(anchor !== undefined && { anchor }) });
      for await (const { path, segment, isLast } of files()) check.file(path, segment, isLast);
      return check.verdict();
    },
  };
}

const rowsOf = (format: AuditFormat, lines: readonly WholeLine[]): string =>
  lines.map(({ text, record }) => (format === "csv" ? auditCsvRow(record) : `${text}\n`)).join("");

type WholeLine = AuditLine & { readonly record: NonNullable<AuditLine["record"]> };

const isWhole = (line: AuditLine): line is WholeLine => line.record !== undefined;
