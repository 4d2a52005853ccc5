import { DAY_MS } from "../../src/domain/time.ts";
import type { FileLink } from "../../src/port/link.ts";
import { pieces } from "../../src/wire/card.ts";
import { PACKET } from "./codec.ts";

/** Packets of one file, [from, to) counted from 0. */
export interface Stretch {
  readonly path: string;
  readonly from: number;
  readonly to: number;
  /** Time of its first packet as the packet has it, to put stretches in order; NaN where it has none. */
  readonly begins: number;
}

/** One file of packets, as it is now. */
export interface PacketFile {
  readonly path: string;
  /** Place in the ring of files, 0 to 29. */
  readonly number: number;
  readonly packets: number;
}

/** Finds what is new in the ring of packet files. One a machine. */
export interface PacketRing {
  /** Stretches that were not given before, oldest first. */
  look(files: readonly PacketFile[]): Promise<readonly Stretch[]>;
}

/**
 * The ring is written over from its first file on, so that one file holds new packets and behind them those of some
 * two months before. A step back by more than this, in days, is the place where the new ones end; by less, somebody
 * set the clock.
 */
const OLD_DAYS = 7;

interface Seen {
  begins: number;
  /** Packets that were given, from the beginning of the newer part. */
  given: number;
  /** Whether older packets stand behind the newer ones. */
  wrapped: boolean;
}

export function createPacketRing(link: FileLink): PacketRing {
  const seen = new Map<string, Seen>();

  const timeOf = async (path: string, packet: number): Promise<number> => {
    const at = packet * PACKET.lengthBytes;
    const bytes = await link.read(path, at, at + PACKET.lengthBytes);
    return bytes.length < PACKET.lengthBytes ? Number.NaN : packetTime(bytes, 0);
  };

  /** The first packet from `from` on that is older than the file's first; `packets` where there is none. */
  const olderFrom = async (file: PacketFile, begins: number, from: number): Promise<number> => {
    const isOld = async (packet: number): Promise<boolean> =>
      (await timeOf(file.path, packet)) < begins - OLD_DAYS * DAY_MS;
    if (!(await isOld(file.packets - 1))) return file.packets;
    let newer = from - 1;
    let older = file.packets - 1;
    while (older - newer > 1) {
      const middle = Math.floor((newer + older) / 2);
      if (await isOld(middle)) older = middle;
      else newer = middle;
    }
    return older;
  };

  const newIn = async (file: PacketFile): Promise<readonly Stretch[]> => {
    const { path, packets } = file;
    const known = seen.get(path);
    // Nothing was added, and nothing is written over behind what is there.
    if (known !== undefined && !known.wrapped && known.given === packets) {
      if ((await timeOf(path, 0)) === known.begins || Number.isNaN(known.begins)) return [];
    }
    const begins = await timeOf(path, 0);
    const goesOn = known !== undefined && (known.begins === begins || Number.isNaN(begins));
    const from = goesOn ? Math.min(known.given, packets) : 0;
    if (from === packets) return [];
    const end = await olderFrom(file, begins, from);
    const wrapped = end < packets;
    seen.set(path, { begins, given: end, wrapped });
    const newer =
      end > from ? [{ path, from, to: end, begins: from === 0 ? begins : await timeOf(path, from) }] : [];
    if (!wrapped || known !== undefined) return newer;
    return [{ path, from: end, to: packets, begins: await timeOf(path, end) }, ...newer];
  };

  return {
    async look(files) {
      const stretches: Stretch[] = [];
      for (const file of files.toSorted((a, b) => a.number - b.number)) {
        if (file.packets > 0) stretches.push(...(await newIn(file)));
      }
      return stretches.toSorted((a, b) => (a.begins < b.begins ? -1 : Number(a.begins > b.begins)));
    },
  };
}

/** The packets of a stretch, each as bytes and its place in them. */
export async function* packetsOf(
  link: FileLink,
  { path, from, to }: Stretch,
): AsyncGenerator<{ readonly bytes: Uint8Array; readonly at: number }> {
  const unit = PACKET.lengthBytes;
  for await (const bytes of pieces(link, path, { from: from * unit, to: to * unit, unit })) {
    for (let at = 0; at < bytes.length; at += unit) yield { bytes, at };
  }
}

/** A packet's local time as if it were UTC, in ms; NaN where the packet is none. */
function packetTime(bytes: Uint8Array, at: number): number {
  if (PACKET.check(bytes, at) !== 0) return Number.NaN;
  const { year, month, day, hour, minute, second } = PACKET.decode(bytes, at);
  return year > 9999 ? Number.NaN : Date.UTC(year, month - 1, day, hour, minute, second);
}
