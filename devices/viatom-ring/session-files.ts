import { Fault } from "../../src/domain/fault.ts";
import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import type { FileEntry, FileLink } from "../../src/port/link.ts";
import { looks, wholeFile } from "../../src/wire/card.ts";
import { LARGEST_VLD_BYTES, parseVld, VLD_HEADER, VLD_RECORD, vldReadings } from "./vld.ts";

/** Sessions as the apps and other programs save them: `.vld`, or named after their start. */
const SESSION_NAME = /\.vld$|(?:^|[^\d])20\d{12}(?:\.(?:dat|bin|o2r))?$/i;

/** What is known of one file. */
interface Known {
  /** Size when it was read. */
  readonly bytes: number;
  /** Records that left. */
  readonly given: number;
}

/**
 * Reads session files of a folder, oldest session first; of a file that grew, what is new. A file that cannot be read
 * is told to the trace, once for each of its sizes. Throws what the link throws.
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
  for (const file of await inOrderOfStart(context.link, fresh)) {
    yield* readOne(context, file, known);
  }
}

/** By the time in their heads; file names carry it only sometimes. */
async function inOrderOfStart(link: FileLink, files: readonly FileEntry[]): Promise<readonly FileEntry[]> {
  const keyed: { file: FileEntry; start: string }[] = [];
  for (const file of files) {
    const head = await link.read(file.path, 0, VLD_HEADER.lengthBytes);
    const { year, month, day, hour, minute, second } = VLD_HEADER.decode(padded(head), 0);
    const start = [year, month, day, hour, minute, second].map((part) => String(part).padStart(5, "0"));
    keyed.push({ file, start: start.join(" ") });
  }
  return keyed.toSorted((a, b) => (a.start < b.start ? -1 : 1)).map(({ file }) => file);
}

function padded(head: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(VLD_HEADER.lengthBytes);
  bytes.set(head);
  return bytes;
}

async function* readOne(
  { link, trace, zone }: DriverContext<FileLink>,
  file: FileEntry,
  known: Map<string, Known>,
): AsyncGenerator<DeviceReading> {
  const { path } = file;
  const given = known.get(path)?.given ?? 0;
  const remember = (records: number): void => {
    known.set(path, { bytes: file.bytes, given: records });
  };
  remember(given);
  const bytes = await wholeFile(link, file, LARGEST_VLD_BYTES);
  if (bytes === undefined) {
    trace.reject(new Uint8Array(0), `${path}: ${file.bytes} bytes are too many for a session`);
    return;
  }
  try {
    const vld = parseVld(bytes);
    if (vld === undefined) return;
    trace.frame(bytes.subarray(0, VLD_HEADER.lengthBytes + VLD_RECORD.lengthBytes), () => {
      const { year, month, day } = vld.start;
      return `${path}: ${vld.records} records from ${year}-${month}-${day}${vld.complete ? "" : ", not whole"}`;
    });
    yield* vldReadings(bytes, vld, zone, given);
    remember(Math.max(given, Math.floor(vld.records / vld.repeats)));
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== "INPUT_INVALID") throw error;
    trace.reject(bytes.subarray(0, VLD_HEADER.lengthBytes), `${path}: ${error.message}`);
  }
}
