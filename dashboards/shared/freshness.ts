import type { Absence } from "../../src/domain/sample.ts";
import { SECOND_MS } from "../../src/domain/time.ts";
import type { LiveSample } from "../../src/server/contract.ts";

/** From this age on a number is greyed and struck through. */
export const OLD_MS = 10 * SECOND_MS;
/** From this age on a number is not shown any more. */
export const GONE_MS = 30 * SECOND_MS;

/** What a page may show of a signal now. */
export type Shown =
  | { readonly kind: "number"; readonly value: number; readonly ageMs: number; readonly old: boolean }
  | { readonly kind: "absent"; readonly reason: Absence; readonly ageMs: number }
  /** Older than GONE_MS, whatever it was. */
  | { readonly kind: "gone"; readonly ageMs: number }
  | { readonly kind: "never" }
  /** The page itself hears nothing. */
  | { readonly kind: "unheard" };

/**
 * @param live the newest sample as the server sent it; undefined when none ever arrived
 * @param sinceMs how long ago the message came; undefined when the connection is lost
 */
export function shownOf(live: LiveSample | undefined, sinceMs: number | undefined): Shown {
  if (sinceMs === undefined) return { kind: "unheard" };
  if (live === undefined) return { kind: "never" };
  const ageMs = live.ageMs + sinceMs;
  if (ageMs >= GONE_MS) return { kind: "gone", ageMs };
  if (typeof live.sample === "number")
    return { kind: "number", value: live.sample, ageMs, old: ageMs >= OLD_MS };
  return { kind: "absent", reason: live.sample.absent, ageMs };
}
