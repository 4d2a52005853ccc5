import type { FastifyRequest } from "fastify";
import { Fault } from "../../domain/fault.ts";
import type { App, Context } from "../context.ts";
import type { Me } from "../contract.ts";
import { refuseOtherWays } from "../oidc-accounts.ts";
import { createPasskeys, type PasskeyPlace, passkeyPlace } from "../passkeys.ts";
import { MeAnswer } from "../schemas.ts";
import * as schemas from "../schemas-passkeys.ts";
import { browserOf, passkeyName, startSignIn } from "../sign-ins.ts";
import { limitGuesses, meOf } from "./me.ts";

/** Making and removing one's passkeys, and signing in with one. */
export function passkeyRoutes(app: App, context: Context): void {
  const { deps } = context;
  const { accounts } = deps;
  const passkeys = createPasskeys(deps);
  const ask = limitGuesses(app);
  const guess = limitGuesses(app);
  const placeOf = (request: FastifyRequest): PasskeyPlace =>
    passkeyPlace(deps.passkeyHost, request.headers.host, deps.tls !== undefined);

  app.post(
    "/api/me/passkeys/begin",
    { schema: { response: { 200: schemas.PasskeyAsk } } },
    async (request, reply) => {
      reply.header("cache-control", "no-store");
      await refuseOtherWays(context, context.account(request).id);
      return await passkeys.beginMaking(placeOf(request), context.account(request));
    },
  );

  app.post("/api/me/passkeys", { schema: { body: schemas.MakePasskey } }, async (request, reply) => {
    const { label, made } = request.body;
    await refuseOtherWays(context, context.account(request).id);
    const name = label?.trim() ?? browserOf(request);
    await passkeys.finishMaking(placeOf(request), context.account(request), made, name);
    context.audit("passkey.made", "", context.person(request));
    return reply.code(204).send();
  });

  app.delete(
    "/api/me/passkeys/:passkey",
    { schema: { params: schemas.PasskeyParams } },
    async (request, reply) => {
      const { id } = context.account(request);
      const own = await accounts.credentials(id);
      const found = own.find((one) => passkeyName(one.id) === request.params.passkey);
      if (found === undefined) throw new Fault("NOT_FOUND", "You have no such passkey.");
      await accounts.removeCredential(id, found.id);
      context.audit("passkey.removed", request.params.passkey, context.person(request));
      return reply.code(204).send();
    },
  );

  app.post(
    "/api/sign-in/passkey/begin",
    { schema: { response: { 200: schemas.PasskeyAsk } } },
    async (request, reply) => {
      await ask(request, reply);
      reply.header("cache-control", "no-store");
      return await passkeys.beginSignIn(placeOf(request));
    },
  );

  app.post(
    "/api/sign-in/passkey",
    { schema: { body: schemas.PasskeySignIn, response: { 200: MeAnswer } } },
    async (request, reply): Promise<Me> => {
      await guess(request, reply);
      const place = placeOf(request);
      const account = await passkeys.finishSignIn(place, request.body.answer).catch((error: unknown) => {
        context.audit("sign_in.refused", "passkey");
        throw error;
      });
      await startSignIn(context, request, reply, account.id, "passkey");
      context.auditFor(account, "sign_in", "passkey");
      return meOf(deps, account);
    },
  );
}
