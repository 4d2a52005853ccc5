import type { DeviceModule, OptionSpecs, OptionValues } from "../driver/contract.ts";
import { fillOptions, type GivenOptions, optionsProblem } from "../driver/options.ts";
import type { TimedBytes } from "../transport/replay.ts";
import { chunksUntil } from "../wire/chunks.ts";
import { parseTranscript, type Transcript, timedChunks } from "../wire/transcript.ts";
import { invalidInput, UsageError } from "./command.ts";
import { familyNamed } from "./configuration.ts";
import { BUILT_IN, familyIn, isModuleFile } from "./families.ts";
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
  if (file !== undefined) return fromFile(file, await readBytes(file, terminal), request, terminal);
  const device = request.device === undefined ? undefined : await familyNamed(request.device, terminal);
  if (terminal.inputIsKeyboard) {
    throw new UsageError("Nothing to read: name a file with --input, or send bytes to stdin.");
  }
  const { head, rest } = await peek(chunksUntil(terminal.input, terminal.signal));
  if (device === undefined || device.paced !== undefined || isGzip(head) || isTranscript(head)) {
    return fromFile("stdin", await collect("stdin", rest), request, terminal);
  }
  const options = optionsOf(device.options, {}, request.options);
  return { device, options, simulated: false, chunks: pacedAsTheyCome(rest, device, options) };
}

/** The family that comes along with this id; a UsageError with the nearest one where there is none. */
export const familyOf = (id: string): DeviceModule => familyIn(BUILT_IN, id);

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

async function fromFile(
  name: string,
  bytes: Uint8Array,
  request: RecordingRequest,
  terminal: Terminal,
): Promise<Recording> {
  if (bytes.length === 0) throw invalidInput(`${name} is empty.`, "Record again, or name another file.");
  const transcript = isTranscript(bytes)
    ? parseTranscript(new TextDecoder("latin1").decode(bytes))
    : undefined;
  const device = await familyNamed(nameOf(name, transcript, request.device), terminal);
  if (device.link === "files") {
    throw new UsageError(
      `${device.id} is read from files, which have no stream of bytes: use "breathwatch import --device ${device.id} ${name} --jsonl".`,
    );
  }
  const options = optionsOf(device.options, transcript?.options ?? {}, request.options);
  const simulated = transcript?.simulated ?? false;
  if (transcript === undefined && device.paced !== undefined && !isHex(name)) {
    return { device, options, simulated, chunks: device.paced(bytes) };
  }
  const chunks = timedChunks(name, bytes, rateOf(device, options));
  return { device, options, simulated, chunks: chunks.map((chunk) => onChannel(device, chunk)) };
}

/** What names no channel is of the one that a Bluetooth device tells most on: the first that it notifies. */
function onChannel(device: DeviceModule, chunk: TimedBytes): TimedBytes {
  if (device.link !== "gatt" || chunk.channel !== undefined) return chunk;
  const [channel] = [...device.gatt.notify, ...device.gatt.notifyIfThere, ...device.gatt.read];
  return channel === undefined ? chunk : { ...chunk, channel };
}

function nameOf(file: string, transcript: Transcript | undefined, given: string | undefined): string {
  const recorded = transcript?.device;
  if (recorded !== undefined && given !== undefined && isModuleFile(given)) return given;
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
  device: DeviceModule,
  options: OptionValues,
): AsyncGenerator<TimedBytes> {
  const bytesPerSecond = rateOf(device, options);
  let passed = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      const bytes = chunk.subarray(at, at + PIECE_BYTES);
      passed += bytes.length;
      yield onChannel(device, { offsetMs: (passed * 1000) / bytesPerSecond, bytes });
    }
  }
}
