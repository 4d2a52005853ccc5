import type { Wall } from "../domain/time.ts";
import type { Disk } from "../port/disk.ts";

/** One file of an audit record: a month, or a part of one. */
export interface AuditFile {
  /** Counts from 1; the order of the chain. */
  readonly seq: number;
  /** `2026-11`, UTC; of the clock of that time. */
  readonly month: string;
  readonly path: string;
}

const NAME = /^(\d{6})-(\d{4,6}-\d\d)\.jsonl$/;

export const monthOf = (at: Wall): string => {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return "0000-00";
  return `${String(date.getUTCFullYear()).padStart(4, "0")}-${String(date.getUTCMonth() + 1).padStart(2, "0")}`;
};

export function auditFile(folder: string, seq: number, month: string): AuditFile {
  return { seq, month, path: `${folder}/${String(seq).padStart(6, "0")}-${month}.jsonl` };
}

/** The files of a folder in the order of the chain. Rejects with DISK_FAILED. */
export async function listAuditFiles(
  disk: Pick<Disk, "list">,
  folder: string,
): Promise<readonly AuditFile[]> {
  return (await disk.list(folder))
    .flatMap((name) => {
      const [, seq, month] = NAME.exec(name) ?? [];
      return seq === undefined || month === undefined ? [] : [auditFile(folder, Number(seq), month)];
    })
    .toSorted((a, b) => a.seq - b.seq);
}
