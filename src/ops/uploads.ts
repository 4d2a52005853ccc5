import { appendFile, mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { Fault, messageOf } from "../domain/fault.ts";
import type { Uploads } from "../port/upload.ts";

/** Uploads in a folder of their own, which is emptied whenever one begins. Private, as everything of the data folder. */
export function createUploads(folder: string): Uploads {
  return {
    async begin(name) {
      const file = path.join(folder, safeName(name));
      await attempt(file, async () => {
        await rm(folder, { recursive: true, force: true });
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await writeFile(file, "", { mode: 0o600, flag: "wx" });
      });
      let bytes = 0;
      return {
        get bytes() {
          return bytes;
        },
        address: file,
        async append(piece) {
          await attempt(file, () => appendFile(file, piece));
          bytes += piece.length;
        },
        remove: () => attempt(file, () => rm(folder, { recursive: true, force: true })),
      };
    },
  };
}

/** Drivers look at the end of a name (`.csv`), never at the rest; nothing of it may lead anywhere. */
function safeName(name: string): string {
  const plain = name.replaceAll(/[^A-Za-z0-9._-]+/g, "_").replace(/^\.+/, "");
  return `upload-${plain.slice(-60)}`;
}

async function attempt(file: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new Fault("DISK_FAILED", `The upload ${path.basename(file)} cannot be kept: ${messageOf(error)}.`, {
      fix: "Is there room on the disk of the data folder?",
      cause: error,
    });
  }
}
