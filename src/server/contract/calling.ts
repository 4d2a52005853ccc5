/** Who is called when about an alarm. Times are epoch milliseconds. */
import type { ConditionId } from "../../domain/alarm.ts";
import type { Callable, CallRule, PlannedCall } from "../../domain/calling.ts";
import type { BedId, PersonId } from "../../domain/ids.ts";
import type { Texts } from "../../port/channel.ts";

/** GET /api/beds/:bed/calling, and what PUT answers. Its ETag is the version of the bed's duty. */
export interface CallingResponse {
  readonly bed: BedId;
  readonly version: number;
  /** The plans are for an alarm that begins at this moment: the time that was asked for, else now. */
  readonly at: number;
  readonly zone: string;
  /** Who may choose: the home's owners and caregivers. */
  readonly people: readonly { readonly id: PersonId; readonly name: string }[];
  /** Who is on duty then; absent: nobody. */
  readonly on?: PersonId;
  readonly rules: readonly CallRule[];
  /** Alarms that call everybody at once and that nobody can pause. */
  readonly backstops: readonly ConditionId[];
  /** What may be one of them: what could be paused else. */
  readonly choices: readonly ConditionId[];
  /** Everything that would be called, without what is gone. */
  readonly phones: readonly CalledPhone[];
  /** What will happen while nobody answers, by priority; low calls nobody. */
  readonly plans: { readonly high: readonly PlannedCall[]; readonly medium: readonly PlannedCall[] };
  /** After an urgent alarm has rung for so long without an answer it says so itself, everywhere. */
  readonly exhaustedMs: number;
  /** At most so far apart are the sends to whoever was called, once everybody was. */
  readonly againMs: { readonly high: number; readonly medium: number };
  /** Address of the hub that leads this box: it is changed there. */
  readonly ledBy?: string;
}

export interface CalledPhone extends Callable {
  readonly label: string;
  readonly channel: string;
  /** What its channel is called; absent: it is no module of this server. */
  readonly way?: Texts;
}

/** PUT /api/beds/:bed/calling, with if-match. */
export interface SetCallingRequest {
  readonly rules: readonly CallRule[];
  readonly backstops: readonly ConditionId[];
}
