/** Who is on call at a bed. Times are epoch milliseconds. */
import type { DutyBook, DutyGap, Handover, RotaEntry, Shift } from "../../domain/duty.ts";
import type { BedId, PersonId } from "../../domain/ids.ts";

/** GET /api/beds/:bed/duty, and what every change of it answers. Its ETag is the version. */
export interface DutyResponse {
  readonly bed: BedId;
  /** 0: nobody has said anything yet. */
  readonly version: number;
  readonly zone: string;
  /** The server's clock. */
  readonly at: number;
  /** Who may be on call: the home's owners and caregivers. */
  /** `unproven`: no phone of theirs that rings through silence has proved itself within a week. */
  readonly people: readonly { readonly id: PersonId; readonly name: string; readonly unproven?: true }[];
  /** Absent: nobody. */
  readonly on?: Shift;
  readonly next?: Shift;
  /** What is left of the night that is running, or the night that comes, and when nobody is on call in it. */
  readonly tonight: DutyGap & { readonly gaps: readonly DutyGap[] };
  /** From now on for a week. */
  readonly shifts: readonly Shift[];
  readonly rota: readonly RotaEntry[];
  /** That wait for an answer, and those of the last day. */
  readonly handovers: readonly Handover[];
  /** The newest change; absent in version 0. */
  readonly changed?: Pick<DutyBook, "at" | "by" | "change">;
  /** Address of the hub that leads this box: it is changed there. */
  readonly ledBy?: string;
}

/** PUT /api/beds/:bed/duty/rota, with if-match. */
export interface SetRotaRequest {
  readonly rota: readonly RotaEntry[];
}

/** POST /api/beds/:bed/duty/handovers. To oneself: takes the duty. */
export interface HandoverRequest {
  readonly to: PersonId;
  /** Absent: now. */
  readonly from?: number;
  readonly until: number;
}

/** POST /api/beds/:bed/duty/handovers/:handover. `withdrawn` is the giver's, the others are the receiver's. */
export interface HandoverAnswer {
  readonly answer: "accepted" | "declined" | "withdrawn";
}
