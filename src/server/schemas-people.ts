import Type from "typebox";
import { LANGUAGES, ROLES } from "../domain/person.ts";
import { ORGANISATION_ROLES, SHARE_SCOPES, SIGN_IN_WAYS } from "../port/accounts.ts";
import { Id, Name } from "./schemas.ts";

/** People, sign-ins, passwords, organisations, consents and shared links over HTTP; types in contract/people.ts. */

const Time = Type.Number();
const Role = Type.Enum(ROLES);
const OrganisationRole = Type.Enum(ORGANISATION_ROLES);
/** The first 16 hex digits of a sign-in's hash: enough to name it, not to use it. */
const SignInId = Type.String({ pattern: "^[0-9a-f]{16}$" });

export const HomeParams = Type.Object({ home: Id });
export const HomePersonParams = Type.Object({
  home: Id,
  person: Type.String({ pattern: "^[a-z0-9-]{1,20}$" }),
});
export const HomeConsentParams = Type.Object({ home: Id, consent: Id });
export const HomeShareParams = Type.Object({ home: Id, share: Id });
export const OrganisationParams = Type.Object({ organisation: Id });
export const OrganisationPersonParams = Type.Object({
  organisation: Id,
  person: HomePersonParams.properties.person,
});
export const SignInParams = Type.Object({ id: SignInId });
/** One sign-in, all but this one, or this one. */
export const SignInLossParams = Type.Object({
  id: Type.Union([SignInId, Type.Literal("others"), Type.Literal("here")]),
});

export const Join = Type.Object({ code: Type.String({ minLength: 1, maxLength: 40 }) });
export const SetPassword = Type.Object({
  login: Type.String({ minLength: 3, maxLength: 100, pattern: "^[^\\p{Cc}]+$" }),
  password: Type.String({ minLength: 10, maxLength: 200 }),
  /** The one until now, where there is one. */
  old: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
});
export const EndPassword = Type.Object({ old: Type.String({ minLength: 1, maxLength: 200 }) });
export const PasswordSignIn = Type.Object({
  login: Type.String({ minLength: 1, maxLength: 100 }),
  password: Type.String({ minLength: 1, maxLength: 200 }),
});
export const GiveConsent = Type.Object({
  organisation: Id,
  roles: Type.Array(Type.Enum(["therapist", "technician"] as const), {
    minItems: 1,
    maxItems: 2,
    uniqueItems: true,
  }),
});
export const MakeShare = Type.Object({
  bed: Type.String({ pattern: "^b[0-9]{1,4}$" }),
  scope: Type.Enum(SHARE_SCOPES),
  label: Name,
  forMs: Type.Integer({ minimum: 60_000, maximum: 90 * 86_400_000 }),
});
export const OpenShare = Type.Object({ secret: Type.String({ pattern: "^[\\w-]{43}$" }) });
export const NameOrganisation = Type.Object({ name: Name });
export const InviteToOrganisation = Type.Object({ role: OrganisationRole });

const SignIns = Type.Array(
  Type.Object({
    id: SignInId,
    current: Type.Boolean(),
    way: Type.Enum(SIGN_IN_WAYS),
    label: Type.String(),
    createdAt: Time,
    seenAt: Time,
    expiresAt: Time,
  }),
);
export const MemberSignInsAnswer = Type.Object({ signIns: SignIns });
export const SignInsAnswer = Type.Object({
  signIns: SignIns,
  passkeys: Type.Array(
    Type.Object({
      id: Type.String(),
      label: Type.String(),
      createdAt: Time,
      usedAt: Type.Optional(Time),
    }),
  ),
  identities: Type.Optional(
    Type.Array(
      Type.Object({
        provider: Type.String(),
        label: Type.String(),
        linkedAt: Time,
        usedAt: Type.Optional(Time),
        only: Type.Boolean(),
      }),
    ),
  ),
  login: Type.Optional(Type.String()),
});
const Member = { id: Type.String(), name: Type.String(), language: Type.Enum(LANGUAGES) };
/** Where to go on, and how many are wanted. */
const Cursor = { before: Type.Optional(Id), limit: Type.Optional(Type.String({ pattern: "^[0-9]{1,3}$" })) };
export const MembersQuery = Type.Object({
  ...Cursor,
  before: Type.Optional(HomePersonParams.properties.person),
});
export const MembersAnswer = Type.Object({
  people: Type.Array(Type.Object({ ...Member, role: Role })),
  next: Type.Optional(Type.String()),
  total: Type.Integer(),
});
export const MemberSignInParams = Type.Object({ ...HomePersonParams.properties, id: SignInId });
export const HomeAuditQuery = Type.Object({
  ...Cursor,
  before: Type.Optional(Type.String({ pattern: "^[0-9]{1,15}$" })),
});
export const HomeAuditAnswer = Type.Object({
  entries: Type.Array(
    Type.Object({
      ...{ id: Type.String(), at: Time, action: Type.String(), detail: Type.String() },
      by: Type.Optional(Type.Object({ id: Type.String(), name: Type.String() })),
    }),
  ),
  next: Type.Optional(Type.String()),
});
export const OrganisationMembersAnswer = Type.Object({
  people: Type.Array(Type.Object({ ...Member, role: OrganisationRole })),
});
const Signed = Type.Object({ at: Time, by: Type.String(), name: Type.String() });
export const ConsentsAnswer = Type.Object({
  consents: Type.Array(
    Type.Object({
      id: Type.String(),
      organisation: Type.String(),
      name: Type.String(),
      roles: Type.Array(Type.String()),
      given: Signed,
      ended: Type.Optional(Signed),
    }),
  ),
  organisations: Type.Array(Type.Object({ id: Type.String(), name: Type.String() })),
  asks: Type.Optional(Type.String()),
});
const Share = {
  id: Type.String(),
  bed: Type.String(),
  scope: Type.Enum(SHARE_SCOPES),
  label: Type.String(),
  expiresAt: Time,
};
export const SharesAnswer = Type.Object({
  shares: Type.Array(
    Type.Object({ ...Share, madeAt: Time, uses: Type.Number(), usedAt: Type.Optional(Time) }),
  ),
});
export const ShareMadeAnswer = Type.Object({ id: Type.String(), path: Type.String(), expiresAt: Time });
export const ShareOpenedAnswer = Type.Object({
  bed: Type.String(),
  scope: Type.Enum(SHARE_SCOPES),
  expiresAt: Time,
});
