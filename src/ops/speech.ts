import { spawn } from "node:child_process";
import { messageOf } from "../domain/fault.ts";
import type { Language } from "../domain/person.ts";
import type { Clock } from "../port/clock.ts";
import type { Rendered, Speech } from "../port/speech.ts";

export interface SpeechOptions {
  readonly clock: Clock;
  /** Environment of the program and of the search for it. */
  readonly environment: { readonly [name: string]: string | undefined };
  /** Traditional Chinese is read as Cantonese; absent: as Mandarin. */
  readonly cantonese?: boolean;
}

const PROGRAM = "espeak-ng";
/**
 * The plain Mandarin voice of version 1.51, which Debian 12 has, reads its own pinyin as English ("xue four",
 * espeak-ng issues 1028 and 1236); the pinyin voice reads characters of both scripts as Mandarin.
 */
const VOICES: { readonly [language in Language]: string } = {
  en: "en",
  "zh-Hans": "cmn-latn-pinyin",
  "zh-Hant": "cmn-latn-pinyin",
};
/** Reads the same characters as Cantonese: written Chinese in Cantonese sounds, as a newsreader does. */
const CANTONESE = "yue";
/**
 * Words of which the voice reads one character wrongly, since it knows characters and few words; it also takes pinyin.
 * Found by reading what it makes of every sentence of the three languages (`espeak-ng -X`).
 */
const READINGS: readonly (readonly [word: RegExp, pinyin: string])[] = [
  [/重新/g, " chong2 xin1 "],
  [/回[应應]/g, " hui2 ying4 "],
  [/[应應]答/g, " ying4 da2 "],
  [/地方/g, " di4 fang1 "],
  [/更[动動]/g, " geng1 dong4 "],
];
/** Somewhat slower than it speaks by itself (175): it is heard out of sleep. */
const WORDS_A_MINUTE = 155;
const DEADLINE_MS = 10_000;
/** Over a minute of speech: something is wrong with it. */
const BYTES_MAX = 4_000_000;
const TEXT_MAX = 200;
/** RIFF header as this program writes it. */
const HEADER_BYTES = 44;

/**
 * The voice of the system's espeak-ng, one process a sentence. The text goes in through its standard input, so no text
 * can be taken for an option.
 */
export function createSpeech({ clock, environment, cantonese = false }: SpeechOptions): Speech {
  return {
    say(text, language) {
      if (text.length > TEXT_MAX) return Promise.resolve({ ok: false, detail: "the text is too long" });
      const isCantonese = cantonese && language === "zh-Hant";
      const voice = isCantonese ? CANTONESE : VOICES[language];
      const spoken = isCantonese
        ? text
        : READINGS.reduce((read, [word, pinyin]) => read.replace(word, pinyin), text);
      return new Promise((resolve) => {
        const child = spawn(
          PROGRAM,
          ["-v", voice, "-s", String(WORDS_A_MINUTE), "-b", "1", "--stdin", "--stdout"],
          { stdio: ["pipe", "pipe", "pipe"], env: { ...environment, LC_ALL: "C" } },
        );
        const chunks: Buffer[] = [];
        let bytes = 0;
        let complaint = "";
        const end = (rendered: Rendered): void => {
          cancel();
          child.kill("SIGKILL");
          resolve(rendered);
        };
        const fail = (detail: string): void => end({ ok: false, detail: `${PROGRAM}: ${detail}` });
        const cancel = clock.after(DEADLINE_MS, () => fail("does not answer"));
        child.stdout.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > BYTES_MAX) fail("does not end");
          else chunks.push(chunk);
        });
        child.stderr.setEncoding("utf8");
        child.stderr.on("data", (said: string) => {
          complaint = (complaint + said).slice(-500);
        });
        // A program that dies breaks the pipe first; what it says and its exit tell more.
        let pipe = "";
        child.stdin.on("error", (error) => {
          pipe = ` (${error.message})`;
        });
        child.on("error", (error) =>
          fail("code" in error && error.code === "ENOENT" ? "is not installed" : messageOf(error)),
        );
        child.on("close", (code) => {
          const rendered = code === 0 ? readSamples(Buffer.concat(chunks)) : undefined;
          if (rendered === undefined) {
            fail(complaint.trim().split("\n").at(-1) || `ended with code ${code} and no speech${pipe}`);
          } else end(rendered);
        });
        child.stdin.end(`${spoken}\n`);
      });
    },
  };
}

/** What it wrote, its header read no further than needed; undefined for anything else than 16-bit mono. */
function readSamples(bytes: Buffer): Rendered | undefined {
  const isWav =
    bytes.length > HEADER_BYTES &&
    bytes.toString("latin1", 0, 4) === "RIFF" &&
    bytes.toString("latin1", 36, 40) === "data" &&
    bytes.readUInt16LE(20) === 1 &&
    bytes.readUInt16LE(22) === 1 &&
    bytes.readUInt16LE(34) === 16;
  if (!isWav) return undefined;
  const pcm = new Int16Array(Math.floor((bytes.length - HEADER_BYTES) / 2));
  // The length in its header is a guess, since it writes into a pipe.
  for (let i = 0; i < pcm.length; i++) pcm[i] = bytes.readInt16LE(HEADER_BYTES + 2 * i);
  return { ok: true, pcm, sampleRateHz: bytes.readUInt32LE(24) };
}
