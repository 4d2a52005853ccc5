import { createHash } from "node:crypto";
import type { AuditAnchor, AuditEntry, AuditRecord } from "../port/record.ts";

/*
 * One record is one line of JSON, so that anybody can read and check it without Breathwatch:
 *
 *   {"n":17,"previous":"<64 hex>","at":...,"kind":...,...,"hash":"<64 hex>"}\n
 *
 * `hash` is the SHA-256 of the line's bytes without `,"hash":"..."`, closed again by "}". The bytes themselves are the
 * canonical form: nothing is ever written a second time from parsed values.
 */

/** `previous` of the first record ever. */
export const NO_HASH = "0".repeat(64);

const TAIL_CHARS = `,"hash":"${NO_HASH}"}`.length;
const TAIL = /,"hash":"([0-9a-f]{64})"\}$/;

/** The line of the record that follows `before`, with its line end, and what the next one follows. */
export function encodeAuditLine(
  entry: AuditEntry,
  before: AuditAnchor | undefined,
): { readonly line: string; readonly anchor: AuditAnchor } {
  const n = (before?.n ?? 0) + 1;
  const body = JSON.stringify({ n, previous: before?.hash ?? NO_HASH, ...entry });
  const hash = hashOf(body);
  return { line: `${body.slice(0, -1)},"hash":"${hash}"}\n`, anchor: { n, hash } };
}

/** The record of a line without its line end; undefined when it is not as it was written. */
export function decodeAuditLine(line: string): AuditRecord | undefined {
  const hash = TAIL.exec(line)?.[1];
  if (hash === undefined || hashOf(`${line.slice(0, -TAIL_CHARS)}}`) !== hash) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    // A right hash over something that is not JSON was not written by this program: damage like any other.
    return undefined;
  }
}

const hashOf = (body: string): string => createHash("sha256").update(body).digest("hex");

/** The hash vouches for the rest. */
const isRecord = (value: unknown): value is AuditRecord =>
  typeof value === "object" &&
  value !== null &&
  "n" in value &&
  Number.isSafeInteger(value.n) &&
  "previous" in value &&
  typeof value.previous === "string" &&
  "at" in value &&
  typeof value.at === "number" &&
  "kind" in value &&
  typeof value.kind === "string";

/** One line of a file: where it is, what it says, its record where it is whole. */
export interface AuditLine {
  /** Counted from 1. */
  readonly line: number;
  readonly text: string;
  readonly record: AuditRecord | undefined;
}

export interface ScannedSegment {
  readonly lines: readonly AuditLine[];
  /** Bytes up to the end of the last line that has one. */
  readonly lineBytes: number;
  /**
   * Bytes behind it that look like a write that a power cut left half done, and like nothing else; they never counted.
   * 0 where there are none, or where they look like something else.
   */
  readonly tornBytes: number;
  /** Bytes behind the last line that no power cut explains. */
  readonly strayBytes: number;
}

const LINE_END = 0x0a;
const SECTOR_BYTES = 512;

/** Takes a file apart; never throws. Bytes that are not UTF-8 make their line a damaged one. */
export function scanAuditLines(bytes: Uint8Array): ScannedSegment {
  const lineBytes = bytes.lastIndexOf(LINE_END) + 1;
  const texts = textOf(bytes.subarray(0, lineBytes)).split("\n");
  texts.pop();
  const lines = texts.map((one, index) => ({ line: index + 1, text: one, record: decodeAuditLine(one) }));
  const rest = bytes.subarray(lineBytes);
  const isTorn = looksTorn(rest, lineBytes);
  return {
    lines,
    lineBytes,
    tornBytes: isTorn ? rest.length : 0,
    strayBytes: isTorn ? 0 : rest.length,
  };
}

/** Every byte counts: also a mark of the byte order that somebody's editor put in front. */
const textOf = (bytes: Uint8Array): string => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);

/** The beginning of a line; behind it perhaps whole sectors of zeros, where the file grew before its bytes arrived. */
function looksTorn(rest: Uint8Array, offset: number): boolean {
  let end = rest.length;
  while (end > 0 && rest[end - 1] === 0) end--;
  if (end === 0) return true;
  const isPadded = end < rest.length;
  if (isPadded && Math.ceil((offset + end) / SECTOR_BYTES) * SECTOR_BYTES >= offset + rest.length)
    return false;
  const text = textOf(rest.subarray(0, end));
  const begins = text.startsWith(START) || START.startsWith(text);
  // A whole record with something else than a line end behind it was not cut short.
  return begins && !/"hash":"[0-9a-f]{64}"\}./s.test(text) && !/\p{Cc}/u.test(text);
}

const START = '{"n":';
