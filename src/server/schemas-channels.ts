import Type from "typebox";
import { COUNTRIES } from "../domain/phone-plan.ts";
import { Id, Name } from "./schemas.ts";
import { HomePersonParams } from "./schemas-people.ts";

/** Ways to reach people over HTTP; types in contract/channels.ts. */

const channel = Type.String({ pattern: "^[a-z][a-z0-9-]{0,39}$" });
const Settings = Type.Record(
  Type.String({ pattern: "^[a-zA-Z][a-zA-Z0-9]{0,39}$" }),
  Type.String({ maxLength: 4_096 }),
);

export const HomeChannelParams = Type.Object({ home: Id, channel });
export const HomePhoneParams = Type.Object({
  home: Id,
  phone: Type.String({ pattern: "^[a-z0-9-]{1,40}$" }),
});
/** Somebody has seen that fewer people are woken by it, and agrees. */
export const FewerQuery = Type.Object({ fewer: Type.Optional(Type.Literal("agreed")) });
export const ChannelAccess = Type.Object({ settings: Settings });
export const PhoneAdd = Type.Object({
  channel,
  label: Name,
  settings: Settings,
  person: Type.Optional(HomePersonParams.properties.person),
});

export const Texts = Type.Object({ en: Type.String(), "zh-Hans": Type.String(), "zh-Hant": Type.String() });
export const Open = Type.Record(Type.String(), Type.String());
export const Field = Type.Object({
  name: Type.String(),
  kind: Type.Enum(["text", "secret", "address", "phone", "choice"]),
  label: Texts,
  help: Texts,
  required: Type.Boolean(),
  fallback: Type.Optional(Type.String()),
  choices: Type.Optional(Type.Array(Type.Object({ value: Type.String(), label: Texts }))),
  pattern: Type.Optional(Type.String()),
  maxLength: Type.Integer(),
});
const Dnd = Type.Enum(["yes", "no", "setting", "not_applicable"]);
const PhoneSystem = Type.Enum(["iphone", "android", "harmonyos", "telephone"] as const);
const Capabilities = Type.Object({
  breaksDndIos: Dnd,
  breaksDndAndroid: Dnd,
  mainlandChina: Type.Enum(["yes", "no", "partly"]),
  acknowledges: Type.Boolean(),
  endToEndEncrypted: Type.Boolean(),
  maxBytes: Type.Integer(),
  ratePerMinute: Type.Integer(),
  sounds: Type.Enum(["call", "alarm", "notification", "not_applicable"]),
  phones: Type.Optional(Type.Array(PhoneSystem)),
  mainlandOn: Type.Optional(Type.Array(PhoneSystem)),
  mainlandOnly: Type.Optional(Type.Literal(true)),
  needsCompany: Type.Optional(Type.Literal(true)),
  onlyAlarms: Type.Optional(Type.Literal(true)),
  perTarget: Type.Optional(Type.Array(Type.Object({ most: Type.Integer(), withinMs: Type.Integer() }))),
});

const Where = { country: Type.Enum(COUNTRIES), offline: Type.Boolean() };
export const WhereEntered = Type.Object(Where);
const People = Type.Array(Type.Object({ id: Type.String(), name: Type.String() }));
export const LossAnswer = Type.Object({ told: People, woken: People });

export const ChannelsAnswer = Type.Object({
  where: Type.Optional(Type.Object(Where)),
  channels: Type.Array(
    Type.Object({
      id: Type.String(),
      name: Texts,
      summary: Texts,
      place: Type.Enum(["anywhere", "house"] as const),
      steps: Type.Array(Texts),
      capabilities: Capabilities,
      access: Type.Array(Field),
      target: Type.Array(Field),
      isReady: Type.Boolean(),
      entered: Open,
    }),
  ),
  phones: Type.Array(
    Type.Object({
      id: Type.String(),
      channel: Type.String(),
      label: Type.String(),
      person: Type.String(),
      addedAt: Type.Number(),
      provenAt: Type.Optional(Type.Number()),
      dead: Type.Optional(Type.String()),
      morning: Type.Optional(Type.Literal(true)),
      settings: Open,
    }),
  ),
});
export const PhoneAnswer = Type.Object({ id: Type.String() });
export const TryAnswer = Type.Object({
  outcome: Type.Enum(["accepted", "failed", "refused"]),
  detail: Type.Optional(Type.String()),
  tookMs: Type.Number(),
});
