import { createHash } from "node:crypto";
import { Fault } from "../../domain/fault.ts";
import { qualifiedBed } from "../../domain/ids.ts";
import { wall } from "../../domain/time.ts";
import type { App, Context } from "../context.ts";
import type { ShareMadeResponse, ShareOpenedResponse, SharesResponse } from "../contract/people.ts";
import * as schemas from "../schemas-people.ts";
import { shareCookie } from "../security.ts";
import { limitGuesses } from "./me.ts";

/** Links that show one bed, read only, to whoever holds them. */
export function shareRoutes(app: App, context: Context): void {
  const { deps } = context;
  const { accounts } = deps;
  const secure = deps.tls !== undefined;
  const guess = limitGuesses(app);

  app.get(
    "/api/homes/:home/shares",
    { schema: { params: schemas.HomeParams, response: { 200: schemas.SharesAnswer } } },
    async (request, reply): Promise<SharesResponse> => {
      reply.header("cache-control", "no-store");
      const shares = await accounts.shares(request.params.home, deps.clock.wall());
      return { shares: shares.map(({ home: _home, madeBy: _madeBy, ...rest }) => rest) };
    },
  );

  app.post(
    "/api/homes/:home/shares",
    {
      schema: {
        params: schemas.HomeParams,
        body: schemas.MakeShare,
        response: { 200: schemas.ShareMadeAnswer },
      },
    },
    async (request, reply): Promise<ShareMadeResponse> => {
      const { home } = request.params;
      const { bed, scope, label, forMs } = request.body;
      const person = context.person(request);
      const secret = Buffer.from(deps.random.bytes(32)).toString("base64url");
      const madeAt = deps.clock.wall();
      const expiresAt = wall(madeAt + forMs);
      const share = { id: context.newId(), home, bed, scope, label: label.trim(), madeBy: person.id };
      await accounts.addShare({ ...share, madeAt, expiresAt, uses: 0 }, shareHash(secret));
      context.audit("share.made", `${share.id} ${bed} ${scope} for ${forMs} ms`, person);
      reply.header("cache-control", "no-store");
      return { id: share.id, path: `/share#secret=${secret}`, expiresAt };
    },
  );

  app.delete(
    "/api/homes/:home/shares/:share",
    { schema: { params: schemas.HomeShareParams } },
    async (request, reply) => {
      const { home, share } = request.params;
      if (!(await accounts.endShare(home, share))) throw new Fault("NOT_FOUND", "There is no such link.");
      context.hub.recheck();
      context.audit("share.ended", share, context.person(request));
      return reply.code(204).send();
    },
  );

  app.post(
    "/api/share",
    { schema: { body: schemas.OpenShare, response: { 200: schemas.ShareOpenedAnswer } } },
    async (request, reply): Promise<ShareOpenedResponse> => {
      await guess(request, reply);
      const { secret } = request.body;
      const share = await accounts.share(shareHash(secret), deps.clock.wall(), true);
      if (share === undefined) {
        throw new Fault("NOT_FOUND", "This link is not known, was ended or is too old.", {
          fix: "Ask who sent it for a new one.",
        });
      }
      const maxAge = Math.floor((share.expiresAt - deps.clock.wall()) / 1_000);
      const options = { path: "/", httpOnly: true, sameSite: "lax", secure, maxAge } as const;
      reply.setCookie(shareCookie(secure), secret, options).header("cache-control", "no-store");
      const { id, home, bed, scope, expiresAt } = share;
      deps.homes
        .of(home)
        .audit({ at: deps.clock.wall(), action: "share.opened", detail: id })
        .catch((error: unknown) => deps.log.note("audit.failed", { error: String(error) }, "error"));
      const here = deps.live.bed(qualifiedBed(home, bed))?.bed ?? bed;
      return { bed: here, scope, expiresAt };
    },
  );
}

/** A link's secret as the store knows it. */
export const shareHash = (secret: string): string => createHash("sha256").update(secret).digest("hex");
