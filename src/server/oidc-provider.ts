import type { ClientAuth, Configuration, CustomFetch } from "openid-client";
import type { OidcConfig } from "../config/oidc.ts";
import { isLoopbackUrl } from "../domain/address.ts";
import { Fault, messageOf } from "../domain/fault.ts";
import { plainWords } from "../domain/plain-words.ts";
import { HOUR_MS, type Mono, SECOND_MS } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Http } from "../port/http.ts";
import type { Log } from "../port/log.ts";
import type { Claims } from "./oidc-rules.ts";

/** Longest wait for one answer of a provider; a sign-in asks it three times at most. */
const ANSWER_MS = 5 * SECOND_MS;
/** How long a discovery document is believed. */
const DISCOVERY_MS = HOUR_MS;
const BASIC = "client_secret_basic";

/** What ties an answer to its question: each 32 random bytes, used once. */
export interface OidcProof {
  readonly state: string;
  readonly nonce: string;
  /** Of PKCE: shows that who brings the code asked for it. */
  readonly verifier: string;
}

/** A clinic's provider of identities: OpenID Connect Core 1.0, code flow with PKCE (RFC 7636, S256). */
export interface OidcProvider {
  readonly config: OidcConfig;
  /** Asks for its discovery document unless that is known. Rejects with OIDC_UNREACHABLE. */
  discover(): Promise<void>;
  /** Where to send a browser that wants to sign in. Rejects with OIDC_UNREACHABLE. */
  begin(returnTo: string, proof: OidcProof): Promise<string>;
  /** Who came back, by an ID token whose signature, issuer, audience, times and nonce were checked. Rejects with
   * OIDC_REFUSED, OIDC_UNREACHABLE. */
  finish(returned: URL, proof: OidcProof): Promise<Claims>;
}

interface Known {
  readonly configuration: Configuration;
  readonly secret: string;
  readonly until: Mono | number;
}

/** Needs no start or stop: it holds no timer. The library is loaded at the first use. */
export function createOidcProvider(deps: {
  readonly config: OidcConfig;
  readonly http: Http;
  readonly clock: Clock;
  readonly log: Log;
  /** Reads the file with this hub's secret at the provider. */
  readonly secret: (file: string) => Promise<string>;
}): OidcProvider {
  const { config, clock, log } = deps;
  const issuer = new URL(config.issuer);
  const fetch = boundedFetch(deps.http, issuer);
  let known: Known | undefined;

  /** Why something did not work, into the log: never what the provider said of somebody. */
  const fail = (error: unknown): Fault => {
    const fault = faultOf(error);
    const why = plainWords(messageOf(faultIn(error) ?? error));
    log.note("oidc.failed", { provider: config.id, code: codeOf(error) ?? fault.code, why }, "warn");
    return fault;
  };

  const discovered = async (): Promise<Configuration> => {
    const secret = await deps.secret(config.clientSecretFile);
    if (known !== undefined && known.secret === secret && clock.mono() < known.until) {
      return known.configuration;
    }
    const oidc = await library();
    // The standard's own way unless the provider names others only.
    const proveSelf: ClientAuth = (server, ...rest) => {
      const ways = server.token_endpoint_auth_methods_supported ?? [BASIC];
      const way = ways.includes(BASIC) ? oidc.ClientSecretBasic(secret) : oidc.ClientSecretPost(secret);
      way(server, ...rest);
    };
    const configuration = await oidc.discovery(issuer, config.clientId, undefined, proveSelf, {
      [oidc.customFetch]: fetch,
      // The ID token's own signature counts, not only the connection that it came over.
      execute: [
        oidc.enableNonRepudiationChecks,
        ...(isLoopbackUrl(issuer) ? [oidc.allowInsecureRequests] : []),
      ],
    });
    checkMetadata(configuration, issuer);
    known = { configuration, secret, until: clock.mono() + DISCOVERY_MS };
    return configuration;
  };

  return {
    config,
    async discover() {
      await discovered().catch((error: unknown) => {
        throw unreachable(fail(error));
      });
    },
    async begin(returnTo, { state, nonce, verifier }) {
      try {
        const configuration = await discovered();
        const oidc = await library();
        return oidc.buildAuthorizationUrl(configuration, {
          redirect_uri: returnTo,
          scope: config.scopes.join(" "),
          code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
          code_challenge_method: "S256",
          state,
          nonce,
        }).href;
      } catch (error) {
        throw unreachable(fail(error));
      }
    },
    async finish(returned, { state, nonce, verifier }) {
      try {
        const configuration = await discovered();
        const { authorizationCodeGrant } = await library();
        const answer = await authorizationCodeGrant(configuration, returned, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
        });
        const claims = answer.claims();
        if (claims === undefined) throw new Fault("OIDC_REFUSED", "The answer held no ID token.");
        return claims;
      } catch (error) {
        throw fail(error);
      }
    },
  };
}

/** Only a hub with a provider pays for the library. */
const library = () => import("openid-client");

/** Requests over the one way out: bounded in size and time, redirects not followed, https but for this machine. */
const boundedFetch =
  (http: Http, issuer: URL): CustomFetch =>
  async (url, { method, headers, body }) => {
    if (!isSafe(new URL(url), issuer)) {
      throw new Fault("OIDC_UNREACHABLE", "The provider names an address that is not https.");
    }
    if (method !== "GET" && method !== "POST")
      throw new Fault("OIDC_UNREACHABLE", `There is no ${method} here.`);
    const isText = typeof body === "string" || body instanceof URLSearchParams;
    const answer = await http.request({
      ...{ method, url, headers, timeoutMs: ANSWER_MS },
      ...(isText ? { body: Buffer.from(body.toString()) } : {}),
    });
    const { status } = answer;
    if (status < 200 || status > 599) throw new Fault("OIDC_UNREACHABLE", `The provider answers ${status}.`);
    const type = answer.headers["content-type"];
    const init = { status, headers: type === undefined ? {} : { "content-type": type } };
    return new Response(BODILESS.has(status) ? null : answer.body, init);
  };

/** Answers that may have no body. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

const isSafe = (url: URL, issuer: URL): boolean =>
  url.protocol === "https:" || (url.protocol === "http:" && isLoopbackUrl(url) && isLoopbackUrl(issuer));

/**
 * The library lets Microsoft's addresses for any tenant pass; here the one that was configured has to answer, since
 * anybody can have a tenant and put anything into its claims.
 */
function checkMetadata(configuration: Configuration, issuer: URL): void {
  const { issuer: found, authorization_endpoint: page = "" } = configuration.serverMetadata();
  if (!URL.canParse(found) || new URL(found).href !== issuer.href) {
    throw new Fault("OIDC_UNREACHABLE", "The discovery document is of another issuer.");
  }
  if (!URL.canParse(page) || !isSafe(new URL(page), issuer)) {
    throw new Fault("OIDC_UNREACHABLE", "The discovery document names no page to sign in on by https.");
  }
}

/** Of the library: what came was no answer of a provider at all. */
const UNREADABLE: ReadonlySet<string> = new Set([
  "OAUTH_PARSE_ERROR",
  "OAUTH_RESPONSE_IS_NOT_JSON",
  "OAUTH_RESPONSE_IS_NOT_CONFORM",
  "OAUTH_HTTP_REQUEST_FORBIDDEN",
]);

function faultOf(error: unknown): Fault {
  const known = faultIn(error);
  if (known !== undefined) return known.code === "OIDC_REFUSED" ? known : unreachable(known);
  return UNREADABLE.has(codeOf(error) ?? "") ? unreachable(error) : refused(error);
}

/** What we said ourselves, below what the library made of it. */
function faultIn(error: unknown): Fault | undefined {
  for (let cause: unknown = error; cause instanceof Error; { cause } = cause) {
    if (cause instanceof Fault) return cause;
  }
  return undefined;
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;

const refused = (cause?: unknown): Fault =>
  new Fault("OIDC_REFUSED", "The answer of the clinic's sign-in was not accepted.", {
    ...(cause === undefined ? {} : { cause }),
    fix: "Try once more, from the button on the page.",
  });

const unreachable = (cause: unknown): Fault =>
  new Fault("OIDC_UNREACHABLE", "The clinic's sign-in does not work now.", {
    cause,
    fix: "Try again later, or sign in with a code; `breathwatch check` on the hub says what is wrong.",
  });
