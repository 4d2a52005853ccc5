/**
 * The part of a file system that the record log needs. Every method rejects with a Fault DISK_FAILED; none
 * blocks the event loop. Paths are relative to the data folder; names are [a-z0-9._/-].
 */
export interface Disk {
  /** The whole file; undefined when there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Opens for appending at the end, creating it and its folders. */
  append(path: string): Promise<AppendFile>;
  /** Replaces a file atomically and durably (temporary file, sync, rename, sync of the folder). */
  replace(path: string, bytes: Uint8Array): Promise<void>;
  list(folder: string): Promise<readonly string[]>;
  remove(path: string): Promise<void>;
  /** Cuts a file to a length: how a torn tail is dropped. */
  truncate(path: string, length: number): Promise<void>;
  /** Free and total bytes of the file system. */
  space(): Promise<{ readonly freeBytes: number; readonly totalBytes: number }>;
}

export interface AppendFile {
  readonly length: number;
  append(bytes: Uint8Array): Promise<void>;
  /** Resolves when everything appended would survive a power cut. */
  sync(): Promise<void>;
  close(): Promise<void>;
}
