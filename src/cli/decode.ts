import { encodeObservation } from "../bus/observation.ts";
import { plainWords } from "../domain/plain-words.ts";
import { wall } from "../domain/time.ts";
import type { Trace } from "../driver/contract.ts";
import { createStamper } from "../driver/stamp.ts";
import { createVirtualClock } from "../rehearsal/clock.ts";
import { command, invalidInput } from "./command.ts";
import { decodeRecording } from "./decoding.ts";
import { openRecording, type Recording } from "./recording.ts";
import type { Terminal } from "./terminal.ts";
import { zoneOf } from "./zone.ts";

/** Lines that wait before they are written together. */
const LINES_AT_ONCE = 200;

/** `breathwatch decode`: bytes of a device to observations, on virtual time. */
export const decodeCommand = command({
  name: "decode",
  usage: "--device ID [--input FILE] [--zone ZONE] [--options NAME=VALUE]",
  about:
    "Decodes what a device sent, with the driver that reads the real port, and prints one observation a line,\n" +
    "as JSON in the form of the bus topic observation/<device>. Reads a transcript (which names its device), a\n" +
    ".hex file (one frame a line, text after a bar ignored), a log file of the family, or bare bytes; each may\n" +
    "be packed with gzip. Cards and other files of a family are read by `import --jsonl`.\n" +
    "Without --input it reads stdin. Time is virtual: `at` counts milliseconds from the\n" +
    "first byte. What was refused is counted on stderr; input of which nothing is understood is a failure.",
  options: {
    device: { type: "string", value: "ID", help: "family, as `breathwatch devices` lists it" },
    input: { type: "string", value: "FILE", help: "file to read; default: stdin" },
    zone: {
      type: "string",
      value: "ZONE",
      help: "zone of a device clock that names none, as Asia/Shanghai; default UTC",
    },
    options: {
      type: "string",
      value: "NAME=VALUE",
      multiple: true,
      help: "option of the family, repeatable",
    },
  },
  examples: [
    "breathwatch decode --device nonin-serial --input night.hex.gz",
    "breathwatch decode --device nonin-serial --options format=7 < port.bin | jq .samples",
  ],
  async run({ values }, terminal) {
    const recording = await openRecording(
      {
        ...(values.input === undefined ? {} : { file: values.input }),
        ...(values.device === undefined ? {} : { device: values.device }),
        options: values.options ?? [],
      },
      terminal,
    );
    const counts = await decode(recording, zoneOf(values.zone), terminal);
    if (counts.bytes === 0) throw invalidInput("The input is empty.", "Record again, or name another file.");
    for (const line of summaryOf(counts)) terminal.say(line);
    terminal.signal.throwIfAborted();
    if (counts.frames === 0) {
      throw invalidInput(
        `Nothing in it was understood as ${recording.device.id}.`,
        "Are family and options those of the device that sent this?",
      );
    }
    return 0;
  },
});

/** What a driver made of a stream. */
interface Counts {
  bytes: number;
  frames: number;
  observations: number;
  rejectedBytes: number;
  readonly rejects: Map<string, number>;
}

async function decode(recording: Recording, zone: string, terminal: Terminal): Promise<Counts> {
  const counts: Counts = { bytes: 0, frames: 0, observations: 0, rejectedBytes: 0, rejects: new Map() };
  const clock = createVirtualClock(wall(0));
  const { device, simulated } = recording;
  const stamper = createStamper({
    device: device.id,
    bed: "b1",
    epoch: "decode",
    timeliness: device.timeliness,
    clock,
  });
  const lines: string[] = [];
  const print = (): Promise<void> => terminal.print(lines.splice(0).join(""));
  await decodeRecording(recording, {
    ...{ clock, zone, signal: terminal.signal, trace: traceTo(counts) },
    onReading(reading) {
      counts.observations += 1;
      lines.push(`${encodeObservation(stamper.stamp(reading, simulated))}\n`);
    },
    async onChunk({ bytes }) {
      counts.bytes += bytes.length;
      if (lines.length >= LINES_AT_ONCE) await print();
    },
  });
  await print();
  return counts;
}

/** More different reasons than this are counted together. */
const MOST_REASONS = 200;

function traceTo(counts: Counts): Trace {
  return {
    frame: () => {
      counts.frames += 1;
    },
    reject: (bytes, reason) => {
      const known = counts.rejects.has(reason) || counts.rejects.size < MOST_REASONS;
      const name = known ? plainWords(reason) : "other reasons";
      counts.rejects.set(name, (counts.rejects.get(name) ?? 0) + 1);
      counts.rejectedBytes += bytes.length;
    },
    sent: () => undefined,
  };
}

/** Reasons shown; the rest is a number. */
const SHOWN_REASONS = 20;

function summaryOf(counts: Counts): readonly string[] {
  const reasons = [...counts.rejects].toSorted(([, a], [, b]) => b - a);
  const refused = reasons.reduce((sum, [, count]) => sum + count, 0);
  const { bytes, frames, observations, rejectedBytes } = counts;
  const hidden = reasons.length - SHOWN_REASONS;
  return [
    `${bytes} bytes, ${frames} frames, ${observations} observations; refused ${refused} times, ${rejectedBytes} bytes`,
    ...reasons.slice(0, SHOWN_REASONS).map(([reason, count]) => `  ${count} x ${reason}`),
    ...(hidden > 0 ? [`  and ${hidden} other reasons`] : []),
  ];
}
