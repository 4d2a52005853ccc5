import type { Log } from "../../src/port/log.ts";

/** A log that keeps nothing. */
export const silentLog: Log = { note: () => undefined };
