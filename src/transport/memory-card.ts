import { Fault } from "../domain/fault.ts";
import type { CardLink, FileLink } from "../port/link.ts";

/** Largest card that is kept in memory; a writer beyond it is told. */
const LIMIT_BYTES = 256 << 20;

/** A memory card inside this process. Growing: whoever reads it looks again. */
export function createMemoryCard(
  inSlot: () => boolean,
  name: string,
): { readonly device: CardLink; open(): FileLink } {
  const files = new Map<string, { bytes: Uint8Array; length: number }>();
  let held = 0;

  const present = (): void => {
    if (!inSlot()) throw new Fault("LINK_LOST", `The card memory:${name} was taken out.`);
  };

  return {
    device: {
      async write(path, at, bytes) {
        const file = files.get(path) ?? { bytes: new Uint8Array(0), length: 0 };
        const end = at + bytes.length;
        if (end > file.bytes.length) {
          const room = Math.max(end, file.bytes.length * 2);
          if (held + room > LIMIT_BYTES) throw new Fault("DISK_FAILED", `The card memory:${name} is full.`);
          held += room - file.bytes.length;
          const larger = new Uint8Array(room);
          larger.set(file.bytes);
          file.bytes = larger;
        }
        file.bytes.set(bytes, at);
        file.length = Math.max(file.length, end);
        files.set(path, file);
      },
      async remove(path) {
        held -= files.get(path)?.bytes.length ?? 0;
        files.delete(path);
      },
      close: async () => undefined,
    },
    open: () => ({
      growing: true,
      async list() {
        present();
        return [...files]
          .map(([path, { length }]) => ({ path, bytes: length }))
          .toSorted((a, b) => (a.path < b.path ? -1 : 1));
      },
      async read(path, from, to) {
        present();
        const file = files.get(path);
        return file === undefined ? new Uint8Array(0) : file.bytes.slice(from, Math.min(to, file.length));
      },
      close: async () => undefined,
    }),
  };
}
