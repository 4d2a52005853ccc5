import { type AlarmFold, type Occurrence, priorityRank } from "../../domain/alarm.ts";
import { messageOf } from "../../domain/fault.ts";
import type { BedId } from "../../domain/ids.ts";
import { mayReachPeople } from "../../domain/ringing.ts";
import type { Wall } from "../../domain/time.ts";
import type { Audio } from "../../port/audio.ts";
import type { Clock } from "../../port/clock.ts";
import type { Log } from "../../port/log.ts";
import type { SoundKind } from "../../sound/pattern.ts";
import { createVoice, type Voice } from "../../sound/synthesis.ts";

/** Whether the house sounder would be heard now; `detail` names what is wrong, or the output in use. */
export interface SounderReadiness {
  readonly ok: boolean;
  readonly detail: string;
}

export interface SounderOptions {
  readonly audio: Audio;
  readonly clock: Clock;
  readonly log: Log;
  /** Called on every change of readiness; must not throw. */
  readonly onReadiness?: (readiness: SounderReadiness) => void;
}

/** The first channel (law 3): sounds in the house, from memory, without internet, disk or broker. */
export interface Sounder {
  /** Begins to look after the output: tries it now and again, so that a fault shows before the night. */
  start(): void;
  /**
   * Takes a bed's newest alarms; sound begins or ends before this returns. Older revisions are ignored. Sounds
   * for open, unanswered occurrences of high and medium priority; never for low, never for simulated ones outside
   * a drill.
   */
  update(fold: AlarmFold): void;
  readonly readiness: SounderReadiness;
  /** Silence, and no timer left. */
  stop(): void;
}

const SAMPLE_RATE_HZ = 48_000;
/** A broken output is tried again this often while something has to be heard. */
const RETRY_MS = 2_000;
/** A loop that has played this long is taken for proof that the output works. */
const PROVEN_MS = 3_000;
const PROBE_WHEN_WELL_MS = 300_000;
const PROBE_WHEN_BROKEN_MS = 30_000;

/** The house sounder. Idle until start() or the first update(). */
export function createSounder({ audio, clock, log, onReadiness }: SounderOptions): Sounder {
  const folds = new Map<BedId, AlarmFold>();
  let readiness: SounderReadiness = { ok: false, detail: "The sound output has not been tried yet." };
  let playing: { readonly kind: SoundKind; readonly end: () => void } | undefined;
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

  const play = (kind: SoundKind): void => {
    const onFailure = (detail: string): void => setReadiness({ ok: false, detail });
    const onProven = (): void => setReadiness({ ok: true, detail: "The sound output plays." });
    voice ??= createVoice(SAMPLE_RATE_HZ);
    const end = playAlarm({ audio, clock, voice, kind, onFailure, onProven });
    playing = { kind, end };
    log.note("sounder.sounding", { kind }, "warn");
  };

  const evaluate = (): void => {
    const now = clock.wall();
    const wanted = soundFor([...folds.values()], now);
    if (playing !== undefined && playing.kind !== wanted) {
      playing.end();
      playing = undefined;
      if (wanted === undefined) log.note("sounder.silent");
    }
    if (wanted !== undefined && playing === undefined) play(wanted);
    cancelDrillEnd?.();
    cancelDrillEnd = undefined;
    const drillEnds = [...folds.values()].flatMap((fold) => fold.drillUntil ?? []).filter((end) => end > now);
    if (playing !== undefined && drillEnds.length > 0) {
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
      playing?.end();
      playing = undefined;
      folds.clear();
    },
  };
}

/** What has to be heard for all beds together; undefined for silence. */
function soundFor(folds: readonly AlarmFold[], now: Wall): SoundKind | undefined {
  const calls = (occurrence: Occurrence): boolean => occurrence.condition === "PATIENT_CALL";
  const ringing = folds.flatMap((fold) =>
    fold.open.filter(
      (occurrence) =>
        priorityRank(occurrence.priority) >= priorityRank("medium") &&
        // The engine takes it away when it lapses; its `until` is wall time, for people to read.
        occurrence.acknowledgement === undefined &&
        mayReachPeople(occurrence, fold.drillUntil, now),
    ),
  );
  if (ringing.some((occurrence) => occurrence.priority === "high" && !calls(occurrence))) return "high";
  if (ringing.some(calls)) return "call";
  return ringing.length > 0 ? "medium" : undefined;
}

interface Playing {
  readonly audio: Audio;
  readonly clock: Clock;
  readonly voice: Voice;
  readonly kind: SoundKind;
  readonly onFailure: (detail: string) => void;
  readonly onProven: () => void;
}

/**
 * Plays the introduction once, then the alarm, until the returned function is called. A broken output is opened
 * again and again, from then on at full loudness: the time for a gentle start has passed.
 */
function playAlarm({ audio, clock, voice, kind, onFailure, onProven }: Playing): () => void {
  let ended = false;
  let endLoop: (() => void) | undefined;
  let cancels: (() => void)[] = [];

  const clear = (): void => {
    for (const cancel of cancels) cancel();
    cancels = [];
    endLoop?.();
    endLoop = undefined;
  };

  /** Whether the output took it. */
  const loop = (pcm: Int16Array): boolean => {
    let failed = false;
    cancels.push(clock.after(PROVEN_MS, onProven));
    const end = audio.loop(pcm, SAMPLE_RATE_HZ, (detail) => {
      if (ended || failed) return;
      failed = true;
      clear();
      onFailure(detail);
      cancels.push(clock.after(RETRY_MS, full));
    });
    // The output may have broken before it returned.
    if (failed) end();
    else endLoop = end;
    return !failed;
  };

  const full = (): void => {
    clear();
    loop(voice.alarm(kind));
  };

  const { pcm, handOverMs } = voice.introduction(kind);
  if (loop(pcm)) cancels.push(clock.after(handOverMs, full));
  return () => {
    ended = true;
    clear();
  };
}
