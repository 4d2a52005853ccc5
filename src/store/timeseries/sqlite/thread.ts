import { serveWorker } from "../../worker.ts";
import { TimeseriesFile } from "./file.ts";

// The one thread that owns the file: it alone writes, compacts and reads.
serveWorker((data) => {
  if (typeof data !== "object" || data === null || !("file" in data) || typeof data.file !== "string") {
    throw new TypeError("the store's thread needs its file");
  }
  const key = "key" in data && data.key instanceof Uint8Array ? data.key : undefined;
  return new TimeseriesFile(data.file, key);
});
