import { SECOND_MS, wall } from "../../src/domain/time.ts";
import type { DeviceReading, Trace } from "../../src/driver/contract.ts";
import type { FileLink } from "../../src/port/link.ts";
import type { createLocalTimes } from "../../src/wire/card.ts";
import type { DataFile } from "./codec.ts";
import { ANNOTATIONS_LABEL, eventsOf } from "./events.ts";
import { createTrack } from "./track.ts";

/** A night has some hundred events; a file with more is not read further. */
const MOST_RECORDS = 20_000;
const MOST_EVENTS = 20_000;

/** One EVE or CSL file that may still be written. */
export interface EventsReader {
  /** What it says since the last call. */
  read(): AsyncGenerator<DeviceReading>;
  /** Passes over what is there. */
  skip(listedBytes: number): Promise<void>;
}

export function createEventsReader(
  file: DataFile,
  options: {
    readonly link: FileLink;
    readonly trace: Trace;
    readonly localTime: ReturnType<typeof createLocalTimes>;
  },
): EventsReader {
  const { link, trace, localTime } = options;
  const track = createTrack(link, file.path, trace, ({ header }) =>
    header.signals.some(({ label }) => label === ANNOTATIONS_LABEL) ? undefined : "no annotations in it",
  );
  let next = 0;
  let given = 0;
  return {
    async *read() {
      while (next < MOST_RECORDS && given < MOST_EVENTS) {
        const record = await track.record(next);
        const opened = track.file;
        if (record === "not_there" || opened === undefined) return;
        if (record === "damaged") {
          if (link.growing) return;
          trace.reject(new Uint8Array(0), `${file.path}: the checksum of record ${next + 1} does not fit`);
          next += 1;
          continue;
        }
        const number = next + 1;
        next += 1;
        trace.frame(record, () => `${file.kind}: record ${number}`);
        const start = localTime(opened.header.start);
        if (start === undefined) return;
        const unknown = (text: string): void => trace.reject(record, `${file.kind}: "${text}" is not known`);
        for (const { onsetSeconds, body } of eventsOf(opened, record, unknown)) {
          given += 1;
          yield { body, deviceAt: wall(Math.round(start + onsetSeconds * SECOND_MS)) };
        }
      }
    },
    async skip(listedBytes) {
      next = await track.count(listedBytes);
    },
  };
}
