import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { Fault, messageOf } from "../domain/fault.ts";
import type { Clock } from "../port/clock.ts";
import type { Links, OpenLink, RecordingTimes } from "../port/link.ts";
import { isTranscript, timedChunks } from "../wire/transcript.ts";
import { createMemoryLinks, type MemoryLinks } from "./memory.ts";
import { createReplay, type Replay, type TimedBytes } from "./replay.ts";
import { listSerial, openSerial } from "./serial.ts";

export interface LinksOptions {
  readonly clock: Clock;
  /** Cables of simulators in this process; without any, `memory:` addresses lead nowhere. */
  readonly memory?: MemoryLinks;
}

/** Every kind of link by address: `memory:NAME`, `replay:FILE`, else a serial port. */
export function createLinks({ clock, memory = createMemoryLinks() }: LinksOptions): Links & { stop(): void } {
  const replays = new Map<string, Replay>();

  const replayOf = async (
    file: string,
    lineBytesPerSecond: number,
    times: RecordingTimes,
  ): Promise<Replay> => {
    const known = replays.get(file);
    if (known !== undefined) return known;
    const bytes = await readRecording(file);
    const recording =
      times.paced === undefined || isTranscript(bytes)
        ? timedChunks(file, bytes, times.bytesPerSecond ?? lineBytesPerSecond)
        : fromDevice(times.paced(bytes));
    const replay = replays.get(file) ?? createReplay({ name: file, recording, clock });
    replays.set(file, replay);
    return replay;
  };

  return {
    async open(address, serial, signal, times = {}): Promise<OpenLink> {
      signal.throwIfAborted();
      if (address.startsWith("memory:")) return memory.open(address.slice("memory:".length));
      if (address.startsWith("tcp:")) throw noNetwork(address);
      if (!address.startsWith("replay:")) return openSerial(address, serial, signal, clock);
      const replay = await replayOf(address.slice("replay:".length), serial.baudRate / 10, times);
      signal.throwIfAborted();
      return replay.open();
    },
    list: listSerial,
    stop() {
      for (const replay of replays.values()) replay.stop();
    },
  };
}

const noNetwork = (address: string): Fault =>
  new Fault("LINK_REFUSED", `${address} is a network address; devices are read from ports of this machine.`, {
    fix: "Name a serial port, or make one of the network address with socat or ser2net.",
    permanent: true,
  });

function* fromDevice(chunks: ReturnType<NonNullable<RecordingTimes["paced"]>>): Iterable<TimedBytes> {
  for (const chunk of chunks) if (chunk.direction === "in") yield chunk;
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
