import type { AlarmCommand, AlarmEvent, AlarmFold, ConditionId } from "../domain/alarm.ts";
import { messageOf } from "../domain/fault.ts";
import type { DeviceId, OccurrenceId } from "../domain/ids.ts";
import type { Observation } from "../domain/observation.ts";
import { type Mono, SECOND_MS } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { CompactableLog } from "../port/record.ts";
import type { Refusal } from "./commands.ts";
import { type EngineInput, step, withLimits } from "./engine.ts";
import { compactJournal, foldJournal, toFold } from "./fold.ts";
import { entryOf, type JournalEntry } from "./journal.ts";
import type { Limits } from "./limits.ts";
import type { AlarmSetup, EngineState, Instant } from "./state.ts";

export interface AlarmRunnerOptions {
  readonly setup: AlarmSetup;
  readonly journal: CompactableLog<JournalEntry>;
  readonly clock: Clock;
  readonly log: Log;
  /** Called in the turn of the observation, from memory: sounder, pages and watch hang here. Must not throw. */
  readonly onFold: (fold: AlarmFold) => void;
  /** What happened, in order, for bus and store. Must not throw. */
  readonly onEvent: (event: AlarmEvent) => void;
  /** The journal failed or was late, or writes again: an alarm of its own, raised by whoever made this. */
  readonly onDurability: (durable: boolean, detail: string) => void;
  /** What a step decided, once the journal has taken or refused it: for the audit record. Must not throw. */
  readonly onWritten?: (entry: JournalEntry) => void;
}

/** A `self_fault` that is in force, whether it is an alarm already or still waits for its delay. */
export interface StandingFault {
  readonly condition: ConditionId;
  readonly about?: string;
}

/** The engine of one bed with its journal: the only holder of the bed's alarm state. */
export interface AlarmRunner {
  /** Shows what the journal restored and begins to tick. */
  start(): void;
  observe(observation: Observation): void;
  /** Undefined when it was accepted; else why it changed nothing. */
  command(command: AlarmCommand): Refusal | undefined;
  /** When all that was decided so far is in the journal, or the journal has refused it or was late. Never rejects. */
  written(): Promise<void>;
  /**
   * What is known of a device by now: what its link turned out to be when it was opened (law 7: also its silence is
   * then simulated), or the serial number that belongs to the bed from now on. For a device not there: nothing.
   */
  updateSource(device: DeviceId, news: { readonly simulated?: boolean; readonly serial?: string }): void;
  /** What the box has reported of itself and not taken back, as commands name it. */
  faults(): readonly StandingFault[];
  /** The numbers in force, complete. */
  limits(): Limits;
  fold(): AlarmFold;
  /** Whether the journal, as the start found it, tells of this alarm. */
  hadWritten(occurrence: OccurrenceId): boolean;
  /** False while the journal does not write in time (law 4). */
  readonly durable: boolean;
  /** When the newest tick, one a second, was done with all that it caused; undefined before start() and after stop(). */
  readonly tickedAt: Mono | undefined;
  /** Writes where it stands, so that a restart goes on exactly there. */
  stop(): void;
}

/** A journal longer than this is replaced by its last entry. */
const COMPACT_BYTES = 4 << 20;
/** Occurrences that are remembered as not written down. */
const UNWRITTEN_MAX = 64;

/** Restores the bed's state from the journal; idle until start(). */
export function createAlarmRunner(options: AlarmRunnerOptions): AlarmRunner {
  const { journal, clock, log } = options;
  const bed = options.setup.profile.bed;
  let setup = options.setup;
  const instant = (): Instant => ({ mono: clock.mono(), wall: clock.wall(), trusted: clock.trusted() });
  const unwritten = new Set<OccurrenceId>();
  const found = new Set(
    journal.recovered.entries.flatMap(({ events }) => events.map(({ occurrence }) => occurrence.id)),
  );
  let state: EngineState = withLimits(setup, foldJournal(journal.recovered.entries, instant(), bed));
  let durable = true;
  let compacting = false;
  let lastWrite: Promise<void> = Promise.resolve();
  let stopTicking: (() => void) | undefined;
  let tickedAt: Mono | undefined;

  const fold = (): AlarmFold => {
    const plain = toFold(state);
    if (unwritten.size === 0) return plain;
    const open = plain.open.map((one) =>
      unwritten.has(one.id) ? { ...one, notDurable: true as const } : one,
    );
    return { ...plain, open };
  };

  const apply = (input: EngineInput): Refusal | undefined => {
    const before = state.core.revision;
    const result = step(setup, state, input);
    state = result.state;
    if (state.core.revision !== before) options.onFold(fold());
    for (const event of result.events) options.onEvent(event);
    if (result.entry !== undefined) write(result.entry);
    return result.refused;
  };

  /** Written beside: the alarm is out already. */
  const write = (entry: JournalEntry): void => {
    lastWrite = journal
      .append(entry)
      .then(
        () => setDurable(true, ""),
        (error: unknown) => {
          for (const { kind, occurrence } of entry.events) {
            if (kind === "occurred" && unwritten.size < UNWRITTEN_MAX) unwritten.add(occurrence.id);
          }
          setDurable(false, messageOf(error));
        },
      )
      .finally(() => options.onWritten?.(entry));
    if (journal.bytes > COMPACT_BYTES && !compacting) compact(entry);
  };

  const compact = (last: JournalEntry): void => {
    compacting = true;
    journal
      .rewrite(compactJournal([{ ...last, commands: state.commands }]))
      .catch((error: unknown) => log.note("journal.uncompacted", { bed, why: messageOf(error) }, "warn"))
      .finally(() => {
        compacting = false;
      });
  };

  const setDurable = (now: boolean, detail: string): void => {
    if (now === durable) return;
    durable = now;
    if (now) unwritten.clear();
    log.note(now ? "journal.durable" : "journal.failed", { bed, detail }, now ? "info" : "error");
    options.onDurability(now, detail);
  };

  const command = (asked: AlarmCommand): Refusal | undefined =>
    apply({ kind: "command", mono: clock.mono(), at: clock.wall(), command: asked });

  const tick = (): void => {
    apply({ kind: "tick", mono: clock.mono(), at: clock.wall(), trusted: clock.trusted() });
    // Not where it threw: an engine that fails at every tick watches nobody.
    tickedAt = clock.mono();
  };

  return {
    start() {
      options.onFold(fold());
      tick();
      stopTicking ??= clock.every(SECOND_MS, tick);
    },
    observe(observation) {
      apply({ kind: "observation", observation });
    },
    command,
    written: () => lastWrite,
    updateSource(device, news) {
      const { profile } = setup;
      const before = profile.sources.find((source) => source.device === device);
      const after = before && { ...before, ...news };
      if (after === undefined) return;
      if (after.simulated === before?.simulated && after.serial === before.serial) return;
      const sources = profile.sources.map((one) => (one.device === device ? after : one));
      setup = { ...setup, profile: { ...profile, sources } };
    },
    faults: () =>
      Object.values(state.core.runtimes).flatMap(({ condition, part, fault }) =>
        fault === undefined ? [] : [{ condition, ...(part === undefined ? {} : { about: part }) }],
      ),
    limits: () => state.limits ?? setup.limits,
    fold,
    hadWritten: (occurrence) => found.has(occurrence),
    get durable() {
      return durable;
    },
    get tickedAt() {
      return tickedAt;
    },
    stop() {
      tickedAt = undefined;
      if (stopTicking !== undefined) write(entryOf(state, []));
      stopTicking?.();
      stopTicking = undefined;
    },
  };
}

/** Reads one stored value of the journal; undefined refuses it, which counts as damage. */
export function readJournalEntry(value: unknown): JournalEntry | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const isEntry = "v" in value && value.v === 1 && "core" in value && "seen" in value && "events" in value;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the CRC vouches for what entryOf() wrote
  return isEntry ? (value as JournalEntry) : undefined;
}
