/*
 * Memory card of BMC RESmart GII and G3 (also sold as Luna). Files in the root, named by the last eight characters of
 * the serial number:
 *
 *   SSSSSSSS.USR         serial, model, events (usr.ts)
 *   SSSSSSSS.idx         2048 bytes, then 512 bytes a day: where the day begins, settings
 *   SSSSSSSS.000 - .029  packets of 256 bytes, one a second, little-endian; 65,536 a file, then the next file; after .029
 *                        the first is written over
 *
 *   packet  | AAAA | session | IPAP EPAP | pressure 25 x i16 | abnormality 25 x i16 | flow 25 x i16 | ? 10 x i16 | ? ...
 *           | leak | tidal volume | ? | minute volume | SpO2 | heart rate | rate | I:E | ? ... | date and time | weekday |
 *
 * FFFF is no value. Times are local, without a zone.
 *
 * Doubts. ? Leak: whether it is total or above the mask's own; a card beside the machine's screen would settle it.
 * ? SpO2 at CC (one reader) or C8 (another): CC is read, 50 to 100 only. ? I:E: two readers take complements of one
 * another, so it is not read. ? Pressure wave: no scale is known.
 */
import { bits, flag, missing, u8, u16le } from "../../src/wire/field.ts";
import { frame, type ValuesOf } from "../../src/wire/frame.ts";

const NONE = 0xffff;

const word = (byte: number, doc: string) => missing(u16le(byte, doc), NONE);

const MARK = [0, 1].map((byte) => ({ byte, mask: 0xff, value: 0xaa, doc: "AA" }));

export const PACKET = frame({
  name: "packet, one a second",
  lengthBytes: 256,
  constants: MARK,
  fields: {
    session: u16le(0x02, "? session number; another reader: comfort setting"),
    ipap: word(0x04, "inspiratory pressure, 0.5 cmH2O"),
    epap: word(0x06, "expiratory pressure, 0.5 cmH2O"),
    leak: word(0xc4, "leak, 0.1 L/min"),
    tidalVolume: word(0xc6, "tidal volume, mL"),
    minuteVolume: word(0xca, "minute volume, 0.1 L/min"),
    spo2: word(0xcc, "? SpO2, %"),
    heartRate: word(0xce, "? heart rate, /min"),
    respRate: word(0xd0, "respiratory rate, /min; valid after 30 s"),
    year: u16le(0xf8, "year"),
    month: u8(0xfa, "month"),
    day: u8(0xfb, "day"),
    hour: u8(0xfc, "hour"),
    minute: u8(0xfd, "minute"),
    second: u8(0xfe, "second"),
  },
});

export type PacketValues = ValuesOf<typeof PACKET>;

/** One entry of the .idx file: a day from noon to noon, and the settings of that day. */
export const DAY = frame({
  name: "day of the index",
  lengthBytes: 512,
  constants: MARK,
  fields: {
    index: u16le(0x02, "number of the day"),
    year: u8(0x04, "year - 2000"),
    month: u8(0x05, "month"),
    day: u8(0x06, "day on which it began, at noon"),
    startPacket: u16le(0x0d, "first packet in its file"),
    startFile: u8(0x0f, "file of the first packet"),
    pressure: u8(0x141, "treatment pressure, lowest of Auto, or EPAP, 0.5 cmH2O"),
    backupRate: flag(0x145, 7, "backup rate on; its number is not known"),
    support: bits(0x148, 0xfc, "? IPAP above EPAP, 0.5 cmH2O"),
    maxPressure: u8(0x14c, "highest of Auto, or highest IPAP, 0.5 cmH2O"),
    mode: bits(0x14d, 0xf0, "0 CPAP, 1 Auto, 2 S, 3 S/T, 4 T, 5 titration, 6 AutoS"),
    inspTimeMin: u8(0x152, "shortest inspiration, 0.1 s"),
    inspTimeMax: u8(0x153, "longest inspiration, 0.1 s"),
  },
});

export type DayValues = ValuesOf<typeof DAY>;

/** Bytes of the .idx file before the first day. */
export const INDEX_HEADER_BYTES = 2048;

export const MODES: readonly string[] = ["CPAP", "Auto", "S", "S/T", "T", "titration", "AutoS"];

export const FLOW_RATE_HZ = 25;
const FLOW_AT = 0x6c;

/** The flow of a packet in 0.1 L/min, with the offset that drifts with pressure and leak; undefined where there is none. */
export function flowOf(bytes: Uint8Array, at: number): readonly number[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, PACKET.lengthBytes);
  const flow = Array.from({ length: FLOW_RATE_HZ }, (_, i) => view.getInt16(FLOW_AT + 2 * i, true));
  return flow.every((value) => value === -1) ? undefined : flow;
}

/** A packet with its flow; what nobody knows the meaning of is filled with FF. */
export function encodePacket(values: PacketValues, flow: readonly number[] | undefined): Uint8Array {
  const bytes = PACKET.encode(values);
  bytes.fill(0xff, 0x08, 0xc4);
  bytes.fill(0xff, 0xc8, 0xca);
  bytes.fill(0xff, 0xd2, 0xf8);
  const view = new DataView(bytes.buffer);
  flow?.forEach((value, i) => {
    view.setInt16(FLOW_AT + 2 * i, value, true);
  });
  return bytes;
}

/** The parts of a card by the names of its files. */
export interface CardFileName {
  /** Folder and serial number: what the files of one machine have in common. */
  readonly stem: string;
  readonly kind: "usr" | "idx" | number;
}

/** What a file of such a card is; undefined for any other. */
export function cardFile(path: string): CardFileName | undefined {
  const parts = /^((?:.*\/)?[^./]{8})\.(usr|idx|0[0-2]\d)$/i.exec(path);
  if (parts === null) return undefined;
  const kind = (parts[2] ?? "").toLowerCase();
  return { stem: parts[1] ?? "", kind: kind === "usr" || kind === "idx" ? kind : Number(kind) };
}
