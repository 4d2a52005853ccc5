import { serveWorker } from "../../worker.ts";
import { TimeseriesFile } from "./file.ts";

// The one thread that owns the file: it alone writes, compacts and reads.
serveWorker((data) => {
  if (typeof data !== "string") throw new TypeError("the store's thread needs its file");
  return new TimeseriesFile(data);
});
