import Type, { type Static } from "typebox";
import { isLoopbackUrl } from "../domain/address.ts";

/** The section `hub.oidc` of the configuration: by which outside providers of identities people may sign in. */
const closed = { additionalProperties: false } as const;

const RuleSchema = Type.Object(
  {
    claim: Type.String({
      minLength: 1,
      maxLength: 200,
      description: "A claim of the ID token, groups; or one inside another, realm_access.roles.",
    }),
    value: Type.String({
      minLength: 1,
      maxLength: 200,
      description: "What it must be, or what its list must hold, letter by letter.",
    }),
    role: Type.Union([Type.Literal("therapist"), Type.Literal("technician")], {
      description: "What such a person is at the organisation of this hub.",
    }),
  },
  closed,
);

const ProviderSchema = Type.Object(
  {
    id: Type.String({
      pattern: "^[a-z][a-z0-9-]{0,30}$",
      description: "Its name in addresses; the provider is told .../api/sign-in/oidc/<id>/return.",
    }),
    label: Type.String({ minLength: 1, maxLength: 60, description: "Name on the button, City Clinic." }),
    issuer: Type.String({
      pattern: "^https?://[^?#@]+$",
      maxLength: 500,
      description: "The provider's issuer, letter by letter; https, or http on this machine itself.",
    }),
    clientId: Type.String({ minLength: 1, maxLength: 200, description: "This hub's name at the provider." }),
    clientSecretFile: Type.String({
      minLength: 1,
      description: "File with this hub's secret at the provider, for its owner alone; read at each sign-in.",
    }),
    scopes: Type.Optional(
      Type.Array(Type.String({ pattern: "^[!#-\\[\\]-~]{1,100}$" }), {
        maxItems: 20,
        description: "What is asked for beside openid; default profile.",
      }),
    ),
    roles: Type.Array(RuleSchema, {
      minItems: 1,
      maxItems: 20,
      description: "Who is let in, and as what: the first line that fits counts; nobody else is let in.",
    }),
    emailDomain: Type.Optional(
      Type.String({
        pattern: "^[A-Za-z0-9-]+([.][A-Za-z0-9-]+)+$",
        description: "Also needed: an address there that the provider calls verified (email_verified).",
      }),
    ),
    hours: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 720,
        default: 12,
        description: "How long such a sign-in lasts: the provider's word counts anew after it.",
      }),
    ),
  },
  closed,
);

export const OidcSchema = Type.Array(ProviderSchema, {
  maxItems: 10,
  description: "Sign-in through a clinic's own provider of identities, by OpenID Connect (docs/hub.md).",
});

type OidcFile = Static<typeof OidcSchema>;

/** One line of who is let in, and as what. */
export type OidcRule = Static<typeof RuleSchema>;

/** A provider of identities after defaults. */
export interface OidcConfig {
  readonly id: string;
  readonly label: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecretFile: string;
  /** With openid. */
  readonly scopes: readonly string[];
  readonly roles: readonly OidcRule[];
  /** In lower case. */
  readonly emailDomain?: string;
  readonly hours: number;
}

/** What the schema cannot say of it; empty: nothing is wrong. Paths lead from the top of the file. */
export function oidcProblems(
  providers: OidcFile | undefined,
): readonly { readonly path: string; readonly what: string; readonly fix: string }[] {
  const ids = new Set<string>();
  const issuers = new Set<string>();
  return (providers ?? []).flatMap(({ id, issuer }, n) => {
    const path = `/hub/oidc/${n}`;
    const problems: { path: string; what: string; fix: string }[] = [];
    const isTwice = (seen: Set<string>, what: string): boolean => seen.size === seen.add(what).size;
    if (isTwice(ids, id)) {
      problems.push({ path: `${path}/id`, what: `${id} is there twice`, fix: "Give each its own id." });
    }
    if (isTwice(issuers, issuer)) {
      const fix = "One section a provider: put the lines of both under `roles` of one.";
      problems.push({ path: `${path}/issuer`, what: "this issuer is there twice", fix });
    }
    const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
    if (url === undefined || (url.protocol !== "https:" && !isLoopbackUrl(url))) {
      const fix = "Use its https address, as its own discovery document says it.";
      problems.push({ path: `${path}/issuer`, what: "an issuer must be reached by https", fix });
    }
    return problems;
  });
}

export const oidcWithDefaults = (providers: OidcFile): readonly OidcConfig[] =>
  providers.map(({ scopes = ["profile"], emailDomain, hours = 12, ...rest }) => ({
    ...rest,
    scopes: [...new Set(["openid", ...scopes])],
    hours,
    ...(emailDomain === undefined ? {} : { emailDomain: emailDomain.toLowerCase() }),
  }));
