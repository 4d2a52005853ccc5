import type { OidcConfig } from "../config/oidc.ts";
import { plainWords } from "../domain/plain-words.ts";
import type { GivenRole } from "../port/accounts.ts";

/** What a provider says of somebody in an ID token that was checked. */
export interface Claims {
  /** The name that never changes there. */
  readonly sub: string;
  readonly [claim: string]: unknown;
}

const NAME_MAX = 60;

/**
 * As what a provider's word lets somebody in: the role of the first line that fits; undefined: not at all. Words are
 * compared letter by letter, and anything but a word or a list of words fits nothing.
 */
export function roleOf(
  { roles, emailDomain }: Pick<OidcConfig, "roles" | "emailDomain">,
  claims: Claims,
): GivenRole | undefined {
  if (emailDomain !== undefined && !isVerifiedAt(emailDomain, claims)) return undefined;
  return roles.find(({ claim, value }) => says(claimAt(claims, claim), value))?.role;
}

/** What people are called here, of at most 60 characters; `otherwise` where the provider tells no name. */
export function nameOf(claims: Claims, otherwise: string): string {
  for (const claim of ["name", "preferred_username", "email"]) {
    const said = claims[claim];
    const name = typeof said === "string" ? plainWords(said).trim().slice(0, NAME_MAX).trim() : "";
    if (name !== "") return name;
  }
  return otherwise;
}

/** The claim of that very name, else one inside others: `realm_access.roles`. */
function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let found: unknown = claims;
  for (const key of path.split(".")) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, key)) return undefined;
    found = Reflect.get(found, key);
  }
  return found;
}

const says = (said: unknown, value: string): boolean =>
  said === value || (Array.isArray(said) && said.includes(value));

function isVerifiedAt(domain: string, { email, email_verified: isVerified }: Claims): boolean {
  if (typeof email !== "string" || isVerified !== true) return false;
  const at = email.lastIndexOf("@");
  return at > 0 && email.slice(at + 1).toLowerCase() === domain;
}
