import type { TranscriptChunk } from "../wire/transcript.ts";

/** One way in which a secret may stand among bytes, and what to write in its place. */
export interface Pattern {
  /** For people: "text", "BCD"... */
  readonly form: string;
  readonly bytes: Uint8Array;
  readonly instead: Uint8Array;
}

/** Shorter ones would meet by chance what is no secret. */
const SHORTEST_BYTES = 3;

const ZERO = "0".charCodeAt(0);

/**
 * The usual forms of a serial number or a name: text of one and two bytes a character, digits as bytes and as packed
 * decimals, whole numbers of three, four and eight bytes in both orders, bytes that are written in hex.
 */
export function patternsOf(secret: string): readonly Pattern[] {
  const patterns: Pattern[] = [];
  const add = (form: string, bytes: Uint8Array, instead: (byte: number, index: number) => number): void => {
    const known = patterns.some((pattern) => Buffer.compare(pattern.bytes, bytes) === 0);
    if (bytes.length >= SHORTEST_BYTES && bytes.some((byte) => byte !== 0) && !known)
      patterns.push({ form, bytes, instead: bytes.map(instead) });
  };
  for (const text of new Set([secret, secret.toUpperCase(), secret.toLowerCase()])) {
    add("text", new TextEncoder().encode(text), () => ZERO);
    const wide = Buffer.from(text, "utf16le");
    add("text of two bytes", wide, (_, i) => (i % 2 === 0 ? ZERO : 0));
    add("text of two bytes", Buffer.from(wide).swap16(), (_, i) => (i % 2 === 1 ? ZERO : 0));
  }
  // Separators and letters around the number: many devices send its digits alone.
  const digits = secret.replaceAll(/\D/g, "");
  if (digits.length >= 5) {
    if (digits !== secret) add("text", new TextEncoder().encode(digits), () => ZERO);
    add("digits", Uint8Array.from(digits, Number), () => 0);
    const even = digits.length % 2 === 0 ? digits : `0${digits}`;
    const packed = Buffer.from(even, "hex");
    add("BCD", packed, () => 0);
    add("BCD", packed.toReversed(), () => 0);
    const value = BigInt(digits);
    for (const size of [3, 4, 8]) {
      if (value >= 1n << BigInt(8 * size) || (size < 8 && value < 1n << BigInt(8 * (size - 1)))) continue;
      const big = Buffer.from(value.toString(16).padStart(2 * size, "0"), "hex");
      add("whole number", big, () => 0);
      add("whole number", big.toReversed(), () => 0);
    }
  }
  const hex = secret.replaceAll(/[:\s-]/g, "");
  if (/^(?:[\da-f]{2}){3,}$/i.test(hex)) {
    const bytes = Buffer.from(hex, "hex");
    add("bytes", bytes, () => 0);
    add("bytes", bytes.toReversed(), () => 0);
  }
  // The longest first, so that a part does not spoil the whole.
  return patterns.toSorted((a, b) => b.bytes.length - a.bytes.length);
}

/** A recording without its secrets. */
export interface Scrubbed {
  readonly chunks: readonly TranscriptChunk[];
  /** How often each form was found. */
  readonly found: ReadonlyMap<string, number>;
  /** Positions of chunks in which something was replaced. */
  readonly touched: ReadonlySet<number>;
}

/** Replaces every secret, also one that is cut into several chunks of its direction and channel, and in channels. */
export function scrub(chunks: readonly TranscriptChunk[], patterns: readonly Pattern[]): Scrubbed {
  const found = new Map<string, number>();
  const touched = new Set<number>();
  const scrubbed = chunks.map((chunk): TranscriptChunk => {
    const { channel } = chunk;
    const bytes = chunk.bytes.slice();
    return channel === undefined
      ? { ...chunk, bytes }
      : { ...chunk, bytes, channel: scrubText(channel, patterns) };
  });
  for (const strand of strandsOf(chunks)) {
    const whole = Buffer.concat(strand.map((index) => chunks[index]?.bytes ?? new Uint8Array(0)));
    const hits = replaceAll(whole, patterns, found);
    if (hits.length === 0) continue;
    let at = 0;
    for (const index of strand) {
      const bytes = scrubbed[index]?.bytes;
      if (bytes === undefined) continue;
      const end = at + bytes.length;
      bytes.set(whole.subarray(at, end));
      if (hits.some(([from, to]) => from < end && to > at)) touched.add(index);
      at = end;
    }
  }
  return { chunks: scrubbed, found, touched };
}

/** Secrets in a text, as in the topic of a message or the value of an option. */
export function scrubText(text: string, patterns: readonly Pattern[]): string {
  let scrubbed = text;
  for (const { form, bytes } of patterns) {
    if (form !== "text") continue;
    const secret = new TextDecoder().decode(bytes);
    scrubbed = scrubbed.replaceAll(secret, "0".repeat(secret.length));
  }
  return scrubbed;
}

/** Positions of the chunks that belong together: one direction of one channel. */
const strandsOf = (chunks: readonly TranscriptChunk[]): readonly (readonly number[])[] => [
  ...Map.groupBy(chunks.keys(), (index) => {
    const chunk = chunks[index];
    return `${chunk?.direction} ${chunk?.channel ?? ""}`;
  }).values(),
];

type Span = readonly [from: number, to: number];

/** In place; the spans that were replaced. */
function replaceAll(
  whole: Buffer,
  patterns: readonly Pattern[],
  found: Map<string, number>,
): readonly Span[] {
  const spans: Span[] = [];
  for (const { form, bytes, instead } of patterns) {
    for (let at = whole.indexOf(bytes); at >= 0; at = whole.indexOf(bytes, at + bytes.length)) {
      whole.set(instead, at);
      spans.push([at, at + bytes.length]);
      found.set(form, (found.get(form) ?? 0) + 1);
    }
  }
  return spans;
}

/** Takes these bytes out of one direction wherever they stand, also across chunks; chunks that are left empty go. */
export function without(
  chunks: readonly TranscriptChunk[],
  frames: readonly Uint8Array[],
): { readonly chunks: readonly TranscriptChunk[]; readonly removed: number } {
  let removed = 0;
  const kept = chunks.map((chunk) => [...chunk.bytes]);
  for (const strand of strandsOf(chunks)) {
    const whole = Buffer.concat(strand.map((index) => chunks[index]?.bytes ?? new Uint8Array(0)));
    const gone = new Uint8Array(whole.length);
    for (const frame of frames) {
      if (frame.length === 0) continue;
      for (let at = whole.indexOf(frame); at >= 0; at = whole.indexOf(frame, at + frame.length)) {
        if (gone[at] === 0) removed += 1;
        gone.fill(1, at, at + frame.length);
      }
    }
    let at = 0;
    for (const index of strand) {
      const bytes = chunks[index]?.bytes ?? new Uint8Array(0);
      const from = at;
      kept[index] = [...bytes].filter((_, i) => gone[from + i] === 0);
      at += bytes.length;
    }
  }
  return {
    chunks: chunks.flatMap((chunk, index): readonly TranscriptChunk[] => {
      const bytes = Uint8Array.from(kept[index] ?? []);
      return bytes.length === 0 && chunk.bytes.length > 0 ? [] : [{ ...chunk, bytes }];
    }),
    removed,
  };
}
