import Type from "typebox";
import { LANGUAGES } from "../domain/person.ts";
import { RESEARCH_GROUPS } from "../domain/research.ts";
import { BedParams } from "./schemas.ts";

/** Consents to research, and the end of a home, over HTTP; types in contract/privacy.ts. */

const Groups = Type.Array(Type.Enum(RESEARCH_GROUPS), {
  minItems: 1,
  maxItems: RESEARCH_GROUPS.length,
  uniqueItems: true,
});
export const GiveResearch = Type.Object({ groups: Groups, textVersion: Type.Integer({ minimum: 1 }) });
/** Absent: all of them. */
export const ResearchQuery = Type.Object({ group: Type.Optional(Type.Enum(RESEARCH_GROUPS)) });
export const ResearchParams = BedParams;

const Signed = Type.Object({ at: Type.Number(), by: Type.String(), name: Type.String() });
export const ResearchAnswer = Type.Object({
  textVersion: Type.Integer(),
  text: Type.Record(Type.Enum(LANGUAGES), Type.Array(Type.String())),
  groups: Type.Array(Type.Object({ group: Type.Enum(RESEARCH_GROUPS), signals: Type.Array(Type.String()) })),
  consents: Type.Array(
    Type.Object({
      group: Type.Enum(RESEARCH_GROUPS),
      given: Signed,
      text: Type.Object({ version: Type.Integer(), language: Type.Enum(LANGUAGES) }),
      ended: Type.Optional(Signed),
    }),
  ),
});

/** The home's name as it stands in the list, typed by hand. */
export const ForgetHome = Type.Object({ label: Type.String({ maxLength: 200 }) });
export const ForgottenAnswer = Type.Object({
  beds: Type.Integer(),
  accounts: Type.Integer(),
  boxes: Type.Integer(),
  remains: Type.String(),
});
