/** The shapes a connection to a device can have; further kinds join this union with their transports. */
export type LinkKind = "bytes";

export interface SerialSettings {
  readonly baudRate: number;
  readonly dataBits: 7 | 8;
  readonly parity: "none" | "even" | "odd" | "mark" | "space";
  readonly stopBits: 1 | 2;
  readonly rtscts: boolean;
}

/** An open byte stream to a device. One reader. */
export interface ByteLink {
  /**
   * Chunks as they arrive, in order. Ends by throwing a Fault (LINK_LOST...) when the port goes away; returns
   * after close(). Always consumed by somebody, since an unread port does not notice an unplugged cable.
   */
  readonly chunks: AsyncIterable<Uint8Array>;
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** An opened link with what is true of it. */
export interface OpenLink {
  readonly link: ByteLink;
  /** Forced for ptys, virtual radio, memory and replay links (law 7). */
  readonly simulated: boolean;
  /** The address that was really opened, for people: `/dev/serial/by-id/...`. */
  readonly resolved: string;
}

/** How files that hold what a device family said keep time, for `replay:` addresses; a transcript needs neither. */
export interface RecordingTimes {
  /** Reads times out of a raw file, and leaves out what its logger added. */
  readonly paced?: (
    file: Uint8Array,
  ) => Iterable<{ readonly offsetMs: number; readonly direction: "in" | "out"; readonly bytes: Uint8Array }>;
  /** Rate of bare bytes; absent: the line speed. */
  readonly bytesPerSecond?: number;
}

/** Opens links by address: a device path, `memory:NAME`, `replay:FILE`. */
export interface Links {
  /** A fresh link object every time. Rejects with LINK_NOT_FOUND, LINK_REFUSED. */
  open(
    address: string,
    serial: SerialSettings,
    signal: AbortSignal,
    times?: RecordingTimes,
  ): Promise<OpenLink>;
  /** Serial ports of this machine with their stable names, for set-up and `check`. */
  list(): Promise<readonly { readonly path: string; readonly description: string }[]>;
}
