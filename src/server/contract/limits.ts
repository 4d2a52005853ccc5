/** Limits of a bed, as the therapist's and the caregiver's page set them. Times are epoch milliseconds. */
import type { Baselines } from "../../domain/alarm.ts";
import type { LimitsFile, PresetId } from "../../domain/limits.ts";
import type { WhatIfLine } from "../../domain/what-if.ts";
import type { LimitsCodePreview, LimitsPicture, LimitsPreview, LimitsSaved } from "../../port/limits.ts";

/** GET /api/beds/:bed/limits ; the header `etag` holds the version, for `if-match` of what is sent. */
export type LimitsResponse = LimitsPicture;

/** POST /api/beds/:bed/limits/check ; what this would change. Refused: LIMITS_REFUSED (422), naming the setting. */
export interface CheckLimitsRequest {
  /** Whole: what it does not name goes back to the preset of the class. `preset` may name one to begin from. */
  readonly limits: LimitsFile & { readonly preset?: PresetId };
}
export type CheckLimitsResponse = LimitsPreview;

/** PUT /api/beds/:bed/limits with `if-match`. */
export interface SetLimitsRequest extends CheckLimitsRequest {
  /** One sentence: why, and who agreed. */
  readonly reason: string;
  /** A person has looked at what lies outside what is recommended; without it LIMITS_UNCONFIRMED (422). */
  readonly confirm?: boolean;
  /** When what is widened goes back; absent: after 24 h, a therapist's after 90 days. "changed": a therapist's only. */
  readonly until?: number | "changed";
}
export type SetLimitsResponse = LimitsSaved;

/** POST /api/beds/:bed/limits/restore/:version with `if-match` ; 0 is the presets. */
export type RestoreLimitsRequest = Omit<SetLimitsRequest, "limits">;

/** POST /api/beds/:bed/limits/code ; changes nothing. */
export interface CheckCodeRequest {
  /** What the QR code says: `BW1:...`. */
  readonly code: string;
}
export type CheckCodeResponse = LimitsCodePreview;

/** POST /api/beds/:bed/limits/code/apply with `if-match` ; answers as PUT. */
export interface ApplyCodeRequest extends CheckCodeRequest {
  /** The clinic's digits, compared by a person; needed where `clinic` is not "known". */
  readonly fingerprint?: string;
  readonly confirm?: boolean;
}

/**
 * POST /api/beds/:bed/limits/what-if with CheckLimitsRequest; also takes what PUT takes. The newest 14 nights by the limits of now and by
 * these, as JSON Lines, one for each night as it is done; ends when the reader goes. Of a real bed, nights with
 * anything simulated in them are left out. Busy with another: RATE_LIMITED.
 */
export type WhatIfResponse = WhatIfLine;

/** GET /api/beds/:bed/baselines ; the person's usual values, medians of valid nights. */
export interface BaselinesResponse {
  /** Empty where fewer than `least` of the nights were valid. */
  readonly baselines: Baselines;
  readonly least: number;
  /** When they were worked out; absent: not since the start. */
  readonly at?: number;
  /** They are a simulated person's. */
  readonly simulated: boolean;
}
