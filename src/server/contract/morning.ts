/** The summary of a night, and the one change that may be thought about after it. Times are epoch milliseconds. */
import type { LimitOffer, MorningSummary } from "../../domain/morning.ts";

/**
 * GET /api/beds/:bed/nights/:night/summary ; facts alone, words are made of them by fixed rules. On a hub `people` is not there
 * until the box has told who was called. A box that keeps no nights answers NOT_FOUND.
 */
export type SummaryResponse = MorningSummary;

/** GET /api/beds/:bed/limits/offer ; `{}` where nothing is offered, or what was has run out or was overtaken. */
export interface OfferResponse {
  readonly offer?: LimitOffer;
}

/** POST /api/beds/:bed/limits/offer ; changes no limit. Not the one that stands: NOT_FOUND. */
export interface OfferRequest {
  readonly id: string;
  readonly answer: "handed_on" | "declined";
}

/** PUT /api/homes/:home/phones/:phone/morning ; a phone that only takes alarms: CONFLICT. */
export interface MorningWanted {
  readonly wanted: boolean;
}
