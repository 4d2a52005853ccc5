import { serveWorker } from "../../worker.ts";
import { TimeseriesFile } from "./file.ts";

// The one thread that owns the file: it alone writes, compacts and reads.
serveWorker(open, movesOf);

function open(data: unknown): TimeseriesFile {
  if (typeof data !== "object" || data === null || !("file" in data) || typeof data.file !== "string") {
    throw new TypeError("the store's thread needs its file");
  }
  const key = "key" in data && data.key instanceof Uint8Array ? data.key : undefined;
  return new TimeseriesFile(data.file, key);
}

/** Columns are made for one answer and are the longest of all. */
function movesOf(name: string, answer: unknown): readonly ArrayBuffer[] {
  if (name !== "series" || !(answer instanceof Map)) return [];
  return [...answer.values()].flatMap((series: unknown) =>
    typeof series === "object" && series !== null ? Object.values(series).flatMap(bufferOf) : [],
  );
}

const bufferOf = (column: unknown): readonly ArrayBuffer[] =>
  ArrayBuffer.isView(column) && column.buffer instanceof ArrayBuffer ? [column.buffer] : [];
