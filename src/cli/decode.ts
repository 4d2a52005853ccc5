import { encodeObservation } from "../bus/observation.ts";
import { messageOf } from "../domain/fault.ts";
import { wall, zoneOffsetMs } from "../domain/time.ts";
import { attach } from "../driver/attach.ts";
import type { DriverContext, Trace } from "../driver/contract.ts";
import { createStamper } from "../driver/stamp.ts";
import { createVirtualClock, settle } from "../rehearsal/clock.ts";
import { createLinks } from "../transport/links.ts";
import { createMemoryLinks } from "../transport/memory.ts";
import type { TimedBytes } from "../transport/replay.ts";
import { command, invalidInput, UsageError } from "./command.ts";
import { openRecording, type Recording } from "./recording.ts";
import type { Terminal } from "./terminal.ts";

/** Lines that wait before they are written together. */
const LINES_AT_ONCE = 200;
/** A driver that still waits for a reply when the recording has ended gets this much virtual time. */
const LAST_WAIT_MS = 30_000;

/** `breathwatch decode`: bytes of a device to observations, on virtual time. */
export const decodeCommand = command({
  name: "decode",
  usage: "--device ID [--input FILE] [--zone ZONE] [--options NAME=VALUE]",
  about:
    "Decodes what a device sent, with the driver that reads the real port, and prints one observation a line,\n" +
    "as JSON in the form of the bus topic observation/<device>. Reads a transcript (which names its device), a\n" +
    ".hex file (one frame a line, text after a bar ignored), a log file of the family, or bare bytes; each may\n" +
    "be packed with gzip. Without --input it reads stdin. Time is virtual: `at` counts milliseconds from the\n" +
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

/** An IANA zone; UTC where none is given. */
function zoneOf(zone = "UTC"): string {
  try {
    zoneOffsetMs(wall(0), zone);
    return zone;
  } catch {
    throw new UsageError(`--zone: there is no zone "${zone}".`);
  }
}

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
  let session: Session | undefined;

  for await (const chunk of recording.chunks) {
    const { offsetMs, bytes } = chunk;
    terminal.signal.throwIfAborted();
    // Before time moves on, everything that came so far has been taken.
    await clock.advance(Math.max(0, offsetMs - clock.mono()));
    // A driver that gave up is started again with the next bytes, as on a port that is opened again.
    session =
      session?.running === true
        ? session
        : await startSession(recording, { clock, zone, trace: traceTo(counts) }, (reading) => {
            counts.observations += 1;
            lines.push(`${encodeObservation(stamper.stamp(reading, simulated))}\n`);
          });
    counts.bytes += bytes.length;
    await session.send(chunk);
    if (lines.length >= LINES_AT_ONCE) await terminal.print(lines.splice(0).join(""));
  }
  if (session !== undefined) {
    await settle();
    await session.end();
    await settle();
    if (session.running) await clock.advance(LAST_WAIT_MS);
    await session.stop();
  }
  await terminal.print(lines.join(""));
  return counts;
}

interface Session {
  readonly running: boolean;
  send(chunk: TimedBytes): Promise<void>;
  /** Nothing more comes. */
  end(): Promise<void>;
  stop(): Promise<void>;
}

const CABLE = "recording";

type Reading = Parameters<ReturnType<typeof createStamper>["stamp"]>[0];

/** One driver from its start to its end. A fault ends it, and is counted like anything else that was refused. */
async function startSession(
  { device, options }: Recording,
  { clock, zone, trace }: Pick<DriverContext, "clock" | "zone" | "trace">,
  onReading: (reading: Reading) => void,
): Promise<Session> {
  const memory = createMemoryLinks();
  const cable = memory.cable(CABLE);
  const links = createLinks({ clock, memory });
  const stopping = new AbortController();
  const { signal } = stopping;
  const attached = await attach({ module: device, options, links, address: `memory:${CABLE}`, signal });
  let running = true;
  const observe = async (): Promise<void> => {
    try {
      const context = { clock, options, zone, trace, signal };
      for await (const reading of attached.observe(context)) onReading(reading);
    } catch (error) {
      if (!signal.aborted) trace.reject(new Uint8Array(0), messageOf(error));
    } finally {
      running = false;
    }
  };
  const observing = observe();
  return {
    get running() {
      return running;
    },
    send: ({ channel, bytes }) =>
      channel === undefined ? cable.device.write(bytes) : cable.packets.write({ channel, bytes }),
    end: () => attached.close(),
    async stop() {
      stopping.abort();
      await observing;
    },
  };
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
      const name = known ? reason : "other reasons";
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
