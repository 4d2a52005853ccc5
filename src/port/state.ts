import type { CommissionedStep } from "../domain/commissioning.ts";
import type { BedId, PersonId } from "../domain/ids.ts";
import type { LimitsVersion, TrustedClinic } from "../domain/limits.ts";
import type { Language, Person, Role } from "../domain/person.ts";
import type { Wall } from "../domain/time.ts";
import type { ChannelTarget } from "./channel.ts";

export interface SessionRecord {
  /** SHA-256 of the cookie's secret; the secret itself is never stored. */
  readonly tokenHash: string;
  readonly person: PersonId;
  readonly createdAt: Wall;
  readonly expiresAt: Wall;
}

/** A phone or webhook that can be sent to. `lastProofAt`: newest evidence that it rang (law 2). */
export interface TargetRecord extends ChannelTarget {
  readonly person: PersonId;
  readonly label: string;
  readonly addedAt: Wall;
  readonly lastProofAt?: Wall;
  /** The provider said that it is gone, or refused for good. */
  readonly deadSince?: Wall;
  readonly deadWhy?: string;
}

export interface AuditEntry {
  readonly at: Wall;
  readonly person?: PersonId;
  readonly action: string;
  readonly detail: string;
}

/** One-time code by which a person joins; stored hashed. */
export interface JoinCode {
  readonly codeHash: string;
  readonly role: Role;
  readonly expiresAt: Wall;
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

/** People, phones, settings, protocols, audit. Methods reject with STATE_FAILED. Never on the alarm path. */
export interface State {
  people(): Promise<readonly Person[]>;
  addPerson(person: Person): Promise<void>;
  setLanguage(person: PersonId, language: Language): Promise<void>;
  addSession(session: SessionRecord): Promise<void>;
  /** The signed-in person; undefined when unknown or expired by `now`. */
  session(tokenHash: string, now: Wall): Promise<Person | undefined>;
  endSession(tokenHash: string): Promise<void>;
  addJoinCode(code: JoinCode): Promise<void>;
  /** Uses a code up: its role, or undefined when unknown, used or expired. */
  takeJoinCode(codeHash: string, now: Wall): Promise<Role | undefined>;
  targets(): Promise<readonly TargetRecord[]>;
  /** Adds or replaces by id. */
  putTarget(target: TargetRecord): Promise<void>;
  removeTarget(id: string): Promise<void>;
  proveTarget(id: string, at: Wall): Promise<void>;
  killTarget(id: string, at: Wall, why: string): Promise<void>;
  /** Small named values: home id, device ids, VAPID keys, owner code hash. JSON text. */
  value(name: string): Promise<string | undefined>;
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
  trustedClinics(): Promise<readonly TrustedClinic[]>;
  /** Adds a clinic by its key; one that is known stays as it is. */
  trustClinic(clinic: TrustedClinic): Promise<void>;
  audit(entry: AuditEntry): Promise<void>;
  audits(limit: number): Promise<readonly AuditEntry[]>;
  close(): Promise<void>;
}
