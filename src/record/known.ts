import { messageOf } from "../domain/fault.ts";
import { MINUTE_MS, SECOND_MS } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Disk } from "../port/disk.ts";
import type { Log } from "../port/log.ts";
import type { AuditAnchor } from "../port/record.ts";
import { withinDeadline } from "./deadline.ts";

/** What was once seen to be on disk, kept in a file of its own: how a record that has vanished is noticed. */
export interface KnownRecords {
  /** The file is gone or unreadable although it was written once: whatever else is gone was there, too. */
  readonly vanished: boolean;
  /** Id of the log that lay there; undefined: none was ever seen. */
  log(path: string): string | undefined;
  /** The newest record of an audit record that was written down here. */
  anchor(folder: string): AuditAnchor | undefined;
  /** A log has something on disk; written down at once. */
  sawLog(path: string, id: string): void;
  /** Once started, the newest record of this audit record is written down every ten minutes, and at the end. */
  follow(folder: string, head: () => AuditAnchor | undefined): void;
  start(): void;
  /** Writes down what is known now. Never rejects, and does not wait for ever. */
  close(): Promise<void>;
}

interface Content {
  readonly logs: { readonly [path: string]: string };
  readonly heads: { readonly [folder: string]: AuditAnchor };
}

/** Its name in the data folder. */
export const KNOWN_FILE = "records.json";

const SAVE_MS = 10 * MINUTE_MS;
const CLOSE_MS = 2 * SECOND_MS;

/**
 * Reads the file; one that is missing or unreadable knows nothing, since whatever it would have told is only an aid
 * beside the records themselves. Rejects with DISK_FAILED where the disk does not read.
 */
export async function openKnownRecords(options: {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
  /** Something outside these files tells that they were written once. */
  readonly begun: boolean;
  /** Called whenever they have been written; must not throw. */
  readonly onSaved: () => void;
}): Promise<KnownRecords> {
  const { disk, clock, log, begun, onSaved } = options;
  const path = KNOWN_FILE;
  const bytes = await disk.read(path);
  const start = bytes === undefined ? undefined : parseKnown(bytes);
  if (bytes !== undefined && start === undefined) {
    log.note("record.damaged", { code: "RECORD_CORRUPT", path, bytes: bytes.length }, "warn");
  }
  const logs = new Map(Object.entries(start?.logs ?? {}));
  const heads = new Map(Object.entries(start?.heads ?? {}));
  const followed = new Map<string, () => AuditAnchor | undefined>();
  let saved = JSON.stringify(start);
  let saving: Promise<void> = Promise.resolve();

  const write = async (): Promise<void> => {
    for (const [folder, head] of followed) {
      const now = head();
      if (now !== undefined) heads.set(folder, now);
    }
    const content = JSON.stringify({ logs: Object.fromEntries(logs), heads: Object.fromEntries(heads) });
    if (content === saved) return;
    await disk.replace(path, new TextEncoder().encode(content));
    saved = content;
    onSaved();
  };
  const saveSoon = (): void => {
    saving = saving.then(write).catch((error: unknown) => {
      log.note("known.unsaved", { path, detail: messageOf(error) }, "warn");
    });
  };
  let cancel: (() => void) | undefined;

  return {
    vanished: begun && start === undefined,
    log: (name) => logs.get(name),
    anchor: (folder) => heads.get(folder),
    sawLog(name, id) {
      if (logs.get(name) === id) return;
      logs.set(name, id);
      saveSoon();
    },
    follow(folder, head) {
      followed.set(folder, head);
    },
    start() {
      cancel ??= clock.every(SAVE_MS, saveSoon);
    },
    async close() {
      cancel?.();
      saveSoon();
      await withinDeadline(clock, CLOSE_MS, `Closing ${path}`, saving).catch((error: unknown) =>
        log.note("known.unclosed", { path, detail: messageOf(error) }, "warn"),
      );
    },
  };
}

/** The newest records that were written down, by folder; empty where nothing is known. Rejects with DISK_FAILED. */
export async function readKnownHeads(disk: Pick<Disk, "read">): Promise<Content["heads"]> {
  const bytes = await disk.read(KNOWN_FILE);
  return (bytes === undefined ? undefined : parseKnown(bytes))?.heads ?? {};
}

function parseKnown(bytes: Uint8Array): Content | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isContent(value) ? value : undefined;
  } catch {
    // Not JSON: whoever asked says so in the log.
    return undefined;
  }
}

const isContent = (value: unknown): value is Content =>
  isObject(value) &&
  isObject(value["logs"]) &&
  isObject(value["heads"]) &&
  Object.values(value["logs"]).every((id) => typeof id === "string") &&
  Object.values(value["heads"]).every(
    (head) => isObject(head) && Number.isSafeInteger(head["n"]) && typeof head["hash"] === "string",
  );

const isObject = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);
