import { type Mono, SECOND_MS } from "../../domain/time.ts";

/** What waits for the stick, as far as its turn depends on it. */
export interface Waiting {
  readonly kind: "call" | "text";
  /** 0: calls of high alarms, then their texts, then what is less urgent. */
  readonly rank: number;
  readonly queuedAt: Mono;
  readonly expiresAt: Mono;
}

/** More people than a home calls, twice. */
export const QUEUE_MAX = 32;

/** Calls come again and again; a text that has waited so long goes between two of them. */
const TEXT_PATIENCE_MS = 20 * SECOND_MS;

/** Whose turn it is: a text that has waited long, else the most urgent, of those the one that waits longest. */
export function nextOf<T extends Waiting>(waiting: readonly T[], now: Mono): T | undefined {
  const late = waiting.filter(({ kind, queuedAt }) => kind === "text" && now - queuedAt >= TEXT_PATIENCE_MS);
  const [next] = (late.length > 0 ? late : [...waiting]).toSorted(
    (a, b) => a.rank - b.rank || a.queuedAt - b.queuedAt,
  );
  return next;
}

/** Who gives way to one more when the queue is full: the least urgent, of those the last; undefined: the new one. */
export function leastOf<T extends Waiting>(waiting: readonly T[], newcomer: T): T | undefined {
  const least = waiting.toSorted((a, b) => b.rank - a.rank || b.queuedAt - a.queuedAt)[0];
  return least !== undefined && least.rank > newcomer.rank ? least : undefined;
}

/** How urgent a call or a text is. */
export function rankOf(kind: Waiting["kind"], priority: "high" | "medium" | "low"): number {
  const base = { high: 0, medium: 2, low: 4 }[priority];
  return kind === "call" ? base : base + 1;
}
