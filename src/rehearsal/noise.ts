import { type BedView, MACHINE_ALARMS } from "../domain/bed.ts";
import { QUALITY_FLAGS } from "../domain/observation.ts";
import { ABSENCES, absent, measured } from "../domain/sample.ts";
import { SIGNALS } from "../domain/signal.ts";
import type { Random } from "../port/random.ts";

/** A piece of what a device says, on the channel that it belongs to where its link has such. */
export interface Piece {
  readonly channel?: string;
  readonly bytes: Uint8Array;
}

/** What a flood of noise is made of. */
export interface NoiseSource {
  /** What the family itself says, undamaged; at least one piece. */
  readonly own: readonly Piece[];
  /** Packets and reports are no longer than this; a stream comes in pieces of up to this. */
  readonly maxPieceBytes: number;
  readonly random: Random;
}

const CHARACTERS = '0123456789.,-+:;=%SBE {}"\t\r\n\u0002\u0003\u001b';
/** Values at which decoders err: ends, signs, "missing" codes. */
const EDGES = [0x00, 0x01, 0x20, 0x7e, 0x7f, 0x80, 0xaa, 0xfe, 0xff];
const FOREIGN_CHANNEL = "ffff";
/** Bytes of one kind of noise before another kind follows. */
const STRETCH_BYTES = 3_000;

const KINDS = ["random", "damaged", "characters", "lengths", "edges", "own"] as const;

type NoiseKind = (typeof KINDS)[number];

/**
 * At least so many bytes of noise, in stretches of several kinds: bytes of pure chance, characters of text without any
 * meaning, and the family's own stream with flipped, lost, added, repeated and exchanged pieces, with wrong lengths and
 * with the values at which decoders err. On links with channels it comes on the family's own and now and then on a
 * foreign one. The same chance gives the same noise.
 */
export function* noise(source: NoiseSource, bytes: number): Generator<Piece> {
  const { random } = source;
  for (let made = 0; made < bytes; ) {
    const kind = oneOf(KINDS, random);
    for (let stretch = 0; stretch < STRETCH_BYTES && made < bytes; ) {
      for (const piece of piecesOf(kind, source)) {
        stretch += Math.max(1, piece.bytes.length);
        made += Math.max(1, piece.bytes.length);
        yield piece;
      }
    }
  }
}

function piecesOf(kind: NoiseKind, source: NoiseSource): readonly Piece[] {
  const { random, maxPieceBytes, own } = source;
  const length = 1 + below(maxPieceBytes, random);
  switch (kind) {
    case "random":
      return [onSomeChannel(random.bytes(length), source)];
    case "characters":
      return [onSomeChannel(characters(length, random), source)];
    case "damaged":
      return damagedRun(source);
    case "lengths": {
      const piece = oneOf(own, random);
      const bytes = random.uniform() < 0.5 ? shorter(piece.bytes, random) : longer(piece.bytes, random);
      return [{ ...piece, bytes: bytes.subarray(0, maxPieceBytes) }];
    }
    case "edges": {
      const piece = oneOf(own, random);
      const share = random.uniform() ** 2;
      const bytes = piece.bytes.map((byte) => (random.uniform() < share ? oneOf(EDGES, random) : byte));
      return [{ ...piece, bytes }];
    }
    case "own":
      return someInARow(own, random);
  }
}

/** Some pieces in a row, each perhaps changed, left out, said twice or after its follower. */
function damagedRun({ own, random, maxPieceBytes }: NoiseSource): readonly Piece[] {
  const share = random.uniform() * 0.05;
  const run = someInARow(own, random).flatMap((piece) => {
    const fate = random.uniform();
    if (fate < 0.04) return [];
    const bytes = damagedBytes(piece.bytes, share, random).subarray(0, maxPieceBytes);
    return fate < 0.08 ? [piece, { ...piece, bytes }] : [{ ...piece, bytes }];
  });
  const at = below(run.length, random);
  const [one, other] = [run[at], run[at + 1]];
  if (one === undefined || other === undefined || random.uniform() < 0.5) return run;
  return [...run.slice(0, at), other, one, ...run.slice(at + 2)];
}

/** Bits flipped, bytes lost and bytes added, each with this share of the bytes. */
function damagedBytes(bytes: Uint8Array, share: number, random: Random): Uint8Array {
  const result: number[] = [];
  for (const byte of bytes) {
    const fate = random.uniform();
    if (fate < share) result.push(byte ^ (1 << below(8, random)));
    else if (fate < 2 * share) continue;
    else if (fate < 3 * share) result.push(byte, below(256, random));
    else result.push(byte);
  }
  return Uint8Array.from(result);
}

function someInARow(own: readonly Piece[], random: Random): readonly Piece[] {
  const from = below(own.length, random);
  return own.slice(from, from + 1 + below(20, random));
}

function onSomeChannel(bytes: Uint8Array, { own, random }: NoiseSource): Piece {
  const { channel } = oneOf(own, random);
  if (channel === undefined) return { bytes };
  return { channel: random.uniform() < 0.05 ? FOREIGN_CHANNEL : channel, bytes };
}

const characters = (length: number, random: Random): Uint8Array =>
  random.bytes(length).map((byte) => CHARACTERS.charCodeAt(byte % CHARACTERS.length));

const shorter = (bytes: Uint8Array, random: Random): Uint8Array =>
  bytes.subarray(0, below(bytes.length + 1, random));

const longer = (bytes: Uint8Array, random: Random): Uint8Array =>
  Buffer.concat([bytes, random.bytes(1 + below(40, random))]);

/** What stands on a memory card, by path. */
export type CardFiles = ReadonlyMap<string, Uint8Array>;

/** Texts and codes that stand where counts stand. */
const ABSURD: readonly Uint8Array[] = [
  ...["99999999", "-1      ", "0       ", "1e308   ", "        ", "NaN"].map((text) => Buffer.from(text)),
  Uint8Array.of(0xff, 0xff),
  Uint8Array.of(0xff, 0xff, 0xff, 0xff),
  Uint8Array.of(0xff, 0xff, 0xff, 0x7f),
  Uint8Array.of(0, 0, 0, 0),
  Uint8Array.of(0, 0, 0, 0x80),
];
/** Heads, where most counts stand, are hit as often as all the rest. */
const HEAD_BYTES = 512;

/**
 * A damaged copy of a card: files cut off, empty, gone, with flipped bits, with absurd counts, with stretches of one
 * value or of chance, longer than they say, under another's name or in another folder. At least one file is damaged.
 */
export function damagedCard(files: CardFiles, random: Random): CardFiles {
  const result = new Map(files);
  const names = [...files.keys()];
  if (names.length === 0) return result;
  const count = random.uniform() < 0.5 ? 1 : 1 + below(names.length, random);
  for (let i = 0; i < count; i++) damageOne(result, oneOf(names, random), random);
  return result;
}

function damageOne(files: Map<string, Uint8Array>, name: string, random: Random): void {
  const bytes = files.get(name);
  if (bytes === undefined) return;
  const fate = random.uniform();
  if (fate < 0.03) files.delete(name);
  else if (fate < 0.06) files.set(name, new Uint8Array(0));
  else if (fate < 0.12) {
    // The other's content under this name, and this one's under a name that nobody knows.
    const other = files.get(oneOf([...files.keys()], random));
    if (other !== undefined) files.set(name, other);
    files.set(otherName(name, random), bytes);
  } else if (fate < 0.3) files.set(name, shorter(bytes, random).slice());
  else if (fate < 0.36) files.set(name, longer(bytes, random));
  else if (bytes.length > 0) files.set(name, rewritten(bytes.slice(), random));
}

function otherName(name: string, random: Random): string {
  const slash = name.lastIndexOf("/");
  const [folder, file] = [name.slice(0, slash + 1), name.slice(slash + 1)];
  const names = [
    `${folder}copy-of-${file}`,
    `${folder}${file}.bak`,
    `OTHER/${file}`,
    `${folder}${file.toLowerCase()}`,
    `${folder}${file.replaceAll(/\d/g, "9")}`,
    `${folder}${file.slice(1)}`,
  ];
  return oneOf(names, random);
}

/** Changes a file in place, or puts a piece of it elsewhere. */
function rewritten(bytes: Uint8Array, random: Random): Uint8Array {
  const place = (): number => {
    const isHead = random.uniform() < 0.5;
    return below(isHead ? Math.min(HEAD_BYTES, bytes.length) : bytes.length, random);
  };
  const kind = random.uniform();
  if (kind < 0.4) {
    for (let i = 1 + below(20, random); i > 0; i--) {
      const at = place();
      bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8, random));
    }
    return bytes;
  }
  const at = place();
  if (kind < 0.65) {
    bytes.set(oneOf(ABSURD, random).subarray(0, bytes.length - at), at);
    return bytes;
  }
  const to = Math.min(bytes.length, at + 1 + below(2_000, random));
  if (kind < 0.8) return bytes.fill(oneOf(EDGES, random), at, to);
  if (kind < 0.9) {
    bytes.set(random.bytes(to - at), at);
    return bytes;
  }
  return Buffer.concat([bytes.subarray(0, to), bytes.subarray(at)]);
}

/** Breaths as short as a ventilator may see them. */
const PANTING_MS = 600;

/**
 * A bed whose every value jumps at each look, anywhere in the range that a signal may have, or is absent for any
 * reason: through a family's simulator it gives frames that are in order and say the unusual.
 */
export function createWildBed(random: Random): BedView {
  return {
    sample(signal) {
      const { min, max } = SIGNALS[signal];
      if (random.uniform() < 0.2) return absent(oneOf(ABSENCES, random));
      const share = random.uniform() < 0.2 ? Math.round(random.uniform()) : random.uniform();
      return measured(signal, min + share * (max - min));
    },
    setting(setting) {
      if (random.uniform() < 0.2) return undefined;
      return setting === "mode" || setting === "interface" ? "NIV" : Math.round(random.uniform() * 60);
    },
    flags: () => QUALITY_FLAGS.filter(() => random.uniform() < 0.2),
    calls: () => random.uniform() < 0.5,
    ownAlarms: () => MACHINE_ALARMS.filter(() => random.uniform() < 0.2),
    wave: () => (random.uniform() < 0.05 ? undefined : random.uniform() * 200 - 50),
    breath: (at) => ({
      number: Math.floor(at / PANTING_MS),
      phase: at % PANTING_MS < PANTING_MS / 3 ? "inspiration" : "expiration",
    }),
  };
}

/** A whole number from 0 to below `limit`; 0 where that is 0. */
const below = (limit: number, random: Random): number => Math.floor(random.uniform() * limit);

function oneOf<T>(all: readonly T[], random: Random): T {
  const one = all[below(all.length, random)];
  if (one === undefined) throw new RangeError("nothing to choose from");
  return one;
}
