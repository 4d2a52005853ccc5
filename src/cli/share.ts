import { writeFile } from "node:fs/promises";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { wall } from "../domain/time.ts";
import type { DeviceModule, DeviceReading, OptionValues } from "../driver/contract.ts";
import { createVirtualClock } from "../rehearsal/clock.ts";
import {
  isTranscript,
  parseTranscript,
  type Transcript,
  type TranscriptChunk,
  writeTranscriptChunk,
  writeTranscriptHeader,
} from "../wire/transcript.ts";
import { invalidInput, UsageError } from "./command.ts";
import { familyNamed } from "./configuration.ts";
import { decodeRecording } from "./decoding.ts";
import { readBytes } from "./files.ts";
import { optionsOf } from "./recording.ts";
import { patternsOf, scrub, scrubText, without } from "./scrub.ts";
import type { Terminal } from "./terminal.ts";

interface ShareRequest {
  /** A transcript. */
  readonly file: string;
  /** A module file of a family from outside; absent: the transcript's own family. */
  readonly device: string | undefined;
  /** More to hide than the device told. */
  readonly hide: readonly string[];
}

/**
 * Writes a copy of a transcript without serial numbers beside it, after proving that it still decodes to the same
 * numbers; prints its name. Rejects with INPUT_INVALID where that cannot be done, and writes nothing then.
 */
export async function share({ file, device, hide }: ShareRequest, terminal: Terminal): Promise<void> {
  const bytes = await readBytes(file, terminal);
  if (!isTranscript(bytes))
    throw new UsageError(`${file} is no transcript: record one with "breathwatch record".`);
  const original = parseTranscript(new TextDecoder("latin1").decode(bytes));
  const module = await familyNamed(device ?? original.device, terminal);
  const options = optionsOf(module.options, original.options, []);
  const decode = (chunks: readonly TranscriptChunk[]) => decoded({ module, options, chunks }, terminal);
  const before = await decode(original.chunks);
  if (before.frames.length === 0) {
    throw invalidInput(`Nothing in ${file} was understood, so nothing can be proven of it.`, "Record again.");
  }
  const secrets = [...new Set([...before.serials, ...hide])].filter((secret) => secret.trim() !== "");
  const patterns = secrets.flatMap(patternsOf);
  if (secrets.length === 0)
    terminal.say("The device told no serial number; hide what you know with --hide TEXT.");

  const scrubbed = scrub(original.chunks, patterns);
  for (const [form, count] of scrubbed.found) terminal.say(`hidden ${count} x, as ${form}`);
  const broken = before.frames.filter((frame) => scrub([asChunk(frame)], patterns).touched.size > 0);
  const proof = await prove(scrubbed, { before, broken, decode, patterns, terminal });
  if (proof === undefined) {
    throw invalidInput(
      "Without the serial number it does not decode to the same numbers any more, so no file was written.",
      "Send the recording as it is to somebody you trust, or describe the device in an issue.",
    );
  }
  const shared = file.replace(/(?:\.transcript)?(?:\.gz)?$/, ".shared.transcript");
  const text = write(original, proof, (value) => scrubText(value, patterns));
  await writeFile(path.resolve(terminal.folder, shared), text);
  await terminal.print(`${shared}\n`);
  for (const line of advice(module, original.simulated)) terminal.say(line);
}

interface Decoded {
  /** Everything but who the device is, with its times. */
  readonly readings: readonly { readonly atMs: number; readonly reading: DeviceReading }[];
  readonly frames: readonly Uint8Array[];
  readonly refused: number;
  readonly serials: readonly string[];
}

/** Proof needs every reading; a night at 75 frames a second has two million frames, of which each is kept once. */
async function decoded(
  {
    module,
    options,
    chunks,
  }: {
    readonly module: DeviceModule;
    readonly options: OptionValues;
    readonly chunks: readonly TranscriptChunk[];
  },
  { signal }: Terminal,
): Promise<Decoded> {
  const clock = createVirtualClock(wall(0));
  const readings: { atMs: number; reading: DeviceReading }[] = [];
  const frames = new Map<string, Uint8Array>();
  const serials = new Set<string>();
  let refused = 0;
  const heard = chunks.filter(({ direction }) => direction === "in");
  await decodeRecording(
    { device: module, options, simulated: true, chunks: heard },
    {
      ...{ clock, signal, zone: "UTC" },
      trace: {
        frame: (bytes) => {
          const key = Buffer.from(bytes).toString("latin1");
          if (!frames.has(key)) frames.set(key, bytes.slice());
        },
        reject: () => {
          refused += 1;
        },
        sent: () => undefined,
      },
      onReading(reading) {
        const { body } = reading;
        if (body.kind !== "identity") readings.push({ atMs: clock.mono(), reading });
        else if (body.serial !== undefined) serials.add(body.serial);
      },
    },
  );
  return { readings, frames: [...frames.values()], refused, serials: [...serials] };
}

const asChunk = (bytes: Uint8Array): TranscriptChunk => ({ offsetMs: 0, direction: "in", bytes });

interface Proving {
  readonly before: Decoded;
  /** Frames in which something had to be hidden. */
  readonly broken: readonly Uint8Array[];
  readonly patterns: Parameters<typeof scrub>[1];
  readonly terminal: Terminal;
  decode(chunks: readonly TranscriptChunk[]): Promise<Decoded>;
}

/**
 * The scrubbed chunks as they are, else without the frames whose checksum covered what was hidden, else without every
 * chunk in which something was hidden: the first of these that still gives the same numbers, and nothing more to refuse.
 */
async function prove(
  { chunks, touched }: ReturnType<typeof scrub>,
  { before, broken, patterns, terminal, decode }: Proving,
): Promise<readonly TranscriptChunk[] | undefined> {
  const isSame = ({ readings, refused }: Decoded): boolean =>
    refused <= before.refused && isDeepStrictEqual(readings, before.readings);
  const same = await decode(chunks);
  if (isSame(same)) {
    terminal.say(`proven: ${before.readings.length} readings are the same`);
    return chunks;
  }
  const frames = broken.map((frame) => scrub([asChunk(frame)], patterns).chunks[0]?.bytes ?? frame);
  const cut = without(chunks, frames);
  if (cut.removed > 0 && isSame(await decode(cut.chunks))) {
    terminal.say(
      `proven: ${before.readings.length} readings are the same; ${cut.removed} frames were removed, since their ` +
        `checksum covered what was hidden (${broken.length} different ones)`,
    );
    return cut.chunks;
  }
  const left = chunks.filter((_, index) => !touched.has(index));
  if (touched.size > 0 && isSame(await decode(left))) {
    terminal.say(
      `proven: ${before.readings.length} readings are the same; ${touched.size} pieces were removed, since they do ` +
        "not pass any more without what was hidden",
    );
    return left;
  }
  return undefined;
}

/** Remarks of the original stay behind: nobody knows what is in them. */
const write = (
  { device, simulated, options }: Transcript,
  chunks: readonly TranscriptChunk[],
  scrubbed: (text: string) => string,
): string =>
  writeTranscriptHeader({
    device,
    simulated,
    options: Object.fromEntries(Object.entries(options).map(([name, value]) => [name, scrubbed(value)])),
  }) + chunks.map(writeTranscriptChunk).join("");

const advice = ({ id, folder }: DeviceModule, simulated: boolean): readonly string[] => [
  `It belongs into devices/${folder ?? id}/fixtures/, under a name that says what happens in it.`,
  simulated
    ? "It comes from a simulator, which proves nothing about the device: it is no evidence."
    : "It is bytes of a real device: with a test that compares them with what the device itself showed, the family's " +
      'evidence becomes "real_bytes" (CONTRIBUTING.md). Look through it once: dates that the device\'s own clock sends are left.',
];
