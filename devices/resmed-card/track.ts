import type { Trace } from "../../src/driver/contract.ts";
import type { FileLink } from "../../src/port/link.ts";
import { EDF_FIXED_BYTES, edfHeaderBytes, recordsIn } from "../../src/wire/edf.ts";
import { type CardFile, isIntact, openCardFile } from "./codec.ts";

/** A record, or why there is none: not written yet, or its checksum does not fit (yet). */
export type Found = Uint8Array | "not_there" | "damaged";

/** One EDF file of the card that is read record by record, while it may still be written. */
export interface Track {
  readonly path: string;
  /** Header and layout once they were read. */
  readonly file: CardFile | undefined;
  /** Why it will never be read. */
  readonly refused: string | undefined;
  /** The record of this number; valid until the next call. Throws what the link throws. */
  record(index: number): Promise<Found>;
  /** How many whole records there are now, whatever the header says; begins to look where the listing puts the end. */
  count(listedBytes: number): Promise<number>;
}

/** So much of a file is held. */
const HELD_BYTES = 64 * 1024;
/** A header that does not fit its checksums may be half written; after so many attempts it is damaged. */
const HEADER_ATTEMPTS = 3;
const NO_BYTES: Uint8Array = new Uint8Array(0);

/**
 * @param unfit says why an opened file is not what its name promises; undefined where it is
 */
export function createTrack(
  link: FileLink,
  path: string,
  trace: Trace,
  unfit: (file: CardFile) => string | undefined,
): Track {
  let file: CardFile | undefined;
  let refused: string | undefined;
  let attempts = 0;
  /** Whole records from `heldFrom` on. */
  let held = NO_BYTES;
  let heldFrom = 0;

  const refuse = (bytes: Uint8Array, reason: string): void => {
    attempts += 1;
    if (link.growing && attempts < HEADER_ATTEMPTS) return;
    refused = reason;
    trace.reject(bytes.subarray(0, EDF_FIXED_BYTES), `${path}: ${reason}`);
  };

  const open = async (): Promise<CardFile | undefined> => {
    if (file !== undefined || refused !== undefined) return file;
    const head = await link.read(path, 0, EDF_FIXED_BYTES);
    const length = edfHeaderBytes(head);
    if (typeof length === "string") refuse(head, length);
    else {
      const bytes = await link.read(path, 0, length);
      const opened = openCardFile(bytes);
      const problem = typeof opened === "string" ? opened : unfit(opened);
      if (problem !== undefined) refuse(bytes, problem);
      else if (typeof opened !== "string") file = opened;
    }
    return file;
  };

  const fetch = async ({ layout }: CardFile, index: number): Promise<Uint8Array | undefined> => {
    const { headerBytes, recordBytes } = layout;
    const at = (index - heldFrom) * recordBytes;
    if (at >= 0 && at + recordBytes <= held.length) return held.subarray(at, at + recordBytes);
    const from = headerBytes + index * recordBytes;
    const most = Math.max(1, Math.floor(HELD_BYTES / recordBytes));
    const bytes = await link.read(path, from, from + most * recordBytes);
    held = bytes.subarray(0, bytes.length - (bytes.length % recordBytes));
    heldFrom = index;
    return held.length === 0 ? undefined : held.subarray(0, recordBytes);
  };

  return {
    path,
    get file() {
      return file;
    },
    get refused() {
      return refused;
    },
    async record(index) {
      const opened = await open();
      if (opened === undefined) return "not_there";
      const record = await fetch(opened, index);
      if (record === undefined) return "not_there";
      if (isIntact(opened, record)) return record;
      // What is being written now reads otherwise the next time.
      if (link.growing) held = NO_BYTES;
      return "damaged";
    },
    async count(listedBytes) {
      const opened = await open();
      if (opened === undefined) return 0;
      let index = recordsIn(opened.layout, listedBytes);
      while (index > 0 && (await fetch(opened, index - 1)) === undefined) index = Math.floor(index / 2);
      while ((await fetch(opened, index)) !== undefined) {
        index = heldFrom + held.length / opened.layout.recordBytes;
      }
      return index;
    },
  };
}
