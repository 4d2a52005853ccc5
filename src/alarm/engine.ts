import type { AlarmCommand, AlarmEvent } from "../domain/alarm.ts";
import { messageOf } from "../domain/fault.ts";
import type { Observation } from "../domain/observation.ts";
import { type Mono, mono, type Wall } from "../domain/time.ts";
import { settleCauses } from "./cards.ts";
import { expireLimits, obey, type Refusal, runOut } from "./commands.ts";
import { type Draft, draftOf } from "./draft.ts";
import { MOST_COMMANDS } from "./fold.ts";
import { ingest } from "./ingest.ts";
import { entryOf, isDue, type JournalEntry, markQuiet } from "./journal.ts";
import { judgeAll, NEWS_EVERYTHING, NEWS_TIME, type News, newsOf } from "./lifecycle.ts";
import { storedLimits } from "./limits.ts";
import { settlePast, settleTiers, tellLasting } from "./occurrences.ts";
import { followLeave, updateWatch } from "./on-watch.ts";
import { settleQuiet } from "./quiet.ts";
import { hasRuleError, ruleFailed, ruleWorked } from "./rule-errors.ts";
import type { AlarmSetup, EngineState, Notice } from "./state.ts";

/** Everything that an engine hears. Ticks come once a second, whatever else comes. */
export type EngineInput =
  | { readonly kind: "observation"; readonly observation: Observation }
  /** `trusted` false: the wall clock is not yet known to be right. */
  | { readonly kind: "tick"; readonly mono: Mono; readonly at: Wall; readonly trusted?: boolean }
  | { readonly kind: "command"; readonly mono: Mono; readonly at: Wall; readonly command: AlarmCommand };

export interface StepResult {
  readonly state: EngineState;
  /** In order; for sounder and pages from memory, and for the journal. */
  readonly events: readonly AlarmEvent[];
  /** Conditions that became unknown or known without an open occurrence: for `judge`. */
  readonly notices: readonly Notice[];
  /** To be appended to the journal; absent when a restart would lose nothing by this step. */
  readonly entry?: JournalEntry;
  /** The command changed nothing, and why. */
  readonly refused?: Refusal;
}

/**
 * The alarm engine: one step, pure. Same setup, state and input give the same result, to the bit. The fold has
 * changed when `state.core.revision` has. An input that does not count (a repeat, out of order, late, of another bed,
 * without a time) leaves the state as it was.
 */
export function step(setup: AlarmSetup, state: EngineState, input: EngineInput): StepResult {
  switch (input.kind) {
    case "observation":
      return observe(setup, state, input.observation);
    case "tick":
      return tick(setup, state, input);
    case "command":
      return command(setup, state, input);
  }
}

const nothing = (state: EngineState, refused?: Refusal): StepResult => ({
  state,
  events: [],
  notices: [],
  ...(refused !== undefined && { refused }),
});

/** The engine's own time never runs backwards. */
const forward = (state: EngineState, at: Mono): Mono => mono(Math.max(state.mono, at));

function observe(setup: AlarmSetup, state: EngineState, observation: Observation): StepResult {
  if (observation.bed !== state.bed || !Number.isFinite(observation.mono)) return nothing(state);
  const now = forward(state, observation.mono);
  const draft = draftOf(setup, state, now, observation.at, state.trusted);
  try {
    const live = ingest(state.live, observation, now);
    if (live === undefined) return nothing(state);
    draft.live = live;
    if (hasRuleError(draft.core)) ruleWorked(draft, "input");
  } catch (error) {
    // Nothing a driver sends may stop the engine; what it sent is lost, and that is an alarm.
    ruleFailed(draft, "input", messageOf(error));
  }
  judgeAll(draft, newsIn(observation), observation.device);
  settle(draft);
  return finish(state, draft);
}

/** What conditions may have to look at again. */
function newsIn({ body }: Observation): News {
  switch (body.kind) {
    case "samples":
      return newsOf(Object.keys(body.samples));
    case "breath":
    case "wave":
      return newsOf(["breath"]);
    case "settings":
    case "ownAlarm":
    case "identity":
    case "status":
      return NEWS_EVERYTHING;
  }
}

/** What reads next to nothing is looked at all the same, this often. */
const SWEEP_MS = 10_000;

function tick(
  setup: AlarmSetup,
  state: EngineState,
  input: Extract<EngineInput, { kind: "tick" }>,
): StepResult {
  if (!Number.isFinite(input.mono)) return nothing(state);
  const draft = draftOf(setup, state, forward(state, input.mono), input.at, input.trusted ?? true);
  updateWatch(draft);
  followLeave(draft);
  expireLimits(draft);
  const { watch, limits } = state.core;
  const isSame = draft.core.watch === watch && draft.core.limits === limits;
  const isSweep = Math.floor(draft.now / SWEEP_MS) !== Math.floor(state.mono / SWEEP_MS);
  judgeAll(draft, isSame && !isSweep ? NEWS_TIME : NEWS_EVERYTHING);
  tellLasting(draft);
  runOut(draft);
  settlePast(draft);
  settle(draft);
  draft.live = markQuiet(draft.live, draft.core, draft.now);
  return finish(state, draft);
}

function command(
  setup: AlarmSetup,
  state: EngineState,
  input: Extract<EngineInput, { kind: "command" }>,
): StepResult {
  if (!Number.isFinite(input.mono)) return nothing(state);
  if (state.commands.includes(input.command.id)) return nothing(state, "repeated");
  const draft = draftOf(setup, state, forward(state, input.mono), input.at, state.trusted);
  const refused = obey(draft, input.command);
  if (refused !== undefined) return nothing(state, refused);
  if (input.command.kind === "all_right") return noted(state, draft, input.command);
  judgeAll(draft, NEWS_EVERYTHING);
  settle(draft);
  const commands = [...state.commands, input.command.id].slice(-MOST_COMMANDS);
  return finish({ ...state, commands }, draft, input.command);
}

/** What only is to be seen is written down: not even when the bed is looked at next depends on it. */
function noted(before: EngineState, draft: Draft, accepted: AlarmCommand): StepResult {
  const commands = [...before.commands, accepted.id].slice(-MOST_COMMANDS);
  const result = finish({ ...before, commands }, draft, accepted);
  return { ...result, state: { ...result.state, mono: before.mono } };
}

/** What every step ends with: what is shown, silent and said to be the cause follows from who is in alarm now. */
function settle(draft: Draft): void {
  settleTiers(draft);
  settleQuiet(draft);
  settleCauses(draft);
}

function finish(before: EngineState, draft: Draft, accepted?: AlarmCommand): StepResult {
  const revision = before.core.revision + 1;
  const core = draft.isVisible || draft.events.length > 0 ? { ...draft.core, revision } : draft.core;
  const after: EngineState = {
    ...before,
    mono: draft.now,
    at: draft.at,
    trusted: draft.trusted,
    core,
    ...(core.limits !== undefined && { limits: draft.limits }),
    live: draft.judged === undefined ? draft.live : { ...draft.live, judged: draft.judged },
  };
  const { events, notices } = draft;
  if (accepted === undefined && !isDue(before, after)) return { state: after, events, notices };
  const state: EngineState = { ...after, live: { ...after.live, writtenAt: after.mono } };
  return { state, events, notices, entry: entryOf(state, events, accepted) };
}

/** After a start the person's limits stand in the journal as they were given: complete them once. */
export function withLimits(setup: AlarmSetup, state: EngineState): EngineState {
  const { limits } = state.core;
  if (limits === undefined || state.limits !== undefined) return state;
  return { ...state, limits: storedLimits(limits.given, setup.profile.dependencyClass) };
}
