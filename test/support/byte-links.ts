import type { Links } from "../../src/port/link.ts";

/** Links that only open byte streams, in the given way. */
export const byteLinks = (open: Links["open"]): Links => ({
  open,
  openPackets: () => Promise.reject(new Error("no packet link was expected")),
  openFiles: () => Promise.reject(new Error("no files were expected")),
  list: async () => [],
});
