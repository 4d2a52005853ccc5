import type { AlarmCommand, Priority } from "../domain/alarm.ts";
import { MINUTE_MS, wall } from "../domain/time.ts";
import { acknowledge, type Draft, end, instancesOf, lapse, later, raise, setRuntime } from "./draft.ts";
import { endWatch, forgetLost, startWatch } from "./on-watch.ts";
import type { Runtime } from "./state.ts";

/** How long an acknowledgement lasts while the condition holds (design, section 6). */
const LAPSES_MS: { readonly [priority in Priority]: number } = {
  high: 3 * MINUTE_MS,
  medium: 10 * MINUTE_MS,
  low: 10 * MINUTE_MS,
};
const BEDSIDE_MS = 15 * MINUTE_MS;
/** Presses so close together are one call. */
const DEBOUNCE_MS = 300;
/** Calls kept apart; a further one sounds the newest again. */
const MOST_CALLS = 8;
/** A drill ends by itself. */
const LONGEST_DRILL_MS = 60 * MINUTE_MS;

/** Why a command did nothing. */
export type Refusal = "repeated" | "not_open";

/** Applies a command that has not been seen before; a refusal leaves everything as it was. */
export function obey(draft: Draft, command: AlarmCommand): Refusal | undefined {
  switch (command.kind) {
    case "acknowledge":
      return acknowledgeOne(draft, command);
    case "with_patient":
      return withPatient(draft, command);
    case "start_watch":
      startWatch(draft, command.by);
      return undefined;
    case "end_watch":
      for (const key of Object.keys(draft.core.runtimes)) end(draft, key, "watch_ended", command.by);
      for (const key of Object.keys(draft.core.runtimes)) forgetLost(draft, key);
      endWatch(draft, command.by);
      return undefined;
    case "call":
      call(draft, command);
      return undefined;
    case "drill":
      startDrill(draft, command.forMs);
      return undefined;
    case "self_fault":
      selfFault(draft, command);
      return undefined;
  }
}

type Of<Kind extends AlarmCommand["kind"]> = Extract<AlarmCommand, { kind: Kind }>;

function acknowledgeOne(
  draft: Draft,
  { occurrence, by, place }: Pick<Of<"acknowledge">, "occurrence" | "by" | "place">,
): Refusal | undefined {
  const [key, runtime] = find(draft, occurrence) ?? [];
  if (key === undefined || runtime?.occurrence === undefined) return "not_open";
  acknowledge(
    draft,
    key,
    by,
    place,
    place === "bedside" ? BEDSIDE_MS : LAPSES_MS[runtime.occurrence.priority],
  );
  return undefined;
}

const find = (draft: Draft, id: string): [string, Runtime] | undefined =>
  Object.entries(draft.core.runtimes).find(([, { occurrence }]) => occurrence?.id === id);

/** Answers this call and every earlier one; a call made since is still a call. Anything else is taken on at the bed. */
function withPatient(draft: Draft, { occurrence, by }: Of<"with_patient">): Refusal | undefined {
  const [key, runtime] = find(draft, occurrence) ?? [];
  if (key === undefined || runtime?.occurrence === undefined) return "not_open";
  if (runtime.condition !== "PATIENT_CALL") {
    return acknowledgeOne(draft, { occurrence, by, place: "bedside" });
  }
  const t0 = runtime.t0 ?? draft.now;
  for (const [callKey, call] of instancesOf(draft, "PATIENT_CALL")) {
    if ((call.t0 ?? draft.now) <= t0) end(draft, callKey, "answered", by);
  }
  return undefined;
}

function call(draft: Draft, { call, device }: Of<"call">): void {
  const { lastCallAt, raised } = draft.core;
  const open = instancesOf(draft, "PATIENT_CALL");
  const isBounce = lastCallAt !== undefined && draft.now - lastCallAt < DEBOUNCE_MS;
  draft.core = { ...draft.core, lastCallAt: draft.now };
  if (isBounce && open.length > 0) return;
  const newest = open.reduce<[string, Runtime] | undefined>(
    (last, [key, runtime]) =>
      last === undefined || (runtime.t0 ?? 0) >= (last[1].t0 ?? 0) ? [key, runtime] : last,
    undefined,
  );
  if (open.length >= MOST_CALLS && newest !== undefined) {
    lapse(draft, newest[0]);
    return;
  }
  const fresh = { condition: "PATIENT_CALL", t0: draft.now, inBand: true } as const;
  const devices = device === undefined ? [] : [device];
  raise(
    draft,
    `PATIENT_CALL/${raised + 1}`,
    { ...fresh, devices },
    {
      priority: "high",
      values: { how: call.how, kind: call.kind },
    },
  );
}

/** Simulated alarms may reach people until the drill ends; those open now included. 0 ends it. */
function startDrill(draft: Draft, forMs: number): void {
  const ms = Math.min(LONGEST_DRILL_MS, forMs);
  if (!(ms > 0)) {
    endDrill(draft);
    return;
  }
  draft.core = { ...draft.core, drill: { until: later(draft.now, ms), untilWall: wall(draft.at + ms) } };
  draft.isVisible = true;
  markDrill(draft, true);
}

/** The mark goes with the drill: a simulated alarm that outlives it reaches nobody any more. */
export function endDrill(draft: Draft): void {
  if (draft.core.drill === undefined) return;
  const { drill: _over, ...core } = draft.core;
  draft.core = core;
  draft.isVisible = true;
  markDrill(draft, false);
}

function markDrill(draft: Draft, drill: boolean): void {
  for (const [key, runtime] of Object.entries(draft.core.runtimes)) {
    if (runtime.occurrence === undefined || !runtime.occurrence.simulated) continue;
    setRuntime(draft, key, { ...runtime, occurrence: { ...runtime.occurrence, drill } });
  }
}

function selfFault(draft: Draft, { condition, active, detail }: Of<"self_fault">): void {
  const isOpen = draft.core.runtimes[condition]?.occurrence !== undefined;
  if (!active) {
    end(draft, condition, "recovered");
    setRuntime(draft, condition, undefined);
    return;
  }
  if (isOpen) return;
  const fault = { detail: detail.slice(0, 200) };
  const fresh = { condition, t0: draft.now, inBand: true, devices: [], fault };
  raise(draft, condition, fresh, { priority: "high", values: fault });
}

/** Drills and acknowledgements that have run out by now. An acknowledgement waits while the values recover. */
export function runOut(draft: Draft): void {
  if (draft.core.drill !== undefined && draft.now >= draft.core.drill.until) endDrill(draft);
  for (const [key, runtime] of Object.entries(draft.core.runtimes)) {
    if (runtime.acknowledgedUntil === undefined || draft.now < runtime.acknowledgedUntil) continue;
    if (runtime.inBand || runtime.unknown !== undefined) lapse(draft, key);
  }
}
