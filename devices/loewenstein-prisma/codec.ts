/*
 * Memory card of Löwenstein (Weinmann) prisma.
 *
 *   prisma SMART, SOFT    config.pscfg (JSON), <serial>/<YYYYMMDD>/<NNNN>/signal_N.wmedf and event_N.xml
 *   prisma LINE, VENT     config.pcfg and therapy.pdat, both zips, with the same files inside
 *
 * A .wmedf file is EDF with version "1", the mark "#s" in the header, one second a record, and in the reserved text of
 * each signal how its samples are kept: "#1" one byte (signed where the digital minimum is negative), "#2" int16. The
 * physical minimum is cut to 8 characters, so steps are rounded.
 *
 *   record of a prisma LINE   | Pressure 5 x i16 | EEPAPsoll | IPAPsoll | EPAPsoll | RespFlow 10 x i16 | rAMV | BreathVolume |
 *                             | BreathFrequency | LeakFlowBreath | ObstructLevel | SpO2 | HeartFrequency | SPRstatus 5 |
 *                             | InspExpirRel | MV | rMVFluctuation | TotalLeakage | RSBI |
 *
 * Which signals there are differs by model and firmware: they are found by their names.
 *
 * Doubts. ? Modes of prisma VENT: only those of LINE are known by number. ? InspExpirRel: no unit is known. ? SpO2 and
 * heart rate without a sensor: 0 and -1 are taken for none; a card of a machine with the module would settle it.
 */
import { type EdfHeader, type EdfSignal, edfHeaderBytes, readEdfHeader } from "../../src/wire/edf.ts";

/** Where one signal stands in a record, and what a step of it is worth. */
export interface Channel {
  readonly label: string;
  readonly offset: number;
  readonly samples: number;
  readonly width: 1 | 2;
  readonly isSigned: boolean;
  /** physical = raw * step + shift */
  readonly step: number;
  readonly shift: number;
}

export interface Wmedf {
  readonly headerBytes: number;
  readonly recordBytes: number;
  readonly recordSeconds: number;
  readonly start: EdfHeader["start"];
  readonly channels: ReadonlyMap<string, Channel>;
}

/** More than a header needs with as many signals as any such machine has. */
export const HEADER_LIMIT_BYTES = 64 * 1024;

const VERSION = 0x31;
const EDF_VERSION = 0x30;
const MARK = "#s";

/** Reads the beginning of a .wmedf file; a sentence where it is none. Never throws. */
export function readWmedf(head: Uint8Array): Wmedf | string {
  if (head[0] !== VERSION) return "not a .wmedf file of version 1";
  // A copy in any case: slice() of a Buffer is none.
  const asEdf = new Uint8Array(head);
  asEdf[0] = EDF_VERSION;
  const headerBytes = edfHeaderBytes(asEdf);
  if (typeof headerBytes === "string") return headerBytes;
  const header = readEdfHeader(asEdf);
  if (typeof header === "string") return header;
  if (!header.reserved.startsWith(MARK)) return `no mark ${MARK} in the header`;
  if (header.recordSeconds !== 1) return `records of ${header.recordSeconds} s`;
  const channels = new Map<string, Channel>();
  let offset = 0;
  for (const signal of header.signals) {
    const channel = channelOf(signal, offset);
    if (channel === undefined) return `the signal ${signal.label} is kept in a way that is not known`;
    if (!channels.has(signal.label)) channels.set(signal.label, channel);
    offset += channel.samples * channel.width;
  }
  return {
    headerBytes,
    recordBytes: offset,
    recordSeconds: header.recordSeconds,
    start: header.start,
    channels,
  };
}

function channelOf(signal: EdfSignal, offset: number): Channel | undefined {
  const width = signal.reserved === "#1" ? 1 : signal.reserved === "#2" ? 2 : undefined;
  if (width === undefined) return undefined;
  const { physicalMin, physicalMax, digitalMin, digitalMax, label, samples } = signal;
  const step = Number(((physicalMax - physicalMin) / (digitalMax - digitalMin)).toPrecision(4));
  const shift = Math.round((physicalMin - digitalMin * step) / step) * step;
  return { label, offset, samples, width, isSigned: width === 2 || digitalMin < 0, step, shift };
}

/** One sample of a record as it is kept. */
export function rawOf(record: Uint8Array, { offset, width, isSigned }: Channel, index = 0): number {
  const at = offset + index * width;
  const value = width === 1 ? (record[at] ?? 0) : (record[at] ?? 0) | ((record[at + 1] ?? 0) << 8);
  const half = width === 1 ? 0x80 : 0x8000;
  return isSigned && value >= half ? value - 2 * half : value;
}

/** A kept sample in the signal's unit. */
export const physicalOf = ({ step, shift }: Channel, raw: number): number => raw * step + shift;

/** An element of the flat XML that these machines write. */
export interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

const MOST_ELEMENTS = 20_000;

/** All elements with their attributes, whatever stands around them; never throws. */
export function elementsOf(xml: string): readonly Element[] {
  const elements: Element[] = [];
  for (const [, name = "", inside = ""] of xml.matchAll(
    /<([A-Za-z]\w{0,40})((?:\s+\w{1,40}="[^"<]{0,80}")*)\s*\/?>/g,
  )) {
    const attributes = new Map<string, string>();
    for (const [, key = "", value = ""] of inside.matchAll(/(\w+)="([^"]*)"/g)) attributes.set(key, value);
    elements.push({ name, attributes });
    if (elements.length >= MOST_ELEMENTS) break;
  }
  return elements;
}

/** An attribute that is a whole number. */
export function numberAt({ attributes }: Element, name: string): number | undefined {
  const text = attributes.get(name) ?? "";
  return /^-?\d{1,9}$/.test(text) ? Number(text) : undefined;
}
