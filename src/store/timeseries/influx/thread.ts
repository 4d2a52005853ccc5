import { serveWorker } from "../../worker.ts";
import { MirrorMarks } from "./marks.ts";

// A disk that stalls holds up the mirror alone.
serveWorker((data) => {
  if (typeof data !== "string") throw new TypeError("the mirror's thread needs its file");
  return new MirrorMarks(data);
});
