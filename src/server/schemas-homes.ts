import Type from "typebox";
import { Name } from "./schemas.ts";

const Id = Type.String({ pattern: "^[a-z2-7]{10}$" });
/** 32 bytes in base64url. */
const Key = Type.String({ pattern: "^[\\w-]{43}$" });
const Signature = Type.String({ pattern: "^[\\w-]{86}$" });

/** What homes leave behind, as text; some 100 people, phones and years of limits stay far below. */
export const ESTATE_MAX = 1024 * 1024;

export const HomeParams = Type.Object({ home: Id });
export const HomeBoxParams = Type.Object({ home: Id, box: Id });
export const BoxParams = Type.Object({ box: Id });
export const CodeParams = Type.Object({ code: Type.String({ pattern: "^[0-9a-f]{64}$" }) });

export const NewHome = Type.Object({ label: Name, organisation: Type.Optional(Id) });
export const RenameHome = Type.Object({ label: Name });

export const Pair = Type.Object({
  code: Type.String({ minLength: 1, maxLength: 40, pattern: "^[\\w -]+$" }),
  publicKey: Key,
  nonce: Type.String({ pattern: "^[\\w-]{22}$" }),
  home: Type.Optional(Id),
  signature: Signature,
});
export const Estate = Type.Object({
  revision: Type.Integer({ minimum: 1 }),
  estate: Type.String({ maxLength: ESTATE_MAX }),
  signature: Signature,
});

const Moment = Type.Number();
export const ClaimCodeAnswer = Type.Object({
  id: Type.String(),
  code: Type.String(),
  link: Type.String(),
  expiresAt: Moment,
});
export const HomesQuery = Type.Object({
  search: Type.Optional(Type.String({ maxLength: 60 })),
  before: Type.Optional(Id),
  limit: Type.Optional(Type.String({ pattern: "^[0-9]{1,4}$" })),
});
export const HomesAnswer = Type.Object({
  next: Type.Optional(Id),
  total: Type.Integer(),
  homes: Type.Array(
    Type.Object({
      id: Id,
      label: Type.String(),
      createdAt: Moment,
      boxes: Type.Array(
        Type.Object({
          id: Id,
          pairedAt: Moment,
          revokedAt: Type.Optional(Moment),
          revokedWhy: Type.Optional(Type.String()),
        }),
      ),
    }),
  ),
  codes: Type.Array(
    Type.Object({
      id: Type.String(),
      home: Type.Optional(Id),
      label: Type.String(),
      expiresAt: Moment,
    }),
  ),
  waiting: Type.Array(
    Type.Object({ id: Type.String(), label: Type.String(), organisation: Type.String(), pairedAt: Moment }),
  ),
  organisations: Type.Array(Type.Object({ id: Type.String(), name: Type.String() })),
});
export const GrantAnswer = Type.Object({
  home: Id,
  box: Id,
  hub: Type.String(),
  broker: Type.Object({ url: Type.String(), username: Type.String(), password: Type.String() }),
  ca: Type.Optional(Type.String()),
  pairingKey: Key,
  hubTime: Moment,
  ownerCode: Type.Optional(Type.String()),
  asks: Type.Optional(Type.String()),
  estate: Type.Optional(Type.Object({})),
});
