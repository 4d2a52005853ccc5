/**
 * Annotations of EDF+ (time-stamped lists, TAL): `+onset<15>duration<14>text<14>text<14><00>`, as many as fit into the
 * bytes that a record has for them; the first list of a record, without a text, is the record's own time.
 */

export interface EdfAnnotation {
  /** Seconds from the start in the header; may be negative. */
  readonly onsetSeconds: number;
  /** Absent where the writer gave none. */
  readonly durationSeconds?: number;
  readonly text: string;
}

const DURATION_FOLLOWS = 0x15;
const TEXT_ENDS = 0x14;
const LIST_ENDS = 0x00;
/** Of a longer text the beginning is kept. */
const LONGEST_TEXT = 200;
/** Of one record, which is some seconds or minutes long; what comes behind them is passed over. */
const MOST_ANNOTATIONS = 5_000;

/** The annotations in the bytes of one record, in their order; what is no list is passed over. Never throws. */
export function readAnnotations(bytes: Uint8Array): readonly EdfAnnotation[] {
  const annotations: EdfAnnotation[] = [];
  let from = 0;
  for (let at = 0; at <= bytes.length && annotations.length < MOST_ANNOTATIONS; at++) {
    if (at < bytes.length && bytes[at] !== LIST_ENDS) continue;
    if (at > from) readList(bytes.subarray(from, at), annotations);
    from = at + 1;
  }
  return annotations;
}

/** The bytes of one record that begins at `recordSeconds`; throws RangeError where they are more than `length`. */
export function writeAnnotations(
  recordSeconds: number,
  annotations: readonly EdfAnnotation[],
  length: number,
): Uint8Array {
  const lists = annotations.map(({ onsetSeconds, durationSeconds, text }) => {
    const duration = durationSeconds === undefined ? "" : `\u0015${durationSeconds}`;
    return `${signed(onsetSeconds)}${duration}\u0014${text}\u0014\0`;
  });
  const written = new TextEncoder().encode([`${signed(recordSeconds)}\u0014\u0014\0`, ...lists].join(""));
  if (written.length > length)
    throw new RangeError(`annotations of ${written.length} bytes do not fit ${length}`);
  const bytes = new Uint8Array(length);
  bytes.set(written);
  return bytes;
}

const utf8 = new TextDecoder();

function readList(bytes: Uint8Array, into: EdfAnnotation[]): void {
  if (bytes.at(-1) !== TEXT_ENDS) return;
  const parts: Uint8Array[] = [];
  let from = 0;
  for (let at = 0; at < bytes.length && parts.length <= MOST_ANNOTATIONS; at++) {
    if (bytes[at] !== TEXT_ENDS) continue;
    parts.push(bytes.subarray(from, at));
    from = at + 1;
  }
  const [stamp, ...texts] = parts;
  if (stamp === undefined) return;
  const split = stamp.indexOf(DURATION_FOLLOWS);
  const onsetSeconds = seconds(split < 0 ? stamp : stamp.subarray(0, split), /^[+-]\d{1,9}(?:\.\d{1,9})?$/);
  if (onsetSeconds === undefined) return;
  const durationSeconds =
    split < 0 ? undefined : seconds(stamp.subarray(split + 1), /^\d{1,9}(?:\.\d{1,9})?$/);
  for (const text of texts) {
    if (text.length === 0 || into.length >= MOST_ANNOTATIONS) continue;
    into.push({
      onsetSeconds,
      ...(durationSeconds === undefined ? {} : { durationSeconds }),
      text: utf8.decode(text.subarray(0, LONGEST_TEXT)),
    });
  }
}

function seconds(bytes: Uint8Array, shape: RegExp): number | undefined {
  const digits = String.fromCharCode(...bytes.subarray(0, 20));
  return bytes.length <= 20 && shape.test(digits) ? Number(digits) : undefined;
}

const signed = (value: number): string => (value < 0 ? String(value) : `+${value}`);
