import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { Fault, messageOf } from "../domain/fault.ts";
import type { Clock } from "../port/clock.ts";
import type { LinkKind, Links, OpenLink, RecordingTimes } from "../port/link.ts";
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
    async open(address, need, signal, times = {}): Promise<OpenLink> {
      signal.throwIfAborted();
      if (address.startsWith("memory:")) return memory.open(address.slice("memory:".length));
      if (address.startsWith("replay:")) {
        const rate = need.kind === "bytes" ? need.serial.baudRate / 10 : REPORT_BYTES_PER_SECOND;
        const replay = await replayOf(address.slice("replay:".length), rate, times);
        signal.throwIfAborted();
        return replay.open();
      }
      if (address.startsWith("tcp:")) throw noNetwork(address);
      if (need.kind === "bytes") return openSerial(address, need.serial, signal, clock);
      throw noWay(address, need.kind);
    },
    async openPackets(address, need, signal, times = {}) {
      signal.throwIfAborted();
      if (address.startsWith("memory:")) return memory.openPackets(address.slice("memory:".length));
      if (address.startsWith("replay:")) {
        const replay = await replayOf(address.slice("replay:".length), PACKET_BYTES_PER_SECOND, times);
        signal.throwIfAborted();
        return replay.openPackets();
      }
      throw noWay(address, need.kind);
    },
    async openFiles(address, signal) {
      signal.throwIfAborted();
      if (address.startsWith("memory:")) return memory.openFiles(address.slice("memory:".length));
      throw noWay(address, "files");
    },
    list: listSerial,
    stop() {
      for (const replay of replays.values()) replay.stop();
    },
  };
}

/** Rates of bare recordings on links that have no line speed: 50 reports of 64 bytes, ten packets of 20. */
const REPORT_BYTES_PER_SECOND = 3_200;
const PACKET_BYTES_PER_SECOND = 200;

const noWay = (address: string, kind: LinkKind): Fault =>
  new Fault("LINK_REFUSED", `${address} is not an address for a device that is read as ${kind}.`, {
    fix: "docs/links.md lists the addresses of each kind.",
    permanent: true,
  });

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
