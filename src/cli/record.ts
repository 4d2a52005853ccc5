import { open } from "node:fs/promises";
import path from "node:path";
import { Fault, messageOf } from "../domain/fault.ts";
import { isPresent, type Sample } from "../domain/sample.ts";
import { SIGNALS, type SignalId } from "../domain/signal.ts";
import { SECOND_MS } from "../domain/time.ts";
import { type Attached, attach } from "../driver/attach.ts";
import type { DeviceModule, DeviceReading, OptionValues, Trace } from "../driver/contract.ts";
import { machineZone } from "../ops/machine.ts";
import type { Links } from "../port/link.ts";
import { createLinks } from "../transport/links.ts";
import { type TranscriptChunk, writeTranscriptChunk, writeTranscriptHeader } from "../wire/transcript.ts";
import { command, needed, numberOf, UsageError } from "./command.ts";
import { familyNamed } from "./configuration.ts";
import { faultSentence } from "./fault-sentence.ts";
import { createRecorder } from "./recorder.ts";
import { optionsOf } from "./recording.ts";
import { share } from "./share.ts";
import type { Terminal } from "./terminal.ts";

/** A link that was lost is opened again after this long. */
const REOPEN_MS = 1 * SECOND_MS;
const LONGEST_S = 7 * 86_400;

/** `breathwatch record`: what a device sends, with its timing, into a transcript. */
export const recordCommand = command({
  name: "record",
  usage: "--device ID --port ADDRESS [--out FILE] [--seconds N] [--options NAME=VALUE] [--share]",
  about:
    "Writes down what goes over a device's link, both ways, with its timing, and shows once a second what is\n" +
    "understood of it. Ends after --seconds, or with Ctrl-C; what was written by then is whole. A link that is\n" +
    "lost is opened again. The file's name is printed on stdout; `decode`, `replay` and the configuration's\n" +
    "`port: replay:FILE` read it.\n\n" +
    "--share makes a second file, FILE.shared.transcript, to give away: serial numbers that the device told, and\n" +
    "every --hide, are replaced by zeros wherever they stand, as text or in the usual binary forms, and remarks\n" +
    "are left out; then it proves that the rest still decodes to the same numbers. With --input instead of\n" +
    "--port it does that with a transcript that is there already.",
  options: {
    device: {
      type: "string",
      value: "ID",
      help: "family, as `breathwatch devices` lists it, or a module file",
    },
    port: {
      type: "string",
      value: "ADDRESS",
      help: "serial port, tcp:HOST:PORT, hid:..., ble:... (docs/links.md)",
    },
    out: { type: "string", value: "FILE", help: "a new file; default: ./<family>-<time>.transcript" },
    seconds: { type: "string", value: "N", help: "how long; default: until it is stopped" },
    options: {
      type: "string",
      value: "NAME=VALUE",
      multiple: true,
      help: "option of the family, repeatable",
    },
    share: { type: "boolean", help: "also write a scrubbed copy" },
    hide: {
      type: "string",
      value: "TEXT",
      multiple: true,
      help: "for --share: another text to hide, repeatable",
    },
    input: { type: "string", value: "FILE", help: "for --share: a transcript that is there already" },
  },
  examples: [
    "breathwatch record --device nonin-serial --port /dev/ttyUSB0 --seconds 600",
    "breathwatch record --device viatom-ring --port ble:aa:bb:cc:dd:ee:ff --out ring.transcript --share",
    "breathwatch record --share --input ring.transcript --hide Mei",
  ],
  async run({ values }, terminal) {
    if (values.input !== undefined) {
      if (values.share !== true || values.port !== undefined) {
        throw new UsageError("--input is for --share alone: it names what was recorded before.");
      }
      await share({ file: values.input, device: values.device, hide: values.hide ?? [] }, terminal);
      return 0;
    }
    const module = await familyNamed(needed(values.device, "--device ID"), terminal);
    if (module.link === "files") {
      throw new UsageError(`${module.id} is read from files, which need no recording: copy the card.`);
    }
    if (module.confidential === true) {
      throw new UsageError(`${module.id} hears what people say in the room: it is never recorded.`);
    }
    const options = optionsOf(module.options, {}, values.options ?? []);
    const address = needed(values.port, "--port ADDRESS");
    const seconds =
      values.seconds === undefined ? LONGEST_S : numberOf(values.seconds, "--seconds", 1, LONGEST_S);
    const file = values.out ?? `${module.id}-${stampOf(terminal)}.transcript`;
    const links = createLinks({ clock: terminal.clock });
    try {
      await record({ module, options, address, links, file, seconds }, terminal);
    } finally {
      links.stop();
    }
    await terminal.print(`${file}\n`);
    if (values.share === true) {
      // Ctrl-C has ended the recording, not this.
      const { signal } = new AbortController();
      await share({ file, device: values.device, hide: values.hide ?? [] }, { ...terminal, signal });
    }
    return 0;
  },
});

/** Local names of files sort by time. */
const stampOf = ({ clock }: Terminal): string =>
  new Date(clock.wall()).toISOString().slice(0, 19).replaceAll(/[-:]/g, "");

/** What is to be recorded, and where to. */
export interface RecordRequest {
  readonly module: DeviceModule;
  readonly options: OptionValues;
  readonly address: string;
  readonly links: Links;
  /** Must not be there. */
  readonly file: string;
  readonly seconds: number;
}

/**
 * Records until the time is over or the terminal's signal aborts, either of which ends it well. Rejects with
 * INPUT_INVALID for a file that is there, and as the link does when it cannot be opened for the first time.
 */
export async function record(request: RecordRequest, terminal: Terminal): Promise<void> {
  const { file, seconds, module, options } = request;
  const { clock } = terminal;
  const ending = new AbortController();
  const signal = AbortSignal.any([terminal.signal, ending.signal]);
  const heard = createHeard();
  let writer: Writer | undefined;
  const recorder = createRecorder(clock, (chunk) => {
    heard.chunk(chunk);
    writer?.add(chunk);
  });
  const open = () => openLink(request, signal, recorder);
  const first = await open();
  try {
    writer = await createWriter(path.resolve(terminal.folder, file), {
      device: module.id,
      simulated: first.simulated,
      options: Object.fromEntries(Object.entries(options).map(([name, value]) => [name, String(value)])),
    });
  } catch (error) {
    await first.close();
    throw error;
  }
  const startMs: number = clock.mono();
  const say = (): void => terminal.say(heard.words(Math.round((clock.mono() - startMs) / SECOND_MS)));
  const cancelEnd = clock.after(seconds * SECOND_MS, () => ending.abort());
  const stopSaying = clock.every(SECOND_MS, say);
  terminal.say(`recording ${first.resolved} into ${file}; Ctrl-C ends it`);
  try {
    await listen(first, { open, signal, heard, options, writer, terminal });
  } finally {
    cancelEnd();
    stopSaying();
    await writer.close();
  }
  if (writer.failure !== undefined) throw writer.failure;
  say();
  if (heard.frames === 0)
    terminal.say("Nothing was understood: are family, port and options those of this device?");
}

/** Reads, and opens the link again where it was lost, until the signal aborts or there is no hope. */
async function listen(
  first: Attached,
  {
    open,
    signal,
    heard,
    options,
    writer,
    terminal,
  }: {
    readonly open: () => Promise<Attached>;
    readonly signal: AbortSignal;
    readonly heard: Heard;
    readonly options: OptionValues;
    readonly writer: Writer;
    readonly terminal: Terminal;
  },
): Promise<void> {
  const { clock } = terminal;
  const context = { clock, options, zone: machineZone(), trace: heard.trace, signal };
  let next: Attached | undefined = first;
  while (!signal.aborted && writer.failure === undefined) {
    try {
      const attached: Attached = next ?? (await open());
      next = undefined;
      try {
        for await (const reading of attached.observe(context)) heard.reading(reading);
      } finally {
        await attached.close();
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Fault && error.permanent) {
        terminal.say(faultSentence(error));
        return;
      }
      terminal.say(`${messageOf(error)} Trying again.`);
    }
    await clock.sleep(REOPEN_MS, signal).catch(() => undefined);
  }
}

const openLink = (
  { module, options, links, address }: RecordRequest,
  signal: AbortSignal,
  tap: ReturnType<typeof createRecorder>,
): Promise<Attached> => attach({ module, options, links, address, signal, tap });

interface Writer {
  add(chunk: TranscriptChunk): void;
  /** Why the disk took no more; absent while all is well. */
  readonly failure: Fault | undefined;
  close(): Promise<void>;
}

/** Lines that wait for the disk; more means that it stands still. */
const WAITING_MAX = 200_000;

async function createWriter(
  file: string,
  header: Parameters<typeof writeTranscriptHeader>[0],
): Promise<Writer> {
  const refused = (error: unknown): Fault =>
    new Fault("INPUT_INVALID", `${file} cannot be written: ${messageOf(error)}.`, {
      fix: "Name another one with --out; a recording never replaces a file.",
      permanent: true,
      cause: error,
    });
  const handle = await open(file, "wx").catch((error: unknown) => {
    throw refused(error);
  });
  await handle.write(writeTranscriptHeader(header));
  let waiting: string[] = [];
  let failure: Fault | undefined;
  let writing: Promise<void> | undefined;

  /** One write at a time, of everything that came meanwhile. */
  const drain = async (): Promise<void> => {
    while (waiting.length > 0 && failure === undefined) {
      const lines = waiting;
      waiting = [];
      await handle.write(lines.join("")).catch((error: unknown) => {
        failure = refused(error);
      });
    }
    writing = undefined;
  };

  return {
    get failure() {
      return failure;
    },
    add(chunk) {
      if (waiting.length >= WAITING_MAX) failure ??= refused(new Error("the disk stands still"));
      if (failure !== undefined) return;
      waiting.push(writeTranscriptChunk(chunk));
      writing ??= drain();
    },
    async close() {
      await writing;
      await handle.sync().catch((error: unknown) => {
        failure ??= refused(error);
      });
      await handle.close();
    },
  };
}

/** What is understood so far, for people. */
interface Heard {
  readonly trace: Trace;
  readonly frames: number;
  chunk(chunk: TranscriptChunk): void;
  reading(reading: DeviceReading): void;
  words(seconds: number): string;
}

function createHeard(): Heard {
  const newest = new Map<SignalId, Sample>();
  let bytes = 0;
  let frames = 0;
  let refused = 0;
  let lastReason = "";
  return {
    trace: {
      frame: () => {
        frames += 1;
      },
      reject: (_bytes, reason) => {
        refused += 1;
        lastReason = reason;
      },
      sent: () => undefined,
    },
    get frames() {
      return frames;
    },
    chunk(chunk) {
      if (chunk.direction === "in") bytes += chunk.bytes.length;
    },
    reading({ body }) {
      if (body.kind !== "samples") return;
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- keys of an object whose keys are signals
      for (const id of Object.keys(body.samples) as SignalId[]) {
        const sample = body.samples[id];
        if (sample !== undefined) newest.set(id, sample);
      }
    },
    words(seconds) {
      const values = [...newest].map(([id, sample]) =>
        isPresent(sample) ? `${id} ${sample} ${unitOf(id)}`.trimEnd() : `${id} ${sample.absent}`,
      );
      const reason = refused === 0 ? "" : ` (${lastReason})`;
      return `${seconds} s, ${bytes} bytes, ${frames} frames, ${refused} refused${reason}${values.length === 0 ? "" : `; ${values.join(", ")}`}`;
    },
  };
}

/** UCUM's "1" is no unit for people. */
const unitOf = (id: SignalId): string => (SIGNALS[id].unit === "1" ? "" : SIGNALS[id].unit);
