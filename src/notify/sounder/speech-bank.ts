import { CAUSE_IDS, CONDITION_IDS } from "../../domain/alarm.ts";
import { messageOf } from "../../domain/fault.ts";
import type { Language } from "../../domain/person.ts";
import { MINUTE_MS, type Mono } from "../../domain/time.ts";
import type { Clock } from "../../port/clock.ts";
import type { Log } from "../../port/log.ts";
import type { Speech } from "../../port/speech.ts";
import type { SpokenKey } from "../../sound/choice.ts";
import { prepareSentence, type Sentence } from "../../sound/speech.ts";
import { type Sound, writeWav } from "../../sound/wav.ts";
import { spokenIn } from "../../words/spoken.ts";

export interface SpeechBankOptions {
  readonly speech: Speech;
  readonly clock: Clock;
  readonly log: Log;
  /** What the house is spoken to in. */
  readonly language: Language;
  /** What the family has spoken itself, in the place of the voice; never rejects. Absent: nothing. */
  readonly ownVoice?: (key: SpokenKey, language: Language) => Promise<Sound | undefined>;
  /** Texts beside those of alarms that the house will speak: rendered first. Default: none. */
  readonly texts?: readonly string[];
  /** Called when `remark` changes; must not throw. */
  readonly onChange?: () => void;
}

/** Every sentence that an alarm may speak, rendered before it is needed. */
export interface SpeechBank {
  /** Renders the house's sentences in the background, one after the other; a voice that is missing is tried again. */
  start(): void;
  /**
   * The sentence in the house's language, ready for a voice of this rate. Undefined while it is not rendered: that is
   * then begun, and nobody waits for it.
   */
  sentence(key: SpokenKey, sampleRateHz: number): Sentence | undefined;
  /**
   * Any text of at most 200 characters in the house's language, ready for a voice of this rate; undefined where this
   * machine has no voice. Never rejects.
   */
  text(text: string, sampleRateHz: number): Promise<Sentence | undefined>;
  /**
   * For pages, as a WAV file, in any language; undefined where this machine has no voice.
   * @param whose the machine's own voice, also where the family has spoken it itself; default: what an alarm speaks
   */
  wav(key: SpokenKey, language: Language, whose?: "machine"): Promise<Uint8Array | undefined>;
  /** What the family speaks itself came or went: the next silence has what is true then, tones alone until it is there. */
  renew(key: SpokenKey, language: Language): void;
  /** Why alarms are tones alone here; absent: they are spoken, or it is not known yet. */
  readonly remark: string | undefined;
  stop(): void;
}

const KEYS: readonly SpokenKey[] = [...CAUSE_IDS, ...CONDITION_IDS];
/** A voice that failed is asked again no sooner. */
const RETRY_MS = MINUTE_MS;
/** Before the first sentence in the background, and between two: starting up has better things to do. */
const START_MS = 5_000;
const PAUSE_MS = 50;
/** Sentences kept ready to play, half a megabyte each: those of the alarms that ring together, and some more. */
const READY_MAX = 6;
/** Other texts kept as they were rendered: who comes, and what stays the same. */
const FREE_MAX = 24;
/** Sentences kept for pages in languages other than the house's, a tenth of a megabyte each. */
const FOREIGN_MAX = 24;

/** Idle until start(), sentence(), text() or wav(). */
export function createSpeechBank(options: SpeechBankOptions): SpeechBank {
  const { speech, clock, log, language, ownVoice, texts = [], onChange } = options;
  const own = new Map<SpokenKey, Sound>();
  const foreign = new Map<string, Sound>();
  const free = new Map<string, Sound>();
  const ready = new Map<string, Sentence | undefined>();
  const underWay = new Map<string, Promise<Sound | undefined>>();
  let last: Promise<unknown> = Promise.resolve();
  let failedAt: Mono | undefined;
  let remark: string | undefined;
  let running = false;
  let cancel: (() => void) | undefined;

  const setRemark = (next: string | undefined): void => {
    failedAt = next === undefined ? undefined : clock.mono();
    if (next === remark) return;
    log.note(next === undefined ? "speech.ready" : "speech.none", { detail: next ?? "" }, "warn");
    remark = next;
    onChange?.();
  };

  const renderNow = async (
    text: string,
    into: Language,
    store: (sound: Sound) => void,
  ): Promise<Sound | undefined> => {
    if (failedAt !== undefined && clock.mono() - failedAt < RETRY_MS) return undefined;
    const rendered = await speech
      .say(text, into)
      .catch((thrown: unknown) => ({ ok: false, detail: messageOf(thrown) }) as const);
    if (!rendered.ok) {
      setRemark(`No voice, alarms are tones alone: ${rendered.detail}.`);
      return undefined;
    }
    setRemark(undefined);
    const { pcm, sampleRateHz } = rendered;
    const sound = { pcm, sampleRateHz };
    store(sound);
    return sound;
  };

  /** One process at a time, and one for all who ask for the same. */
  const inTurn = (
    id: string,
    work: (isCurrent: () => boolean) => Promise<Sound | undefined>,
  ): Promise<Sound | undefined> => {
    const waiting = underWay.get(id);
    if (waiting !== undefined) return waiting;
    const isCurrent = (): boolean => underWay.get(id) === made;
    const made: Promise<Sound | undefined> = last
      .then(() => work(isCurrent))
      .finally(() => {
        if (isCurrent()) underWay.delete(id);
      });
    underWay.set(id, made);
    last = made.catch(report);
    return made;
  };

  const render = (key: SpokenKey, into: Language): Promise<Sound | undefined> => {
    const id = `${into} ${key}`;
    const known = into === language ? own.get(key) : foreign.get(id);
    if (known !== undefined) return Promise.resolve(known);
    return inTurn(id, async (isCurrent) => {
      const store = (sound: Sound): void => {
        // What was begun before a change of the family's voice is old.
        if (!isCurrent()) return;
        if (into === language) own.set(key, sound);
        else keep(foreign, id, sound, FOREIGN_MAX);
      };
      const spoken = await ownVoice?.(key, into);
      if (spoken === undefined) return renderNow(spokenIn(into, key), into, store);
      store(spoken);
      return spoken;
    });
  };

  const renderMachine = (key: SpokenKey, into: Language): Promise<Sound | undefined> => {
    const id = `machine ${into} ${key}`;
    const known = foreign.get(id);
    if (known !== undefined) return Promise.resolve(known);
    const store = (sound: Sound): void => keep(foreign, id, sound, FOREIGN_MAX);
    return inTurn(id, () => renderNow(spokenIn(into, key), into, store));
  };

  const renderText = (text: string): Promise<Sound | undefined> => {
    const known = free.get(text);
    if (known !== undefined) return Promise.resolve(known);
    const store = (sound: Sound): void => keep(free, text, sound, FREE_MAX);
    return inTurn(`text ${text}`, () => renderNow(text, language, store));
  };

  const report = (thrown: unknown): void => log.note("speech.failed", { detail: messageOf(thrown) }, "error");

  const renderMissing = (): Promise<Sound | undefined> | undefined => {
    const text = texts.find((one) => !free.has(one));
    if (text !== undefined) return renderText(text);
    const key = KEYS.find((one) => !own.has(one));
    return key === undefined ? undefined : render(key, language);
  };

  const fill = async (): Promise<void> => {
    const missing = renderMissing();
    if (missing === undefined) return;
    const made = await missing;
    if (running) fillIn(made === undefined ? RETRY_MS : PAUSE_MS);
  };

  const fillIn = (ms: number): void => {
    cancel = clock.after(ms, () => void fill().catch(report));
  };

  return {
    start() {
      if (running) return;
      running = true;
      fillIn(START_MS);
    },
    sentence(key, sampleRateHz) {
      const id = `${sampleRateHz} ${key}`;
      if (ready.has(id)) return ready.get(id);
      const sound = own.get(key);
      if (sound === undefined) {
        render(key, language).catch(report);
        return undefined;
      }
      const sentence = prepareSentence(sound.pcm, sound.sampleRateHz, sampleRateHz);
      keep(ready, id, sentence, READY_MAX);
      return sentence;
    },
    async text(text, sampleRateHz) {
      try {
        const sound = await renderText(text);
        return sound && prepareSentence(sound.pcm, sound.sampleRateHz, sampleRateHz);
      } catch (thrown) {
        report(thrown);
        return undefined;
      }
    },
    async wav(key, into, whose) {
      const sound = await (whose === "machine" ? renderMachine(key, into) : render(key, into));
      return sound === undefined ? undefined : writeWav(sound);
    },
    renew(key, into) {
      const id = `${into} ${key}`;
      underWay.delete(id);
      foreign.delete(id);
      if (into !== language) return;
      own.delete(key);
      for (const each of ready.keys()) if (each.endsWith(` ${key}`)) ready.delete(each);
      render(key, into).catch(report);
    },
    get remark() {
      return remark;
    },
    stop() {
      running = false;
      cancel?.();
    },
  };
}

/** Adds and lets go of the oldest. */
function keep<K, V>(map: Map<K, V>, key: K, value: V, max: number): void {
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= max) return;
    map.delete(oldest);
  }
}
