import { messageOf } from "../../domain/fault.ts";
import type { Audio } from "../../port/audio.ts";
import type { Clock } from "../../port/clock.ts";
import type { Log } from "../../port/log.ts";
import type { Choice, SpokenKey } from "../../sound/choice.ts";
import { createVoice, type Voice } from "../../sound/synthesis.ts";
import { type Playing, playAlarm, playOnce } from "./playing.ts";
import type { SpeechBank } from "./speech-bank.ts";

/** Whether an output would be heard now; `detail` names what is wrong, or the output in use. */
export interface SounderReadiness {
  readonly ok: boolean;
  readonly detail: string;
}

/** Something said softly: the sentence, and for how many pairs of notes it counts where there is no voice. */
export interface SoftText {
  readonly text: string;
  readonly chimes: number;
}

export interface RoomOptions {
  readonly audio: Audio;
  readonly clock: Clock;
  readonly log: Log;
  readonly speech: Pick<SpeechBank, "sentence" | "text">;
  /** In the log, where there is more than one; names of rooms are not for it. */
  readonly number?: number;
  /** Called on every change of readiness; must not throw. */
  readonly onReadiness: () => void;
}

/** One loudspeaker and what it plays. */
export interface Room {
  /** Begins to look after the output: tries it now and again, so that a fault shows before the night. */
  start(): void;
  /** The loop that sounds from now on, at once and with the tones alone; undefined: none. */
  ring(wanted: Choice["ring"]): void;
  /** One burst of the low sound, until something rings. */
  ask(): void;
  /** Says something softly once it can, and never while the room rings: then it is dropped. */
  tell(soft: SoftText): void;
  /** A loop sounds here now, as far as is known. */
  readonly isSounding: boolean;
  /** It was tried, and would not be heard. */
  readonly isBroken: boolean;
  readonly readiness: SounderReadiness;
  /** Silence, and no timer left. */
  stop(): void;
}

const SAMPLE_RATE_HZ = 48_000;
const PLAYS: SounderReadiness = { ok: true, detail: "The sound output plays." };
const PROBE_WHEN_WELL_MS = 300_000;
const PROBE_WHEN_BROKEN_MS = 30_000;
/** A voice that has not spoken by then is not waited for: notes say it. */
const SPEECH_WAIT_MS = 2_000;
/** More waits for nobody: it would be old news. */
const SOFT_MAX = 3;

/** Idle until start() or the first sound. */
export function createRoom(options: RoomOptions): Room {
  const { clock, log, speech, number, onReadiness } = options;
  const audio = withoutThrowing(options.audio);
  const where = number === undefined ? {} : { room: number };
  let readiness: SounderReadiness = { ok: false, detail: "The sound output has not been tried yet." };
  let tried = false;
  let playing: Playing | undefined;
  let endAsked: (() => void) | undefined;
  let cancelProbe: (() => void) | undefined;
  let running = false;
  /** How often the output has broken; what was asked before a break says nothing after it. */
  let breaks = 0;
  /** What plays now has played long enough. */
  let isProven = false;
  /** Made once, before it is needed: an alarm waits for no sine. */
  let voice: Voice | undefined;
  const voiceNow = (): Voice => {
    voice ??= createVoice(SAMPLE_RATE_HZ);
    return voice;
  };

  const noteFailure = (thrown: unknown): void =>
    log.note("sounder.failed", { detail: messageOf(thrown) }, "error");

  const setReadiness = (next: SounderReadiness): void => {
    const isFirst = !tried;
    tried = true;
    if (!isFirst && next.ok === readiness.ok && next.detail === readiness.detail) return;
    if (next.ok !== readiness.ok) {
      log.note(
        next.ok ? "sounder.ready" : "sounder.broken",
        { ...where, detail: next.detail },
        next.ok ? "info" : "error",
      );
    }
    readiness = next;
    onReadiness();
  };
  const onFailure = (detail: string): void => {
    breaks += 1;
    isProven = false;
    setReadiness({ ok: false, detail });
  };

  /** What plays is heard, unless the machine knows better: muted, no loudspeaker left. */
  const judge = async (): Promise<void> => {
    const [before, judged] = [breaks, playing];
    const why = await audio.muffled?.();
    if (playing === undefined || playing !== judged || breaks !== before || !isProven) return;
    setReadiness(why === undefined ? PLAYS : { ok: false, detail: why });
  };
  const onProven = (): void => {
    isProven = true;
    if (audio.muffled === undefined) setReadiness(PLAYS);
    else judge().catch(noteFailure);
  };

  const probe = async (): Promise<void> => {
    // What is playing proves more than a trial, and a second user of the output could disturb it.
    if (playing === undefined) {
      const result = await audio.probe();
      if (running && playing === undefined) setReadiness(result);
    } else await judge();
    if (!running) return;
    const isWell = readiness.ok && playing === undefined;
    cancelProbe = clock.after(isWell ? PROBE_WHEN_WELL_MS : PROBE_WHEN_BROKEN_MS, startProbe);
  };
  const startProbe = (): void => {
    probe().catch(noteFailure);
  };

  /** A sentence that cannot be had never takes the tones with it. */
  const sentence = (key: SpokenKey) => {
    try {
      return speech.sentence(key, SAMPLE_RATE_HZ);
    } catch (thrown) {
      log.note("sounder.speechless", { detail: messageOf(thrown) }, "error");
      return undefined;
    }
  };

  const soft = createSoftVoice({
    ...{ audio, clock, log, speech, voiceNow, onFailure },
    mayPlay: () => playing === undefined,
  });

  return {
    start() {
      if (running) return;
      running = true;
      voiceNow();
      startProbe();
    },
    ring(wanted) {
      if (playing !== undefined && playing.kind !== wanted?.kind) {
        playing.end();
        playing = undefined;
        if (wanted === undefined) log.note("sounder.silent", where);
      }
      if (wanted === undefined) return;
      endAsked?.();
      soft.end();
      if (playing === undefined) {
        isProven = false;
        playing = playAlarm({
          ...{ audio, clock, voice: voiceNow(), kind: wanted.kind, sentence, onFailure, onProven },
        });
        log.note(
          "sounder.sounding",
          { ...where, kind: wanted.kind, spoken: wanted.spoken.join(" ") },
          "warn",
        );
      }
      playing.speak(wanted.spoken);
    },
    ask() {
      if (playing !== undefined) return;
      log.note("sounder.asking", where);
      soft.end();
      const pcm = voiceNow().burst("low");
      endAsked = playOnce({ audio, clock, voice: voiceNow(), pcm, onFailure });
    },
    tell: soft.tell,
    get isSounding() {
      return playing !== undefined && (readiness.ok || !tried);
    },
    get isBroken() {
      return tried && !readiness.ok;
    },
    get readiness() {
      return readiness;
    },
    stop() {
      running = false;
      cancelProbe?.();
      endAsked?.();
      soft.end();
      playing?.end();
      playing = undefined;
    },
  };
}

/** An output that throws is one that broke. */
const withoutThrowing = (audio: Audio): Audio => ({
  ...(audio.muffled === undefined ? {} : { muffled: async () => audio.muffled?.() }),
  async probe() {
    try {
      return await audio.probe();
    } catch (thrown) {
      return { ok: false, detail: messageOf(thrown) };
    }
  },
  play(next, sampleRateHz, onFailure) {
    try {
      return audio.play(next, sampleRateHz, onFailure);
    } catch (thrown) {
      onFailure(messageOf(thrown));
      return () => undefined;
    }
  },
});

interface SoftOptions extends Pick<RoomOptions, "audio" | "clock" | "log" | "speech"> {
  readonly voiceNow: () => Voice;
  readonly onFailure: (detail: string) => void;
  readonly mayPlay: () => boolean;
}

/** Says one thing after the other, softly; `end` drops what is said and what waits. */
function createSoftVoice({ audio, clock, log, speech, voiceNow, onFailure, mayPlay }: SoftOptions): {
  tell(soft: SoftText): void;
  end(): void;
} {
  const waiting: SoftText[] = [];
  /** Grows when everything is dropped: what was begun before is old. */
  let age = 0;
  let isBusy = false;
  let endPlaying: (() => void) | undefined;

  const sentenceOf = (text: string) =>
    new Promise<Awaited<ReturnType<SpeechBank["text"]>>>((resolve) => {
      const cancel = clock.after(SPEECH_WAIT_MS, () => resolve(undefined));
      const settle = (said: Awaited<ReturnType<SpeechBank["text"]>>): void => {
        cancel();
        resolve(said);
      };
      speech.text(text, SAMPLE_RATE_HZ).then(settle, () => settle(undefined));
    });

  const sayNext = async (): Promise<void> => {
    const next = waiting.shift();
    if (next === undefined) return;
    const begunAt = age;
    isBusy = true;
    const sentence = await sentenceOf(next.text);
    if (begunAt !== age) return;
    if (!mayPlay()) {
      isBusy = false;
      return;
    }
    log.note("sounder.telling", { voice: sentence !== undefined });
    const voice = voiceNow();
    const pcm = sentence === undefined ? voice.chime(next.chimes) : voice.soft(sentence);
    const onEnd = (): void => {
      if (begunAt !== age) return;
      isBusy = false;
      goOn();
    };
    endPlaying = playOnce({ audio, clock, voice, pcm, onFailure, onEnd });
  };
  const goOn = (): void => {
    if (isBusy) return;
    sayNext().catch((thrown: unknown) => {
      isBusy = false;
      log.note("sounder.failed", { detail: messageOf(thrown) }, "error");
    });
  };

  return {
    tell(soft) {
      if (!mayPlay() || waiting.length >= SOFT_MAX) return;
      waiting.push(soft);
      goOn();
    },
    end() {
      age += 1;
      waiting.length = 0;
      isBusy = false;
      endPlaying?.();
      endPlaying = undefined;
    },
  };
}
