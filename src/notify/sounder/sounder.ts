import type { AlarmFold } from "../../domain/alarm.ts";
import { messageOf } from "../../domain/fault.ts";
import type { BedId } from "../../domain/ids.ts";
import { mayReachPeople } from "../../domain/ringing.ts";
import type { Mono } from "../../domain/time.ts";
import type { Audio } from "../../port/audio.ts";
import type { Clock } from "../../port/clock.ts";
import type { Log } from "../../port/log.ts";
import { type Choice, choose, GENTLE_EVERY_MS, type SpokenKey } from "../../sound/choice.ts";
import { createVoice, type Voice } from "../../sound/synthesis.ts";
import { type Playing, playAlarm, playOnce } from "./playing.ts";
import type { SpeechBank } from "./speech-bank.ts";

/** Whether the house sounder would be heard now; `detail` names what is wrong, or the output in use. */
export interface SounderReadiness {
  readonly ok: boolean;
  readonly detail: string;
}

export interface SounderOptions {
  readonly audio: Audio;
  readonly clock: Clock;
  readonly log: Log;
  /** What is spoken between the bursts. */
  readonly speech: Pick<SpeechBank, "sentence">;
  /** Called on every change of readiness; must not throw. */
  readonly onReadiness?: (readiness: SounderReadiness) => void;
}

/** The first channel (law 3): sounds in the house, from memory, without internet, disk or broker. */
export interface Sounder {
  /** Begins to look after the output: tries it now and again, so that a fault shows before the night. */
  start(): void;
  /**
   * Takes a bed's newest alarms; sound begins or ends before this returns, with the tones alone: a sentence joins
   * them when there is one. Older revisions are ignored. Rings for open occurrences of high and medium priority
   * that ask (askingOf); never for low, never for simulated ones outside a drill. What asks gently is one burst of
   * the low sound, at most every half hour, and only while nothing rings.
   */
  update(fold: AlarmFold): void;
  readonly readiness: SounderReadiness;
  /** Silence, and no timer left. */
  stop(): void;
}

const SAMPLE_RATE_HZ = 48_000;
const PROBE_WHEN_WELL_MS = 300_000;
const PROBE_WHEN_BROKEN_MS = 30_000;

/** The house sounder. Idle until start() or the first update(). */
export function createSounder({ audio, clock, log, speech, onReadiness }: SounderOptions): Sounder {
  const folds = new Map<BedId, AlarmFold>();
  let readiness: SounderReadiness = { ok: false, detail: "The sound output has not been tried yet." };
  let playing: Playing | undefined;
  let endQuestion: (() => void) | undefined;
  /** When something last asked gently. */
  let askedAt: Mono | undefined;
  let cancelGentle: (() => void) | undefined;
  let cancelProbe: (() => void) | undefined;
  let cancelDrillEnd: (() => void) | undefined;
  let running = false;
  /** Made once, before it is needed: an alarm waits for no sine. */
  let voice: Voice | undefined;

  const setReadiness = (next: SounderReadiness): void => {
    if (next.ok === readiness.ok && next.detail === readiness.detail) return;
    if (next.ok !== readiness.ok) {
      log.note(
        next.ok ? "sounder.ready" : "sounder.broken",
        { detail: next.detail },
        next.ok ? "info" : "error",
      );
    }
    readiness = next;
    onReadiness?.(next);
  };

  const probe = async (): Promise<void> => {
    // What is playing proves more than a trial, and a second user of the output could disturb it.
    if (playing === undefined) {
      const result = await audio
        .probe()
        .catch((thrown: unknown) => ({ ok: false, detail: messageOf(thrown) }));
      if (running && playing === undefined) setReadiness(result);
    }
    if (!running) return;
    const waitMs = readiness.ok ? PROBE_WHEN_WELL_MS : PROBE_WHEN_BROKEN_MS;
    cancelProbe = clock.after(waitMs, startProbe);
  };

  const startProbe = (): void => {
    probe().catch((thrown: unknown) => log.note("sounder.failed", { detail: messageOf(thrown) }, "error"));
  };

  const onFailure = (detail: string): void => setReadiness({ ok: false, detail });

  /** A sentence that cannot be had never takes the tones with it. */
  const sentence = (key: SpokenKey) => {
    try {
      return speech.sentence(key, SAMPLE_RATE_HZ);
    } catch (thrown) {
      log.note("sounder.speechless", { detail: messageOf(thrown) }, "error");
      return undefined;
    }
  };

  const ring = (wanted: Choice["ring"]): void => {
    if (playing !== undefined && playing.kind !== wanted?.kind) {
      playing.end();
      playing = undefined;
      if (wanted === undefined) log.note("sounder.silent");
    }
    if (wanted === undefined) return;
    endQuestion?.();
    if (playing === undefined) {
      voice ??= createVoice(SAMPLE_RATE_HZ);
      const onProven = (): void => setReadiness({ ok: true, detail: "The sound output plays." });
      playing = playAlarm({ audio, clock, voice, kind: wanted.kind, sentence, onFailure, onProven });
      log.note("sounder.sounding", { kind: wanted.kind, spoken: wanted.spoken.join(" ") }, "warn");
    }
    playing.speak(wanted.spoken);
  };

  const askGently = (wanted: boolean): void => {
    cancelGentle?.();
    cancelGentle = undefined;
    if (!wanted) return;
    const now = clock.mono();
    if (askedAt === undefined || now - askedAt >= GENTLE_EVERY_MS) {
      askedAt = now;
      voice ??= createVoice(SAMPLE_RATE_HZ);
      log.note("sounder.asking");
      endQuestion = playOnce({ audio, clock, voice, kind: "low", onFailure });
    }
    cancelGentle = clock.after(askedAt + GENTLE_EVERY_MS - now, evaluate);
  };

  const evaluate = (): void => {
    const now = clock.wall();
    const { ring: wanted, gentle } = choose([...folds.values()], (occurrence, { drillUntil }) =>
      mayReachPeople(occurrence, drillUntil, now),
    );
    ring(wanted);
    askGently(gentle && wanted === undefined);
    cancelDrillEnd?.();
    cancelDrillEnd = undefined;
    const drillEnds = [...folds.values()].flatMap((fold) => fold.drillUntil ?? []).filter((end) => end > now);
    if (drillEnds.length > 0 && (gentle || wanted !== undefined)) {
      cancelDrillEnd = clock.after(Math.min(...drillEnds) - now, evaluate);
    }
  };

  return {
    start() {
      if (running) return;
      running = true;
      voice ??= createVoice(SAMPLE_RATE_HZ);
      startProbe();
    },
    update(fold) {
      const known = folds.get(fold.bed);
      if (known !== undefined && known.revision > fold.revision) return;
      folds.set(fold.bed, fold);
      evaluate();
    },
    get readiness() {
      return readiness;
    },
    stop() {
      running = false;
      cancelProbe?.();
      cancelDrillEnd?.();
      cancelGentle?.();
      endQuestion?.();
      playing?.end();
      playing = undefined;
      folds.clear();
    },
  };
}
