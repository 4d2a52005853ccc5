import { Fault } from "../../src/domain/fault.ts";
import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import type { FileEntry, FileLink } from "../../src/port/link.ts";
import { looks, wholeFile } from "../../src/wire/card.ts";
import { LARGEST_SESSION_BYTES, parseSession, sessionReadings } from "./session.ts";

/** Sessions are named after their start, as the ring or an app saves them, also with words before it. */
const SESSION_NAME = /(?:^|[^\d])20\d{12}(?:\.(?:bin|dat|vld))?$/i;

/** What is known of one file. */
interface Known {
  /** Size when it was read. */
  readonly bytes: number;
  /** Records that left. */
  readonly given: number;
}

/**
 * Reads session files of a folder in the order of their names' times; of a file that grew, what is new. A file that
 * cannot be read is told to the trace, once for each of its sizes. Throws what the link throws.
 */
export async function* observeSessions(context: DriverContext<FileLink>): AsyncGenerator<DeviceReading> {
  const known = new Map<string, Known>();
  yield* looks(context, (files) => readNew(context, files, known));
}

async function* readNew(
  context: DriverContext<FileLink>,
  files: readonly FileEntry[],
  known: Map<string, Known>,
): AsyncGenerator<DeviceReading> {
  for (const path of [...known.keys()]) if (!files.some((file) => file.path === path)) known.delete(path);
  const fresh = files.filter(
    ({ path, bytes }) => SESSION_NAME.test(path) && known.get(path)?.bytes !== bytes,
  );
  const timeIn = ({ path }: FileEntry): string => /20\d{12}(?=\D*$)/.exec(path)?.[0] ?? "";
  for (const file of fresh.toSorted((a, b) => (timeIn(a) < timeIn(b) ? -1 : 1))) {
    yield* readOne(context, file, known);
  }
}

async function* readOne(
  { link, trace, zone }: DriverContext<FileLink>,
  file: FileEntry,
  known: Map<string, Known>,
): AsyncGenerator<DeviceReading> {
  const { path } = file;
  const given = known.get(path)?.given ?? 0;
  known.set(path, { bytes: file.bytes, given });
  const bytes = await wholeFile(link, file, LARGEST_SESSION_BYTES);
  if (bytes === undefined) {
    trace.reject(new Uint8Array(0), `${path}: ${file.bytes} bytes are too many for a session`);
    return;
  }
  try {
    const session = parseSession(bytes, path);
    if (session === undefined) return;
    trace.frame(bytes.subarray(0, 16), () => {
      const { year, month, day } = session.start;
      const not = session.trailer === undefined ? ", not whole" : "";
      return `${path}: ${session.records} records from ${year}-${month}-${day}${not}`;
    });
    yield* sessionReadings(bytes, session, zone, given);
    known.set(path, { bytes: file.bytes, given: Math.max(given, session.records) });
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== "INPUT_INVALID") throw error;
    trace.reject(bytes.subarray(0, 10), `${path}: ${error.message}`);
  }
}
