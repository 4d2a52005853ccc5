import type { ObservationBody } from "../../src/domain/observation.ts";
import { type Absence, absent, measured, type Sample } from "../../src/domain/sample.ts";
import { roundTo, type SignalId, WAVES } from "../../src/domain/signal.ts";
import { FRAMES_PER_SECOND, STATUS, type WaveFrame } from "./codec.ts";

/** The counter has seven bits. */
const SYNC_STEPS = 128;
/** A second holds at least so many frames that came, however many the counter says were lost. */
const FEWEST_FRAMES = FRAMES_PER_SECOND / 2;
/** What was told so many frames ago speaks no more: ten seconds. */
const LASTS_FRAMES = 10 * FRAMES_PER_SECOND;

/** Something that was told, and at which frame. */
interface Heard {
  readonly value: number;
  readonly at: number;
}

/** Turns wave frames into one reading of each kind a second, counted in frames. */
export interface Collector {
  /** The next frame; returns how many frames the counter says were lost before it. */
  take(frame: WaveFrame): number;
  /** What is complete, once. */
  drain(): ObservationBody[];
  /** The newest status of highest priority; undefined where none came lately. */
  readonly priority: number | undefined;
}

/** Holds at most a second of wave. */
export function createCollector(): Collector {
  const ready: ObservationBody[] = [];
  let wave: number[] = [];
  /** Frames since the start, the lost ones too. */
  let frames = 0;
  let dueAt = FRAMES_PER_SECOND;
  let came = 0;
  let sync: number | undefined;
  let status: Heard | undefined;
  let etco2: Heard | undefined;
  let respRate: Heard | undefined;

  const lately = (heard: Heard | undefined): number | undefined =>
    heard !== undefined && frames - heard.at < LASTS_FRAMES ? heard.value : undefined;

  const flushWave = (): void => {
    if (wave.length > 0) ready.push({ kind: "wave", rateHz: FRAMES_PER_SECOND, channels: { co2: wave } });
    wave = [];
  };

  /** 0 is what the module says without a breath to measure. */
  const sample = (signal: SignalId, heard: Heard | undefined, gate: Absence | undefined): Sample => {
    if (gate !== undefined) return absent(gate);
    const value = lately(heard);
    if (value === undefined) return absent("stale");
    return value === 0 ? absent("not_measured") : measured(signal, value);
  };

  const finishSecond = (): void => {
    const priority = lately(status);
    // Without a status nobody vouches for a number.
    const gate = priority === undefined ? "stale" : gateOf(priority);
    ready.push({
      kind: "samples",
      samples: { etco2: sample("etco2", etco2, gate), resp_rate: sample("resp_rate", respRate, gate) },
    });
    const noBreath = gate === undefined && lately(respRate) === 0;
    const codes = priority === undefined ? ["status_unknown"] : priority === 0 ? [] : [codeOf(priority)];
    ready.push({ kind: "status", codes: noBreath ? [...codes, "no_breath"] : codes });
  };

  return {
    take(frame) {
      // A counter that stands still counts nothing.
      const step = sync === undefined ? 1 : (frame.sync - sync + SYNC_STEPS) % SYNC_STEPS || 1;
      sync = frame.sync;
      frames += step;
      came += 1;
      // A wave body has no gap: what was before stands alone.
      if (step > 1 || frame.co2 === undefined) wave = [];
      if (frame.co2 !== undefined) wave.push(roundTo(frame.co2, WAVES.co2.resolution));
      const { told } = frame;
      if (told?.kind === "status") status = { value: told.priority, at: frames };
      if (told?.kind === "etco2") etco2 = { value: told.value, at: frames };
      if (told?.kind === "respRate") respRate = { value: told.value, at: frames };
      if (frames >= dueAt && came >= FEWEST_FRAMES) {
        finishSecond();
        flushWave();
        dueAt = frames + FRAMES_PER_SECOND;
        came = 0;
      }
      return step - 1;
    },
    drain: () => ready.splice(0),
    get priority() {
      return lately(status);
    },
  };
}

/** An unknown status does not vouch for anything. */
const gateOf = (priority: number): Absence | undefined =>
  STATUS[priority] === undefined ? "invalid" : STATUS[priority].gates;

const codeOf = (priority: number): string => STATUS[priority]?.code ?? "status_unknown";
