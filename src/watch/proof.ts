import { HOUR_MS, type Wall } from "../domain/time.ts";
import type { TargetRecord } from "../port/state.ts";

/** How long a proof that a phone rang counts: one night and the day around it. */
const PROOF_MS = 18 * HOUR_MS;

/**
 * Whether a person acknowledged or tapped through this target lately (law 2). Changes the order of calling and
 * the words about it, never who is called.
 */
export function isProven(target: Pick<TargetRecord, "lastProofAt">, now: Wall): boolean {
  const { lastProofAt } = target;
  return lastProofAt !== undefined && lastProofAt <= now && now - lastProofAt <= PROOF_MS;
}

/** Everybody, proven targets first, newest proof first; the rest in the given order. */
export function callOrder<T extends Pick<TargetRecord, "lastProofAt">>(
  targets: readonly T[],
  now: Wall,
): readonly T[] {
  const rank = (target: T): number => (isProven(target, now) ? (target.lastProofAt ?? 0) : 0);
  return targets.toSorted((a, b) => rank(b) - rank(a));
}
