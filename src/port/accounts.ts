import type { BedId, HomeId, PersonId } from "../domain/ids.ts";
import type { Language, Role } from "../domain/person.ts";
import type { Wall } from "../domain/time.ts";

/** 10 random base32 characters. */
export type OrganisationId = string;

/** What somebody can be in an organisation; an owner manages it and has no role in its homes by that alone. */
export const ORGANISATION_ROLES = ["owner", "therapist", "technician"] as const;
export type OrganisationRole = (typeof ORGANISATION_ROLES)[number];

/** Roles that an outside provider of identities may give: whoever owns an organisation is never decided elsewhere. */
export const GIVEN_ROLES = ["therapist", "technician"] as const;
export type GivenRole = (typeof GIVEN_ROLES)[number];

/** A role in a home: of the family, or through an organisation that the home let in. */
export interface HomeRole {
  readonly home: HomeId;
  readonly role: Role;
  readonly through?: OrganisationId;
}

/** Somebody who can sign in: one person, in as many homes as know them. */
export interface Account {
  readonly id: PersonId;
  readonly name: string;
  readonly language: Language;
  /** Those of the family first. */
  readonly homes: readonly HomeRole[];
  readonly organisations: readonly {
    readonly organisation: OrganisationId;
    readonly role: OrganisationRole;
  }[];
}

/** By what somebody proved who they are. */
export const SIGN_IN_WAYS = ["code", "password", "passkey", "clinic", "program"] as const;
export type SignInWay = (typeof SIGN_IN_WAYS)[number];

export interface SessionRecord {
  /** SHA-256 of the cookie's secret; the secret itself is never stored. */
  readonly tokenHash: string;
  readonly account: PersonId;
  readonly createdAt: Wall;
  readonly expiresAt: Wall;
  readonly way: SignInWay;
  /** What the browser calls itself, in a few words. */
  readonly label: string;
  /** Of a sign-in through a clinic's own provider of identities: which one. */
  readonly issuer?: string;
}

/** A sign-in as its owner sees it. */
export interface SessionView extends Omit<SessionRecord, "account" | "issuer"> {
  /** Newest use, to about an hour. */
  readonly seenAt: Wall;
}

/** One-time code by which somebody joins a home or an organisation; stored hashed. */
export interface JoinCode {
  readonly codeHash: string;
  readonly to:
    | { readonly home: HomeId; readonly role: Role }
    | { readonly organisation: OrganisationId; readonly role: OrganisationRole };
  readonly expiresAt: Wall;
}

/** A passkey; ids and keys in base64url. */
export interface Credential {
  readonly id: string;
  readonly account: PersonId;
  /** COSE public key. */
  readonly publicKey: string;
  /** Signatures so far, as the authenticator counts; 0 where it does not. */
  readonly counter: number;
  readonly transports: readonly string[];
  readonly label: string;
  readonly createdAt: Wall;
  readonly usedAt?: Wall;
}

/**
 * Who somebody is at an outside provider of identities. The name there (its subject) finds it and is not told again.
 */
export interface ExternalIdentity {
  readonly issuer: string;
  readonly account: PersonId;
  /** The role that came with it and goes with it; absent: the account was there before, and gets none by it. */
  readonly gives?: {
    readonly organisation: OrganisationId;
    readonly role: GivenRole;
  };
  readonly linkedAt: Wall;
  /** Newest sign-in by it; absent: none yet. */
  readonly usedAt?: Wall;
}

export interface Organisation {
  readonly id: OrganisationId;
  readonly name: string;
}

/** A home lets an organisation's therapists or technicians in, until somebody of the home ends it. */
export interface Consent {
  readonly id: string;
  readonly home: HomeId;
  readonly organisation: OrganisationId;
  readonly roles: readonly Exclude<OrganisationRole, "owner">[];
  readonly given: { readonly at: Wall; readonly by: PersonId; readonly name: string };
  /** Absent: it stands. */
  readonly ended?: { readonly at: Wall; readonly by: PersonId; readonly name: string };
}

export const SHARE_SCOPES = ["nights", "live"] as const;
export type ShareScope = (typeof SHARE_SCOPES)[number];

/** A link that shows one bed to whoever holds it, read only, until it ends. Its secret is stored hashed. */
export interface Share {
  readonly id: string;
  readonly home: HomeId;
  readonly bed: BedId;
  readonly scope: ShareScope;
  /** For whom, in the words of who made it. */
  readonly label: string;
  readonly madeBy: PersonId;
  readonly madeAt: Wall;
  readonly expiresAt: Wall;
  readonly uses: number;
  readonly usedAt?: Wall;
}

/** Who may sign in, and as what. Methods reject with STATE_FAILED. Never on the alarm path. */
export interface Accounts {
  account(id: PersonId): Promise<Account | undefined>;
  /** Adds it, or changes name and language of one that is there. */
  putAccount(account: Pick<Account, "id" | "name" | "language">): Promise<void>;
  /** With sign-ins, passkeys, password and roles; harmless where there is none. */
  removeAccount(id: PersonId): Promise<void>;
  /** Gives a role in a home, in the place of an earlier one there. */
  putRole(account: PersonId, home: HomeId, role: Role): Promise<void>;
  endRole(account: PersonId, home: HomeId): Promise<void>;
  /** The family of a home: who has a role there by themselves. */
  members(
    home: HomeId,
  ): Promise<readonly (Pick<Account, "id" | "name" | "language"> & { readonly role: Role })[]>;
  /**
   * Takes all of a home away: roles, consents, shared links, join codes, and every account that is nothing anywhere
   * else, with its sign-ins. How many such accounts went.
   */
  removeHome(home: HomeId): Promise<number>;
  /** Whether any home or organisation has an owner. */
  hasOwner(): Promise<boolean>;

  addSession(session: SessionRecord): Promise<void>;
  /**
   * The account that is signed in; undefined when unknown or expired by `now`. It counts as a use: a sign-in of a person
   * ends `lastsMs` after its last one (noted to the hour or so); one through an issuer, or of a program, ends when it said.
   */
  session(tokenHash: string, now: Wall, lastsMs: number): Promise<Account | undefined>;
  /** Newest first. */
  sessions(account: PersonId, now: Wall): Promise<readonly SessionView[]>;
  endSession(tokenHash: string): Promise<void>;
  /** Ends every sign-in of an account but one; the hashes of those that ended. */
  endSessions(account: PersonId, but?: string): Promise<readonly string[]>;

  addJoinCode(code: JoinCode): Promise<void>;
  /** Uses a code up: what it gives, or undefined when unknown, used or expired. */
  takeJoinCode(codeHash: string, now: Wall): Promise<JoinCode["to"] | undefined>;

  /** Sets name and hash of a password; CONFLICT where another account has that login name. */
  setPassword(account: PersonId, login: string, hash: string): Promise<void>;
  endPassword(account: PersonId): Promise<void>;
  password(login: string): Promise<{ readonly account: PersonId; readonly hash: string } | undefined>;
  /** The login name of an account with a password. */
  login(account: PersonId): Promise<string | undefined>;

  credentials(account: PersonId): Promise<readonly Credential[]>;
  credential(id: string): Promise<Credential | undefined>;
  addCredential(credential: Credential): Promise<void>;
  useCredential(id: string, counter: number, at: Wall): Promise<void>;
  removeCredential(account: PersonId, id: string): Promise<void>;

  /** Who is known under this name at an outside issuer of identities. */
  external(issuer: string, subject: string): Promise<ExternalIdentity | undefined>;
  /** Of an account, oldest first. */
  externals(account: PersonId): Promise<readonly ExternalIdentity[]>;
  /** False where the name is somebody's already, or the account has one there: nothing is changed then. */
  addExternal(subject: string, identity: ExternalIdentity): Promise<boolean>;
  /** A sign-in by it; what it gives from now on. */
  useExternal(account: PersonId, issuer: string, at: Wall, gives: ExternalIdentity["gives"]): Promise<void>;
  /** False where the account has none there. */
  removeExternal(account: PersonId, issuer: string): Promise<boolean>;
  /** The hashes of the sign-ins of an account through an issuer. */
  sessionsBy(account: PersonId, issuer: string): Promise<readonly string[]>;
  /** Ends the sign-ins of an account through an issuer but one; the hashes of those that ended. */
  endSessionsBy(account: PersonId, issuer: string, but?: string): Promise<readonly string[]>;

  organisations(): Promise<readonly Organisation[]>;
  putOrganisation(organisation: Organisation): Promise<void>;
  putOrganisationRole(account: PersonId, organisation: OrganisationId, role: OrganisationRole): Promise<void>;
  endOrganisationRole(account: PersonId, organisation: OrganisationId): Promise<void>;
  organisationMembers(
    organisation: OrganisationId,
  ): Promise<readonly (Pick<Account, "id" | "name" | "language"> & { readonly role: OrganisationRole })[]>;

  /** Of a home, those that stand first, then newest first, at most 200. */
  consents(home: HomeId): Promise<readonly Consent[]>;
  /** Gives a consent, in the place of one that stands for the same organisation. */
  addConsent(consent: Consent): Promise<void>;
  /** False where none of that id stands in the home. */
  endConsent(home: HomeId, id: string, end: NonNullable<Consent["ended"]>): Promise<boolean>;

  /** Of a home, expired ones left out, newest first. */
  shares(home: HomeId, now: Wall): Promise<readonly Share[]>;
  addShare(share: Share, secretHash: string): Promise<void>;
  /** The share of a secret; undefined when unknown, ended or expired. `counts`: it is one more use. */
  share(secretHash: string, now: Wall, counts: boolean): Promise<Share | undefined>;
  /** False where there is none of that id in the home. */
  endShare(home: HomeId, id: string): Promise<boolean>;
  close(): Promise<void>;
}
