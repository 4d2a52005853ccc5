import type { AppendFile, Disk } from "../port/disk.ts";

/** The end of a file that grows: what is known to be good, and the open file behind it. */
export interface Tail {
  /** Bytes known to be good. */
  readonly length: number;
  /**
   * Appends and syncs; resolves when the bytes would survive a power cut. Rejects with DISK_FAILED: then nothing
   * of these bytes counts, and the next write first cuts off what may have landed of them.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Lets go of the open file; the next write opens it again. */
  close(): Promise<void>;
}

/**
 * Idle until the first write, so that a folder that cannot be written hinders nobody who only reads. One write at
 * a time. `header` goes first into a file without contents.
 */
export function createTail(disk: Disk, path: string, header: Uint8Array, goodLength: number): Tail {
  let file: AppendFile | undefined;
  let length = goodLength;

  const open = async (): Promise<AppendFile> => {
    const opened = await disk.append(path);
    if (opened.length <= length) {
      // Shorter than what was once there: somebody cut it. The reader finds its way from record to record.
      length = opened.length;
      return opened;
    }
    await opened.close();
    await disk.truncate(path, length);
    return disk.append(path);
  };

  const close = async (): Promise<void> => {
    const closing = file;
    file = undefined;
    await closing?.close();
  };

  /** In one piece: a kill half-way leaves no file, where an empty one would look like records that were lost. */
  const begin = async (bytes: Uint8Array): Promise<void> => {
    const whole = concat([header, bytes]);
    await close();
    await disk.replace(path, whole);
    length = whole.length;
  };

  const add = async (file: AppendFile, bytes: Uint8Array): Promise<void> => {
    await file.append(bytes);
    await file.sync();
    length += bytes.length;
  };

  return {
    get length() {
      return length;
    },
    async write(bytes) {
      try {
        if (length > 0) file ??= await open();
        if (file === undefined || length === 0) await begin(bytes);
        else await add(file, bytes);
      } catch (error) {
        // After a failed sync the system may have dropped the bytes and call the file clean: only what was good
        // before counts. The reason for the failure is the caller's to tell; that closing fails too adds nothing.
        await close().catch(() => undefined);
        throw error;
      }
    },
    close,
  };
}

/** The chunks one after another. */
export function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
