import type { FastifyRequest } from "fastify";
import type { AuditAction } from "../../domain/audit-action.ts";
import { Fault } from "../../domain/fault.ts";
import { HOUR_MS, MINUTE_MS, wall } from "../../domain/time.ts";
import type { PairingGrant } from "../../port/registry.ts";
import { type App, type Context, wholeOf } from "../context.ts";
import { joinCodeHash, makeCode } from "../owner-code.ts";
import type { Pairing } from "../pairing-desk.ts";
import { rolesAt } from "../rights.ts";
import { BoxParams, ESTATE_MAX, Estate, GrantAnswer, Pair } from "../schemas-homes.ts";
import { deskOf } from "./homes.ts";

/** Guesses a minute: from one address, and from everywhere together. */
const TRIES_MAX = 10;
const TRIES_ALL_MAX = 60;
/** The family may need some days until the first of them sits down at the hub's page. */
const OWNER_CODE_MS = 72 * HOUR_MS;

/** What boxes ask a hub. They have no sign-in: a code or the signature of a box in use is the permission. */
export function pairRoutes(app: App, context: Context): void {
  const { deps } = context;
  const perAddress = app.createRateLimit({ max: TRIES_MAX, timeWindow: MINUTE_MS });
  const together = app.createRateLimit({
    max: TRIES_ALL_MAX,
    timeWindow: MINUTE_MS,
    keyGenerator: () => "everybody",
  });

  app.post(
    "/api/pair",
    { schema: { body: Pair, response: { 200: GrantAnswer } } },
    async (request, reply): Promise<PairingGrant> => {
      for (const limit of [perAddress, together]) {
        const rate = await limit(request);
        if (rate.isAllowed || !rate.isExceeded) continue;
        reply.header("retry-after", rate.ttlInSeconds);
        throw new Fault("RATE_LIMITED", "Too many codes were tried.", { fix: "Wait a minute." });
      }
      const pairing = await refusalsOnRecord(() => deskOf(context).pair(request.body));
      reply.header("cache-control", "no-store");
      return { ...pairing.grant, ...(await ownerCodeFor(pairing)) };
    },
  );

  app.put(
    "/api/boxes/:box/estate",
    {
      bodyLimit: 2 * ESTATE_MAX,
      schema: { params: BoxParams, body: Estate },
      // A megabyte is read only from a box that is in use.
      preParsing: async (request: FastifyRequest<{ Params: { box: string } }>, reply) => {
        const desk = deskOf(context);
        const box = await desk.registry.box(request.params.box);
        if (box === undefined || box.revokedAt !== undefined) {
          // Signed for that box with what it alone shares with this hub: nobody else can do anything with it.
          const notice = await desk.noticeOf(request.params.box);
          if (notice !== undefined) {
            const putOut: unknown = JSON.parse(notice);
            return reply.code(410).header("cache-control", "no-store").send({ putOut });
          }
          throw new Fault("NOT_ALLOWED", "This box is not in use here.", { fix: "Pair it again." });
        }
      },
    },
    async (request, reply) => {
      await deskOf(context).keepEstate(request.params.box, request.body);
      return reply.code(204).send();
    },
  );

  async function refusalsOnRecord(pair: () => Promise<Pairing>): Promise<Pairing> {
    try {
      const pairing = await pair();
      const { home, box, isRepeat, revoked } = pairing.verdict;
      if (!isRepeat) record("box.paired", box.id, home.id);
      for (const each of revoked) record(`box.${each.revokedWhy ?? "revoked"}`, each.id, each.home);
      return pairing;
    } catch (error) {
      if (error instanceof Fault && error.code !== "NOT_FOUND") context.audit("box.refused", error.code);
      throw error;
    }
  }

  /** Into the record of the home that it is about: there the family reads who watches. */
  function record(action: AuditAction, detail: string, home: string): void {
    deps.homes
      .of(home)
      .audit({ at: deps.clock.wall(), action, detail })
      .catch((error: unknown) => deps.log.note("audit.failed", { action, error: String(error) }, "error"));
  }

  /**
   * A home that nobody belongs to yet gets a code for its owner with the box, unless whom this hub belongs to has made the
   * code for a home of their own: whoever else makes codes gets no home by it. An organisation in whose name the code was
   * made sees nothing: it asks to be let in, and the owner or the patient agrees (GET /api/homes/:home/consents).
   */
  async function ownerCodeFor({
    verdict: { home },
  }: Pairing): Promise<Pick<PairingGrant, "ownerCode" | "asks">> {
    const { accounts, clock } = deps;
    const at = clock.wall();
    const { createdBy, organisation } = home;
    if ((await accounts.members(home.id)).length > 0) return {};
    const maker = await accounts.account(createdBy);
    const isTheirs =
      organisation === undefined && maker !== undefined && rolesAt(maker, wholeOf(deps)).includes("owner");
    if (isTheirs) {
      await accounts.putRole(createdBy, home.id, "owner");
      return {};
    }
    const code = makeCode(deps.random);
    await accounts.addJoinCode({
      codeHash: joinCodeHash(code),
      to: { home: home.id, role: "owner" },
      expiresAt: wall(at + OWNER_CODE_MS),
    });
    const asks = (await accounts.organisations()).find(({ id }) => id === organisation)?.name;
    return { ownerCode: code, ...(asks === undefined ? {} : { asks }) };
  }
}
