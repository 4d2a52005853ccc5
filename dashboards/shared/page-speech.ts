import type { Language } from "../../src/domain/person.ts";
import { MINUTE_MS, type Mono } from "../../src/domain/time.ts";
import type { Clock } from "../../src/port/clock.ts";
import type { SpokenKey } from "../../src/sound/choice.ts";
import { BROWSER_SPEECH_MS } from "../../src/sound/pattern.ts";
import { prepareSentence, type Sentence } from "../../src/sound/speech.ts";
import { readWav } from "../../src/sound/wav.ts";
import { spokenIn } from "../../src/words/spoken.ts";

/** A sentence as this page will say it. */
export interface PageSentence {
  /** To put between the bursts; silence where the browser speaks by itself. */
  readonly sentence: Sentence;
  /** Only where the browser is to say it. */
  readonly text?: string;
}

export interface PageSpeechOptions {
  readonly clock: Clock;
  readonly language: () => Language;
  /** The bytes at an address of the box; undefined: not there, or not reached. */
  readonly fetchBytes: (path: string) => Promise<Uint8Array | undefined>;
  /** Takes over a promise that nobody waits for. */
  readonly handOver: (work: Promise<unknown>) => void;
  /** The browser's own voices. */
  readonly voices: {
    has(language: Language): boolean;
    say(text: string, language: Language): void;
    hush(): void;
  };
  readonly sampleRateHz: number;
}

const KEPT_MAX = 12;
/** What the box said is asked for again after this: the family may have spoken it itself meanwhile. */
const FRESH_MS = 10 * MINUTE_MS;

/** What alarms speak on this page: the box's voice, and where it has none the browser's. */
export class PageSpeech {
  readonly #options: PageSpeechOptions;
  readonly #kept = new Map<string, PageSentence & { readonly at: Mono }>();
  readonly #underWay = new Set<string>();
  readonly #failedAt = new Map<string, Mono>();

  constructor(options: PageSpeechOptions) {
    this.#options = options;
  }

  /** Undefined until it is there, or when nothing here can say it; asked for in the background. */
  sentence(key: SpokenKey): PageSentence | undefined {
    const { clock, language, voices, handOver } = this.#options;
    const id = `${language()} ${key}`;
    const kept = this.#kept.get(id);
    const isOfBox = kept !== undefined && kept.text === undefined;
    if (isOfBox && clock.mono() - kept.at < FRESH_MS) return kept;
    const failedAt = this.#failedAt.get(id);
    const isFresh = failedAt !== undefined && clock.mono() - failedAt < MINUTE_MS;
    if (!isFresh && !this.#underWay.has(id)) handOver(this.#fetch(id, key, language()));
    if (isOfBox) return kept;
    if (failedAt === undefined || !voices.has(language())) return undefined;
    return kept ?? this.#keep(id, { sentence: this.#slot(), text: spokenIn(language(), key) });
  }

  /** The family has just spoken it, or the machine is to speak it again: it is asked for anew. */
  forget(key: SpokenKey, language: Language): void {
    this.#kept.delete(`${language} ${key}`);
    this.#failedAt.delete(`${language} ${key}`);
  }

  /** The browser says it now. */
  say(text: string): void {
    this.#options.voices.say(text, this.#options.language());
  }

  hush(): void {
    this.#options.voices.hush();
  }

  async #fetch(id: string, key: SpokenKey, language: Language): Promise<void> {
    const { clock, fetchBytes, sampleRateHz } = this.#options;
    this.#underWay.add(id);
    const bytes = await fetchBytes(`/api/speech/${language}/${key}`);
    const sound = bytes === undefined ? undefined : readWav(bytes);
    const sentence =
      sound === undefined ? undefined : prepareSentence(sound.pcm, sound.sampleRateHz, sampleRateHz);
    this.#underWay.delete(id);
    if (sentence === undefined) this.#failedAt.set(id, clock.mono());
    else this.#keep(id, { sentence });
  }

  #slot(): Sentence {
    return new Float32Array((BROWSER_SPEECH_MS / 1_000) * this.#options.sampleRateHz);
  }

  #keep(id: string, sentence: PageSentence): PageSentence {
    this.#kept.delete(id);
    this.#kept.set(id, { ...sentence, at: this.#options.clock.mono() });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT_MAX) break;
      this.#kept.delete(oldest);
    }
    return sentence;
  }
}
