import { Fault } from "../../src/domain/fault.ts";
import type { Clock } from "../../src/port/clock.ts";
import type { CompactableLog } from "../../src/port/record.ts";

/** A record log in memory whose disk can be slow, full or stalled, and whose process can die. */
export interface MemoryRecords<Entry> extends CompactableLog<Entry> {
  /** What a restart would find. */
  readonly durable: readonly Entry[];
  /** `full` rejects at once; `stalled` rejects after 500 ms and keeps what came until the disk is well again. */
  disk: "well" | "full" | "stalled";
  syncMs: number;
  /** Reported as the length on disk. */
  bytes: number;
  readonly rewrites: number;
}

export function createMemoryRecords<Entry>(
  clock: Clock,
  earlier: readonly Entry[] = [],
): MemoryRecords<Entry> {
  const durable: Entry[] = [...earlier];
  let held: Entry[] = [];
  let rewrites = 0;
  const writeDown = (entry: Entry): void => {
    durable.push(...held, structuredClone(entry));
    held = [];
  };
  return {
    id: "abcdefghij",
    recovered: {
      entries: [...earlier],
      damaged: false,
      found: earlier.length === 0 ? "no_file" : "entries",
    },
    durable,
    disk: "well",
    syncMs: 5,
    bytes: 0,
    get rewrites() {
      return rewrites;
    },
    append(entry) {
      if (this.disk === "full") return Promise.reject(new Fault("DISK_FAILED", "no space left"));
      if (this.disk === "stalled") {
        held.push(structuredClone(entry));
        return new Promise((_resolve, reject) => {
          clock.after(500, () => reject(new Fault("DISK_DEADLINE", "not on disk after 500 ms")));
        });
      }
      return new Promise((resolve) => {
        clock.after(this.syncMs, () => {
          writeDown(entry);
          resolve();
        });
      });
    },
    async rewrite(entries) {
      rewrites += 1;
      durable.splice(0, durable.length, ...entries);
      this.bytes = 0;
    },
    close: async () => undefined,
  };
}
