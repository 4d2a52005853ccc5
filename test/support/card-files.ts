import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import type { FileEntry, FileLink } from "../../src/port/link.ts";

/** Files by path, in memory. */
export type CardFiles = Map<string, Uint8Array>;

/** The regular files of a folder, by their paths in it. */
export function folderFiles(root: string): CardFiles {
  const files: CardFiles = new Map();
  for (const entry of readdirSync(root, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const full = path.join(entry.parentPath, entry.name);
    files.set(path.relative(root, full), new Uint8Array(readFileSync(full)));
  }
  return files;
}

/** The regular files of a `.tar.gz` (ustar, names of up to 100 bytes), by their paths in it. */
export function tarFiles(file: string): CardFiles {
  const tar = gunzipSync(readFileSync(file));
  const text = (at: number, length: number): string => {
    const end = tar.indexOf(0, at);
    return tar.toString("latin1", at, Math.min(end < 0 ? tar.length : end, at + length));
  };
  const files: CardFiles = new Map();
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, 12).trim() || "0", 8);
    const name = text(at, 100).replace(/^\.\//, "");
    if (text(at + 156, 1) === "0") files.set(name, new Uint8Array(tar.subarray(at + 512, at + 512 + size)));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

/**
 * Files as a card link gives them. `list` replaces what the listing says, for cards whose listing is wrong; `read`
 * counts what was asked for at once.
 */
export function cardLink(
  files: CardFiles,
  {
    growing = false,
    list,
    read = () => undefined,
  }: {
    readonly growing?: boolean;
    readonly list?: () => readonly FileEntry[];
    readonly read?: (path: string, bytes: number) => void;
  } = {},
): FileLink {
  return {
    growing,
    async list() {
      const all = [...files].map(([name, bytes]) => ({ path: name, bytes: bytes.length }));
      return list?.() ?? all.toSorted((a, b) => (a.path < b.path ? -1 : 1));
    },
    async read(name, from, to) {
      read(name, to - from);
      return files.get(name)?.slice(from, to) ?? new Uint8Array(0);
    },
    close: async () => undefined,
  };
}
