import type { CardLink } from "../../src/port/link.ts";
import { crc32 } from "../../src/wire/checksum.ts";
import { EDF_FIXED_BYTES, type EdfHeader, edfLayout, setRawSample, toRaw } from "../../src/wire/edf.ts";
import { sealRecord, writeCardHeader } from "./codec.ts";

/** A file that grows as a machine lets it grow. */
export interface Recorder {
  /** Writes the header of a file without a record yet: its count is -1. */
  begin(): Promise<void>;
  /** Appends a record, then the header with the new count, then the checksums beside it. */
  append(record: Uint8Array): Promise<void>;
}

/** @param path without its ending */
export function createRecorder(card: CardLink, path: string, header: EdfHeader): Recorder {
  const { headerBytes, recordBytes } = edfLayout(header);
  let records = 0;
  /** Of everything behind the first 256 bytes, which never changes once it is written. */
  let restSum = 0;

  const writeSums = async (fixed: Uint8Array): Promise<void> => {
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, crc32(fixed, 0, EDF_FIXED_BYTES), true);
    view.setUint32(4, restSum, true);
    await card.write(`${path}.crc`, 0, bytes);
  };

  return {
    async begin() {
      const bytes = writeCardHeader({ ...header, records: -1 });
      restSum = crc32(bytes, EDF_FIXED_BYTES, bytes.length);
      await card.write(`${path}.edf`, 0, bytes);
      await writeSums(bytes);
    },
    async append(record) {
      sealRecord(record);
      await card.write(`${path}.edf`, headerBytes + records * recordBytes, record);
      records += 1;
      restSum = crc32(record, 0, record.length, restSum);
      const fixed = writeCardHeader({ ...header, records }).subarray(0, EDF_FIXED_BYTES);
      await card.write(`${path}.edf`, 0, fixed);
      await writeSums(fixed);
    },
  };
}

/** Says that there is no value. */
const NOTHING = -1;

/** A record that is filled sample by sample. */
export interface Draft {
  /** In the unit of the channel; undefined is written as -1, "no value". */
  put(label: string, index: number, value: number | undefined): void;
  readonly bytes: Uint8Array;
}

export function createDraft(header: EdfHeader): Draft {
  const layout = edfLayout(header);
  const bytes = new Uint8Array(layout.recordBytes);
  return {
    bytes,
    put(label, index, value) {
      const signal = header.signals.findIndex((one) => one.label === label);
      const scale = header.signals[signal];
      if (scale === undefined) throw new RangeError(`the file has no channel ${label}`);
      setRawSample(bytes, layout, { signal, index }, value === undefined ? NOTHING : toRaw(scale, value));
    },
  };
}
