import { open } from "node:fs/promises";

/** Brings to the disk which names a folder holds: a file made, renamed or removed in it is so after a power cut too. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
