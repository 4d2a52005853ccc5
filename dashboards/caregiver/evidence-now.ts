import type { CardEvidence } from "../../src/domain/alarm.ts";
import { isSignalId } from "../../src/domain/signal.ts";
import type { BedState } from "../../src/server/contract.ts";
import { shownOf } from "../shared/freshness.ts";

/**
 * The evidence of a card with the numbers of now: a card keeps those that it was raised on, and "oxygen 97" must not stand
 * above an oxygen of 84. Where a number has gone further the way that it went, and where it went none, it is the one of now;
 * one that has turned back stays as it was, since with its word it would be untrue. What is old is left as it was with its
 * word, and left out without one.
 *
 * @param sinceMs how long ago the bed was heard; undefined when the connection is lost
 */
export function evidenceNow(
  evidence: readonly CardEvidence[],
  signals: BedState["signals"],
  sinceMs: number | undefined,
): readonly CardEvidence[] {
  return evidence.flatMap((item) => {
    const { name, value, trend } = item;
    if (!isSignalId(name) || typeof value !== "number" || trend === "gone") return [item];
    const shown = shownOf(signals[name], sinceMs);
    const isCurrent = shown.kind === "number" && !shown.old;
    if (trend === undefined) return isCurrent ? [{ ...item, value: shown.value }] : [];
    if (!isCurrent) return [item];
    return [{ ...item, value: trend === "up" ? Math.max(value, shown.value) : Math.min(value, shown.value) }];
  });
}
