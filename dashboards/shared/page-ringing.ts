import {
  burstMs,
  PATTERNS,
  RAMP,
  type SoundKind,
  SPEECH_LEAD_MS,
  silenceWithSpeechMs,
} from "../../src/sound/pattern.ts";
import type { Sentence } from "../../src/sound/speech.ts";
import type { Voice } from "../../src/sound/synthesis.ts";

/** A sound on the audio clock, in its seconds. */
interface Piece {
  readonly source: AudioBufferSourceNode;
  readonly from: number;
  /** Of one round of it, where it is a loop. */
  readonly seconds: number;
  /** Which of the first rounds it is; RAMP.length for the loop. */
  readonly index: number;
  /** What is spoken in it, a round each; may be none. */
  readonly sentences: readonly Sentence[];
}

/** What is changed takes at least this long to reach the output. */
const AHEAD_S = 0.1;
/** So long a silence counts as just begun: pages look about once a second. */
const BEGINNING_S = 1.5;

/**
 * An alarm that sounds on a page. All of it is planned ahead on the audio clock, the loop at its end included: it goes
 * on while the page is busy, asleep or hung. What is spoken changes at the end of a round.
 */
export class PageRinging {
  readonly kind: SoundKind;
  readonly #context: AudioContext;
  readonly #voice: Voice;
  #sentences: readonly Sentence[];
  #pieces: Piece[] = [];

  constructor(context: AudioContext, voice: Voice, kind: SoundKind, sentences: readonly Sentence[]) {
    this.kind = kind;
    this.#context = context;
    this.#voice = voice;
    this.#sentences = sentences;
    this.#plan(context.currentTime, 0);
  }

  /** What is spoken from the next round on. */
  speak(sentences: readonly Sentence[]): void {
    const known = this.#sentences;
    if (sentences.length === known.length && sentences.every((each, index) => each === known[index])) return;
    this.#sentences = sentences;
    const soon = this.#context.currentTime + AHEAD_S;
    const current = this.#pieces.findLast(({ from }) => from < soon);
    for (const piece of this.#pieces) if (piece !== current) silence(piece.source);
    if (current === undefined) {
      this.#pieces = [];
      this.#plan(soon, 0);
      return;
    }
    const rounds = current.source.loop ? Math.ceil((soon - current.from) / current.seconds) : 1;
    const end = current.from + rounds * current.seconds;
    current.source.stop(end);
    this.#pieces = [current];
    this.#plan(end, Math.min(current.index + 1, RAMP.length));
  }

  /**
   * The sentence whose silence has just begun, and a name for that silence; undefined while none has. For a browser's
   * own voice, which cannot be put on the audio clock.
   */
  beginning(): { readonly silence: string; readonly sentence: Sentence } | undefined {
    const now = this.#context.currentTime;
    const piece = this.#pieces.findLast(({ from }) => from <= now);
    if (piece === undefined) return undefined;
    const turn = Math.floor((now - piece.from) / piece.seconds);
    let since = (now - piece.from) % piece.seconds;
    for (const [index, sentence] of piece.sentences.entries()) {
      const intoSilence = since - (burstMs(this.kind) + SPEECH_LEAD_MS) / 1_000;
      if (intoSilence < 0) return undefined;
      if (intoSilence < BEGINNING_S) return { silence: `${piece.from} ${turn} ${index}`, sentence };
      since -= this.#roundSeconds(sentence);
    }
    return undefined;
  }

  stop(): void {
    for (const { source } of this.#pieces) silence(source);
    this.#pieces = [];
  }

  #roundSeconds(sentence: Sentence): number {
    const speechMs = (sentence.length / this.#voice.sampleRateHz) * 1_000;
    const silenceMs = silenceWithSpeechMs(this.kind, speechMs) ?? PATTERNS[this.kind].silenceMs;
    return (burstMs(this.kind) + silenceMs) / 1_000;
  }

  #plan(at: number, index: number): void {
    let from = at;
    for (let round = index; round < RAMP.length; round++) {
      const sentence = this.#sentences[round % this.#sentences.length];
      const pcm = this.#voice.round(this.kind, sentence, RAMP[round]);
      from += this.#add(pcm, { from, index: round, sentences: sentence === undefined ? [] : [sentence] });
    }
    const sentences = this.#sentences;
    this.#add(this.#voice.alarm(this.kind, sentences), { from, index: RAMP.length, sentences });
  }

  /** Returns its length, seconds. */
  #add(pcm: Int16Array, planned: Pick<Piece, "from" | "index" | "sentences">): number {
    const source = this.#context.createBufferSource();
    source.buffer = bufferOf(this.#context, pcm, this.#voice.sampleRateHz);
    source.loop = planned.index === RAMP.length;
    source.connect(this.#context.destination);
    source.start(planned.from);
    const seconds = pcm.length / this.#voice.sampleRateHz;
    this.#pieces.push({ ...planned, source, seconds });
    return seconds;
  }
}

/** Samples as the browser plays them. */
export function bufferOf(context: AudioContext, pcm: Int16Array, sampleRateHz: number): AudioBuffer {
  const buffer = context.createBuffer(1, pcm.length, sampleRateHz);
  buffer.getChannelData(0).set(Float32Array.from(pcm, (value) => value / 32_768));
  return buffer;
}

function silence(source: AudioBufferSourceNode): void {
  source.stop();
  source.disconnect();
}
