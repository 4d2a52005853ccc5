/** Growing byte buffer with the two integer codes that the chunks are made of. Integers up to 2^53. */
export class ByteWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  /** Unsigned LEB128. */
  unsigned(value: number): void {
    let rest = value;
    while (rest > 127) {
      this.#byte((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    this.#byte(rest);
  }

  /** Zigzag, then LEB128: small numbers of either sign are short. */
  signed(value: number): void {
    this.unsigned(value < 0 ? -2 * value - 1 : 2 * value);
  }

  done(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #byte(value: number): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#length++] = value;
  }
}

/** Reads what ByteWriter wrote; throws RangeError at a truncated end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  unsigned(): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new RangeError("a stored chunk ends too early");
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
  }

  signed(): number {
    const value = this.unsigned();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

/** Differences of consecutive numbers; a run of equal ones is a zero and the length of the run less one. */
export function writeDeltas(out: ByteWriter, values: readonly number[]): void {
  let previous = 0;
  for (let i = 0; i < values.length; ) {
    const delta = (values[i] ?? 0) - previous;
    previous += delta;
    out.signed(delta);
    if (delta !== 0) {
      i += 1;
      continue;
    }
    let run = 1;
    while (i + run < values.length && values[i + run] === previous) run += 1;
    out.unsigned(run - 1);
    i += run;
  }
}

export function readDeltas(input: ByteReader, count: number): number[] {
  const values: number[] = [];
  let previous = 0;
  while (values.length < count) {
    const delta = input.signed();
    previous += delta;
    values.push(previous);
    if (delta !== 0) continue;
    for (let run = input.unsigned(); run > 0 && values.length < count; run--) values.push(previous);
  }
  return values;
}
