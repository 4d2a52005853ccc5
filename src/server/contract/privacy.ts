import type { Language } from "../../domain/person.ts";
import type { ResearchConsent, ResearchGroup } from "../../domain/research.ts";
import type { SignalId } from "../../domain/signal.ts";

/** What of a bed is given to research, and the words that are agreed to. */
export interface ResearchResponse {
  readonly textVersion: number;
  readonly text: { readonly [language in Language]: string[] };
  readonly groups: { readonly group: ResearchGroup; readonly signals: SignalId[] }[];
  /** Those that stand first. */
  readonly consents: Omit<ResearchConsent, "bed">[];
}

/** What went with a home. */
export interface ForgottenResponse {
  readonly beds: number;
  readonly accounts: number;
  readonly boxes: number;
  /** What a program cannot take away, in the words of who asked. */
  readonly remains: string;
}
