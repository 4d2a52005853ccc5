import type { Framer } from "./framer.ts";

export interface LineFramerOptions {
  /** `lf`: LF ends a line, a CR before it belongs to the line end. `cr`: CR ends a line, an LF after it likewise. */
  readonly end: "lf" | "cr";
  /** Longest line without its end; what is longer is noise up to its line end. */
  readonly maxBytes: number;
  /**
   * Called for each line, in order, without its end; the bytes are only valid during the call. `whole` is false
   * where bytes may be missing at its front: the first line after joining a running stream, and a line that follows
   * an idle run (the NUL bytes of a break on the wire or of a power-up).
   */
  onLine(bytes: Uint8Array, whole: boolean): void;
  /** Bytes that belong to no line, with the rule that says so; only valid during the call. */
  onNoise(bytes: Uint8Array, reason: string): void;
}

export interface LineFramer extends Framer {
  /** The stream is over: what still waits for a line end is noise, and the next line starts afresh. */
  flush(): void;
}

/** Why bytes belong to no line. */
export const LINE_NOISE = {
  idle: "idle line",
  tooLong: "line too long",
  noEnd: "no line end",
} as const;

const NUL = 0x00;
const LF = 0x0a;
const CR = 0x0d;

/**
 * Cuts a byte stream into lines. It holds at most `maxBytes` + 1 bytes whatever arrives, runs to the next line end
 * when a line is too long, and finds the same lines however the stream was cut into chunks. A byte is copied at most
 * once. Throws RangeError on a limit below one byte.
 */
export function createLineFramer({ end, maxBytes, onLine, onNoise }: LineFramerOptions): LineFramer {
  if (!(maxBytes >= 1)) throw new RangeError("a line needs at least one byte");
  const endByte = end === "lf" ? LF : CR;
  // One more than the longest line, for the CR before an LF.
  const held = new Uint8Array(maxBytes + 1);
  let heldBytes = 0;
  let whole = false;
  let skipping = false;
  let afterCr = false;

  /** Steps over what may stand before a line without being part of one; returns where the line starts. */
  const skipIdle = (chunk: Uint8Array, start: number): number => {
    let from = start;
    if (afterCr && chunk[from] === LF) from += 1;
    afterCr = false;
    const idle = from;
    while (chunk[from] === NUL) from += 1;
    if (from > idle) {
      whole = false;
      onNoise(chunk.subarray(idle, from), LINE_NOISE.idle);
    }
    return from;
  };

  /** Appends to the held beginning of a line; a line that cannot fit any more is given up. */
  const hold = (piece: Uint8Array): void => {
    if (!skipping && heldBytes + piece.length <= held.length) {
      held.set(piece, heldBytes);
      heldBytes += piece.length;
      return;
    }
    skipping = true;
    if (heldBytes > 0) onNoise(held.subarray(0, heldBytes), LINE_NOISE.tooLong);
    if (piece.length > 0) onNoise(piece, LINE_NOISE.tooLong);
    heldBytes = 0;
  };

  const finish = (piece: Uint8Array): void => {
    if (skipping || heldBytes > 0) hold(piece);
    if (!skipping) {
      const joined = heldBytes > 0 ? held.subarray(0, heldBytes) : piece;
      const line = endByte === LF && joined.at(-1) === CR ? joined.subarray(0, -1) : joined;
      if (line.length > maxBytes) onNoise(joined, LINE_NOISE.tooLong);
      else onLine(line, whole);
    }
    heldBytes = 0;
    skipping = false;
    whole = true;
    afterCr = endByte === CR;
  };

  return {
    push(chunk) {
      let from = 0;
      while (from < chunk.length) {
        if (!skipping && heldBytes === 0) from = skipIdle(chunk, from);
        if (from >= chunk.length) return;
        const at = chunk.indexOf(endByte, from);
        if (at < 0) return hold(chunk.subarray(from));
        finish(chunk.subarray(from, at));
        from = at + 1;
      }
    },
    flush() {
      if (heldBytes > 0) onNoise(held.subarray(0, heldBytes), LINE_NOISE.noEnd);
      heldBytes = 0;
      skipping = false;
      whole = false;
    },
    get heldBytes() {
      return heldBytes;
    },
  };
}

/** The text of a line, one character a byte (ISO 8859-1), so that no byte is lost or changed. */
export const lineText = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");

/** The bytes of a text whose characters are all below U+0100. */
export const lineBytes = (text: string): Uint8Array => Buffer.from(text, "latin1");
