/** One file that somebody sends, piece by piece, kept until it was taken in. */
export interface Upload {
  /** Bytes that are there. */
  readonly bytes: number;
  /** What Links.openFiles() opens. */
  readonly address: string;
  /** Rejects with DISK_FAILED. */
  append(bytes: Uint8Array): Promise<void>;
  /** Nothing stays of it. */
  remove(): Promise<void>;
}

/** Where uploads lie: on this machine's disk, one at a time. */
export interface Uploads {
  /** A new, empty one; removes whatever was left of others. `name` is what the sender calls it. Rejects with DISK_FAILED. */
  begin(name: string): Promise<Upload>;
}
