/** The evening check and the loud drill, as pages see them. Times are epoch milliseconds. */
import type { Check, CheckKind, EveningSettings, LoudDue } from "../../domain/evening.ts";
import type { PersonId } from "../../domain/ids.ts";

/** GET /api/homes/:home/evening */
export interface EveningResponse {
  /** The server's clock. */
  readonly now: number;
  /** False: the box at the bed tells nothing of checks; they are started from its own page. */
  readonly isHere: boolean;
  /** On a hub: whether the box that calls the phones is there; `heardAt` absent: not since this hub began. */
  readonly box?: { readonly online: boolean; readonly heardAt?: number };
  readonly running?: Check;
  /** The newest since the start of the box, also of some phones alone: the one that runs, or that ended last. */
  readonly latest?: Check;
  /** The newest of all phones that are over; `pillow`: the newest of which a person said whether it was heard. */
  readonly last: { readonly [kind in CheckKind]?: Check };
  readonly settings?: EveningSettings;
  /** Tonight's check has not been answered by anybody. */
  readonly isDue: boolean;
  readonly sounder: boolean;
  readonly phones: readonly {
    readonly id: string;
    readonly label: string;
    /** Name of its owner. */
    readonly person: string;
    readonly personId?: PersonId;
    readonly channel: string;
    /** Its way can ring through silence. */
    readonly wakes: boolean;
    readonly provenAt?: number;
    /** When it was last heard in a loud drill. */
    readonly loudAt?: number;
    /** Why it has to be rung aloud again; absent: not now. */
    readonly loudDue?: LoudDue;
    readonly dead?: string;
  }[];
}

/** POST /api/homes/:home/evening : begins a check. DELETE: 204, ends the one that runs. */
export interface CheckStart {
  readonly kind: CheckKind;
  /** Absent: every phone that can answer. None with `pillow`. */
  readonly phones?: readonly string[];
  /** Loud alone. */
  readonly sounder?: boolean;
}

/** PUT /api/homes/:home/evening/settings : 204. */
export type EveningSettingsRequest = EveningSettings;
