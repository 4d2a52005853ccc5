import type { FastifyReply, FastifyRequest } from "fastify";
import { Fault } from "../../domain/fault.ts";
import { HOUR_MS } from "../../domain/time.ts";
import type { ExternalIdentity } from "../../port/accounts.ts";
import type { App, Context } from "../context.ts";
import type { LossResponse } from "../contract/channels.ts";
import type { OidcBegunResponse, SignInsResponse } from "../contract/people.ts";
import type { ServerDeps } from "../deps.ts";
import { accountFor, linkIdentity, refuseOtherWays } from "../oidc-accounts.ts";
import { FLOW_MS, type Flow, Flows } from "../oidc-flows.ts";
import type { OidcProvider } from "../oidc-provider.ts";
import { FewerQuery, LossAnswer } from "../schemas-channels.ts";
import * as schemas from "../schemas-oidc.ts";
import { cookieName, oidcCookie } from "../security.ts";
import { endSignIns, lossOfSignIns, refuseFewerOf, startSignIn } from "../sign-ins.ts";
import { limitGuesses } from "./me.ts";

type Oidc = NonNullable<ServerDeps["oidc"]>;

/** Where people land of whom nobody knows where they came from. */
const START = "/";

/** Signing in through a clinic's own provider of identities, and linking who one is there to one's account. */
export function oidcRoutes(app: App, context: Context): void {
  const { deps } = context;
  const { accounts } = deps;
  const flows = new Flows(deps);
  const begins = limitGuesses(app);
  const params = schemas.ProviderParams;

  app.post(
    "/api/sign-in/oidc/:provider/begin",
    { schema: { params, body: schemas.BeginSignIn, response: { 200: schemas.BegunAnswer } } },
    async (request, reply): Promise<OidcBegunResponse> => {
      await begins(request, reply);
      return await begin(request, reply, request.params.provider, request.body);
    },
  );

  app.post(
    "/api/me/oidc/:provider/begin",
    { schema: { params, body: schemas.BeginLink, response: { 200: schemas.BegunAnswer } } },
    async (request, reply): Promise<OidcBegunResponse> => {
      await begins(request, reply);
      const { id, language } = context.account(request);
      const link = { account: id, tokenHash: context.signedIn(request)?.tokenHash ?? "" };
      return await begin(request, reply, request.params.provider, { ...request.body, language, link });
    },
  );

  app.get("/api/sign-in/oidc/:provider/return", { schema: { params } }, async (request, reply) => {
    const { provider: id } = request.params;
    const flow = flows.take(request.cookies[oidcCookie(deps.tls !== undefined)]);
    setFlowCookie(reply, "", 0);
    reply.header("cache-control", "no-store");
    try {
      const found = providerOf(deps, id);
      // Another provider's answer must not pass for this one's (RFC 9700, section 4.4).
      if (flow === undefined || flow.provider !== id) throw strayed();
      await land(request, reply, found, flow);
      return await reply.redirect(flow.page, 303);
    } catch (error) {
      const code = error instanceof Fault ? error.code : "SERVER_FAILED";
      if (code === "SERVER_FAILED") deps.log.note("oidc.broken", { error: String(error) }, "error");
      context.audit("sign_in.refused", `oidc ${code}`);
      // The page says why in its reader's language; code and state stay out of its address.
      return await reply.redirect(`${flow?.page ?? START}#oidc=${code}`, 303);
    }
  });

  /** The sign-ins by that link that end with it: all but the one that asks. */
  const endingWith = async (request: FastifyRequest, issuer: string): Promise<readonly string[]> => {
    const here = context.signedIn(request)?.tokenHash;
    const all = await accounts.sessionsBy(context.account(request).id, issuer);
    return all.filter((hash) => hash !== here);
  };

  app.get(
    "/api/me/oidc/:provider/loss",
    { schema: { params, response: { 200: LossAnswer } } },
    async (request, reply): Promise<LossResponse> => {
      reply.header("cache-control", "no-store");
      const { issuer } = providerOf(deps, request.params.provider).provider.config;
      return lossOfSignIns(context, context.account(request), await endingWith(request, issuer));
    },
  );

  const unlinking = { params, querystring: FewerQuery };
  app.delete("/api/me/oidc/:provider", { schema: unlinking }, async (request, reply) => {
    const { config } = providerOf(deps, request.params.provider).provider;
    const account = context.account(request);
    await refuseOtherWays(context, account.id);
    const ending = await endingWith(request, config.issuer);
    await refuseFewerOf(context, account, ending, request.query.fewer === "agreed");
    if (!(await accounts.removeExternal(account.id, config.issuer))) {
      throw new Fault("NOT_FOUND", "You are not linked to anybody there.");
    }
    const here = context.signedIn(request)?.tokenHash;
    await endSignIns(context, account, await accounts.endSessionsBy(account.id, config.issuer, here));
    context.audit("oidc.unlinked", config.id, context.person(request));
    return reply.code(204).send();
  });

  async function begin(
    request: FastifyRequest,
    reply: FastifyReply,
    id: string,
    asked: Pick<Flow, "page" | "language" | "link">,
  ): Promise<OidcBegunResponse> {
    const { oidc, provider } = providerOf(deps, id);
    if (request.headers.host !== new URL(oidc.origin).host) {
      // The cookie of this page would not be there where the provider sends the browser back to.
      throw new Fault(
        "OIDC_REFUSED",
        "The clinic's sign-in leads back to another address than this page's.",
        {
          fix: `Open the page at ${oidc.origin}.`,
        },
      );
    }
    const proof = { state: flows.fresh(), nonce: flows.fresh(), verifier: flows.fresh() };
    const url = await provider.begin(returnAddress(oidc, id), proof);
    setFlowCookie(reply, flows.begin({ ...proof, ...asked, provider: id }), FLOW_MS / 1_000);
    reply.header("cache-control", "no-store");
    return { url };
  }

  /** Whoever came back is signed in, or linked. */
  async function land(
    request: FastifyRequest,
    reply: FastifyReply,
    { oidc, provider }: { readonly oidc: Oidc; readonly provider: OidcProvider },
    flow: Flow,
  ): Promise<void> {
    const returned = new URL(returnAddress(oidc, flow.provider));
    returned.search = new URL(request.raw.url ?? "", oidc.origin).search;
    const claims = await provider.finish(returned, flow);
    if (flow.link !== undefined) {
      const { account, tokenHash } = flow.link;
      const signedIn = await context.sessions.find(request.cookies[cookieName(deps.tls !== undefined)]);
      if (signedIn?.tokenHash !== tokenHash) throw strayed();
      await linkIdentity(context, provider, claims, account);
      context.auditFor(signedIn.account, "oidc.linked", flow.provider);
      return;
    }
    const account = await accountFor(context, { ...oidc, provider }, claims, flow.language);
    const { issuer, hours } = provider.config;
    await startSignIn(context, request, reply, account.id, "clinic", { issuer, lastsMs: hours * HOUR_MS });
    context.auditFor(account, "sign_in", `oidc ${flow.provider}`);
  }

  function setFlowCookie(reply: FastifyReply, value: string, maxAge: number): void {
    const secure = deps.tls !== undefined;
    // Lax: the provider sends the browser back here from its own site.
    const options = { path: "/", httpOnly: true, sameSite: "lax", secure, maxAge } as const;
    reply.setCookie(oidcCookie(secure), value, options);
  }
}

/** What somebody sees of their identities; undefined where there is no provider. */
export function identitiesOf(
  { oidc }: ServerDeps,
  identities: readonly ExternalIdentity[],
): SignInsResponse["identities"] {
  return oidc?.providers.flatMap(({ config: { id, label, issuer } }) =>
    identities
      .filter((one) => one.issuer === issuer)
      .map(({ linkedAt, usedAt, gives }) => ({
        ...{ provider: id, label, linkedAt, only: gives !== undefined },
        ...(usedAt === undefined ? {} : { usedAt }),
      })),
  );
}

/** As it is registered at the provider. */
const returnAddress = ({ origin }: Oidc, provider: string): string =>
  `${origin}/api/sign-in/oidc/${provider}/return`;

function providerOf(
  { oidc }: ServerDeps,
  id: string,
): { readonly oidc: Oidc; readonly provider: OidcProvider } {
  const provider = oidc?.providers.find(({ config }) => config.id === id);
  if (oidc === undefined || provider === undefined) {
    throw new Fault("NOT_FOUND", "There is no such sign-in here.");
  }
  return { oidc, provider };
}

const strayed = (): Fault =>
  new Fault("OIDC_REFUSED", "This browser did not begin this sign-in, or it took longer than ten minutes.");
