import { Fault } from "../../../src/domain/fault.ts";
import { serveWorker } from "../../../src/store/worker.ts";

/** The thread behind worker.test.ts: each method misbehaves in its own way. */
export interface Echo {
  echo(value: unknown): unknown;
  order(): readonly number[];
  slow(ms: number, tag: number): Promise<number>;
  refuse(): never;
  crash(): void;
  hang(ms: number): string;
  close(): void;
}

serveWorker((data: unknown): Echo => {
  if (data === "refuse")
    throw new Fault("DATA_DIR_NEWER", "written by version 9", { fix: "update", permanent: true });
  const seen: number[] = [];
  return {
    echo: (value) => value,
    order: () => seen,
    slow: async (ms, tag) => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      seen.push(tag);
      return tag;
    },
    refuse: () => {
      throw new Fault("CONFLICT", "not now", { fix: "later" });
    },
    crash: () => {
      setImmediate(() => {
        throw new Error("thread broke");
      });
    },
    hang: (ms) => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
      return "woke";
    },
    close: () => {},
  };
});
