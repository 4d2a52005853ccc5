import type { PersonId } from "../domain/ids.ts";
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

/** People, phones, settings, audit. Methods reject with STATE_FAILED. Never on the alarm path. */
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
  audit(entry: AuditEntry): Promise<void>;
  audits(limit: number): Promise<readonly AuditEntry[]>;
  close(): Promise<void>;
}
