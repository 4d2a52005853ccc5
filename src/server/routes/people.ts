import type { FastifyReply, FastifyRequest } from "fastify";
import { hashPassword, verifyPassword } from "../../crypt/password.ts";
import { Fault } from "../../domain/fault.ts";
import type { App, Context } from "../context.ts";
import type { LossResponse } from "../contract/channels.ts";
import type { SignInsResponse } from "../contract/people.ts";
import type { Me } from "../contract.ts";
import { refuseOtherWays } from "../oidc-accounts.ts";
import { MeAnswer } from "../schemas.ts";
import { FewerQuery, LossAnswer } from "../schemas-channels.ts";
import * as schemas from "../schemas-people.ts";
import {
  endSignIns,
  lossOfSignIns,
  passkeyName,
  refuseFewerOf,
  signInsShown,
  startSignIn,
} from "../sign-ins.ts";
import { limitGuesses, meOf } from "./me.ts";
import { identitiesOf } from "./oidc.ts";

/** One's own sign-ins and password. */
export function peopleRoutes(app: App, context: Context): void {
  const { deps } = context;
  const { accounts } = deps;
  const guess = limitGuesses(app);

  app.get(
    "/api/me/sign-ins",
    { schema: { response: { 200: schemas.SignInsAnswer } } },
    async (request, reply): Promise<SignInsResponse> => {
      reply.header("cache-control", "no-store");
      const { id } = context.account(request);
      const current = context.signedIn(request)?.tokenHash;
      const login = await accounts.login(id);
      const passkeys = (await accounts.credentials(id)).map((one) => ({
        ...{ id: passkeyName(one.id), label: one.label, createdAt: one.createdAt },
        ...(one.usedAt === undefined ? {} : { usedAt: one.usedAt }),
      }));
      const signIns = signInsShown(await accounts.sessions(id, deps.clock.wall()), current);
      const identities = identitiesOf(deps, await accounts.externals(id));
      return {
        ...{ signIns, passkeys },
        ...(identities === undefined ? {} : { identities }),
        ...(login === undefined ? {} : { login }),
      };
    },
  );

  /** Of whoever asks, as hashes: one by its name, all others, or this one. Throws NOT_FOUND. */
  const ownSignIns = async (request: FastifyRequest, which: string): Promise<readonly string[]> => {
    const here = context.signedIn(request)?.tokenHash;
    const own = await accounts.sessions(context.account(request).id, deps.clock.wall());
    const hashes = own.map(({ tokenHash }) => tokenHash);
    if (which === "others") return hashes.filter((hash) => hash !== here);
    const found = hashes.filter((hash) => (which === "here" ? hash === here : hash.startsWith(which)));
    if (found.length === 0) throw new Fault("NOT_FOUND", "You have no such sign-in.");
    return found;
  };

  app.get(
    "/api/me/sign-ins/:id/loss",
    { schema: { params: schemas.SignInLossParams, response: { 200: LossAnswer } } },
    async (request, reply): Promise<LossResponse> => {
      reply.header("cache-control", "no-store");
      const signIns = await ownSignIns(request, request.params.id);
      return lossOfSignIns(context, context.account(request), signIns);
    },
  );

  app.delete(
    "/api/me/sign-ins/:id",
    { schema: { params: schemas.SignInParams, querystring: FewerQuery } },
    async (request, reply) => {
      const account = context.account(request);
      const found = await ownSignIns(request, request.params.id);
      await refuseFewerOf(context, account, found, request.query.fewer === "agreed");
      await endSignIns(context, account, found);
      context.audit("sign_in.ended", request.params.id, context.person(request));
      return reply.code(204).send();
    },
  );

  app.delete("/api/me/sign-ins", { schema: { querystring: FewerQuery } }, async (request, reply) => {
    const account = context.account(request);
    const others = await ownSignIns(request, "others");
    await refuseFewerOf(context, account, others, request.query.fewer === "agreed");
    const ended = await accounts.endSessions(account.id, context.signedIn(request)?.tokenHash);
    await endSignIns(context, account, ended);
    context.audit("sign_in.ended", `${ended.length} others`, context.person(request));
    return reply.code(204).send();
  });

  const setting = { body: schemas.SetPassword, querystring: FewerQuery };
  app.put("/api/me/password", { schema: setting }, async (request, reply) => {
    const { login, password, old } = request.body;
    const account = context.account(request);
    await refuseOtherWays(context, account.id);
    await checkOld(request, reply, old);
    const others = await ownSignIns(request, "others");
    await refuseFewerOf(context, account, others, request.query.fewer === "agreed");
    await accounts.setPassword(account.id, login.trim(), await hashPassword(password));
    // Whoever knew the old one is out.
    const ended = await accounts.endSessions(account.id, context.signedIn(request)?.tokenHash);
    await endSignIns(context, account, ended);
    context.audit("password.set", "", context.person(request));
    return reply.code(204).send();
  });

  app.delete("/api/me/password", { schema: { body: schemas.EndPassword } }, async (request, reply) => {
    await checkOld(request, reply, request.body.old);
    await accounts.endPassword(context.account(request).id);
    context.audit("password.ended", "", context.person(request));
    return reply.code(204).send();
  });

  /** A sign-in that somebody left open must not be enough to lock its owner out. */
  const checkOld = async (
    request: FastifyRequest,
    reply: FastifyReply,
    old: string | undefined,
  ): Promise<void> => {
    const login = await accounts.login(context.account(request).id);
    const kept = login === undefined ? undefined : await accounts.password(login);
    if (kept === undefined) return;
    await guess(request, reply);
    if (old !== undefined && (await verifyPassword(old, kept.hash))) return;
    context.audit("password.kept", "wrong old one", context.person(request));
    throw new Fault("NOT_ALLOWED", "The password until now is wrong.", {
      fix: "Enter it once more. Who has forgotten it is removed by the owner and joins again with a code.",
    });
  };

  app.post(
    "/api/sign-in/password",
    { schema: { body: schemas.PasswordSignIn, response: { 200: MeAnswer } } },
    async (request, reply): Promise<Me> => {
      await guess(request, reply);
      const { login, password } = request.body;
      const kept = await accounts.password(login);
      const isRight = await verifyPassword(password, kept?.hash);
      const account = kept === undefined || !isRight ? undefined : await accounts.account(kept.account);
      if (account === undefined) {
        context.audit("sign_in.refused", "wrong password");
        throw new Fault("NOT_ALLOWED", "This name or password is wrong.", {
          fix: "Check both, or join again with a code.",
        });
      }
      await startSignIn(context, request, reply, account.id, "password");
      context.auditFor(account, "sign_in", "password");
      return meOf(deps, account);
    },
  );
}
