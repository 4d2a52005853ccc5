import type { Condition, Reading, Verdict, View, Window } from "../../../src/alarm/condition.ts";
import { presetOf } from "../../../src/alarm/limits.ts";
import type { DeviceRecord } from "../../../src/alarm/state.ts";
import type { ConditionId } from "../../../src/domain/alarm.ts";
import { type Absence, absent } from "../../../src/domain/sample.ts";
import type { SignalId } from "../../../src/domain/signal.ts";
import { mono } from "../../../src/domain/time.ts";
import { OXIMETER } from "./bedside.ts";

const NOW = mono(1_000_000);

/** A bed by hand: what the conditions about the person look at, everything else at rest. */
export interface Hand {
  readonly readings?: { readonly [id in SignalId]?: number };
  readonly ageMs?: number;
  readonly windows?: { readonly [key: string]: Partial<Window> };
  readonly poor?: boolean;
  readonly open?: readonly ConditionId[];
  readonly violating?: readonly ConditionId[];
  readonly off?: readonly ConditionId[];
  readonly held?: boolean;
  readonly told?: View["told"];
  readonly answered?: boolean;
  readonly dips?: { readonly integral?: number; readonly crossings?: number };
  readonly fio2?: number;
  /** Signals that no device was configured to give. */
  readonly unexpected?: readonly SignalId[];
  /** Last word of the oximeter. */
  readonly said?: { readonly [id in "spo2" | "pulse_rate"]?: number | Absence };
  /** Last valid values before that, and how long ago they came. */
  readonly last?: { readonly spo2?: number; readonly pulse_rate?: number; readonly agoMs?: number };
  /** Another oximeter that measures. */
  readonly other?: { readonly spo2: number; readonly pulse_rate: number };
}

const MISSING: Verdict = { kind: "unknown", why: "gap" };
const EMPTY: Window = {
  validMs: 0,
  spanMs: 0,
  median: undefined,
  lowest: undefined,
  at: undefined,
  devices: [],
};

export function viewOf(hand: Hand): View {
  const reading = (value: number | undefined, device = "oxi"): Reading | undefined =>
    value === undefined
      ? undefined
      : { value, at: NOW, ageMs: hand.ageMs ?? 0, coverMs: 1_000, sameMs: 0, device };
  const limits: Partial<Record<ConditionId, { readonly [name: string]: number }>> = {
    SPO2_LOW: { limit: 88, hysteresis: 1, delay_s: 30, clear_s: 5 },
  };
  return {
    now: NOW,
    dependencyClass: "B",
    onWatch: true,
    watchFrom: mono(0),
    held: hand.held ?? false,
    heldMs: 0,
    told: hand.told,
    isAnswered: hand.answered ?? false,
    bed: {
      reading: (signal) => reading(hand.readings?.[signal]),
      missing: () => MISSING,
      expects: (signals) => signals.every((id) => hand.unexpected?.includes(id) !== true),
      setting: (id) =>
        id === "fio2" && hand.fio2 !== undefined ? { value: hand.fio2, device: "vent" } : undefined,
      breathing: () => undefined,
      every: (signal) => {
        const own = signal === "spo2" || signal === "pulse_rate" ? hand.said?.[signal] : undefined;
        const other = signal === "spo2" || signal === "pulse_rate" ? hand.other?.[signal] : undefined;
        return [typeof own === "number" ? reading(own) : undefined, reading(other, "second")].filter(
          (one) => one !== undefined,
        );
      },
      latest: () => [],
      ownAlarms: () => [],
      breaths: () => [],
      window: (signal, minutes) => ({ ...EMPTY, ...hand.windows?.[`${signal} ${minutes}`] }),
      dips: () => ({
        integral: hand.dips?.integral ?? 0,
        crossings: Array.from({ length: hand.dips?.crossings ?? 0 }, () => NOW),
        at: NOW,
        device: "oxi",
      }),
      isPoor: () => hand.poor ?? false,
      baseline: () => undefined,
      minuteVolumeMean: () => undefined,
    },
    device: { source: OXIMETER, record: hand.said === undefined ? undefined : recordOf(hand) },
    inherited: undefined,
    settledAt: mono(0),
    isOn: (id) => hand.off?.includes(id) !== true,
    limitOf: (id, name) => limits[id]?.[name],
    isViolating: (id) => hand.violating?.includes(id) === true,
    isOpen: (id) => hand.open?.includes(id) === true,
    isNight: true,
    limitsState: { widenedUntil: undefined, off: [] },
  };
}

function recordOf({ said = {}, last = {} }: Hand): DeviceRecord {
  const signal = (id: "spo2" | "pulse_rate") => {
    const sample = said[id];
    if (sample === undefined) return {};
    const before = last[id];
    const value = typeof sample === "number" ? sample : before;
    const at = typeof sample === "number" ? NOW : mono(NOW - (last.agoMs ?? 1_000));
    return {
      [id]: {
        sample: typeof sample === "number" ? sample : absent(sample),
        at: NOW,
        ...(value !== undefined && {
          valid: { value, at, since: at, everyMs: 1_000, off: 0, coverMs: 1_000, usual: value },
        }),
      },
    };
  };
  return {
    marks: [],
    heardAt: NOW,
    spokeAt: NOW,
    breaths: 0,
    simulated: false,
    timeliness: "live",
    signals: { ...signal("spo2"), ...signal("pulse_rate") },
    settings: {},
    minuteVolumes: [],
  };
}

/** What a condition with its presets (class B) makes of a bed. */
export function judged(
  condition: Condition,
  hand: Hand,
  settings: { readonly [name: string]: number } = {},
): Verdict {
  const presets = Object.fromEntries(
    Object.entries(condition.settings).map(([name, spec]) => [name, presetOf(spec, "B")]),
  );
  const verdict = condition.judge?.(viewOf(hand), { ...presets, ...settings });
  if (verdict === undefined) throw new Error(`${condition.id} judges nothing`);
  return verdict;
}

/** The same in a word: "holds", "holds after 30 s", "never yet", "clear", "waiting", "unknown gap". */
export function word(...given: Parameters<typeof judged>): string {
  const verdict = judged(...given);
  if (verdict.kind === "unknown") return `unknown ${verdict.why}`;
  if (verdict.kind !== "holds" || verdict.delayMs === undefined) return verdict.kind;
  return Number.isFinite(verdict.delayMs) ? `holds after ${verdict.delayMs / 1000} s` : "holds, and waits";
}
