import { open, stat } from "node:fs/promises";
import path from "node:path";
import type { Clock } from "../port/clock.ts";
import type { FileLink, OpenLink } from "../port/link.ts";
import { openFolder } from "./folder.ts";
import { openWifiCard } from "./wifi-card.ts";
import { openZip } from "./zip.ts";

const CARD = "card:";

/** A file of this name says that the files beside it come from a simulator (law 7), however they are brought. */
export const SIMULATED_MARK = ".breathwatch-simulated";

/**
 * Files by address: `card:FOLDER` is a card that is still being written, `http://HOST/` one with Wi-Fi; a bare path
 * is a folder, a zip or a single file as it is now. Rejects with LINK_NOT_FOUND, LINK_REFUSED, or the signal's
 * reason.
 */
export async function openFileLink(
  address: string,
  signal: AbortSignal,
  clock: Clock,
): Promise<OpenLink<FileLink>> {
  if (address.startsWith("http://")) return openWifiCard(address, signal, clock);
  const growing = address.startsWith(CARD);
  const place = growing ? address.slice(CARD.length) : address;
  const link =
    !growing && (await isZip(place))
      ? await openZip(address, place)
      : await openFolder(address, place, growing);
  return { link, simulated: await isMarked(link, place), resolved: address };
}

/** Among the files, or beside a file that stands alone. */
async function isMarked(link: FileLink, place: string): Promise<boolean> {
  const files = await link.list();
  if (files.some((file) => file.path.split("/").at(-1) === SIMULATED_MARK)) return true;
  return stat(path.join(path.dirname(place), SIMULATED_MARK)).then(
    (facts) => facts.isFile(),
    () => false,
  );
}

/** By its first bytes: what an upload is called says little. False for what cannot be read, which is told later. */
async function isZip(place: string): Promise<boolean> {
  const isFile = await stat(place).then(
    (facts) => facts.isFile(),
    () => false,
  );
  if (!isFile) return false;
  const handle = await open(place).catch(() => undefined);
  if (handle === undefined) return false;
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(4), 0, 4, 0);
    // A first file's header, or the end record of an empty zip (PKWARE APPNOTE 4.3.7, 4.3.16).
    return bytesRead === 4 && buffer[0] === 0x50 && buffer[1] === 0x4b && [3, 5].includes(buffer[2] ?? 0);
  } finally {
    await handle.close();
  }
}
