import { readFileSync } from "node:fs";
import { totalmem } from "node:os";

/** The file, its log and the log's index. */
const DESCRIPTORS_PER_FILE = 3;
/** Measured with the pages that are kept (HOME_CACHE_KIB): the parsed tables are most of it. */
const BYTES_PER_FILE = 400 * 1024;
/** Of the memory of the machine. */
const MEMORY_SHARE = 1 / 16;
const OPEN_MOST = 1_000;
/** As many may be open wherever the program runs at all. */
const OPEN_LEAST = 64;

/** What one process may use. */
export interface Room {
  /** Open files and connections; undefined: not known. */
  readonly descriptors: number | undefined;
  readonly memoryBytes: number;
}

/**
 * How many files of homes may be open at once: half of the descriptors are left for connections of pages, boxes and broker,
 * and for the other files.
 */
export function openMax({ descriptors, memoryBytes }: Room): number {
  if (descriptors === undefined) return OPEN_LEAST;
  const fitting = Math.min(
    descriptors / 2 / DESCRIPTORS_PER_FILE,
    (memoryBytes * MEMORY_SHARE) / BYTES_PER_FILE,
  );
  return Math.min(Math.max(Math.floor(fitting), OPEN_LEAST), OPEN_MOST);
}

/** Of this process; what a container may use counts, not its machine. */
export function roomHere(): Room {
  const constrained = process.constrainedMemory();
  return {
    descriptors: descriptorLimit(),
    memoryBytes: constrained > 0 ? Math.min(constrained, totalmem()) : totalmem(),
  };
}

/** What this process may hold (proc_pid_limits(5)); Node raises it to the hard limit at its start. Undefined where nothing tells. */
function descriptorLimit(): number | undefined {
  try {
    return limitIn(readFileSync("/proc/self/limits", "utf8"));
  } catch {
    // Not Linux: nothing tells, and the least is right everywhere.
    return undefined;
  }
}

/** Of the text of /proc/self/limits the soft limit; "unlimited" is infinite. */
export function limitIn(limits: string): number | undefined {
  const soft = /^Max open files\s+(\d+|unlimited)\s/m.exec(limits)?.[1];
  if (soft === undefined) return undefined;
  return soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft);
}
