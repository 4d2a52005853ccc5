import type { BedId, HomeId, PersonId } from "../domain/ids.ts";
import type { LimitsVersion, TrustedClinic } from "../domain/limits.ts";
import type { Removal } from "../domain/removals.ts";
import type { Wall } from "../domain/time.ts";
import type { PersonRecord, TargetRecord } from "./state.ts";

/** 10 random base32 characters, made when a box is paired. */
export type BoxId = string;

/** A home on a hub: where a person lives and boxes watch. */
export interface HomeRecord {
  readonly id: HomeId;
  /** Name in lists. */
  readonly label: string;
  readonly createdAt: Wall;
  /** The account that let it be made. */
  readonly createdBy: PersonId;
  /** The organisation that set it up. It gives no right: only consent does. */
  readonly organisation?: string;
}

/** A box (an edge) that was paired. One box of a home is in use, the one that is not revoked. */
export interface BoxRecord {
  readonly id: BoxId;
  readonly home: HomeId;
  /** Raw Ed25519 key in base64url: what the box proves itself with. */
  readonly publicKey: string;
  readonly pairedAt: Wall;
  readonly revokedAt?: Wall;
  readonly revokedWhy?: RevokedWhy;
}

/** `replaced`: another box took the home over; `moved`: it serves another home now; `withdrawn`: somebody said so. */
export const REVOKED_WHY = ["replaced", "moved", "withdrawn"] as const;
export type RevokedWhy = (typeof REVOKED_WHY)[number];

/** What a box is let in with; the user name at the broker is `boxUser`. */
export interface BoxSecrets {
  readonly brokerPassword: string;
  /** 32 bytes that sign commands to it. */
  readonly pairingKey: Uint8Array;
}

/** The user name of a box at the broker: `<home>.<box>`. */
export const boxUser = (box: { readonly home: HomeId; readonly id: BoxId }): string =>
  `${box.home}.${box.id}`;

/** The home of a box by that name. */
export const homeOfUser = (user: string): HomeId => user.split(".", 1)[0] ?? user;

/** A box that is let in. */
export interface BoxInUse {
  readonly box: BoxRecord;
  readonly secrets: BoxSecrets;
}

/** Permission for one box to become the box of a home, once. */
export interface ClaimCode {
  /** SHA-256 of the code in hex; the code itself is never stored. */
  readonly codeHash: string;
  /** The home that the box takes over; absent: a new one is made. */
  readonly home?: HomeId;
  /** Name of a new home. */
  readonly label: string;
  readonly organisation?: string;
  readonly madeBy: PersonId;
  readonly madeAt: Wall;
  readonly expiresAt: Wall;
  /** The box that used it. */
  readonly usedBy?: BoxId;
}

/** What a box asks for with a code. */
export interface Claim {
  readonly codeHash: string;
  readonly publicKey: string;
  /** The id that the box's home already has, from a life without this hub. */
  readonly offeredHome?: HomeId;
  /** Used where they are needed: ids and secrets made for this claim. */
  readonly made: { readonly home: HomeId; readonly box: BoxId } & BoxSecrets;
}

/** `unknown`: no such code, or too old; `used`: by another box; `home_known`: the offered home is on this hub already. */
export type ClaimVerdict =
  | { readonly kind: "unknown" | "used" | "home_known" }
  | {
      readonly kind: "paired";
      readonly home: HomeRecord;
      readonly box: BoxRecord;
      readonly secrets: BoxSecrets;
      /** The home was made by this claim. */
      readonly isNewHome: boolean;
      /** The same box asked again with the same code. */
      readonly isRepeat: boolean;
      /** Boxes that are out from now on. */
      readonly revoked: readonly BoxRecord[];
    };

/**
 * What belongs to a home and must outlive its box: the ids of its devices, the keys that phones know it by, people,
 * phones, limits with their history. A box leaves it with the hub, and the next one takes it over.
 */
export interface HomeEstate {
  /** Named values of the state store, as JSON texts. */
  readonly values: { readonly [name: string]: string };
  readonly people: readonly PersonRecord[];
  readonly targets: readonly TargetRecord[];
  /** Who and what of them was removed; absent: nothing, or the box is of an earlier version. */
  readonly removed?: readonly Removal[];
  /** Of every bed, oldest first. */
  readonly limits: readonly LimitsVersion[];
  readonly clinics: readonly TrustedClinic[];
  readonly beds: readonly BedId[];
}

/** An estate as the hub keeps it. */
export interface KeptEstate {
  readonly box: BoxId;
  /** Counted up by the box with every change. */
  readonly revision: number;
  readonly at: Wall;
  /** The estate as JSON text. */
  readonly body: string;
}

/**
 * What the hub answers a box that it takes in. Texts only, so that it crosses the wire as it is; keys and passwords
 * in it are secrets.
 */
export interface PairingGrant {
  readonly home: HomeId;
  readonly box: BoxId;
  /** Address of the hub's pages: `https://hub.example:8420`. */
  readonly hub: string;
  readonly broker: { readonly url: string; readonly username: string; readonly password: string };
  /** PEM of what signs the hub's and the broker's certificates; absent: a public authority does. */
  readonly ca?: string;
  /** 32 bytes in base64url. */
  readonly pairingKey: string;
  /** The hub's wall clock when it answered, in epoch milliseconds. */
  readonly hubTime: Wall;
  /** Lets the first of the family in to the hub's page as the home's owner; absent where the home has people there. */
  readonly ownerCode?: string;
  /** Name of the organisation that asks the home to be let in, with `ownerCode`; absent: none does. */
  readonly asks?: string;
  /** What another box of this home left; absent where there is nothing to take over. */
  readonly estate?: HomeEstate;
}

/** What a box asks a hub. */
export interface HubQuestion {
  readonly method: "POST" | "PUT";
  readonly url: string;
  /** Sent as JSON. */
  readonly body: unknown;
  /** SHA-256 of the public key that the hub's certificate has to have, base64url: judged instead of its authority. */
  readonly pin?: string;
  /** PEM of the authority that has to have signed the hub's certificate; absent: one that this machine trusts. */
  readonly ca?: string;
}

export interface HubAnswer {
  readonly status: number;
  /** From JSON; undefined where the answer is empty. */
  readonly body: unknown;
}

/** Asks a hub over HTTPS. Rejects with HUB_UNREACHABLE, HUB_FOREIGN or HTTP_INSECURE. */
export type HubPost = (question: HubQuestion) => Promise<HubAnswer>;

/**
 * Homes and boxes of a hub, with their credentials. Methods reject with STATE_FAILED or UNSEALABLE. Names, secrets and
 * estates are encrypted on disk where the data folder has a key.
 */
export interface Registry {
  homes(): Promise<readonly HomeRecord[]>;
  home(id: HomeId): Promise<HomeRecord | undefined>;
  /** False where there is no such home. */
  renameHome(id: HomeId, label: string): Promise<boolean>;
  /** Takes a home with its boxes, codes and estate away. The boxes that were in use. */
  removeHome(id: HomeId): Promise<readonly BoxRecord[]>;
  /** Of a home, or all; newest first, revoked ones too. */
  boxes(home?: HomeId): Promise<readonly BoxRecord[]>;
  box(id: BoxId): Promise<BoxRecord | undefined>;
  /** Every box that is in use, with what it is let in with. */
  inUse(): Promise<readonly BoxInUse[]>;
  /** Ends a box. Undefined where it is unknown or ended already. */
  revokeBox(box: BoxId, at: Wall, why: RevokedWhy): Promise<BoxRecord | undefined>;
  addClaimCode(code: ClaimCode): Promise<void>;
  /** Codes that may still be used, newest first. */
  claimCodes(now: Wall): Promise<readonly ClaimCode[]>;
  /** Codes made since then that a box has used, newest first. */
  usedCodes(since: Wall): Promise<readonly ClaimCode[]>;
  /** False where there is no such code that may still be used. */
  withdrawClaimCode(codeHash: string, now: Wall): Promise<boolean>;
  /** Uses a code up, whole or not at all: makes the home where it is new, the box, and ends the boxes before it. */
  claim(claim: Claim, now: Wall): Promise<ClaimVerdict>;
  /** Keeps what a box left, unless its revision is not newer or the box is not in use: then false. */
  putEstate(home: HomeId, estate: KeptEstate): Promise<boolean>;
  estate(home: HomeId): Promise<KeptEstate | undefined>;
}
