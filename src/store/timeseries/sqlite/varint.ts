const utf8 = new TextEncoder();

/** Growing byte buffer with the two integer codes that everything stored is made of. Integers up to 2^53. */
export class ByteWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Unsigned LEB128. */
  unsigned(value: number): void {
    if (this.#length + 8 > this.#bytes.length) this.#grow(8);
    let rest = value;
    while (rest > 127) {
      this.#bytes[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** Zigzag, then LEB128: small numbers of either sign are short. */
  signed(value: number): void {
    this.unsigned(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** Length, then the bytes. */
  block(bytes: Uint8Array): void {
    this.unsigned(bytes.length);
    this.raw(bytes);
  }

  raw(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** UTF-8, its length first. */
  text(text: string): void {
    this.block(utf8.encode(text));
  }

  /** A copy of what was written. */
  done(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** What was written, to be used before the next call. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Empty again, its buffer kept. */
  clear(): void {
    this.#length = 0;
  }

  #grow(more: number): void {
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

/** Reads what ByteWriter wrote; throws RangeError at a truncated end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Position of the next byte. */
  get at(): number {
    return this.#at;
  }

  unsigned(): number {
    const first = this.#bytes[this.#at];
    if (first !== undefined && first < 128) {
      this.#at += 1;
      return first;
    }
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw tooShort();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
  }

  signed(): number {
    return fromZigzag(this.unsigned());
  }

  /** A view of a block; nothing is copied. */
  block(): Uint8Array {
    const length = this.unsigned();
    const block = this.#bytes.subarray(this.#at, this.#at + length);
    if (block.length < length) throw tooShort();
    this.#at += length;
    return block;
  }

  skip(length: number): void {
    this.#at += length;
    if (this.#at > this.#bytes.length) throw tooShort();
  }

  text(): string {
    return new TextDecoder().decode(this.block());
  }
}

/** Small ones, nearly all, without a division. */
const fromZigzag = (value: number): number => {
  if (value < 1 << 30) return value & 1 ? -(value >> 1) - 1 : value >> 1;
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
};

const tooShort = (): RangeError => new RangeError("a stored block ends too early");

/** What a token's low bits can say of a run; a longer one has its rest behind the token. */
const RUN_MAX = 7;

/**
 * Differences of consecutive numbers with how often each number is repeated, in one token: zigzag of the difference x 8 +
 * repeats. A number that is held for a breath costs one byte or two.
 */
export function writeRuns(out: ByteWriter, values: ArrayLike<number>): void {
  let previous = 0;
  for (let i = 0; i < values.length; ) {
    const value = values[i] ?? 0;
    const delta = value - previous;
    previous = value;
    let run = 0;
    i += 1;
    while (i < values.length && values[i] === value) {
      run += 1;
      i += 1;
    }
    out.unsigned((delta < 0 ? -2 * delta - 1 : 2 * delta) * (RUN_MAX + 1) + Math.min(run, RUN_MAX));
    if (run >= RUN_MAX) out.unsigned(run - RUN_MAX);
  }
}

/** Into the given array, which it fills. Throws RangeError at a truncated end. */
export function readRuns(input: ByteReader, values: Float64Array): Float64Array {
  const count = values.length;
  let previous = 0;
  for (let i = 0; i < count; ) {
    const token = input.unsigned();
    let run = token % (RUN_MAX + 1);
    previous += fromZigzag((token - run) / (RUN_MAX + 1));
    values[i++] = previous;
    if (run === RUN_MAX) run += input.unsigned();
    const end = Math.min(count, i + run);
    while (i < end) values[i++] = previous;
  }
  return values;
}

/** readRuns of bytes that seldom change. Returns how many of them are the `counted` one. */
export function readHeld(input: ByteReader, bytes: Uint8Array, counted: number): number {
  let found = 0;
  let previous = 0;
  for (let i = 0; i < bytes.length; ) {
    const token = input.unsigned();
    let run = token % (RUN_MAX + 1);
    previous += fromZigzag((token - run) / (RUN_MAX + 1));
    if (run === RUN_MAX) run += input.unsigned();
    const end = Math.min(bytes.length, i + 1 + run);
    bytes.fill(previous, i, end);
    if (previous === counted) found += end - i;
    i = end;
  }
  return found;
}

/** Differences of consecutive numbers; a run of equal ones is a zero and the length of the run less one. */
export function writeDeltas(out: ByteWriter, values: ArrayLike<number>): void {
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

export function readDeltas(input: ByteReader, count: number): Float64Array {
  const values = new Float64Array(count);
  let previous = 0;
  for (let i = 0; i < count; ) {
    const delta = input.signed();
    previous += delta;
    values[i++] = previous;
    if (delta !== 0) continue;
    const end = Math.min(count, i + input.unsigned());
    if (previous !== 0) values.fill(previous, i, end);
    i = end;
  }
  return values;
}
