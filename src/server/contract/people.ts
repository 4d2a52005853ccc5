/** People, sign-ins, organisations, consents and shared links, as pages see them. Times are epoch milliseconds. */
import type { BedId, PersonId } from "../../domain/ids.ts";
import type { Language, Role } from "../../domain/person.ts";
import type { OrganisationId, OrganisationRole, ShareScope, SignInWay } from "../../port/accounts.ts";

/** GET /api/me/sign-ins ; DELETE /api/me/sign-ins/:id, and DELETE /api/me/sign-ins for all but this one: 204. */
export interface SignInsResponse {
  readonly signIns: readonly {
    readonly id: string;
    /** This browser's own. */
    readonly current: boolean;
    readonly way: SignInWay;
    readonly label: string;
    readonly createdAt: number;
    readonly seenAt: number;
    readonly expiresAt: number;
  }[];
  /** `usedAt` absent: never. */
  readonly passkeys: readonly {
    readonly id: string;
    readonly label: string;
    readonly createdAt: number;
    readonly usedAt?: number;
  }[];
  /**
   * Who one is at a clinic's sign-in. DELETE /api/me/oidc/:provider, 204, takes it away with its sign-ins but this one;
   * `only`: one's role comes from there, and it is the one way in.
   */
  readonly identities?: readonly {
    readonly provider: string;
    readonly label: string;
    readonly linkedAt: number;
    readonly usedAt?: number;
    readonly only: boolean;
  }[];
  /** The name by which one signs in with a password; absent: there is no password. */
  readonly login?: string;
}

/** POST /api/sign-in/oidc/:provider/begin ; the page that one comes back to. */
export interface OidcBeginRequest {
  readonly page: string;
  readonly language: Language;
}
/** POST /api/me/oidc/:provider/begin too: the provider's page, to be opened in place of ours. */
export interface OidcBegunResponse {
  readonly url: string;
}

/** GET /api/homes/:home/people/:person/sign-ins ; DELETE .../sign-ins/:id, 204: with the phone that was set up in it. */
export type MemberSignInsResponse = Pick<SignInsResponse, "signIns">;

/**
 * GET /api/homes/:home/people?before=&limit= : in the order in which they came, `next` to go on from, of `total`. DELETE
 * /api/homes/:home/people/:person, 204: role, phones and all are gone.
 */
export interface MembersResponse {
  readonly next?: string;
  readonly total: number;
  readonly people: readonly {
    readonly id: PersonId;
    readonly name: string;
    readonly language: Language;
    readonly role: Role;
  }[];
}

/** GET /api/homes/:home/audit?before=&limit= : what people did in a home, newest first; `next` to go on from. */
export interface HomeAuditResponse {
  readonly entries: readonly {
    readonly id: string;
    readonly at: number;
    /** As it is written down: `sign_in`, `person.removed`. */
    readonly action: string;
    readonly detail: string;
    /** Absent: nobody who was known. `name` is the id of somebody who is gone. */
    readonly by?: { readonly id: PersonId; readonly name: string };
  }[];
  readonly next?: string;
}

interface Signed {
  readonly at: number;
  readonly by: PersonId;
  readonly name: string;
}

/** GET /api/homes/:home/consents : those that stand first; with the organisations that may be let in. */
export interface ConsentsResponse {
  readonly consents: readonly {
    readonly id: string;
    readonly organisation: OrganisationId;
    readonly name: string;
    readonly roles: readonly string[];
    readonly given: Signed;
    readonly ended?: Signed;
  }[];
  readonly organisations: readonly { readonly id: OrganisationId; readonly name: string }[];
  /** The one of them that set the home's box up and waits for a first answer. */
  readonly asks?: OrganisationId;
}

/** POST /api/homes/:home/consents, 204. DELETE /api/homes/:home/consents/:consent, 204: takes effect at once. */
export interface GiveConsentRequest {
  readonly organisation: OrganisationId;
  readonly roles: readonly Exclude<OrganisationRole, "owner">[];
}

/** GET /api/homes/:home/shares */
export interface SharesResponse {
  readonly shares: readonly {
    readonly id: string;
    readonly bed: BedId;
    readonly scope: ShareScope;
    readonly label: string;
    readonly madeAt: number;
    readonly expiresAt: number;
    readonly uses: number;
    readonly usedAt?: number;
  }[];
}

/** POST /api/homes/:home/shares : the link's path, told this once. DELETE /api/homes/:home/shares/:share, 204. */
export interface MakeShareRequest {
  readonly bed: BedId;
  readonly scope: ShareScope;
  readonly label: string;
  readonly forMs: number;
}
export interface ShareMadeResponse {
  readonly id: string;
  /** `/share#secret=...` : what follows the # sign reaches no log. */
  readonly path: string;
  readonly expiresAt: number;
}

/** POST /api/share : opens a shared link in this browser. */
export interface ShareOpenedResponse {
  readonly bed: BedId;
  readonly scope: ShareScope;
  readonly expiresAt: number;
}

/** GET /api/organisations/:organisation/people */
export interface OrganisationMembersResponse {
  readonly people: readonly {
    readonly id: PersonId;
    readonly name: string;
    readonly language: Language;
    readonly role: OrganisationRole;
  }[];
}
