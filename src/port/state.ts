import type { AuditAction } from "../domain/audit-action.ts";
import type { CommissionedStep } from "../domain/commissioning.ts";
import type { DutyBook } from "../domain/duty.ts";
import type { BedId, HomeId, PersonId } from "../domain/ids.ts";
import type { LimitsVersion, TrustedClinic } from "../domain/limits.ts";
import type { BedNote, NoteKind } from "../domain/note.ts";
import type { Person } from "../domain/person.ts";
import type { Removal } from "../domain/removals.ts";
import type { ResearchConsent, ResearchGroup } from "../domain/research.ts";
import type { Wall } from "../domain/time.ts";
import type { ChannelTarget } from "./channel.ts";

/** Somebody of a home. `addedAt`: when they came, or came back; absent: before that was noted. */
export interface PersonRecord extends Person {
  readonly addedAt?: Wall;
}

/** A phone or webhook that can be sent to. `lastProofAt`: newest evidence that it is heard, however it asked (law 2). */
export interface TargetRecord extends ChannelTarget {
  readonly person: PersonId;
  readonly label: string;
  readonly addedAt: Wall;
  readonly lastProofAt?: Wall;
  /** Of it, the newest answer to a loud drill: it rang as an alarm does, and somebody heard. */
  readonly lastLoudProofAt?: Wall;
  /** What runs on it, as it last told ("iOS 17, Safari 17"); absent: not known. */
  readonly system?: string;
  /** When that, or what the home has with its channel, changed last. */
  readonly changedAt?: Wall;
  /** The provider said that it is gone, or refused for good. */
  readonly deadSince?: Wall;
  readonly deadWhy?: string;
  /** Wants to hear quietly in the morning that the night's summary is ready. */
  readonly morning?: true;
  /** Names the sign-in of the phone (its token hash): ended by hand, the phone goes with it. */
  readonly signIn?: string;
}

export interface AuditEntry {
  readonly at: Wall;
  readonly person?: PersonId;
  /** An AuditAction; of another version, any text. */
  readonly action: string;
  readonly detail: string;
}

/** An entry that is written down now. */
export interface NewAuditEntry extends AuditEntry {
  readonly action: AuditAction;
}

/** `id` grows with every entry. */
export interface NumberedAuditEntry extends AuditEntry {
  readonly id: number;
}

/** A protocol of putting a bed into use; without `closed` it is still being made. */
export interface CommissioningRecord {
  readonly id: string;
  readonly bed: BedId;
  readonly begunAt: Wall;
  /** In the order in which they were done. */
  readonly steps: readonly CommissionedStep[];
  readonly closed?: CommissioningEnd;
}

export interface CommissioningEnd {
  readonly at: Wall;
  /** Name of who closed it. */
  readonly by: string;
  readonly note: string;
  /** The bed at that moment, as JSON text. */
  readonly about: string;
}

/**
 * What belongs to one home: people to call, phones, settings, protocols, audit. Who may sign in is kept by Accounts;
 * `people` are those of the home as its watch knows them. Methods reject with STATE_FAILED. Never on the alarm path.
 */
export interface State {
  people(): Promise<readonly PersonRecord[]>;
  /** Adds or replaces by id. Who was removed is there again: `addedAt` is later than the removal, and never goes back. */
  putPerson(person: PersonRecord): Promise<void>;
  /** What another machine of this home knows: only who was not removed since. False: nothing was taken over. */
  adoptPerson(person: PersonRecord): Promise<boolean>;
  /** With the person's phones, `at` by this machine's clock; remembered (`removals`). Harmless where there is none. */
  removePerson(person: PersonId, at: Wall): Promise<void>;
  targets(): Promise<readonly TargetRecord[]>;
  /** Adds or replaces by id. What was removed is there again: `addedAt` is later than the removal. */
  putTarget(target: TargetRecord): Promise<void>;
  /**
   * What another machine of this home knows: only a phone that was not removed since, of somebody who is here, and not set
   * up later here. False: nothing was taken over.
   */
  adoptTarget(target: TargetRecord): Promise<boolean>;
  /** Remembered (`removals`); harmless where there is none. */
  removeTarget(id: string, at: Wall): Promise<void>;
  /** Who and what was removed, newest first, at most REMOVALS_MAX. */
  removals(): Promise<readonly Removal[]>;
  /** Removes what another machine of this home removed, and remembers it; the ids that went here. */
  bury(removals: readonly Removal[]): Promise<readonly string[]>;
  /** Whether a phone wants the word in the morning; harmless where there is no such phone. */
  wantMorning(id: string, wanted: boolean): Promise<void>;
  /** Removes the phones of sign-ins (token hashes) that somebody ended; their ids. Remembered (`removals`). */
  removeTargetsOf(signIns: readonly string[], at: Wall): Promise<readonly string[]>;
  /** `loud`: it answered a loud drill. */
  proveTarget(id: string, at: Wall, loud?: boolean): Promise<void>;
  killTarget(id: string, at: Wall, why: string): Promise<void>;
  /** Small named values: home id, device ids, VAPID keys, owner code hash. JSON text. */
  value(name: string): Promise<string | undefined>;
  values(): Promise<{ readonly [name: string]: string }>;
  setValue(name: string, value: string): Promise<void>;
  /** The id of the bed's open protocol, begun now with the given id where there is none. */
  openCommissioning(bed: BedId, id: string, at: Wall): Promise<string>;
  /** Adds a step to a protocol, or replaces it there; false where that is closed or not there. */
  putCommissionedStep(commissioning: string, step: CommissionedStep): Promise<boolean>;
  /** Closes the bed's open protocol for good; its id, undefined where none is open. */
  closeCommissioning(bed: BedId, end: CommissioningEnd): Promise<string | undefined>;
  /** Newest first, at most `limit`. */
  commissionings(bed: BedId, limit: number): Promise<readonly CommissioningRecord[]>;
  /** Versions of a bed's limits, newest first, at most `limit`. */
  limits(bed: BedId, limit: number): Promise<readonly LimitsVersion[]>;
  /** Adds a version if `expected` is still the newest (0: there is none); false where somebody was faster. */
  addLimits(version: LimitsVersion, expected: number): Promise<boolean>;
  /** Those that stand first, then newest first, at most 200. */
  researchConsents(bed: BedId): Promise<readonly ResearchConsent[]>;
  /**
   * Gives groups to research; one that stands stays as it was. `secret` (32 bytes, base64url) becomes the one of
   * each bed that has none.
   */
  giveResearch(consents: readonly ResearchConsent[], secret: string): Promise<void>;
  /**
   * Takes groups back: those that stood. The bed's secret is destroyed; `fresh` takes its place where other groups
   * still stand.
   */
  endResearch(
    bed: BedId,
    groups: readonly ResearchGroup[],
    end: NonNullable<ResearchConsent["ended"]>,
    fresh: string,
  ): Promise<readonly string[]>;
  /** Undefined while nothing of the bed is given to research. */
  researchSecret(bed: BedId): Promise<string | undefined>;
  /** Of one kind, newest first by when they were true, at most `limit` (up to 20,000). */
  notes(bed: BedId, kind: NoteKind, limit: number): Promise<readonly BedNote[]>;
  /**
   * False, and nothing is kept, where it corrects a note that is not there or was corrected by somebody else, or where it is
   * the second first report of one morning.
   */
  addNote(note: BedNote): Promise<boolean>;
  /** Beds that there are notes of. */
  notedBeds(): Promise<readonly BedId[]>;
  /**
   * Takes notes over from another file of the same home: those that are not here yet and that `addNote` would keep, with what
   * each one corrects. Given back: how many.
   */
  adoptNotes(notes: readonly BedNote[]): Promise<number>;
  /**
   * False where there is none; with `by`, also where somebody else wrote it. What it corrected counts again; what
   * corrects it stays.
   */
  removeNote(bed: BedId, id: string, by?: PersonId): Promise<boolean>;
  /** Who is on call at a bed; undefined until somebody said so. */
  duty(bed: BedId): Promise<DutyBook | undefined>;
  /** Takes the place of the version `expected` (0: there is none); false where somebody was faster. */
  putDuty(book: DutyBook, expected: number): Promise<boolean>;
  /** Takes the place of whatever is there: who leads this box counts the versions. */
  adoptDuty(book: DutyBook): Promise<void>;
  trustedClinics(): Promise<readonly TrustedClinic[]>;
  /** Adds a clinic by its key; one that is known stays as it is. */
  trustClinic(clinic: TrustedClinic): Promise<void>;
  audit(entry: NewAuditEntry): Promise<void>;
  /** Newest first, at most `limit` (up to 1,000). */
  audits(limit: number): Promise<readonly AuditEntry[]>;
  /** The same with the numbers of the entries, from before one of them on where it is named. */
  auditsBefore(before: number | undefined, limit: number): Promise<readonly NumberedAuditEntry[]>;
  close(): Promise<void>;
}

/** The State of each home: on a hub a file for each, in a home the one there is. */
export interface HomeStates {
  /** Opened at first use; asking about a home that is not here makes an empty one. */
  of(home: HomeId): State;
  /** Removes all that is kept of a home. Rejects with STATE_FAILED. */
  remove(home: HomeId): Promise<void>;
}
