/** How the device packs a record of its memory; one value a second, undefined where the finger was out. */
export type Values = readonly (number | undefined)[];

const ARTIFACT = 0x7f;

/** One frame of a record: its flags, and its data bytes from `from` on. */
export interface RecordFrame {
  readonly flags: number;
  readonly data: Uint8Array;
}

/**
 * The manual mode. The first byte of a frame is a value (128 more with its flag); every further one holds two steps
 * from there: the high nibble up (down with the flag), the low one up, or down with its top bit. 7F with the flag is no
 * finger, for two seconds unless it is the first byte; a low nibble of F the same for one. 7F is padding at the end.
 */
export function decodeManual(frames: Iterable<RecordFrame>, seconds: number): Values {
  const values: (number | undefined)[] = [];
  for (const { flags, data } of frames) {
    const flagged = (i: number): boolean => ((flags >> i) & 1) === 1;
    const first = data[0] ?? ARTIFACT;
    let value = flagged(0) && first === ARTIFACT ? undefined : first + (flagged(0) ? 128 : 0);
    values.push(value);
    for (let i = 1; i < data.length; i++) {
      const byte = data[i] ?? 0;
      if (flagged(i) && byte === ARTIFACT) {
        values.push(undefined, undefined);
        continue;
      }
      const high = byte >> 4;
      const low = byte & 15;
      // After a first byte without a finger there is nothing to step from.
      if (value !== undefined) value += flagged(i) ? -high : high;
      values.push(value);
      if (low === 15) {
        values.push(undefined);
        continue;
      }
      if (value !== undefined) value += low & 8 ? -(low & 7) : low & 7;
      values.push(value);
    }
  }
  return values.slice(0, seconds);
}

/**
 * The automatic mode. Values are steps down from a top, which two bytes set (flag, high nibble 7): 16 times the first
 * low nibble, plus the second. Other bytes hold a step in the high nibble, 8 more with the flag, and one in the low
 * nibble, which F leaves out.
 */
export function decodeAuto(frames: Iterable<RecordFrame>, seconds: number): Values {
  const values: number[] = [];
  let top = 0;
  let topBegun = false;
  for (const { flags, data } of frames) {
    for (let i = 0; i < data.length && values.length < seconds; i++) {
      const byte = data[i] ?? 0;
      const high = byte >> 4;
      const low = byte & 15;
      const flagged = ((flags >> i) & 1) === 1;
      if (flagged && high === 7) {
        top = topBegun ? top + low : 16 * low;
        topBegun = !topBegun;
        continue;
      }
      values.push(top - high - (flagged ? 8 : 0));
      if (low !== 15 && values.length < seconds) values.push(top - low);
    }
  }
  return values;
}

const DATA_BYTES = 14;
const STEP_MAX = 7;

/**
 * Packs a record as the manual mode does, for the simulator. A step of more than 7 in one second is spread over the
 * next ones, and a finger that comes back inside a frame is waited for until the next, as real records show.
 */
export function encodeManual(given: Values): readonly RecordFrame[] {
  const frames: RecordFrame[] = [];
  for (let at = 0; at < given.length; ) {
    const data = new Uint8Array(DATA_BYTES).fill(ARTIFACT);
    const first = given[at++];
    let flags = 0;
    let value = first ?? 0;
    let out = first === undefined;
    if (out || value > 127) flags |= 1;
    if (first !== undefined) data[0] = first & 0x7f;
    const next = (): number | undefined => {
      const wanted = given[at++];
      if (wanted === undefined) out = true;
      if (out) return undefined;
      const step = Math.max(-STEP_MAX, Math.min(STEP_MAX, (wanted ?? value) - value));
      value += step;
      return step;
    };
    for (let i = 1; i < DATA_BYTES; i++) {
      const high = next();
      const low = next();
      if (high === undefined) flags |= 1 << i;
      else {
        if (high < 0) flags |= 1 << i;
        data[i] = (Math.abs(high) << 4) | (low === undefined ? 15 : low < 0 ? 8 - low : low);
      }
    }
    frames.push({ flags, data });
  }
  return frames;
}
