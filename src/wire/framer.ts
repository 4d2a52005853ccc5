/** How to tell that a frame begins at some byte. */
export interface FrameRule {
  /** Length of the longest frame; nothing longer is ever kept. */
  readonly maxBytes: number;
  /**
   * Looks at the bytes [at, end), at least one: the frame's length when one begins at `at`, 0 when more bytes are needed to tell,
   * and -n when rule n (counted from 1) refuses.
   */
  match(bytes: Uint8Array, at: number, end: number): number;
  /** Why rule n refused, at n - 1. */
  readonly refusals: readonly string[];
}

/** The rule of a declared frame (frame.ts), whose length is fixed. */
export const fixedLengthRule = (format: {
  readonly lengthBytes: number;
  readonly refusals: readonly string[];
  check(bytes: Uint8Array, at: number): number;
}): FrameRule => ({
  maxBytes: format.lengthBytes,
  refusals: format.refusals,
  match(bytes, at, end) {
    if (end - at < format.lengthBytes) return 0;
    const refusal = format.check(bytes, at);
    return refusal === 0 ? format.lengthBytes : -refusal;
  },
});

export interface FramerOptions {
  readonly rule: FrameRule;
  /**
   * Frames that must follow one another without a gap before the first is believed, at the start and after every
   * noise. 1 where a strong checksum makes chance hits rare; more where only a bit pattern tells a frame.
   */
  readonly confirm: number;
  /** Called for each frame, in order, with the place where it stands; the bytes are only valid during the call. */
  onFrame(bytes: Uint8Array, at: number, length: number): void;
  /** Bytes that belong to no frame, with the rule that refused the first of them; only valid during the call. */
  onNoise(bytes: Uint8Array, reason: string): void;
}

/**
 * Cuts a byte stream into frames. After a refusal it drops one byte and looks again, so one damaged byte costs the
 * frame that it stands in and no other. It holds less than `2 * confirm * maxBytes` bytes whatever arrives, and the
 * frames found do not depend on how the stream was cut into chunks.
 */
export interface Framer {
  push(chunk: Uint8Array): void;
  /** Bytes waiting for the rest of their frame. */
  readonly heldBytes: number;
}

export function createFramer({ rule, confirm, onFrame, onNoise }: FramerOptions): Framer {
  const windowBytes = rule.maxBytes * confirm;
  const carry = new Uint8Array(2 * windowBytes);
  const unconfirmed = -(rule.refusals.length + 1);
  let held = 0;
  let inStep = false;

  /** The first of `confirm` frames in a row. */
  const matchRow = (bytes: Uint8Array, at: number, end: number): number => {
    const first = rule.match(bytes, at, end);
    let next = at + first;
    for (let i = 1; i < confirm && first > 0; i++) {
      const length = next < end ? rule.match(bytes, next, end) : 0;
      if (length <= 0) return length === 0 ? 0 : unconfirmed;
      next += length;
    }
    return first;
  };

  const reason = (refusal: number): string => rule.refusals[-refusal - 1] ?? "no frame follows it";

  /** Takes frames that begin in [at, limit); returns where it stopped for lack of bytes, or `limit` and beyond. */
  const scan = (bytes: Uint8Array, from: number, limit: number, end: number): number => {
    let at = from;
    let noiseAt = -1;
    let refusal = 0;
    while (at < limit) {
      let length = inStep ? rule.match(bytes, at, end) : matchRow(bytes, at, end);
      if (length === 0) {
        if (end - at < windowBytes) break;
        // A rule that wants more than its longest frame would wait for ever.
        length = unconfirmed;
      }
      if (length < 0) {
        if (noiseAt < 0) {
          noiseAt = at;
          refusal = length;
        }
        inStep = false;
        at += 1;
        continue;
      }
      if (noiseAt >= 0) onNoise(bytes.subarray(noiseAt, at), reason(refusal));
      noiseAt = -1;
      inStep = true;
      onFrame(bytes, at, length);
      at += length;
    }
    if (noiseAt >= 0) onNoise(bytes.subarray(noiseAt, at), reason(refusal));
    return at;
  };

  return {
    push(chunk) {
      let at = 0;
      if (chunk.length <= windowBytes) {
        carry.set(chunk, held);
        const total = held + chunk.length;
        at = scan(carry, 0, total, total);
        if (at > 0) carry.copyWithin(0, at, total);
        held = total - at;
        return;
      }
      if (held > 0) {
        // A frame that begins in the held bytes ends within one window of them: copy no more than that.
        const borrowed = Math.min(chunk.length, windowBytes);
        carry.set(chunk.subarray(0, borrowed), held);
        const total = held + borrowed;
        const stopped = scan(carry, 0, held, total);
        if (stopped < held) {
          carry.copyWithin(0, stopped, total);
          held = total - stopped;
          return;
        }
        at = stopped - held;
        held = 0;
      }
      at = scan(chunk, at, chunk.length, chunk.length);
      carry.set(chunk.subarray(at));
      held = chunk.length - at;
    },
    get heldBytes() {
      return held;
    },
  };
}
