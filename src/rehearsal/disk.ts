import { Fault } from "../domain/fault.ts";
import type { AppendFile, Disk } from "../port/disk.ts";
import type { Random } from "../port/random.ts";

/** A disk in memory that fails on demand: the rehearsals' disk. It knows what a power cut would leave. */
export interface MemoryDisk extends Disk {
  /** Nothing is answered until `resume`. */
  stall(): void;
  resume(): void;
  /** Every write fails as on a full disk; `space` says so too. */
  setFull(full: boolean): void;
  /** Every write fails as on a file system mounted read-only. */
  setReadOnly(readOnly: boolean): void;
  /** The next append keeps this many bytes and fails. */
  tearNextAppend(bytes: number): void;
  /** The next sync fails, and what it should have kept may be gone. */
  failNextSync(): void;
  /**
   * Power cut: the disk as the next run finds it. Of what was not synced a random part of the beginning stays,
   * sometimes with zeros behind it. This one never answers again, so that nothing of the dead run can write.
   */
  powerCut(random: Random): MemoryDisk;
  /** The file as it lies there; undefined when there is none. For tests that look or damage. */
  peek(path: string): Uint8Array | undefined;
  poke(path: string, bytes: Uint8Array): void;
}

const SECTOR_BYTES = 512;

interface StoredFile {
  bytes: Uint8Array;
  /** How much of it survives a power cut. */
  synced: number;
}

/** An empty disk. `totalBytes` bounds nothing; it is what `space` tells, with what the files take subtracted. */
export const createMemoryDisk = (totalBytes = 16 * 2 ** 30): MemoryDisk => diskOver(new Map(), totalBytes);

function diskOver(files: Map<string, StoredFile>, totalBytes: number): MemoryDisk {
  let stalled: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
  let dead = false;
  let full = false;
  let readOnly = false;
  let tear: number | undefined;
  let syncFails = false;

  /** Waits for a stalled disk; what was asked before a power cut is never answered. */
  const turn = async (): Promise<void> => {
    await stalled?.promise;
    if (dead) await new Promise<never>(() => undefined);
  };

  const writable = async (path: string): Promise<void> => {
    await turn();
    if (readOnly) throw refused(path, "the file system is mounted read-only");
    if (full) throw refused(path, "no space left on the disk");
  };

  const fileAt = (path: string): StoredFile => {
    const found = files.get(path) ?? { bytes: new Uint8Array(), synced: 0 };
    files.set(path, found);
    return found;
  };

  const openFile = (path: string, file: StoredFile): AppendFile => ({
    get length() {
      return file.bytes.length;
    },
    async append(bytes) {
      await writable(path);
      const kept = tear === undefined ? bytes : bytes.subarray(0, tear);
      file.bytes = extended(file.bytes, kept);
      if (tear === undefined) return;
      tear = undefined;
      throw refused(path, "the write was cut short");
    },
    async sync() {
      await turn();
      if (syncFails) {
        syncFails = false;
        throw refused(path, "the sync failed");
      }
      file.synced = file.bytes.length;
    },
    close: turn,
  });

  return {
    async read(path) {
      await turn();
      return copyOf(files.get(path)?.bytes);
    },
    async append(path) {
      await turn();
      if (!files.has(path)) await writable(path);
      return openFile(path, fileAt(path));
    },
    async replace(path, bytes) {
      await writable(path);
      files.set(path, { bytes: new Uint8Array(bytes), synced: bytes.length });
    },
    async list(folder) {
      await turn();
      const prefix = `${folder}/`;
      const names = [...files.keys()]
        .filter((path) => path.startsWith(prefix))
        .map((path) => path.slice(prefix.length));
      return names.filter((name) => !name.includes("/")).toSorted();
    },
    async remove(path) {
      await turn();
      if (readOnly) throw refused(path, "the file system is mounted read-only");
      files.delete(path);
    },
    async truncate(path, length) {
      await turn();
      if (readOnly) throw refused(path, "the file system is mounted read-only");
      const file = fileAt(path);
      file.bytes = new Uint8Array(file.bytes.subarray(0, length));
      file.synced = Math.min(file.synced, length);
    },
    async space() {
      await turn();
      const used = [...files.values()].reduce((sum, file) => sum + file.bytes.length, 0);
      return { freeBytes: full ? 0 : Math.max(0, totalBytes - used), totalBytes };
    },
    stall() {
      stalled ??= Promise.withResolvers<void>();
    },
    resume() {
      stalled?.resolve();
      stalled = undefined;
    },
    setFull(value) {
      full = value;
    },
    setReadOnly(value) {
      readOnly = value;
    },
    tearNextAppend(bytes) {
      tear = bytes;
    },
    failNextSync() {
      syncFails = true;
    },
    powerCut(random) {
      dead = true;
      return diskOver(new Map([...files].map(([path, file]) => [path, losePower(file, random)])), totalBytes);
    },
    peek: (path) => copyOf(files.get(path)?.bytes),
    poke(path, bytes) {
      files.set(path, { bytes: new Uint8Array(bytes), synced: bytes.length });
    },
  };
}

/** Never a view: a Buffer's `slice` would be one. */
const copyOf = (bytes: Uint8Array | undefined): Uint8Array | undefined => bytes && new Uint8Array(bytes);

/** Both one after the other. The room behind the first is used where there is some: files grow by small pieces. */
function extended(bytes: Uint8Array, more: Uint8Array): Uint8Array {
  const length = bytes.length + more.length;
  const fits = bytes.byteOffset === 0 && bytes.buffer.byteLength >= length;
  const room = fits ? new Uint8Array(bytes.buffer) : new Uint8Array(2 * length);
  if (!fits) room.set(bytes);
  room.set(more, bytes.length);
  return room.subarray(0, length);
}

function losePower({ bytes, synced }: StoredFile, random: Random): StoredFile {
  const end = synced + Math.floor(random.uniform() * (bytes.length - synced + 1));
  if (end === bytes.length || random.uniform() > 0.3)
    return { bytes: new Uint8Array(bytes.subarray(0, end)), synced: end };
  // Some file systems make the file longer before its sectors arrive: the rest is zeros, from a sector's start.
  const sector = Math.min(bytes.length, Math.ceil(end / SECTOR_BYTES) * SECTOR_BYTES);
  const left = new Uint8Array(bytes.length);
  left.set(bytes.subarray(0, sector));
  return { bytes: left, synced: left.length };
}

function refused(path: string, why: string): Fault {
  return new Fault("DISK_FAILED", `${path}: ${why}`);
}
