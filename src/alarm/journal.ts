import type { AlarmCommand, AlarmEvent } from "../domain/alarm.ts";
import type { DeviceId } from "../domain/ids.ts";
import type { Absence } from "../domain/sample.ts";
import type { SignalId } from "../domain/signal.ts";
import type { Mono, Wall } from "../domain/time.ts";
import { JUDGED_SIGNALS, KEPT_SIGNALS } from "./condition.ts";
import type { Core, DeviceRecord, EngineState, Live, SignalRecord, Trace, TracedSignal } from "./state.ts";

/**
 * How finely the journal follows time. An entry is written at least so often, so that a restart knows how long the box
 * was away; a signal or device is noted as silent after so long. While anything violates every second counts.
 */
const PACE = {
  quiet: { beatMs: 20_000, silentMs: 8_000 },
  busy: { beatMs: 5_000, silentMs: 2_000 },
} as const;

/** The pace at which this was written. */
export const paceOf = (core: Core): (typeof PACE)["quiet" | "busy"] => PACE[isBusy(core) ? "busy" : "quiet"];

const isBusy = (core: Core): boolean => Object.values(core.runtimes).some(({ t0 }) => t0 !== undefined);

/** A signal in few bytes: last valid value, its arrival, since when it has been the same, and why it is absent now. */
export type SeenSignal =
  | readonly [value: number, at: Mono, since: Mono, absent?: Absence]
  | readonly [absent: Absence];

/** What a restart must know of a device. */
export interface SeenDevice {
  readonly heardAt: Mono;
  readonly spokeAt?: Mono;
  readonly waveAt?: Mono;
  readonly waveMovedAt?: Mono;
  readonly breathAt?: Mono;
  readonly breaths: number;
  readonly simulated?: true;
  readonly delayed?: true;
  readonly settings?: DeviceRecord["settings"];
  readonly settingsBase?: DeviceRecord["settings"];
  readonly settingsChanged?: DeviceRecord["settingsChanged"];
  readonly own?: DeviceRecord["own"];
  readonly serial?: DeviceRecord["serial"];
  readonly status?: DeviceRecord["status"];
  readonly clock?: DeviceRecord["clock"];
  /** Medians of the last minutes, newest last: value and covered ms, and when the newest ended. */
  readonly minutes?: { readonly [id in TracedSignal]?: Trace["minutes"] };
  /** While anything violates, the last minutes of SpO2 by the sample: what dips have added up to goes on. */
  readonly runs?: Trace["runs"];
  readonly still?: DeviceRecord["still"];
  readonly signals: { readonly [id in SignalId]?: SeenSignal };
}

/**
 * One line of the journal: what one step decided, and everything needed to go on from there. The last entry alone
 * restores the engine; the others are history. Its times are of the process that wrote it.
 */
export interface JournalEntry {
  readonly v: 1;
  readonly mono: Mono;
  readonly at: Wall;
  readonly trusted: boolean;
  readonly startedAt: Mono;
  readonly events: readonly AlarmEvent[];
  /** The command that this step accepted. */
  readonly command?: AlarmCommand;
  /** Ids of earlier commands, where the entries that held them were compacted away. */
  readonly commands?: readonly string[];
  readonly core: Core;
  /** Newest evidence of the instances in `core`. */
  readonly judged: Live["judged"];
  readonly seen: { readonly [device: DeviceId]: SeenDevice };
}

/** The entry for a step that ended in `state`. */
export const entryOf = (
  state: EngineState,
  events: readonly AlarmEvent[],
  command?: AlarmCommand,
): JournalEntry => ({
  v: 1,
  mono: state.mono,
  at: state.at,
  trusted: state.trusted,
  startedAt: state.startedAt,
  events,
  ...(command !== undefined && { command }),
  core: state.core,
  judged: Object.fromEntries(
    Object.keys(state.core.runtimes).flatMap((key) => {
      const judged = state.live.judged[key];
      return judged === undefined ? [] : [[key, judged] as const];
    }),
  ),
  seen: Object.fromEntries(
    Object.entries(state.live.devices).map(([id, record]) => [id, seenOf(record, isBusy(state.core))]),
  ),
});

/** Whether a step must be written down: something was decided, somebody fell silent or spoke again, or it is time. */
export function isDue(before: EngineState, after: EngineState): boolean {
  if (before.core !== after.core || before.live.flips !== after.live.flips) return true;
  const { writtenAt } = after.live;
  return writtenAt === undefined || after.mono - writtenAt >= paceOf(after.core).beatMs;
}

/** Marks devices and judged signals that have fallen silent; the mark goes with the next sample. */
export function markQuiet(live: Live, core: Core, now: Mono): Live {
  const { silentMs } = paceOf(core);
  let { devices, flips } = live;
  for (const [id, record] of Object.entries(devices)) {
    const marked = quietRecord(record, now, silentMs);
    if (marked === record) continue;
    devices = { ...devices, [id]: marked };
    flips += 1;
  }
  return flips === live.flips ? live : { ...live, devices, flips };
}

function quietRecord(record: DeviceRecord, now: Mono, silentMs: number): DeviceRecord {
  let { signals } = record;
  for (const id of JUDGED_SIGNALS) {
    const known = signals[id];
    if (known?.valid === undefined || known.quiet === true || now - known.valid.at < silentMs) continue;
    signals = { ...signals, [id]: { ...known, quiet: true } };
  }
  const isQuiet = record.quiet !== true && now - record.heardAt >= silentMs;
  const isBreathless =
    record.breathless !== true && record.breathAt !== undefined && now - record.breathAt >= silentMs;
  if (!isQuiet && !isBreathless && signals === record.signals) return record;
  return { ...record, signals, ...(isQuiet && { quiet: true }), ...(isBreathless && { breathless: true }) };
}

/** Judged signals, and those that decide watch, power and pass-through: a restart must know them. */
const SEEN_SIGNALS: readonly SignalId[] = [...JUDGED_SIGNALS, ...KEPT_SIGNALS];

function seenOf(record: DeviceRecord, withRuns: boolean): SeenDevice {
  const { heardAt, spokeAt, waveAt, waveMovedAt, breathAt, breaths, still, settings } = record;
  const { settingsBase, settingsChanged, own, serial, status, clock, traces } = record;
  const minutes = minutesOf(traces);
  const signals: { [id in SignalId]?: SeenSignal } = {};
  for (const id of SEEN_SIGNALS) {
    const known = record.signals[id];
    if (known !== undefined) signals[id] = seenSignal(known);
  }
  return {
    heardAt,
    ...(spokeAt !== undefined && { spokeAt }),
    ...(waveAt !== undefined && { waveAt }),
    ...(waveMovedAt !== undefined && { waveMovedAt }),
    ...(breathAt !== undefined && { breathAt }),
    breaths,
    ...(record.simulated && { simulated: true }),
    ...(record.timeliness === "delayed" && { delayed: true }),
    ...(Object.keys(settings).length > 0 && { settings }),
    ...(settingsBase !== undefined && { settingsBase }),
    ...(settingsChanged !== undefined && { settingsChanged }),
    ...(own !== undefined && { own }),
    ...(serial !== undefined && { serial }),
    ...(status !== undefined && { status }),
    ...(clock !== undefined && { clock }),
    ...(minutes !== undefined && { minutes }),
    ...(withRuns && traces?.spo2 !== undefined && { runs: traces.spo2.runs }),
    ...(still !== undefined && { still }),
    signals,
  };
}

function minutesOf(traces: DeviceRecord["traces"]): SeenDevice["minutes"] {
  const spo2 = traces?.spo2?.minutes ?? [];
  return spo2.length === 0 ? undefined : { spo2 };
}

function seenSignal({ sample, valid }: SignalRecord): SeenSignal {
  const reason = typeof sample === "object" ? sample.absent : undefined;
  if (valid === undefined) return [reason ?? "not_measured"];
  const { value, at, since } = valid;
  return reason === undefined ? [value, at, since] : [value, at, since, reason];
}
