import type { Check, CheckKind, EveningDue, EveningSettings, PhoneCheckKind } from "../domain/evening.ts";
import type { OccurrenceId } from "../domain/ids.ts";

/** What somebody asks for. */
export interface CheckRequest {
  readonly kind: CheckKind;
  /** Ids; absent: every phone that can answer. */
  readonly phones?: readonly string[];
  /** Loud alone: the sounder in the house rings too. */
  readonly sounder?: boolean;
  /** Name of who asks. */
  readonly by: string;
}

/** Evening check and loud drill of one home, at the box that calls its phones. */
export interface EveningDesk {
  /** Resolves when it runs. Rejects with CONFLICT: one runs, an alarm rings, or there is nobody to ask. */
  begin(request: CheckRequest): Promise<Check>;
  /** Ends the one that runs; harmless without one. From a hub it rejects where the box is away. */
  stop(): void | Promise<void>;
  /** Whether the sounder was heard at the pillow; rejects with CONFLICT where it has not sounded there. */
  heard(heard: boolean, by: string): void | Promise<void>;
  readonly running: Check | undefined;
  /** The newest since the start, running or over. */
  readonly latest: Check | undefined;
  /** The newest of each kind that is over: of all phones, or of the sounder where a person said how it was. */
  readonly last: { readonly [kind in CheckKind]?: Check };
  readonly settings: EveningSettings;
  readonly due: EveningDue;
  /** Rejects with STATE_FAILED. */
  set(settings: EveningSettings): Promise<void>;
  /** What a phone was asked by a check that runs; undefined for anything else. */
  asked(occurrence: OccurrenceId): { readonly kind: PhoneCheckKind } | undefined;
}
