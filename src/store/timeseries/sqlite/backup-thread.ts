import { serveWorker } from "../../worker.ts";
import { copyStore } from "./backup.ts";

/** What the thread of a backup does. */
export interface BackupMethods {
  copy(file: string, to: string): void;
}

// A thread of its own: the one that owns the file goes on writing.
serveWorker(() => ({ copy: copyStore, close: () => undefined }) satisfies BackupMethods & { close(): void });
