/**
 * Recorded bytes with their timing, as text that people can read, search and mend:
 *
 *     breathwatch-transcript 1
 *     device: nonin-serial
 *     simulated: no
 *     option format: 2
 *
 *     0.000 < 01 81 43 00 C5
 *     13.402 > 02 70 02 02 02 03
 *     20.117 < 2a5f: 0C 62 00 4E 00 20 00 00 00 00
 *
 * One chunk a line: milliseconds since the start, `<` from the device or `>` to it, on links that carry packets the
 * packet's channel (percent-encoded) and a colon, bytes in hex. Text after a bar and lines that begin with `#` are
 * remarks.
 */
import { Fault } from "../domain/fault.ts";

export interface TranscriptHeader {
  /** Device family id. */
  readonly device: string;
  /** Whether the bytes came from a simulator (law 7); a replay of them is simulated in any case. */
  readonly simulated: boolean;
  readonly options: { readonly [name: string]: string };
}

export interface TranscriptChunk {
  /** Milliseconds since the first moment of the recording; never falls. */
  readonly offsetMs: number;
  /** `in`: from the device to Breathwatch. */
  readonly direction: "in" | "out";
  /** On links that carry packets: see Packet. */
  readonly channel?: string;
  readonly bytes: Uint8Array;
}

export interface Transcript extends TranscriptHeader {
  readonly chunks: readonly TranscriptChunk[];
}

const MAGIC = "breathwatch-transcript 1";

/** The lines before the first chunk. */
export function writeTranscriptHeader(header: TranscriptHeader): string {
  const options = Object.entries(header.options).map(([name, value]) => `option ${name}: ${value}\n`);
  return `${MAGIC}\ndevice: ${header.device}\nsimulated: ${header.simulated ? "yes" : "no"}\n${options.join("")}\n`;
}

/** One chunk as a line. */
export const writeTranscriptChunk = ({ offsetMs, direction, channel, bytes }: TranscriptChunk): string => {
  const place = channel === undefined ? "" : `${encodeURIComponent(channel)}: `;
  return `${offsetMs.toFixed(3)} ${direction === "in" ? "<" : ">"} ${place}${toHex(bytes)}`
    .trimEnd()
    .concat("\n");
};

/** Whether a file is a transcript, whatever its name. */
export const isTranscript = (file: Uint8Array): boolean =>
  new TextDecoder("latin1").decode(file.subarray(0, MAGIC.length)).startsWith("breathwatch-transcript ");

/**
 * Reads a transcript. A last line without its line end was cut off by a crash and is dropped when it cannot be read.
 * Throws INPUT_INVALID with the number of the line.
 */
export function parseTranscript(text: string): Transcript {
  const lines = text.split("\n");
  if (lines[0]?.trim() !== MAGIC) throw invalid(1, `does not say "${MAGIC}"`);
  const fields = new Map<string, string>();
  const options: Record<string, string> = {};
  const chunks: TranscriptChunk[] = [];
  for (let index = 1; index < lines.length; index++) {
    const line = remarkless(lines[index]!);
    if (line === "") continue;
    const head = /^(option )?([\w.-]+): *(.*)$/.exec(line);
    if (head !== null) {
      if (head[1] === undefined) fields.set(head[2]!, head[3]!);
      else options[head[2]!] = head[3]!;
      continue;
    }
    const chunk = parseChunk(line);
    if (chunk === undefined) {
      if (index === lines.length - 1) break;
      throw invalid(index + 1, "is neither a field nor a chunk");
    }
    if (chunk.offsetMs < (chunks.at(-1)?.offsetMs ?? 0)) throw invalid(index + 1, "goes back in time");
    chunks.push(chunk);
  }
  const device = fields.get("device");
  if (device === undefined) throw invalid(2, "and those after it do not name a device");
  return { device, simulated: fields.get("simulated") !== "no", options, chunks };
}

/** Reads a `.hex` file: one frame a line, text after a bar ignored. Throws INPUT_INVALID with the line's number. */
export const parseHexFrames = (text: string): readonly Uint8Array[] =>
  parseHexLines(text).map(({ bytes }) => bytes);

/** The same with the packet's channel (percent-encoded) where a line begins with one and a colon. */
function parseHexLines(text: string): readonly { readonly channel?: string; readonly bytes: Uint8Array }[] {
  return text.split("\n").flatMap((raw, index) => {
    const line = remarkless(raw);
    if (line === "") return [];
    const [, channel, hex = line] = /^([^\s:]+):(.*)$/.exec(line) ?? [];
    const bytes = fromHex(hex);
    if (bytes === undefined) throw invalid(index + 1, "is not hexadecimal");
    return [channel === undefined ? { bytes } : { channel: decoded(channel), bytes }];
  });
}

/** Raw files are handed on in pieces of this many bytes. */
const RAW_CHUNK_BYTES = 32;

/**
 * What a device said in a recording, with times: a transcript keeps its own; the frames of a `.hex` file (also
 * `.hex.gz`, unpacked) and any other bytes come at the given rate. Throws INPUT_INVALID.
 */
export function timedChunks(
  name: string,
  file: Uint8Array,
  bytesPerSecond: number,
): readonly { readonly offsetMs: number; readonly channel?: string; readonly bytes: Uint8Array }[] {
  const text = (): string => new TextDecoder("latin1").decode(file);
  if (isTranscript(file)) {
    return parseTranscript(text()).chunks.filter((chunk) => chunk.direction === "in");
  }
  let passed = 0;
  const paced = <Piece extends { readonly bytes: Uint8Array }>(piece: Piece) => {
    passed += piece.bytes.length;
    return { offsetMs: (passed * 1000) / bytesPerSecond, ...piece };
  };
  if (/\.hex(?:\.gz)?$/.test(name)) return parseHexLines(text()).map(paced);
  const pieces = Math.ceil(file.length / RAW_CHUNK_BYTES);
  return Array.from({ length: pieces }, (_, i) =>
    paced({ bytes: file.subarray(i * RAW_CHUNK_BYTES, (i + 1) * RAW_CHUNK_BYTES) }),
  );
}

/** Upper-case pairs with a space between. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += `${text === "" ? "" : " "}${HEX[byte]!}`;
  return text;
}

/** Bytes of a line of hex pairs, with or without spaces; undefined where it is anything else. */
export function fromHex(text: string): Uint8Array | undefined {
  const digits = text.replaceAll(/\s+/g, "");
  if (digits.length % 2 !== 0 || !/^[\da-f]*$/i.test(digits)) return undefined;
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).toUpperCase().padStart(2, "0"));

const remarkless = (line: string): string => (line.startsWith("#") ? "" : line.replace(/\|.*$/s, "").trim());

function parseChunk(line: string): TranscriptChunk | undefined {
  const parts = /^(\d+(?:\.\d+)?) ([<>]) ?(?:([^\s:]+): ?)?(.*)$/.exec(line);
  const bytes = parts === null ? undefined : fromHex(parts[4]!);
  if (parts === null || bytes === undefined) return undefined;
  const channel = parts[3] === undefined ? undefined : decoded(parts[3]);
  return {
    offsetMs: Number(parts[1]),
    direction: parts[2] === "<" ? "in" : "out",
    ...(channel === undefined ? {} : { channel }),
    bytes,
  };
}

/** A channel as written; one with a broken escape stands for itself. */
function decoded(channel: string): string {
  try {
    return decodeURIComponent(channel);
  } catch {
    return channel;
  }
}

const invalid = (line: number, problem: string): Fault =>
  new Fault("INPUT_INVALID", `Line ${line} of the recording ${problem}.`, {
    fix: "Record again, or mend the line by hand: the format stands at the top of src/wire/transcript.ts.",
    permanent: true,
  });
