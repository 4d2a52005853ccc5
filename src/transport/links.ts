import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { shownAddress } from "../domain/address.ts";
import { Fault, messageOf } from "../domain/fault.ts";
import type { Clock } from "../port/clock.ts";
import type { LinkKind, Links, OpenLink, RecordingTimes } from "../port/link.ts";
import type { Log } from "../port/log.ts";
import { isTranscript, timedChunks } from "../wire/transcript.ts";
import { openBle } from "./ble.ts";
import { startBleHelper } from "./ble-helper.ts";
import { openFileLink } from "./files.ts";
import { type Hid, machineHid, openHid } from "./hid.ts";
import { openInput } from "./input.ts";
import { createMemoryLinks, type MemoryLinks } from "./memory.ts";
import { openMicrophone } from "./microphone.ts";
import { openModemLines } from "./modem-lines.ts";
import { openMessages } from "./mqtt.ts";
import { openNut } from "./nut.ts";
import { openPowerSupplies } from "./power-supply.ts";
import { createReplay, type Replay, type TimedBytes } from "./replay.ts";
import { openSerial } from "./serial.ts";
import { listSerial } from "./serial-port.ts";
import { openTcp } from "./tcp.ts";

export interface LinksOptions {
  readonly clock: Clock;
  /** Cables of simulators in this process; without any, `memory:` addresses lead nowhere. */
  readonly memory?: MemoryLinks;
  /** Default: those of this machine. */
  readonly hid?: Hid;
  /** Told of steps that failed and that a link goes on without. */
  readonly log?: Log;
}

/** Every kind of link by address; docs/links.md lists them. */
export function createLinks({
  clock,
  memory = createMemoryLinks(),
  hid = machineHid,
  log,
}: LinksOptions): Links & { stop(): void } {
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
      if (need.kind === "bytes") {
        if (address.startsWith("tcp:")) return openTcp(address, signal, clock);
        if (address.startsWith("nut:")) return openNut(address, signal, clock);
        if (address.startsWith("mic:")) return openMicrophone(address, signal, clock);
        if (address.startsWith("input:")) return openInput(address, signal, clock);
        if (isPath(address)) return openSerial(address, need.serial, signal, clock);
      }
      if (need.kind === "reports" && address.startsWith("hid:"))
        return openHid(address, need.usb, signal, hid);
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
      if (need.kind === "gatt" && /^ble(?:\+hci)?:/.test(address))
        return openBle(address, need.gatt, signal, { clock, startHelper: startBleHelper, log });
      if (need.kind === "messages" && /^mqtts?:/.test(address))
        return openMessages(address, need.topics, signal, clock);
      if (need.kind === "messages" && address.startsWith("power:"))
        return openPowerSupplies(address, signal, clock);
      if (need.kind === "lines" && isPath(address)) return openModemLines(address, signal, clock);
      throw noWay(address, need.kind);
    },
    async openFiles(address, signal) {
      signal.throwIfAborted();
      if (address.startsWith("memory:")) return memory.openFiles(address.slice("memory:".length));
      if (isPath(address) || /^(?:card|http):/.test(address)) return openFileLink(address, signal, clock);
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

/** Everything that does not say what it is by a word and a colon is a file of this machine (or `COM3`). */
const isPath = (address: string): boolean => !/^[a-z+]{2,}:/.test(address);

const noWay = (address: string, kind: LinkKind): Fault =>
  new Fault(
    "LINK_REFUSED",
    `${shownAddress(address)} is not an address for a device that is read as ${kind}.`,
    {
      fix: "docs/links.md lists the addresses of each kind.",
      permanent: true,
    },
  );

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
