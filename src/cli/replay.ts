import path from "node:path";
import { machineZone } from "../ops/machine.ts";
import type { Clock } from "../port/clock.ts";
import type { ByteLink } from "../port/link.ts";
import { createSeededRandom } from "../rehearsal/random.ts";
import type { TimedBytes } from "../transport/replay.ts";
import { command, invalidInput, numberOf, UsageError } from "./command.ts";
import { findConfiguration } from "./configuration.ts";
import type { Outlet } from "./device-end.ts";
import { inFolder, LINGER_MS, openOutlet, type Target, targetOf, untilOpened } from "./outlet.ts";
import { FAULT_OPTION, faultyPort, portFaults } from "./port-faults.ts";
import { openRecording } from "./recording.ts";
import type { Terminal } from "./terminal.ts";

/** `breathwatch replay`: a recording as a device on a port, with its timing. */
export const replayCommand = command({
  name: "replay",
  usage: "FILE [--device ID] [--to pty|tcp:PORT|home] [--speed N]",
  about:
    "Plays what a device once sent, so that it can be read as a real port. A transcript keeps its timing and\n" +
    "names its device; other files are paced by the device's nominal rate, log files of a Puritan Bennett 840\n" +
    "by the port's 50 lines a second. It starts when the port is first opened, ends with the last byte, and\n" +
    "prints the port's address on stdout. What it plays is marked as simulated by whoever reads it.\n\n" +
    "--fault KIND[=AMOUNT][@FROM-TO], times in s: flip, drop (share of the bytes), cut (of the pieces), wrong_baud,\n" +
    "freeze, half_open, delay (s) between device and reader; flip=0.001, freeze@60-120, delay=3.\n\n" +
    "--to pty    a pseudo-terminal (needs socat); give its path as `port` in the configuration\n" +
    "--to tcp:P  port P of this machine; 0 takes any free one\n" +
    "--to home   the pseudo-terminal gets the name that the configuration gives the device's port, for a\n" +
    "            running home that waits for it. Only at speed 1: alarms are about minutes as they pass, and\n" +
    "            a faster night would be judged wrongly. For whole nights in seconds use `judge`.\n\n" +
    "Only families that are read from a port are played so. Recordings of the others (Bluetooth, USB reports, modem\n" +
    "lines, MQTT) are played by the home itself: `port: replay:FILE` in the configuration. Cards need no replay:\n" +
    "name the folder as `port`, or `import` it.",
  options: {
    device: { type: "string", value: "ID", help: "family; a transcript names its own" },
    to: { type: "string", value: "PLACE", help: "pty (default), tcp:PORT or home" },
    speed: { type: "string", value: "N", help: "times faster than it was, 0.1 to 1000; default 1" },
    options: {
      type: "string",
      value: "NAME=VALUE",
      multiple: true,
      help: "option of the family, repeatable",
    },
    folder: {
      type: "string",
      value: "FOLDER",
      help: "where the pty is named FOLDER/<family>; default: a temporary one",
    },
    config: { type: "string", value: "FILE", help: "configuration, for --to home" },
    fault: FAULT_OPTION,
  },
  positionals: { min: 1, max: 1, names: "FILE" },
  examples: [
    "breathwatch replay night.txt.gz --device puritan-bennett-840-waveform",
    "breathwatch replay finger.transcript --to tcp:4001 --speed 10",
  ],
  async run({ values, positionals }, terminal) {
    const speed = numberOf(values.speed ?? "1", "--speed", 0.1, 1_000);
    const to = values.to ?? "pty";
    if (to === "home" && speed !== 1) {
      throw new UsageError(
        "A running home takes recordings at speed 1 only: a faster night would be judged wrongly. " +
          'Use speed 1, or "breathwatch judge" for a whole night in seconds.',
      );
    }
    const target: Target = to === "home" ? { kind: "pty" } : targetOf(to);
    const recording = await openRecording(
      {
        file: positionals[0] ?? "",
        ...(values.device === undefined ? {} : { device: values.device }),
        options: values.options ?? [],
      },
      terminal,
    );
    const family = recording.device.id;
    if (recording.device.link !== "bytes") {
      throw new UsageError(
        `${family} is read as ${recording.device.link}, which no port carries: name the file itself as the device's ` +
          "port in the configuration, port: replay:FILE, and the home plays it, marked as simulated.",
      );
    }
    const faults = portFaults(values.fault ?? []);
    const named = to === "home" ? await portInHome(family, values.config, terminal) : undefined;
    await inFolder(values.folder, terminal, async (folder) => {
      const outlet = await openOutlet(target, named ?? path.join(folder, family), terminal);
      try {
        await terminal.print(`${outlet.address}\n`);
        await untilOpened([outlet], terminal);
        const random = createSeededRandom(1);
        const link = faultyPort(outlet.link, faults, { clock: terminal.clock, random });
        await play(recording.chunks, { outlet, link, speed, terminal });
      } finally {
        await outlet.close();
      }
    });
    return 0;
  },
});

interface Playing {
  readonly outlet: Outlet;
  readonly link: ByteLink;
  readonly speed: number;
  readonly terminal: Terminal;
}

/** Writes each piece at its time. Ends with the recording or quietly with the signal. */
async function play(
  chunks: Iterable<TimedBytes> | AsyncIterable<TimedBytes>,
  { outlet, link, speed, terminal }: Playing,
): Promise<void> {
  const { clock, signal } = terminal;
  const startMs: number = clock.mono();
  let bytes = 0;
  let lastMs = 0;
  try {
    for await (const chunk of chunks) {
      lastMs = chunk.offsetMs;
      await waitUntil(clock, startMs + chunk.offsetMs / speed, signal);
      bytes += chunk.bytes.length;
      await link.write(chunk.bytes);
    }
    await clock.sleep(LINGER_MS, signal);
  } finally {
    const lost = outlet.lostBytes === 0 ? "" : `, ${outlet.lostBytes} of them lost: nobody took them`;
    terminal.say(`played ${(lastMs / 1000).toFixed(1)} s of the recording, ${bytes} bytes${lost}`);
  }
}

/** Waits for a moment that may be past. */
async function waitUntil(clock: Clock, atMs: number, signal: AbortSignal): Promise<void> {
  const waitMs = atMs - clock.mono();
  if (waitMs > 0) await clock.sleep(waitMs, signal);
  else signal.throwIfAborted();
}

/** The port that the home's configuration names for this family, when a pty may take its name. */
async function portInHome(family: string, config: string | undefined, terminal: Terminal): Promise<string> {
  const found = await findConfiguration(config, terminal, { zone: machineZone() });
  if (found.config === undefined) {
    throw invalidInput("There is no configuration of a home that can be read.", 'Run "breathwatch check".');
  }
  const ports = found.config.beds
    .flatMap((bed) => bed.devices)
    .filter((device) => device.family === family)
    .map((device) => device.port);
  const port = ports.find((name) => name.startsWith("/") && !name.startsWith("/dev/"));
  if (port !== undefined) return port;
  throw invalidInput(
    `The configuration has no port outside /dev for ${family}, and a real port's name cannot be lent.`,
    `Give a device of this family a port such as /tmp/breathwatch/${family}, restart the home, and try again.`,
  );
}
