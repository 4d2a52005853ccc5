import type { AuditAnchor, AuditBreak, AuditRecord, AuditVerdict } from "../port/record.ts";
import { NO_HASH, type ScannedSegment } from "./audit-line.ts";

/** What is wrong beyond this is told as a number only: a chain that was replaced is wrong in every line. */
const BREAKS_MAX = 100;

/** Walks along a chain, file by file. */
export interface ChainCheck {
  /** The next file, in order. */
  file(path: string, segment: ScannedSegment, isLast: boolean): void;
  verdict(): AuditVerdict;
  /** The newest whole record, and how many damaged lines came after it. */
  readonly end: { readonly newest: AuditRecord | undefined; readonly damagedAfter: number };
}

export interface ChainCheckOptions {
  /** Names the place of what is missing at the beginning, or at the end. */
  readonly folder: string;
  /** Of the end alone: what is missing at the beginning is not looked for. */
  readonly part: "whole" | "end";
  /** A record that the chain must hold, unless it was let go. */
  readonly anchor?: AuditAnchor;
}

/** Nothing of the chain was seen yet. */
export function createChainCheck({ folder, part, anchor }: ChainCheckOptions): ChainCheck {
  const breaks: { where: string; why: string; recorded: boolean }[] = [];
  const said = new Set<string>();
  let records = 0;
  let first: AuditRecord | undefined;
  let newest: AuditRecord | undefined;
  let whole: AuditRecord | undefined;
  let damagedAfter = 0;
  let damagedBefore = 0;
  let letGo = 0;
  let unfinishedBytes = 0;

  const broken = (where: string, why: string, recorded = false): void => {
    if (breaks.length < BREAKS_MAX) breaks.push({ where, why, recorded });
  };

  const link = (where: string, record: AuditRecord): void => {
    const wrong = newest === undefined ? wrongStart(record) : wrongLink(newest, record, damagedAfter);
    if (wrong !== undefined) broken(where, wrong, record.kind === "damaged");
    if (record.n === anchor?.n && record.hash !== anchor.hash) {
      broken(where, `record ${record.n} is another one than was written`);
    }
    if (record.kind === "let_go") letGo = Math.max(letGo, record.through);
    if (record.kind === "damaged") said.add(record.where);
    records += 1;
    if (first === undefined) damagedBefore = damagedAfter;
    damagedAfter = 0;
    first ??= record;
    newest = record;
    if (breaks.length === 0) whole = record;
  };

  return {
    file(path, { lines, tornBytes, strayBytes }, isLast) {
      for (const { line, record } of lines) {
        const where = `${path}:${line}`;
        if (record !== undefined) {
          link(where, record);
          continue;
        }
        damagedAfter += 1;
        broken(where, "this line is not as it was written");
      }
      const behind = `${path}:${lines.length + 1}`;
      if (strayBytes > 0) broken(behind, `${strayBytes} bytes are not a record`);
      if (tornBytes === 0) return;
      if (isLast) unfinishedBytes = tornBytes;
      else broken(behind, "an unfinished line, although the record goes on");
    },
    verdict() {
      const begin = (first?.n ?? 1) - damagedBefore;
      const isHeadless = part === "whole" && begin > letGo + 1;
      const missing = { where: folder, why: missingWords(1, begin - 1), recorded: first?.kind === "damaged" };
      const gone = missingEnd(folder, anchor, newest);
      const all = [...(isHeadless ? [missing] : []), ...breaks, ...(gone === undefined ? [] : [gone])];
      return {
        records,
        ...(first !== undefined && { first: { n: first.n, at: first.at } }),
        ...(whole !== undefined && !isHeadless && { whole: { n: whole.n, at: whole.at, hash: whole.hash } }),
        breaks: all.map((one) => ({ ...one, recorded: one.recorded || said.has(one.where) })),
        unfinishedBytes,
      };
    },
    get end() {
      return { newest, damagedAfter };
    },
  };
}

function wrongStart({ n, previous }: AuditRecord): string | undefined {
  return n === 1 && previous !== NO_HASH ? "the first record follows another one" : undefined;
}

/** Why a record does not follow the one before; a damaged line between them has been told already. */
function wrongLink(before: AuditRecord, record: AuditRecord, damaged: number): string | undefined {
  const expected = before.n + 1 + damaged;
  if (record.n > expected) return missingWords(expected, record.n - 1);
  if (record.n < expected) return `record ${record.n} stands behind record ${before.n}`;
  if (damaged > 0 || record.previous === before.hash) return undefined;
  return `record ${record.n} does not follow record ${before.n} as it stands here: one of them was replaced`;
}

const missingWords = (from: number, to: number): string =>
  from === to ? `record ${from} is missing` : `records ${from} to ${to} are missing`;

/** Each loss of the end has a place of its own, so that one that was told does not hide the next. */
function missingEnd(
  folder: string,
  anchor: AuditAnchor | undefined,
  newest: AuditRecord | undefined,
): AuditBreak | undefined {
  if (anchor === undefined || (newest !== undefined && newest.n >= anchor.n)) return undefined;
  const where = `${folder}#${anchor.n}`;
  const why =
    newest === undefined
      ? `nothing is left of ${anchor.n} records`
      : `it ends with record ${newest.n}, although ${anchor.n} had been written`;
  return { where, why, recorded: false };
}

/** The breaks that nothing in the chain speaks of yet. */
export const unrecorded = (verdict: AuditVerdict): readonly AuditBreak[] =>
  verdict.breaks.filter(({ recorded }) => !recorded);
