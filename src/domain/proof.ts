import { HOUR_MS, type Wall } from "./time.ts";

/** How long a proof that a phone rang counts: one night and the day around it. */
export const PROOF_MS = 18 * HOUR_MS;

/**
 * Whether a person acknowledged or tapped through this target lately (law 2). Changes the order of calling and
 * the words about it, never who is called.
 */
export function isProven({ lastProofAt }: { readonly lastProofAt?: Wall }, now: Wall): boolean {
  return lastProofAt !== undefined && lastProofAt <= now && now - lastProofAt <= PROOF_MS;
}
