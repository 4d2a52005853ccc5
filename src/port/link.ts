/**
 * The shapes that a connection to a device can have:
 *
 *   bytes     a stream: serial port, USB serial cable, Bluetooth serial port, TCP serial server
 *   reports   USB HID input reports, one a chunk
 *   gatt      Bluetooth LE: notifications by characteristic
 *   lines     the modem lines of a serial adapter, as a contact or switch moves them
 *   messages  MQTT messages by topic
 *   files     a memory card, a folder or an unpacked upload
 */
export type LinkKind = "bytes" | "reports" | "gatt" | "lines" | "messages" | "files";

export interface SerialSettings {
  readonly baudRate: number;
  readonly dataBits: 7 | 8;
  readonly parity: "none" | "even" | "odd" | "mark" | "space";
  readonly stopBits: 1 | 2;
  readonly rtscts: boolean;
}

/** An open connection that carries items both ways. One reader. */
export interface Link<Item> {
  /**
   * What arrives, in order. Ends by throwing a Fault (LINK_LOST...) when the device goes away; returns after
   * close(). Always consumed by somebody, since an unread port does not notice an unplugged cable.
   */
  readonly chunks: AsyncIterable<Item>;
  write(item: Item): Promise<void>;
  close(): Promise<void>;
}

/** `bytes`: chunks are cut anywhere. `reports`: each chunk is one report, without its report id where that is 0. */
export type ByteLink = Link<Uint8Array>;

/** Bytes that came from, or go to, one part of a device. */
export interface Packet {
  /**
   * gatt: the characteristic as the profile names it. lines: "inputs" (from) or "outputs" (to), see
   * src/wire/modem-lines.ts. messages: the topic.
   */
  readonly channel: string;
  readonly bytes: Uint8Array;
}

export type PacketLink = Link<Packet>;

export interface FileEntry {
  /** Relative, with `/`, in the case that the card has. Never leads out of the card. */
  readonly path: string;
  readonly bytes: number;
}

/** Files of a memory card; it may grow while it is read, and its listing may lag behind. Read only. */
export interface FileLink {
  /** Whether more may come: then a driver looks again and again, else it reads what is there and returns. */
  readonly growing: boolean;
  /** All files, sorted by path. Throws a Fault (LINK_LOST...) when the card is gone. */
  list(): Promise<readonly FileEntry[]>;
  /** The bytes [from, to) as far as the file has them; empty beyond its end or where it is no longer there. */
  read(path: string, from: number, to: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** The device's end of a memory card, for simulators. */
export interface CardLink {
  /** Writes at an offset; missing folders and bytes before it come into being. */
  write(path: string, at: number, bytes: Uint8Array): Promise<void>;
  remove(path: string): Promise<void>;
  close(): Promise<void>;
}

/** An opened link with what is true of it. */
export interface OpenLink<L = ByteLink> {
  readonly link: L;
  /** Forced for ptys, virtual radio, memory and replay links (law 7). */
  readonly simulated: boolean;
  /** The address that was really opened, for people: `/dev/serial/by-id/...`. */
  readonly resolved: string;
}

export interface UsbId {
  readonly vendorId: number;
  readonly productId: number;
}

/**
 * How a Bluetooth LE device is recognised and used. UUIDs in lower case without dashes, four digits for those of
 * the SIG (`2a5f`); a service or characteristic may end in `*`, which stands for any rest (units whose UUIDs differ); a
 * characteristic is named so in packets.
 */
export interface GattProfile {
  /** Found when it advertises any of these services... */
  readonly services: readonly string[];
  /** ...or a name that one of these matches, where any are given. */
  readonly names: readonly RegExp[];
  /**
   * Company numbers in its manufacturer data. They are shared by all of a maker's families: a hint about a device
   * that tells no name.
   */
  readonly manufacturers?: readonly number[];
  /** Subscribed to in this order; the connection is given up where one is missing. */
  readonly notify: readonly string[];
  /** Subscribed to after them where they exist. */
  readonly notifyIfThere: readonly string[];
  /** Read once after subscribing, where they exist; the value arrives as a packet. */
  readonly read: readonly string[];
  /** Characteristics that the driver writes, and how. */
  readonly write: { readonly [characteristic: string]: "with_response" | "without_response" };
  /** The device wants a bond before it speaks. */
  readonly bonded: boolean;
}

/** What a driver needs of a byte link. */
export type ByteNeed =
  | { readonly kind: "bytes"; readonly serial: SerialSettings }
  | { readonly kind: "reports"; readonly usb: readonly UsbId[] };

/** What a driver needs of a packet link. */
export type PacketNeed =
  | { readonly kind: "gatt"; readonly gatt: GattProfile }
  | { readonly kind: "lines" }
  | { readonly kind: "messages"; readonly topics: readonly string[] };

/** How files that hold what a device family said keep time, for `replay:` addresses; a transcript needs neither. */
export interface RecordingTimes {
  /** Reads times out of a raw file, and leaves out what its logger added. */
  readonly paced?: (file: Uint8Array) => Iterable<{
    readonly offsetMs: number;
    readonly direction: "in" | "out";
    readonly bytes: Uint8Array;
  }>;
  /** Rate of bare bytes; absent: the line speed. */
  readonly bytesPerSecond?: number;
}

/**
 * Opens links by address: a device path, `tcp:HOST:PORT`, `hid:...`, `ble:...`, `mqtt:...`, a folder or zip,
 * `http://CARD/`, `memory:NAME`, `replay:FILE`; docs/links.md lists them. A fresh link object every time. Rejects with
 * LINK_NOT_FOUND, LINK_REFUSED, or the signal's reason.
 */
export interface Links {
  open(address: string, need: ByteNeed, signal: AbortSignal, times?: RecordingTimes): Promise<OpenLink>;
  openPackets(
    address: string,
    need: PacketNeed,
    signal: AbortSignal,
    times?: RecordingTimes,
  ): Promise<OpenLink<PacketLink>>;
  openFiles(address: string, signal: AbortSignal): Promise<OpenLink<FileLink>>;
  /** Serial ports of this machine with their stable names, for set-up and `check`. */
  list(): Promise<readonly { readonly path: string; readonly description: string }[]>;
}
