import { serveWorker } from "../worker.ts";
import { openStateTables } from "./tables.ts";

// The one thread that owns the state file: a disk that stalls stalls nothing but this.
serveWorker((data) => {
  if (typeof data !== "string") throw new TypeError("the state thread needs its folder");
  return openStateTables(data);
});
