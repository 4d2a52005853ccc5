import Type from "typebox";
import { LANGUAGES } from "../domain/person.ts";

/** Sign-in through a clinic's own provider of identities over HTTP; types in contract/people.ts. */

export const ProviderParams = Type.Object({ provider: Type.String({ pattern: "^[a-z][a-z0-9-]{0,30}$" }) });

/** A closed list: whoever comes back is sent to one of our own pages and nowhere else. */
const ReturnPage = Type.Enum(["/", "/patient", "/therapist", "/technician"] as const);

export const BeginSignIn = Type.Object({ page: ReturnPage, language: Type.Enum(LANGUAGES) });
export const BeginLink = Type.Object({ page: ReturnPage });
export const BegunAnswer = Type.Object({ url: Type.String() });
