import {
  createSampleReader,
  parseTemplates,
  RATE_HZ,
  type Template,
  templateText,
} from "../../devices/alarm-listener/codec.ts";
import { LEARNING_ADVICE, learn } from "../../devices/alarm-listener/learn.ts";
import { alarmListener } from "../../devices/alarm-listener/module.ts";
import { createRecogniser } from "../../devices/alarm-listener/recognise.ts";
import { createAnalyser } from "../../devices/alarm-listener/spectrum.ts";
import { fillOptions } from "../driver/options.ts";
import type { SoundKind } from "../sound/pattern.ts";
import { createVoice } from "../sound/synthesis.ts";
import { createLinks } from "../transport/links.ts";
import { chunksUntil } from "../wire/chunks.ts";
import { command, invalidInput, numberOf, UsageError } from "./command.ts";
import { readBytes } from "./files.ts";
import type { Terminal } from "./terminal.ts";

const DEFAULT_S = 30;

/** `breathwatch listen`: teaches the alarm listener a machine's alarm, and shows what it hears. */
export const listenCommand = command({
  name: "listen",
  usage: "--learn | --test --template T  [--input FILE | --from mic:NAME] [--seconds N]",
  about:
    "Learns the ventilator's own alarm from its alarm test and prints the template that the option `template`\n" +
    "of the family alarm-listener wants; or prints, once a second, what a template hears. Sound comes from a\n" +
    "microphone (default mic:) or a file: WAV or bare samples, 16 bits, one channel, 16 kHz. It is not kept.",
  options: {
    learn: { type: "boolean", help: "learn: begin in quiet, then start the machine's alarm test" },
    test: { type: "boolean", help: "print what is heard, once a second" },
    template: { type: "string", value: "T", help: "what --learn printed; several joined by colons" },
    input: { type: "string", value: "FILE", help: "file to hear" },
    from: { type: "string", value: "mic:NAME", help: "microphone to hear; default mic:" },
    seconds: { type: "string", value: "N", help: `how long to record for --learn; default ${DEFAULT_S}` },
  },
  examples: [
    "breathwatch listen --learn --from mic:",
    "breathwatch listen --test --template 1/2900~5800/0.500.500 --from mic:",
  ],
  async run({ values }, terminal) {
    if ((values.learn === true) === (values.test === true)) throw new UsageError("Say --learn or --test.");
    if (values.input !== undefined && values.from !== undefined) {
      throw new UsageError("--input and --from do not go together.");
    }
    const seconds = values.seconds === undefined ? DEFAULT_S : numberOf(values.seconds, "--seconds", 5, 120);
    const sound =
      values.input === undefined
        ? fromMicrophone(values.from ?? "mic:", terminal)
        : fromFile(values.input, terminal);
    if (values.learn === true) return teach(sound, seconds, terminal);
    const { template: text = "" } = values;
    const templates = parseTemplates(text);
    if (templates === undefined) throw new UsageError("--template is not what --learn prints.");
    return tell(sound, templates, terminal);
  },
});

async function teach(sound: AsyncIterable<Int16Array>, seconds: number, terminal: Terminal): Promise<number> {
  terminal.say(
    `Listening for ${seconds} s. Start the alarm test of the machine after some seconds of quiet.`,
  );
  const pieces: Int16Array[] = [];
  let heard = 0;
  for await (const piece of sound) {
    pieces.push(piece);
    heard += piece.length;
    if (heard >= seconds * RATE_HZ) break;
  }
  terminal.signal.throwIfAborted();
  const pcm = new Int16Array(heard);
  let at = 0;
  for (const piece of pieces) {
    pcm.set(piece, at);
    at += piece.length;
  }
  const template = learn(pcm);
  if (typeof template === "string") {
    throw invalidInput(`No alarm was learned (${template}).`, LEARNING_ADVICE[template]);
  }
  await terminal.print(`${templateText(template)}\n`);
  const notes = template.notes.map((partials) => `${Math.round(partials[0] ?? 0)} Hz`).join(", ");
  terminal.say(`Learned: ${template.notes.length} notes (${notes}), ${template.pulses.length} pulses.`);
  for (const kind of housesOwn(template)) {
    terminal.say(
      `It sounds like the house's own alarm (${kind}): the two cannot be told apart. Choose another tone.`,
    );
  }
  return 0;
}

/** The sounds of the house's own sounder that the template would take for the machine's alarm. */
function housesOwn(template: Template): readonly SoundKind[] {
  const voice = createVoice(RATE_HZ);
  const kinds: readonly SoundKind[] = ["high", "medium", "low", "call"];
  return kinds.filter((kind) => {
    const alarm = voice.alarm(kind);
    const recogniser = createRecogniser(template);
    const analyser = createAnalyser((power) => recogniser.take(power));
    for (let heard = 0; heard < 20 * RATE_HZ; heard += alarm.length) analyser.push(alarm);
    return recogniser.sounds;
  });
}

async function tell(
  sound: AsyncIterable<Int16Array>,
  templates: readonly Template[],
  terminal: Terminal,
): Promise<number> {
  const recognisers = templates.map(createRecogniser);
  const analyser = createAnalyser((power) => {
    for (const recogniser of recognisers) recogniser.take(power);
  });
  let heard = 0;
  for await (const piece of sound) {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + RATE_HZ - (heard % RATE_HZ));
      analyser.push(part);
      at += part.length;
      heard += part.length;
      if (heard % RATE_HZ !== 0) continue;
      const remote_alarm = recognisers.some(({ sounds }) => sounds) ? 1 : 0;
      const fit = Math.max(...recognisers.map(({ score }) => score));
      await terminal.print(
        `${JSON.stringify({ second: heard / RATE_HZ, remote_alarm, fit: Number(fit.toFixed(2)) })}\n`,
      );
    }
  }
  return 0;
}

async function* fromFile(file: string, terminal: Terminal): AsyncGenerator<Int16Array> {
  yield createSampleReader().read(samplesOf(file, await readBytes(file, terminal)));
}

async function* fromMicrophone(address: string, terminal: Terminal): AsyncGenerator<Int16Array> {
  const links = createLinks({ clock: terminal.clock });
  const serial = alarmListener.serial(fillOptions(alarmListener.options, {}));
  const { link } = await links.open(address, { kind: "bytes", serial }, terminal.signal);
  const reader = createSampleReader();
  try {
    for await (const chunk of chunksUntil(link.chunks, terminal.signal)) yield reader.read(chunk);
  } finally {
    await link.close();
    links.stop();
  }
}

/** The samples of a WAV file of the one kind that is heard; anything else is taken for bare samples. */
function samplesOf(file: string, bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at: number): string => new TextDecoder("latin1").decode(bytes.subarray(at, at + 4));
  if (bytes.length < 12 || word(0) !== "RIFF" || word(8) !== "WAVE") return bytes;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at + 4, true);
    if (word(at) === "fmt " && at + 24 <= bytes.length) {
      const kind = [
        view.getUint16(at + 8, true),
        view.getUint16(at + 10, true),
        view.getUint16(at + 22, true),
      ];
      if (kind.join() !== "1,1,16" || view.getUint32(at + 12, true) !== RATE_HZ) break;
    }
    if (word(at) === "data") return bytes.subarray(at + 8, at + 8 + length);
    at += 8 + length + (length % 2);
  }
  throw invalidInput(
    `${file} is a WAV file of another kind.`,
    "Convert it: sox in.wav -b 16 -c 1 -r 16000 out.wav",
  );
}
