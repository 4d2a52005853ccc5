import { isProven } from "../domain/proof.ts";
import type { Wall } from "../domain/time.ts";
import type { TargetRecord } from "../port/state.ts";

/** Everybody, proven targets first, newest proof first; the rest in the given order. */
export function callOrder<T extends Pick<TargetRecord, "lastProofAt">>(
  targets: readonly T[],
  now: Wall,
): readonly T[] {
  const rank = (target: T): number => (isProven(target, now) ? (target.lastProofAt ?? 0) : 0);
  return targets.toSorted((a, b) => rank(b) - rank(a));
}
