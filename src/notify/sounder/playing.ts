import type { Audio } from "../../port/audio.ts";
import type { Clock } from "../../port/clock.ts";
import type { SpokenKey } from "../../sound/choice.ts";
import { RAMP, type SoundKind } from "../../sound/pattern.ts";
import type { Sentence } from "../../sound/speech.ts";
import type { Voice } from "../../sound/synthesis.ts";

/** An alarm that sounds. */
export interface Playing {
  readonly kind: SoundKind;
  /** What is spoken from the next silence on, one after the other; the sound does not begin anew. */
  speak(keys: readonly SpokenKey[]): void;
  end(): void;
}

interface Output {
  readonly audio: Audio;
  readonly clock: Clock;
  readonly voice: Voice;
  readonly kind: SoundKind;
  readonly onFailure: (detail: string) => void;
}

/** A broken output is tried again this often while something has to be heard. */
const RETRY_MS = 2_000;
/** A sound that has played this long is taken for proof that the output works. */
const PROVEN_MS = 3_000;
/** What an output may need to begin. */
const LATENCY_MS = 1_000;

/**
 * Plays burst after burst, the first ones growing louder, until it is ended. The sentence of a silence is looked up
 * when the silence begins. A broken output is opened again and again, from then on at full loudness: the time for a
 * gentle start has passed.
 */
export function playAlarm(
  options: Output & {
    readonly sentence: (key: SpokenKey) => Sentence | undefined;
    readonly onProven: () => void;
  },
): Playing {
  const { audio, clock, voice, kind, sentence, onFailure, onProven } = options;
  let ended = false;
  let spoken: readonly SpokenKey[] = [];
  let bursts = 0;
  let isBurst = true;
  let endOutput: (() => void) | undefined;
  let cancels: (() => void)[] = [];

  const clear = (): void => {
    for (const cancel of cancels) cancel();
    cancels = [];
    endOutput?.();
    endOutput = undefined;
  };

  const next = (): Int16Array => {
    const loudness = RAMP[bursts] ?? 1;
    const key = spoken[bursts % spoken.length];
    isBurst = !isBurst;
    if (!isBurst) return voice.burst(kind, loudness);
    bursts += 1;
    return voice.silence(kind, key === undefined ? undefined : sentence(key), loudness);
  };

  const play = (): void => {
    clear();
    isBurst = true;
    let failed = false;
    cancels.push(clock.after(PROVEN_MS, onProven));
    const end = audio.play(next, voice.sampleRateHz, (detail) => {
      if (ended || failed) return;
      failed = true;
      clear();
      onFailure(detail);
      bursts = RAMP.length;
      cancels.push(clock.after(RETRY_MS, play));
    });
    // The output may have broken before it returned.
    if (failed) end();
    else endOutput = end;
  };

  play();
  return {
    kind,
    speak(keys) {
      spoken = keys;
    },
    end() {
      ended = true;
      clear();
    },
  };
}

/**
 * Plays one sound and ends; the returned function ends it sooner. An output that breaks is not tried again. `onEnd` is
 * called once, when it is over for whatever reason.
 */
export function playOnce({
  audio,
  clock,
  voice,
  pcm,
  onFailure,
  onEnd = () => undefined,
}: Omit<Output, "kind"> & { readonly pcm: Int16Array; readonly onEnd?: () => void }): () => void {
  let isOver = false;
  let endOutput: (() => void) | undefined;
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    cancel();
    endOutput?.();
    endOutput = undefined;
    onEnd();
  };
  const cancel = clock.after((pcm.length / voice.sampleRateHz) * 1_000 + LATENCY_MS, end);
  let pieces = 0;
  const next = (): Int16Array => {
    pieces += 1;
    return pieces === 1 ? pcm : new Int16Array(voice.sampleRateHz);
  };
  const stop = audio.play(next, voice.sampleRateHz, (detail) => {
    if (isOver) return;
    end();
    onFailure(detail);
  });
  if (isOver) stop();
  else endOutput = stop;
  return end;
}
