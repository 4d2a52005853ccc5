import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { Fault, messageOf } from "../domain/fault.ts";
import type { Clock } from "../port/clock.ts";
import type { Links, OpenLink, SerialSettings } from "../port/link.ts";
import { isTranscript, type TranscriptChunk, timedChunks } from "../wire/transcript.ts";
import { createMemoryLinks, type MemoryLinks } from "./memory.ts";
import { createReplay, type Replay } from "./replay.ts";
import { listSerial, openSerial } from "./serial.ts";

export interface LinksOptions {
  readonly clock: Clock;
  /** Cables of simulators in this process; without any, `memory:` addresses lead nowhere. */
  readonly memory?: MemoryLinks;
  /** How the device family at a `replay:` address reads the times out of its raw files, where it can. */
  paced?(address: string): ((file: Uint8Array) => Iterable<TranscriptChunk>) | undefined;
}

/** Every kind of link by address: `memory:NAME`, `replay:FILE`, else a serial port. */
export function createLinks({
  clock,
  memory = createMemoryLinks(),
  paced,
}: LinksOptions): Links & { stop(): void } {
  const replays = new Map<string, Replay>();

  const replayOf = async (address: string, serial: SerialSettings): Promise<Replay> => {
    const known = replays.get(address);
    if (known !== undefined) return known;
    const { file, bytesPerSecond } = replayAddress(address, serial);
    const bytes = await readRecording(file);
    const read = isTranscript(bytes) ? undefined : paced?.(address);
    const recording = read === undefined ? timedChunks(file, bytes, bytesPerSecond) : fromDevice(read(bytes));
    const replay = replays.get(address) ?? createReplay({ name: file, recording, clock });
    replays.set(address, replay);
    return replay;
  };

  return {
    async open(address, serial, signal): Promise<OpenLink> {
      signal.throwIfAborted();
      if (address.startsWith("memory:")) return memory.open(address.slice("memory:".length));
      if (!address.startsWith("replay:")) return openSerial(address, serial, signal, clock);
      const replay = await replayOf(address, serial);
      signal.throwIfAborted();
      return replay.open();
    },
    list: listSerial,
    stop() {
      for (const replay of replays.values()) replay.stop();
    },
  };
}

function* fromDevice(chunks: Iterable<TranscriptChunk>): Iterable<TranscriptChunk> {
  for (const chunk of chunks) if (chunk.direction === "in") yield chunk;
}

/** `replay:FILE` or `replay:FILE?bytesPerSecond=375`; a file without times is paced by that, else by the baud rate. */
function replayAddress(address: string, serial: SerialSettings): { file: string; bytesPerSecond: number } {
  const [file = "", query = ""] = address.slice("replay:".length).split("?");
  const given = Number(new URLSearchParams(query).get("bytesPerSecond") ?? Number.NaN);
  return { file, bytesPerSecond: given > 0 ? given : serial.baudRate / 10 };
}

async function readRecording(file: string): Promise<Uint8Array> {
  try {
    const bytes = await readFile(file);
    return file.endsWith(".gz") ? await promisify(gunzip)(bytes) : bytes;
  } catch (error) {
    throw new Fault("LINK_NOT_FOUND", `The recording ${file} cannot be read: ${messageOf(error)}.`, {
      fix: "Check the file's name and its permissions.",
      cause: error,
    });
  }
}
