import { DEVICES, findDevice } from "../../devices/index.ts";
import { nearest } from "../config/nearest.ts";
import type { DeviceModule, OptionSpecs, OptionValues } from "../driver/contract.ts";
import { fillOptions, type GivenOptions, optionsProblem } from "../driver/options.ts";
import type { TimedBytes } from "../transport/replay.ts";
import { chunksUntil } from "../wire/chunks.ts";
import { parseTranscript, type Transcript, timedChunks } from "../wire/transcript.ts";
import { invalidInput, UsageError } from "./command.ts";
import { collect, isGzip, readBytes } from "./files.ts";
import type { Terminal } from "./terminal.ts";

/** What a device once said, ready to be played or decoded. */
export interface Recording {
  readonly device: DeviceModule;
  readonly options: OptionValues;
  /** Whether the bytes are known to come from a simulator (law 7). */
  readonly simulated: boolean;
  /** Times never fall. */
  readonly chunks: Iterable<TimedBytes> | AsyncIterable<TimedBytes>;
}

interface RecordingRequest {
  /** Absent: stdin. */
  readonly file?: string;
  /** Family id; a transcript names its own. */
  readonly device?: string;
  /** `name=value` as given, one or several in each text. */
  readonly options: readonly string[];
}

/**
 * Opens a recording: a transcript (keeps its timing), a `.hex` file, a logger's file that the family knows, or bare
 * bytes at the family's nominal rate; each also as gzip. Bare bytes on stdin are handed on as they come, until the
 * terminal's signal aborts. Throws UsageError or INPUT_INVALID.
 */
export async function openRecording(request: RecordingRequest, terminal: Terminal): Promise<Recording> {
  const { file } = request;
  if (file !== undefined) return fromFile(file, await readBytes(file, terminal), request);
  const device = request.device === undefined ? undefined : familyOf(request.device);
  if (terminal.inputIsKeyboard) {
    throw new UsageError("Nothing to read: name a file with --input, or send bytes to stdin.");
  }
  const { head, rest } = await peek(chunksUntil(terminal.input, terminal.signal));
  if (device === undefined || device.paced !== undefined || isGzip(head) || isTranscript(head)) {
    return fromFile("stdin", await collect("stdin", rest), request);
  }
  const options = optionsOf(device.options, {}, request.options);
  return { device, options, simulated: false, chunks: pacedAsTheyCome(rest, rateOf(device, options)) };
}

/** The family with this id; a UsageError with the nearest one where there is none. */
export function familyOf(id: string): DeviceModule {
  const device = findDevice(id);
  if (device !== undefined) return device;
  const guess = nearest(
    id,
    DEVICES.map((known) => known.id),
  );
  const fix = guess === undefined ? 'List them with "breathwatch devices".' : `Did you mean "${guess}"?`;
  throw new UsageError(`There is no device family "${id}". ${fix}`);
}

/** Options from `name=value` texts over those that a transcript names, with the defaults of the rest. */
export function optionsOf(
  specs: OptionSpecs,
  recorded: { readonly [name: string]: string },
  texts: readonly string[],
): OptionValues {
  const pairs = texts.flatMap((text) => text.split(",")).map(pairOf);
  const given: GivenOptions = Object.fromEntries(
    [...Object.entries(recorded), ...pairs].map(([name, value]) => [name, asWritten(specs, name, value)]),
  );
  const problem = optionsProblem(specs, given);
  if (problem !== undefined) throw new UsageError(`The device's options do not fit: ${problem}.`);
  return fillOptions(specs, given);
}

function pairOf(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw new UsageError(`--options wants name=value, not "${text}".`);
  return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

/** A text as the kind of its option wants it; what does not fit is left for the check to name. */
function asWritten(specs: OptionSpecs, name: string, value: string): string | number | boolean {
  const kind = Object.hasOwn(specs, name) ? specs[name]?.kind : undefined;
  if (kind === "number" && value !== "") return Number(value);
  return kind === "flag" && (value === "true" || value === "false") ? value === "true" : value;
}

function fromFile(name: string, bytes: Uint8Array, request: RecordingRequest): Recording {
  if (bytes.length === 0) throw invalidInput(`${name} is empty.`, "Record again, or name another file.");
  const transcript = isTranscript(bytes)
    ? parseTranscript(new TextDecoder("latin1").decode(bytes))
    : undefined;
  const device = familyOf(nameOf(name, transcript, request.device));
  const options = optionsOf(device.options, transcript?.options ?? {}, request.options);
  const simulated = transcript?.simulated ?? false;
  if (transcript === undefined && device.paced !== undefined && !isHex(name)) {
    return { device, options, simulated, chunks: device.paced(bytes) };
  }
  return { device, options, simulated, chunks: timedChunks(name, bytes, rateOf(device, options)) };
}

function nameOf(file: string, transcript: Transcript | undefined, given: string | undefined): string {
  const recorded = transcript?.device;
  if (recorded !== undefined && given !== undefined && recorded !== given) {
    throw invalidInput(
      `${file} was recorded from ${recorded}, not from ${given}.`,
      `Leave --device out, or name ${recorded}.`,
    );
  }
  const name = recorded ?? given;
  if (name === undefined) throw new UsageError("--device is missing: only a transcript names its device.");
  return name;
}

const isHex = (name: string): boolean => /\.hex(?:\.gz)?$/.test(name);

const TRANSCRIPT = new TextEncoder().encode("breathwatch-transcript ");

const isTranscript = (bytes: Uint8Array): boolean => TRANSCRIPT.every((byte, i) => bytes[i] === byte);

/** Bytes a second of a recording without times. */
const rateOf = (device: DeviceModule, options: OptionValues): number =>
  device.bytesPerSecond?.(options) ??
  (device.link === "bytes" ? device.serial(options).baudRate / 10 : PACKET_BYTES_PER_SECOND);

/** Ten packets of 20 bytes. */
const PACKET_BYTES_PER_SECOND = 200;

/** The beginning of a stream, enough to tell what it is, and the whole stream again. */
async function peek(input: AsyncIterable<Uint8Array>) {
  const reader = input[Symbol.asyncIterator]();
  const taken: Uint8Array[] = [];
  let bytes = 0;
  let ended = false;
  while (bytes < TRANSCRIPT.length && !ended) {
    const next = await reader.next();
    if (next.done === true) ended = true;
    else {
      taken.push(next.value);
      bytes += next.value.length;
    }
  }
  async function* rest(): AsyncGenerator<Uint8Array> {
    yield* taken;
    while (!ended) {
      const next = await reader.next();
      if (next.done === true) return;
      yield next.value;
    }
  }
  return { head: Buffer.concat(taken), rest: rest() };
}

/** Larger pieces would put too many frames into one moment. */
const PIECE_BYTES = 32;

async function* pacedAsTheyCome(
  chunks: AsyncIterable<Uint8Array>,
  bytesPerSecond: number,
): AsyncGenerator<TimedBytes> {
  let passed = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      const bytes = chunk.subarray(at, at + PIECE_BYTES);
      passed += bytes.length;
      yield { offsetMs: (passed * 1000) / bytesPerSecond, bytes };
    }
  }
}
