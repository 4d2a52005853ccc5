import { serveWorker } from "../worker.ts";
import { openStores } from "./stores.ts";

// The one thread that owns the state files: a disk that stalls stalls nothing but this.
serveWorker((data) => {
  if (typeof data !== "object" || data === null) throw new TypeError("the state thread needs its options");
  const folder = "folder" in data && typeof data.folder === "string" ? data.folder : undefined;
  const key = "key" in data && data.key instanceof Uint8Array ? data.key : undefined;
  const mend = "mend" in data && typeof data.mend === "object" && data.mend !== null ? data.mend : undefined;
  const hadOne = mend !== undefined && "hadOne" in mend && mend.hadOne === true;
  return openStores({ ...(folder && { folder }), ...(key && { key }), ...(mend && { mend: { hadOne } }) });
});
