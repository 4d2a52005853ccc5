import {
  type Actor,
  CAUSE_IDS,
  type CauseId,
  isConditionId,
  PRIORITIES,
  type Priority,
} from "../domain/alarm.ts";
import { CALL_LEVELS } from "../domain/calling.ts";
import { deadline } from "../domain/deadline.ts";
import { messageOf } from "../domain/fault.ts";
import type { BedId, OccurrenceId } from "../domain/ids.ts";
import { DAY_MS, type Wall, wall } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { CompactableLog } from "../port/record.ts";
import type { Leaving, PlannedSend } from "./incident.ts";

/** What the outbox keeps on disk: a planned send before its first attempt, and how it ended for each target. */
export type OutboxEntry =
  | { readonly kind: "planned"; readonly send: PlannedSend; readonly targets: readonly string[] }
  | {
      readonly kind: "result";
      readonly occurrence: OccurrenceId;
      readonly step: number;
      readonly repeat: number;
      readonly target: string;
      /** `superseded`: a newer message took its place before it was accepted. */
      readonly outcome: "accepted" | "refused" | "superseded";
      /** By which the provider knows an alarm that it accepted: an answer to it may come after a restart. */
      readonly reference?: string;
      readonly at: Wall;
    };

/** The newest message about an occurrence that an earlier run left behind. */
export interface LeftBehind {
  readonly send: PlannedSend;
  /** Targets whose attempt has no known result: to be sent again with the same key. */
  readonly unknown: readonly string[];
  /** The newest message about it that each target has, by its provider's reference: what an answer would name. */
  readonly references: ReadonlyMap<string, string>;
}

export interface OutboxOptions {
  readonly records: CompactableLog<OutboxEntry>;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when a write failed or was late, and when writing works again; must not throw. */
  readonly onDurability: (durable: boolean, detail: string) => void;
}

/** The memory of what was sent, over the record log. */
export interface Outbox {
  /**
   * Writes a planned send down. Resolves as soon as it is durable, after 500 ms at the latest, and never rejects:
   * an alarm goes out in any case (law 4).
   */
  plan(send: PlannedSend, targets: readonly string[]): Promise<void>;
  result(
    send: PlannedSend,
    target: string,
    outcome: "accepted" | "refused" | "superseded",
    reference?: string,
  ): void;
  /** What earlier runs left about a bed; each call takes it away. */
  takeLeftBehind(bed: BedId, now: Wall): readonly LeftBehind[];
  /** False from a failed or late write until the next one that succeeds. */
  readonly durable: boolean;
}

const DEADLINE_MS = 500;
/** Writes that may wait for a disk that does not answer; then results and plans are no longer written down. */
const WAITING_MAX = 1_000;
const COMPACT_BYTES = 1 << 20;
const OCCURRENCES_MAX = 500;
/** What is over for longer than this is of no interest to anybody's phone. */
const FORGET_MS = DAY_MS;

interface Line {
  readonly send: PlannedSend;
  readonly unknown: Set<string>;
  readonly references: Map<string, string>;
}

/** Reads what earlier runs wrote; writes nothing until it is asked to. */
export function createOutbox({ records, clock, log, onDurability }: OutboxOptions): Outbox {
  const lines = new Map<OccurrenceId, Line>();
  const leftBehind = new Set<OccurrenceId>();
  let durable = true;
  let waiting = 0;
  let compacting = false;

  for (const entry of records.recovered.entries) apply(lines, entry);
  for (const id of lines.keys()) leftBehind.add(id);

  const setDurable = (next: boolean, detail: string): void => {
    if (durable === next) return;
    durable = next;
    log.note(next ? "outbox.durable" : "outbox.not_durable", { detail }, next ? "info" : "error");
    onDurability(next, detail);
  };

  /** Resolves when the write ended, well or badly. */
  const write = async (work: () => Promise<void>): Promise<void> => {
    if (waiting >= WAITING_MAX) return;
    waiting += 1;
    try {
      await work();
      setDurable(true, "writes succeed again");
    } catch (thrown) {
      setDurable(false, messageOf(thrown));
    } finally {
      waiting -= 1;
    }
  };

  const handOver = (writing: Promise<void>): void => {
    writing.catch((thrown: unknown) => log.note("outbox.failed", { detail: messageOf(thrown) }, "error"));
  };

  const compact = async (): Promise<void> => {
    if (compacting || records.bytes < COMPACT_BYTES) return;
    compacting = true;
    await write(() => records.rewrite([...lines.values()].flatMap(entriesOf)));
    compacting = false;
  };

  return {
    plan(send, targets) {
      const entry: OutboxEntry = { kind: "planned", send, targets };
      apply(lines, entry);
      leftBehind.delete(send.occurrence);
      return new Promise((resolve) => {
        const cancel = deadline(clock, DEADLINE_MS, () => {
          setDurable(false, `the outbox was not on disk after ${DEADLINE_MS} ms`);
          resolve();
        });
        const written = write(() => records.append(entry)).finally(() => {
          cancel();
          resolve();
        });
        handOver(written);
      });
    },
    result(send, target, outcome, reference) {
      const { occurrence, step, repeat } = send;
      const entry: OutboxEntry = {
        kind: "result",
        occurrence,
        step,
        repeat,
        target,
        outcome,
        ...(reference === undefined ? {} : { reference }),
        at: clock.wall(),
      };
      apply(lines, entry);
      handOver(write(() => records.append(entry)).then(compact));
    },
    takeLeftBehind(bed, now) {
      const left = [...leftBehind]
        .flatMap((id) => lines.get(id) ?? [])
        .filter(({ send }) => send.bed === bed);
      for (const { send } of left) leftBehind.delete(send.occurrence);
      return left
        .filter(({ send }) => Math.abs(now - send.at) < FORGET_MS)
        .map(({ send, unknown, references }) => ({ send, unknown: [...unknown], references }));
    },
    get durable() {
      return durable;
    },
  };
}

/**
 * Keeps the newest planned send of each occurrence and who has not got it; also of what is over, since the same
 * occurrence may be opened again and its keys must not be used twice.
 */
function apply(lines: Map<OccurrenceId, Line>, entry: OutboxEntry): void {
  if (entry.kind === "planned") {
    const { send, targets } = entry;
    const before = lines.get(send.occurrence);
    // An answer to a message that asked for something milder does not count any more.
    const references = before?.send.step === send.step ? before.references : new Map<string, string>();
    lines.delete(send.occurrence);
    lines.set(send.occurrence, { send, unknown: new Set(targets), references });
    const oldest = lines.keys().next().value;
    if (lines.size > OCCURRENCES_MAX && oldest !== undefined) lines.delete(oldest);
    return;
  }
  const line = lines.get(entry.occurrence);
  if (line === undefined || line.send.step !== entry.step || line.send.repeat !== entry.repeat) return;
  line.unknown.delete(entry.target);
  if (entry.reference !== undefined) line.references.set(entry.target, entry.reference);
}

/** The same line in as few entries as possible. */
function entriesOf({ send, unknown, references }: Line): readonly OutboxEntry[] {
  const { occurrence, step, repeat, at } = send;
  return [
    { kind: "planned", send, targets: [...unknown] },
    ...[...references].map(
      ([target, reference]): OutboxEntry => ({
        ...{ kind: "result", occurrence, step, repeat, target, outcome: "accepted", reference, at },
      }),
    ),
  ];
}

/** Reads a stored entry; undefined when it is not one. For the opener of the record log. */
export function decodeOutboxEntry(value: unknown): OutboxEntry | undefined {
  if (!isObject(value)) return undefined;
  if (value["kind"] === "planned") {
    const send = decodeSend(value["send"]);
    const targets = value["targets"];
    return send !== undefined && isTexts(targets) ? { kind: "planned", send, targets } : undefined;
  }
  const { kind, occurrence, step, repeat, target, outcome, reference, at } = value;
  const isOutcome = outcome === "accepted" || outcome === "refused" || outcome === "superseded";
  if (kind !== "result" || typeof occurrence !== "string" || typeof target !== "string") return undefined;
  if (!isOutcome || !isCount(step) || !isCount(repeat) || typeof at !== "number") return undefined;
  const known = typeof reference === "string" ? { reference } : {};
  return { kind, occurrence, step, repeat, target, outcome, ...known, at: wall(at) };
}

/** Reads a planned send that was written or told; undefined when it is none. */
export function decodeSend(value: unknown): PlannedSend | undefined {
  if (!isObject(value)) return undefined;
  const { bed, occurrence, kind, step, repeat, priority, condition, simulated, drill, at } = value;
  if (typeof bed !== "string" || typeof occurrence !== "string") return undefined;
  if (!isKind(kind)) return undefined;
  if (!isCount(step) || !isCount(repeat) || !isPriority(priority) || typeof at !== "number") return undefined;
  if (typeof condition !== "string" || !isConditionId(condition)) return undefined;
  if (typeof simulated !== "boolean" || typeof drill !== "boolean") return undefined;
  const by = decodeAcknowledgement(value["acknowledgement"]);
  const left = decodeLeaving(value["left"]);
  const allRight = decodeAllRight(value["allRight"]);
  if (kind === "update" && by === undefined) return undefined;
  if (kind === "left" && left === undefined) return undefined;
  const { card, cause, worsened } = value;
  const level = CALL_LEVELS.find((one) => one === value["level"]);
  return {
    ...{ bed, occurrence, kind, step, repeat, priority, condition, simulated, drill, at: wall(at) },
    ...(level === undefined ? {} : { level }),
    ...(typeof card === "string" ? { card } : {}),
    ...(isCause(cause) ? { cause } : {}),
    ...(isCount(worsened) ? { worsened } : {}),
    ...(by === undefined ? {} : { acknowledgement: by }),
    ...(allRight === undefined ? {} : { allRight }),
    ...(left === undefined ? {} : { left }),
  };
}

function decodeAllRight(value: unknown): PlannedSend["allRight"] {
  if (!isObject(value) || typeof value["at"] !== "number") return undefined;
  return { at: wall(value["at"]), ...(value["before"] === true && { before: true }) };
}

function decodeLeaving(value: unknown): Leaving | undefined {
  if (!isObject(value)) return undefined;
  const { reason, until } = value;
  const by = decodeActor(value["by"]);
  if (!isReason(reason)) return undefined;
  return {
    reason,
    ...(by === undefined ? {} : { by }),
    ...(typeof until === "number" ? { until: wall(until) } : {}),
  };
}

function decodeActor(value: unknown): Actor | undefined {
  if (!isObject(value)) return undefined;
  const { id, name } = value;
  return typeof id === "string" && typeof name === "string" ? { id, name } : undefined;
}

function decodeAcknowledgement(value: unknown): PlannedSend["acknowledgement"] {
  if (!isObject(value)) return undefined;
  const by = decodeActor(value["by"]);
  const { at, until, place } = value;
  if (by === undefined || typeof at !== "number" || typeof until !== "number") return undefined;
  if (place !== "going" && place !== "bedside" && place !== "watching") return undefined;
  return { by, at: wall(at), until: wall(until), place };
}

const isObject = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((each) => typeof each === "string");

const isCount = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0;

const KINDS: readonly PlannedSend["kind"][] = ["alarm", "update", "closed", "gentle", "left"];
const REASONS: readonly Leaving["reason"][] = ["hospital", "visit", "transfer", "death", "undone"];

const isKind = (value: unknown): value is PlannedSend["kind"] => KINDS.some((kind) => kind === value);

const isReason = (value: unknown): value is Leaving["reason"] => REASONS.some((reason) => reason === value);

const isCause = (value: unknown): value is CauseId => CAUSE_IDS.some((cause) => cause === value);

const isPriority = (value: unknown): value is Priority => PRIORITIES.some((priority) => priority === value);
