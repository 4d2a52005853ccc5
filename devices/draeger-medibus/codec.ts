/**
 * MEDIBUS and MEDIBUS.X: text frames that both ends send, and realtime bytes that stand between and inside them.
 *
 *     command     1B | code | argument, 251 bytes at most | sum sum | 0D
 *     response    01 | code of the command | data         | sum sum | 0D
 *
 *     sum         two upper-case hexadecimal digits: the bytes before them, added, modulo 256
 *     code 15     in a response: the command came damaged
 *     80...FF     realtime bytes (realtime.ts), taken out first
 *     11, 13      suspend, resume: dropped
 *
 *     01 '$ D6  16  1B 0 4B 0D  46 0D'       a command may stand inside a response, which goes on after it
 *
 * ? The sum of a response leaves out a command inside it: inferred; a capture of one would settle it.
 */
import { sum8 } from "../../src/wire/checksum.ts";
import { lineBytes, lineText } from "../../src/wire/line.ts";

/** Command codes; a response carries the code of its command. */
export const CODE = {
  corrupt: 0x15,
  alarms3: 0x23,
  measured1: 0x24,
  lowLimits1: 0x25,
  highLimits1: 0x26,
  alarms1: 0x27,
  dateTime: 0x28,
  settings: 0x29,
  texts: 0x2a,
  measured2: 0x2b,
  lowLimits2: 0x2c,
  highLimits2: 0x2d,
  alarms2: 0x2e,
  nop: 0x30,
  timeChanged: 0x49,
  initialise: 0x51,
  identity: 0x52,
  realtimeConfiguration: 0x53,
  configureRealtime: 0x54,
  stop: 0x55,
  realtimeChanged: 0x56,
} as const;

const NAMES: { readonly [code: number]: string } = {
  [CODE.corrupt]: "damaged command",
  [CODE.alarms3]: "alarms, page 3",
  [CODE.measured1]: "measured data, page 1",
  [CODE.lowLimits1]: "low limits, page 1",
  [CODE.highLimits1]: "high limits, page 1",
  [CODE.alarms1]: "alarms, page 1",
  [CODE.dateTime]: "date and time",
  [CODE.settings]: "settings",
  [CODE.texts]: "text messages",
  [CODE.measured2]: "measured data, page 2",
  [CODE.lowLimits2]: "low limits, page 2",
  [CODE.highLimits2]: "high limits, page 2",
  [CODE.alarms2]: "alarms, page 2",
  [CODE.nop]: "no operation",
  [CODE.timeChanged]: "time changed",
  [CODE.initialise]: "initialise communication",
  [CODE.identity]: "device identification",
  [CODE.realtimeConfiguration]: "realtime configuration",
  [CODE.configureRealtime]: "configure realtime",
  [CODE.stop]: "stop communication",
  [CODE.realtimeChanged]: "realtime configuration changed",
};

/** What a code stands for, for people. */
export const codeName = (code: number): string => NAMES[code] ?? `command ${hex2(code)}`;

export interface Message {
  readonly kind: "command" | "response";
  readonly code: number;
  /** Argument or data, one character a byte. */
  readonly data: string;
}

/** Why bytes are no frame. */
export type Refusal =
  | "checksum does not fit"
  | "too short"
  | "interrupted by another frame"
  | "frame too long";

export interface MedibusFramerOptions {
  /** The bytes are the frame's own, without its end and without what stood inside it; valid during the call only. */
  onMessage(message: Message, bytes: Uint8Array): void;
  onRefused(kind: Message["kind"], bytes: Uint8Array, reason: Refusal): void;
  /** A byte with bit 7 set, in its place among the messages. */
  onRealtime(byte: number): void;
  /** Bytes outside every frame; valid during the call only. */
  onNoise(bytes: Uint8Array): void;
}

const ESC = 0x1b;
const SOH = 0x01;
const CR = 0x0d;
const XON = 0x11;
const XOFF = 0x13;
/** Start, code and sum. */
const SHORTEST_BYTES = 4;
const LONGEST_RESPONSE_BYTES = 8_000;
const LONGEST_COMMAND_BYTES = 1 + 1 + 251 + 2;
const NOISE_BYTES = 256;

/** Divides the stream. Holds one response and one command at most, whatever arrives. */
export function createMedibusFramer(options: MedibusFramerOptions): { push(chunk: Uint8Array): void } {
  const response = collector("response", LONGEST_RESPONSE_BYTES);
  const command = collector("command", LONGEST_COMMAND_BYTES);
  const noise = new Uint8Array(NOISE_BYTES);
  let noiseBytes = 0;

  const flushNoise = (): void => {
    if (noiseBytes > 0) options.onNoise(noise.subarray(0, noiseBytes));
    noiseBytes = 0;
  };

  const refuse = (frame: Collector, reason: Refusal): void => {
    if (!frame.open) return;
    options.onRefused(frame.kind, frame.take(), reason);
  };

  const finish = (frame: Collector): void => {
    const bytes = frame.take();
    const end = bytes.length - 2;
    if (bytes.length < SHORTEST_BYTES) return options.onRefused(frame.kind, bytes, "too short");
    if (lineText(bytes.subarray(end)) !== hex2(sum8(bytes, 0, end))) {
      return options.onRefused(frame.kind, bytes, "checksum does not fit");
    }
    const [, code = 0] = bytes;
    options.onMessage({ kind: frame.kind, code, data: lineText(bytes.subarray(2, end)) }, bytes);
  };

  const take = (byte: number): void => {
    if (byte === SOH) {
      refuse(command, "interrupted by another frame");
      refuse(response, "interrupted by another frame");
      flushNoise();
      return response.begin(byte);
    }
    if (byte === ESC) {
      refuse(command, "interrupted by another frame");
      flushNoise();
      return command.begin(byte);
    }
    const frame = command.open ? command : response;
    if (!frame.open) {
      if (noiseBytes === NOISE_BYTES) flushNoise();
      noise[noiseBytes++] = byte;
      return;
    }
    if (byte === CR) return finish(frame);
    if (!frame.add(byte)) refuse(frame, "frame too long");
  };

  return {
    push(chunk) {
      for (const byte of chunk) {
        if (byte >= 0x80) options.onRealtime(byte);
        else if (byte !== XON && byte !== XOFF) take(byte);
      }
      flushNoise();
    },
  };
}

interface Collector {
  readonly kind: Message["kind"];
  readonly open: boolean;
  begin(byte: number): void;
  /** False when the frame is longer than any. */
  add(byte: number): boolean;
  /** Closes it. */
  take(): Uint8Array;
}

function collector(kind: Message["kind"], longest: number): Collector {
  const held = new Uint8Array(longest);
  let count = 0;
  return {
    kind,
    get open() {
      return count > 0;
    },
    begin(byte) {
      held[0] = byte;
      count = 1;
    },
    add(byte) {
      if (count === longest) return false;
      held[count++] = byte;
      return true;
    },
    take() {
      const bytes = held.subarray(0, count);
      count = 0;
      return bytes;
    },
  };
}

/** A frame with its end. */
export function encodeMessage({ kind, code, data }: Message): Uint8Array {
  const body = lineBytes(`${String.fromCharCode(kind === "command" ? ESC : SOH, code)}${data}`);
  return lineBytes(`${lineText(body)}${hex2(sum8(body, 0, body.length))}\r`);
}

export const encodeCommand = (code: number, argument = ""): Uint8Array =>
  encodeMessage({ kind: "command", code, data: argument });

export const encodeResponse = (code: number, data = ""): Uint8Array =>
  encodeMessage({ kind: "response", code, data });

/** Two upper-case hexadecimal digits. */
export const hex2 = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, "0");

/** A message in a few words. */
export const messageMeaning = ({ kind, code, data }: Message): string =>
  `${kind === "command" ? "asks" : "answers"} ${codeName(code)}${data === "" ? "" : `: ${printable(data)}`}`;

const SHOWN = 120;

const printable = (data: string): string => data.replaceAll("\u0003", "|").trim().slice(0, SHOWN);
