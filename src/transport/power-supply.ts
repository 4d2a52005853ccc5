import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { Fault, messageOf } from "../domain/fault.ts";
import type { Clock } from "../port/clock.ts";
import type { OpenLink, Packet, PacketLink } from "../port/link.ts";
import { createPacketQueue } from "./chunk-queue.ts";

const LOOK_MS = 5_000;
const USUAL_FOLDER = "/sys/class/power_supply";
/** Nothing that the kernel says of a supply is longer. */
const LONGEST_BYTES = 8_192;
const MOST_SUPPLIES = 32;

/**
 * Opens this machine's power supplies, `power:` or `power:FOLDER`: every five seconds a packet for each, its channel
 * the supply's name and its bytes the text of its `uevent` file. A folder outside /sys was made by somebody: simulated.
 * Rejects with LINK_NOT_FOUND, or the signal's reason.
 */
export async function openPowerSupplies(
  address: string,
  signal: AbortSignal,
  clock: Clock,
): Promise<OpenLink<PacketLink>> {
  const folder = path.resolve(address.slice("power:".length) || USUAL_FOLDER);
  const queue = createPacketQueue();
  for (const packet of await lookedAt(folder)) queue.push(packet);
  signal.throwIfAborted();
  let looking: Promise<void> | undefined;
  const look = async (): Promise<void> => {
    try {
      for (const packet of await lookedAt(folder)) queue.push(packet);
    } catch (error) {
      queue.end(
        new Fault("LINK_LOST", `The power supplies in ${folder} went away: ${messageOf(error)}.`, {
          fix: "They are looked for again by themselves.",
          cause: error,
        }),
      );
    }
    looking = undefined;
  };
  const cancel = clock.every(LOOK_MS, () => {
    looking ??= look();
  });
  return {
    link: {
      chunks: queue.chunks,
      write: () => Promise.reject(new Fault("DEVICE_REFUSED", "Nothing can be sent to a power supply.")),
      async close() {
        cancel();
        queue.end();
        await looking;
      },
    },
    simulated: !folder.startsWith("/sys/"),
    resolved: folder,
  };
}

async function lookedAt(folder: string): Promise<readonly Packet[]> {
  const names = await namesIn(folder);
  const packets: Packet[] = [];
  for (const name of names.toSorted().slice(0, MOST_SUPPLIES)) {
    const bytes = await readFile(path.join(folder, name, "uevent")).catch(() => undefined);
    // One that was unplugged between the two looks, or has nothing to say.
    if (bytes !== undefined && bytes.length > 0)
      packets.push({ channel: name, bytes: bytes.subarray(0, LONGEST_BYTES) });
  }
  if (packets.length === 0) throw missing(folder, "it is empty");
  return packets;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw missing(folder, messageOf(error), error);
  }
}

const missing = (folder: string, words: string, cause?: unknown): Fault =>
  new Fault("LINK_NOT_FOUND", `This machine knows of no power supply (${folder}): ${words}.`, {
    fix: "A box without a battery of its own has none: read its UPS with the family edge-power-nut instead.",
    cause,
  });
