import type { FastifyRequest } from "fastify";
import { Fault } from "../../domain/fault.ts";
import type { HomeId } from "../../domain/ids.ts";
import { DAY_MS, wall } from "../../domain/time.ts";
import type { Account } from "../../port/accounts.ts";
import type { BoxRecord, ClaimCode } from "../../port/registry.ts";
import type { App, Asking, Context } from "../context.ts";
import type { ClaimCodeResponse, HomesResponse, HomeView } from "../contract/homes.ts";
import { limitOf, pageOf } from "../paging.ts";
import type { MadeClaimCode, PairingDesk } from "../pairing-desk.ts";
import {
  ClaimCodeAnswer,
  CodeParams,
  HomeBoxParams,
  HomeParams,
  HomesAnswer,
  HomesQuery,
  NewHome,
  RenameHome,
} from "../schemas-homes.ts";

/** Codes that somebody can have waiting at once: a van full of boxes. */
const CODES_MAX = 100;
/** So long a home that does not let its organisation in stands in the list. */
const WAITING_SHOWN_MS = 90 * DAY_MS;
const HOMES_SHOWN = { usual: 50, most: 200 };

/** Homes and boxes of a hub, for those who look after them. */
export function homeRoutes(app: App, context: Context): void {
  const { deps } = context;

  const schema = { querystring: HomesQuery, response: { 200: HomesAnswer } };
  app.get("/api/homes", { schema }, async (request, reply) => {
    const { registry } = deskOf(context);
    const { search = "", before } = request.query;
    const mine = new Set(context.homes(request));
    const me = context.person(request).id;
    const now = deps.clock.wall();
    const [homes, boxes, codes, used, organisations] = await Promise.all([
      registry.homes(),
      registry.boxes(),
      registry.claimCodes(now),
      registry.usedCodes(wall(now - WAITING_SHOWN_MS)),
      deps.accounts.organisations(),
    ]);
    const own = ownOrganisations(context.account(request));
    const boxesOf = Map.groupBy(boxes, ({ home }) => home);
    const visible = homes.filter(({ id }) => mine.has(id));
    const labels = new Map(visible.map(({ id, label }) => [id, label]));
    const found = visible.filter(({ label }) => plain(label).includes(plain(search)));
    const limit = limitOf(request.query.limit, HOMES_SHOWN);
    const { items, next } = pageOf(found, { before, limit }, ({ id }) => id);
    const answer: HomesResponse = {
      homes: items.map(({ id, label, createdAt }) => ({
        ...{ id, label, createdAt },
        boxes: (boxesOf.get(id) ?? []).map(boxView),
      })),
      ...(next === undefined ? {} : { next }),
      total: found.length,
      codes: codes
        .filter(({ home, madeBy }) => madeBy === me || (home !== undefined && mine.has(home)))
        .map(({ codeHash: id, home, label, expiresAt }) => ({
          ...{ id, expiresAt, label: (home && labels.get(home)) ?? label },
          ...(home && { home }),
        })),
      waiting: waitingIn({ used, boxes, own, mine }),
      organisations: organisations.filter(({ id }) => own.includes(id)),
    };
    reply.header("cache-control", "no-store");
    return answer;
  });

  app.post(
    "/api/homes/codes",
    { schema: { body: NewHome, response: { 200: ClaimCodeAnswer } } },
    async (request, reply): Promise<ClaimCodeResponse> => {
      const { label, organisation } = request.body;
      const by = context.person(request);
      if (organisation !== undefined && !ownOrganisations(context.account(request)).includes(organisation)) {
        throw new Fault("NOT_ALLOWED", "This organisation is not yours.");
      }
      reply.header("cache-control", "no-store");
      const asked = { label: label.trim(), by: by.id, ...(organisation && { organisation }) };
      return codeFor(by, () => deskOf(context).makeCode(asked));
    },
  );

  app.post(
    "/api/homes/:home/codes",
    { schema: { params: HomeParams, response: { 200: ClaimCodeAnswer } } },
    async (request, reply): Promise<ClaimCodeResponse> => {
      const { home } = request.params;
      const by = context.person(request);
      reply.header("cache-control", "no-store");
      return codeFor(by, () => deskOf(context).makeCode({ home, label: "", by: by.id }));
    },
  );

  app.delete("/api/homes/codes/:code", { schema: { params: CodeParams } }, async (request, reply) => {
    const { registry } = deskOf(context);
    const now = deps.clock.wall();
    const by = context.person(request);
    const mine = context.homes(request);
    const codes = await registry.claimCodes(now);
    const code = codes.find(({ codeHash }) => codeHash === request.params.code);
    const may = code !== undefined && (code.madeBy === by.id || isOneOf(mine, code.home));
    if (!may || !(await registry.withdrawClaimCode(code.codeHash, now))) {
      throw new Fault("NOT_FOUND", "There is no such code that may still be used.");
    }
    context.audit("claim_code.withdrawn", code.home ?? "a new home", by);
    return reply.code(204).send();
  });

  app.put(
    "/api/homes/:home",
    { schema: { params: HomeParams, body: RenameHome } },
    async (request, reply) => {
      const { home } = request.params;
      if (!(await deskOf(context).registry.renameHome(home, request.body.label.trim()))) throw noHome();
      context.audit("home.renamed", "", context.person(request));
      return reply.code(204).send();
    },
  );

  app.post(
    "/api/homes/:home/boxes/:box/revoke",
    { schema: { params: HomeBoxParams } },
    async (request: FastifyRequest<{ Params: { home: string; box: string } }>, reply) => {
      const { home, box } = request.params;
      await deskOf(context).revoke(home, box);
      context.audit("box.revoked", box, context.person(request));
      return reply.code(204).send();
    },
  );

  async function codeFor(by: Asking, make: () => Promise<MadeClaimCode>): Promise<ClaimCodeResponse> {
    const codes = await deskOf(context).registry.claimCodes(deps.clock.wall());
    if (codes.filter(({ madeBy }) => madeBy === by.id).length >= CODES_MAX) {
      throw new Fault("CONFLICT", `${CODES_MAX} of your codes wait for a box already.`, {
        fix: "Withdraw those that are not needed.",
      });
    }
    const made = await make();
    context.audit("claim_code.made", by.home ?? "a new home", by);
    return made;
  }
}

/**
 * What an organisation set up and does not see, since nobody there has let it in. By the names that it gave itself: how
 * the family calls the home is not its to know.
 */
function waitingIn(known: {
  readonly used: readonly ClaimCode[];
  readonly boxes: readonly BoxRecord[];
  readonly own: readonly string[];
  readonly mine: ReadonlySet<string>;
}): HomesResponse["waiting"] {
  const inUse = new Map(
    known.boxes.filter(({ revokedAt }) => revokedAt === undefined).map((box) => [box.id, box]),
  );
  return known.used.flatMap(({ codeHash: id, home, label, organisation, usedBy = "" }) => {
    const box = inUse.get(usedBy);
    const isOwn = organisation !== undefined && known.own.includes(organisation);
    if (home !== undefined || !isOwn || box === undefined || known.mine.has(box.home)) return [];
    return [{ id, label, organisation, pairedAt: box.pairedAt }];
  });
}

/** What takes boxes in. Throws NOT_FOUND where this is no hub. */
export function deskOf({ deps }: Context): PairingDesk {
  if (deps.pairing !== undefined) return deps.pairing;
  throw new Fault("NOT_FOUND", "This is no hub: boxes are not paired here.", {
    fix: "Ask the machine that runs `breathwatch hub`.",
  });
}

/** In whose name an account may make codes. */
const ownOrganisations = ({ organisations }: Account): readonly string[] =>
  organisations.filter(({ role }) => role !== "therapist").map(({ organisation }) => organisation);

const isOneOf = (homes: readonly HomeId[], home: HomeId | undefined): boolean =>
  home !== undefined && homes.includes(home);

const boxView = ({ id, pairedAt, revokedAt, revokedWhy }: BoxRecord): HomeView["boxes"][number] => ({
  id,
  pairedAt,
  ...(revokedAt === undefined ? {} : { revokedAt }),
  ...(revokedWhy === undefined ? {} : { revokedWhy }),
});

const noHome = (): Fault => new Fault("NOT_FOUND", "There is no such home on this hub.");

/** As people search: without case, and half-width where both exist. */
const plain = (text: string): string => text.normalize("NFKC").toLowerCase().trim();
