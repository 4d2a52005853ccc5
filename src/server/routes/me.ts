import type { FastifyReply, FastifyRequest } from "fastify";
import { Fault } from "../../domain/fault.ts";
import { MINUTE_MS, wall } from "../../domain/time.ts";
import type { Account, JoinCode } from "../../port/accounts.ts";
import type { App, Context } from "../context.ts";
import type { JoinCodeResponse, Me } from "../contract.ts";
import type { ServerDeps } from "../deps.ts";
import { JOIN_CODE_MS, joinCodeHash, makeCode, verifyOwnerCode } from "../owner-code.ts";
import { JoinCodeAnswer, MakeJoinCode, MeAnswer, SetLanguage, SignIn } from "../schemas.ts";
import { FewerQuery } from "../schemas-channels.ts";
import { Join } from "../schemas-people.ts";
import {
  endCookie,
  endSignIns,
  giveRole,
  homeMeant,
  keepCookie,
  letIn,
  personOf,
  refuseFewerOf,
  rename,
  startSignIn,
} from "../sign-ins.ts";

/** Guesses a minute: from one address, and from everywhere together. */
const TRIES_MAX = 10;
const TRIES_ALL_MAX = 60;

/** Who is here: signing in and out, language, join codes. */
export function meRoutes(app: App, context: Context): void {
  const { deps } = context;
  const guess = limitGuesses(app);

  app.get("/api/me", { schema: { response: { 200: MeAnswer } } }, async (request, reply): Promise<Me> => {
    reply.header("cache-control", "no-store");
    const signedIn = context.signedIn(request);
    // A page that is in use stays signed in: the browser must not forget what is good for longer here.
    if (signedIn !== undefined) keepCookie(context, request, reply);
    return meOf(deps, signedIn?.account);
  });

  app.post(
    "/api/sign-in",
    { schema: { body: SignIn, response: { 200: MeAnswer } } },
    async (request, reply): Promise<Me> => {
      await guess(request, reply);
      const { code, language } = request.body;
      const to = await opens(code);
      if (to === undefined) {
        context.audit("sign_in.refused", "wrong code");
        throw wrongCode();
      }
      const id = await letIn(context, to, request.body.name.trim(), language);
      await startSignIn(context, request, reply, id, "code");
      const account = await deps.accounts.account(id);
      if (account !== undefined) {
        const { name } = account;
        context.audit("sign_in", to.role, { id, name, language, ...to });
      }
      return meOf(deps, account);
    },
  );

  app.post(
    "/api/me/join",
    { schema: { body: Join, response: { 200: MeAnswer } } },
    async (request, reply): Promise<Me> => {
      await guess(request, reply);
      const account = context.account(request);
      const to = await opens(request.body.code);
      if (to === undefined) {
        context.audit("join.refused", "wrong code", context.person(request));
        throw wrongCode();
      }
      await refuseLastOwner(account, to);
      await giveRole(context, account, to);
      context.audit("join", to.role, { ...account, ...to });
      reply.header("cache-control", "no-store");
      return meOf(deps, await deps.accounts.account(account.id));
    },
  );

  app.post("/api/sign-out", { schema: { querystring: FewerQuery } }, async (request, reply) => {
    const signedIn = context.signedIn(request);
    if (signedIn !== undefined) {
      const { account, tokenHash } = signedIn;
      await refuseFewerOf(context, account, [tokenHash], request.query.fewer === "agreed");
    }
    endCookie(context, reply);
    if (signedIn !== undefined) {
      await endSignIns(context, signedIn.account, [signedIn.tokenHash]);
      context.audit("sign_out", "", context.person(request));
    }
    return reply.code(204).send();
  });

  app.post("/api/me/language", { schema: { body: SetLanguage } }, async (request, reply) => {
    const { id, name } = context.account(request);
    await rename(context, { id, name, language: request.body.language });
    return reply.code(204).send();
  });

  app.post(
    "/api/people/join-codes",
    { schema: { body: MakeJoinCode, response: { 200: JoinCodeAnswer } } },
    async (request, reply): Promise<JoinCodeResponse> => {
      const { role } = request.body;
      const home = homeMeant(context, request, request.body.home);
      const code = makeCode(deps.random);
      const expiresAt = wall(deps.clock.wall() + JOIN_CODE_MS);
      await deps.accounts.addJoinCode({ codeHash: joinCodeHash(code), to: { home, role }, expiresAt });
      context.audit("join_code.made", role, { ...context.person(request), home });
      reply.header("cache-control", "no-store");
      return { code, expiresInMs: JOIN_CODE_MS };
    },
  );

  /** Another role takes the place of the one before: a home without an owner lets nobody in any more. */
  async function refuseLastOwner({ id }: Account, to: JoinCode["to"]): Promise<void> {
    if (!("home" in to) || to.role === "owner") return;
    const owners = (await deps.accounts.members(to.home)).filter(({ role }) => role === "owner");
    if (owners.length !== 1 || owners[0]?.id !== id) return;
    throw new Fault("CONFLICT", "You are the only owner of the home.", {
      fix: "Let somebody else in as owner first, with the owner code.",
    });
  }

  async function opens(code: string): Promise<JoinCode["to"] | undefined> {
    if (await verifyOwnerCode(deps.state, code)) return deps.ownerOf;
    return deps.accounts.takeJoinCode(joinCodeHash(code), deps.clock.wall());
  }
}

const wrongCode = (): Fault =>
  new Fault("NOT_ALLOWED", "This code is wrong, used up or too old.", {
    fix: "Check it for typing mistakes, or ask the owner for a new one.",
  });

/** What a page is told of who is signed in. */
export function meOf(deps: ServerDeps, account: Account | undefined): Me {
  const { passkeyHost: passkey, oidc } = deps;
  const ways = { ...(passkey === undefined ? {} : { passkey }), ...(oidc && { oidc: buttonsOf(oidc) }) };
  const about = { ...deps.about(account), ...(Object.keys(ways).length === 0 ? {} : { ways }) };
  const person = account === undefined ? undefined : personOf(account);
  if (account === undefined || person === undefined) return about;
  const { homes, organisations } = account;
  const hub = deps.pairing === undefined ? {} : { hub: true };
  return { ...about, ...hub, person, homes, organisations };
}

const buttonsOf = ({ origin, providers }: NonNullable<ServerDeps["oidc"]>) => ({
  origin,
  providers: providers.map(({ config: { id, label } }) => ({ id, label })),
});

/** Counts tries to guess a secret; throws RATE_LIMITED once there are too many. */
export function limitGuesses(app: App): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const perAddress = app.createRateLimit({ max: TRIES_MAX, timeWindow: MINUTE_MS });
  const together = app.createRateLimit({
    max: TRIES_ALL_MAX,
    timeWindow: MINUTE_MS,
    keyGenerator: () => "everybody",
  });
  return async (request, reply) => {
    for (const limit of [perAddress, together]) {
      const rate = await limit(request);
      if (!rate.isAllowed && rate.isExceeded) {
        reply.header("retry-after", rate.ttlInSeconds);
        throw new Fault("RATE_LIMITED", "Too many codes were tried.", { fix: "Wait a minute." });
      }
    }
  };
}
