import type { BedView, DeviceRole } from "../domain/bed.ts";
import type { ObservationBody, Timeliness } from "../domain/observation.ts";
import type { SignalId, WaveId } from "../domain/signal.ts";
import type { Wall } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type {
  ByteLink,
  CardLink,
  FileLink,
  GattProfile,
  PacketLink,
  SerialSettings,
  UsbId,
} from "../port/link.ts";
import type { Random } from "../port/random.ts";
import type { TranscriptChunk } from "../wire/transcript.ts";

/** An option of a device as data: configuration check, pages and docs are generated from it. */
export type OptionSpec =
  | {
      readonly kind: "choice";
      readonly values: readonly [string, ...string[]];
      readonly default: string;
      readonly help: string;
    }
  | {
      readonly kind: "number";
      readonly min: number;
      readonly max: number;
      readonly default: number;
      readonly unit: string;
      readonly help: string;
    }
  | { readonly kind: "flag"; readonly default: boolean; readonly help: string }
  | {
      readonly kind: "text";
      /** What a value must match as a whole; absent: any printable text. The default need not match. */
      readonly pattern?: RegExp;
      /** Longest value, characters. */
      readonly maxLength: number;
      readonly default: string;
      readonly help: string;
    };

export type OptionSpecs = { readonly [name: string]: OptionSpec };

/** Option values after the defaults are filled in and each was checked against its spec. */
export type OptionValues = { readonly [name: string]: string | number | boolean };

/**
 * Where a driver reports what it made of the bytes: counted, shown on the technician's page, kept in the device
 * log. `meaning` is only called when somebody looks, later: the bytes are valid during the call only and are copied
 * here, `meaning` must hold what it needs.
 */
export interface Trace {
  /** A frame that was understood. */
  frame(bytes: Uint8Array, meaning: () => string): void;
  /** Bytes that were refused or skipped while resynchronising, with the rule that refused them. */
  reject(bytes: Uint8Array, reason: string): void;
  /** Bytes that the driver sent. */
  sent(bytes: Uint8Array, meaning: () => string): void;
}

export interface DriverContext<L = ByteLink> {
  readonly link: L;
  readonly clock: Clock;
  readonly options: OptionValues;
  /** The bed's IANA zone: what a device's own clock without one is taken to show. */
  readonly zone: string;
  readonly trace: Trace;
  /** Aborted when the device is to stop; observe() then returns without an error. */
  readonly signal: AbortSignal;
}

/** What a driver yields; supervise adds identity, arrival time and the link's marks. */
export interface DeviceReading {
  readonly body: ObservationBody;
  /**
   * When the device says it was; needed for what is not live (a card, the device's memory), where no two readings of
   * a kind have the same one: the store keeps one of a device and instant.
   */
  readonly deviceAt?: Wall;
}

export interface SimulatorContext<L = ByteLink> {
  /** The device's end of the link. */
  readonly link: L;
  readonly bed: BedView;
  readonly clock: Clock;
  /** What a device's own clock without a zone shows; absent: UTC. */
  readonly zone?: string;
  readonly random: Random;
  readonly options: OptionValues;
  readonly signal: AbortSignal;
}

/** How far the decoding is proven. `unproven` devices are hidden from family set-up. */
export type Evidence = "real_bytes" | "maker_document" | "inferred" | "unproven";

/** What people must know before they rely on a device; pages, `devices` and the kit page are made from it. */
export interface DeviceFacts {
  /** Cable or radio, for people: "USB cable", "Bluetooth", "memory card". */
  readonly connection: string;
  /** How old a number is when it leaves: averaging of the device and its transmission. Absent: nobody published it. */
  readonly averaging?: string;
  readonly power: "mains" | "none" | { readonly batteryHours?: number };
  /** Whether it can be the sensor of a whole night, and why. */
  readonly night: { readonly suited: "yes" | "doubtful" | "no"; readonly reason: string };
  /** What the decoding was compared with, and what was not: one or two sentences. */
  readonly evidence: string;
}

/** What every family has, however it is connected. */
interface DeviceBase {
  /** The folder's name; where one folder serves several kinds of link, that name and an ending: `contec-eb-hid`. */
  readonly id: string;
  /** Name of its folder where that is not the id. */
  readonly folder?: string;
  readonly vendor: string;
  readonly model: string;
  readonly role: DeviceRole;
  readonly timeliness: Timeliness;
  readonly evidence: Evidence;
  readonly facts: DeviceFacts;
  readonly options: OptionSpecs;
  /** Longest silence of a healthy device, by options; after it the link is reopened and the reopening logged. */
  quietMs(options: OptionValues): number;
  signals(options: OptionValues): readonly SignalId[];
  readonly waves: readonly WaveId[];
  /** What goes over its link is a matter of the people in the room (a microphone): it is never kept. */
  readonly confidential?: true;
  /**
   * What the port sent, with its timing, from a raw file in which a logger kept it (the logger's own additions are
   * left out). Absent where raw files hold bare port bytes, paced by `bytesPerSecond`.
   */
  readonly paced?: (file: Uint8Array) => Iterable<TranscriptChunk>;
  /** Nominal rate of what a free-running device sends with these options; absent: the line speed. */
  readonly bytesPerSecond?: (options: OptionValues) => number;
}

interface Talks<Host, Device = Host> {
  /**
   * Reads the device until the signal aborts (returns) or the link ends (throws the link's Fault). Yields at
   * most one reading a second per body kind, values rounded to the signal's resolution.
   */
  observe(context: DriverContext<Host>): AsyncIterable<DeviceReading>;
  /**
   * Fetches what the device kept in its own memory, oldest first, each reading with `deviceAt`; then returns. Throws
   * the link's Fault, or DEVICE_NO_REPLY. Absent where the family keeps nothing or nobody knows how to ask.
   */
  stored?(context: DriverContext<Host>): AsyncIterable<DeviceReading>;
  /** Plays the device at byte level until the signal aborts; answers the host's requests as the device does. */
  simulate(context: SimulatorContext<Device>): Promise<void>;
}

export interface BytesModule extends DeviceBase, Talks<ByteLink> {
  readonly link: "bytes";
  /** Line settings of the port for these options. */
  serial(options: OptionValues): SerialSettings;
}

export interface ReportsModule extends DeviceBase, Talks<ByteLink> {
  readonly link: "reports";
  readonly usb: readonly UsbId[];
}

export interface GattModule extends DeviceBase, Talks<PacketLink> {
  readonly link: "gatt";
  readonly gatt: GattProfile;
}

export interface LinesModule extends DeviceBase, Talks<PacketLink> {
  readonly link: "lines";
}

export interface MessagesModule extends DeviceBase, Talks<PacketLink> {
  readonly link: "messages";
  /** MQTT topic filters, without wildcards where the address names the device. */
  topics(options: OptionValues, address: string): readonly string[];
}

/**
 * A card or a set of files. Its readings carry `deviceAt`; observe() returns when everything was read and the link
 * does not grow.
 */
export interface FilesModule extends DeviceBase, Talks<FileLink, CardLink> {
  readonly link: "files";
}

/** One device family. Adding a device means adding one of these to devices/index.ts. */
export type DeviceModule =
  | BytesModule
  | ReportsModule
  | GattModule
  | LinesModule
  | MessagesModule
  | FilesModule;
