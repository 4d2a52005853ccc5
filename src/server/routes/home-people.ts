import { Fault } from "../../domain/fault.ts";
import type { HomeId, PersonId } from "../../domain/ids.ts";
import type { App, Context } from "../context.ts";
import type { LossResponse } from "../contract/channels.ts";
import type { HomeAuditResponse, MemberSignInsResponse, MembersResponse } from "../contract/people.ts";
import { limitOf, pageOf } from "../paging.ts";
import { lossWithout, refuseFewer } from "../phone-loss.ts";
import { FewerQuery, LossAnswer } from "../schemas-channels.ts";
import * as schemas from "../schemas-people.ts";
import { endRole, endSignIns, lossOfSignIns, refuseFewerOf, signInsShown } from "../sign-ins.ts";

/** All of them, for programs that know of no parts; a page asks for less. */
const PEOPLE_SHOWN = { usual: 200, most: 200 };
const ENTRIES_SHOWN = { usual: 50, most: 200 };

/** The people of a home, where they are signed in, and what they did. */
export function homePeopleRoutes(app: App, context: Context): void {
  const { deps } = context;
  const { accounts } = deps;

  app.get(
    "/api/homes/:home/people",
    {
      schema: {
        params: schemas.HomeParams,
        querystring: schemas.MembersQuery,
        response: { 200: schemas.MembersAnswer },
      },
    },
    async (request, reply): Promise<MembersResponse> => {
      reply.header("cache-control", "no-store");
      const { before, limit } = request.query;
      const members = await accounts.members(request.params.home);
      const part = pageOf(members, { before, limit: limitOf(limit, PEOPLE_SHOWN) }, ({ id }) => id);
      return {
        ...{ people: part.items, total: members.length },
        ...(part.next === undefined ? {} : { next: part.next }),
      };
    },
  );

  app.delete(
    "/api/homes/:home/people/:person",
    { schema: { params: schemas.HomePersonParams, querystring: FewerQuery } },
    async (request, reply) => {
      const { home, person: id } = request.params;
      const members = await accounts.members(home);
      const member = members.find((one) => one.id === id);
      if (member === undefined) throw new Fault("NOT_FOUND", "There is no such person in this home.");
      const owners = members.filter(({ role }) => role === "owner");
      if (member.role === "owner" && owners.length === 1) {
        throw new Fault("CONFLICT", "This is the only owner of the home.", {
          fix: "Let somebody else in as owner first, with the owner code.",
        });
      }
      await refuseFewer(deps.homes.of(home), deps.channels, { person: id }, request.query.fewer === "agreed");
      await endRole(context, id, home);
      context.audit("person.removed", `${id} ${member.role}`, context.person(request));
      return reply.code(204).send();
    },
  );

  app.get(
    "/api/homes/:home/people/:person/loss",
    { schema: { params: schemas.HomePersonParams, response: { 200: LossAnswer } } },
    async (request, reply): Promise<LossResponse> => {
      reply.header("cache-control", "no-store");
      const { id } = await memberOf(request.params);
      return lossWithout(deps.homes.of(request.params.home), deps.channels, { person: id });
    },
  );

  app.get(
    "/api/homes/:home/people/:person/sign-ins",
    { schema: { params: schemas.HomePersonParams, response: { 200: schemas.MemberSignInsAnswer } } },
    async (request, reply): Promise<MemberSignInsResponse> => {
      reply.header("cache-control", "no-store");
      const { id } = await memberOf(request.params);
      const current = context.signedIn(request)?.tokenHash;
      return { signIns: signInsShown(await accounts.sessions(id, deps.clock.wall()), current) };
    },
  );

  app.delete(
    "/api/homes/:home/people/:person/sign-ins/:id",
    { schema: { params: schemas.MemberSignInParams, querystring: FewerQuery } },
    async (request, reply) => {
      const { id } = await memberOf(request.params);
      const { account, signIns } = await signInOf(request.params.home, id, request.params.id);
      await refuseFewerOf(context, account, signIns, request.query.fewer === "agreed");
      await endSignIns(context, account, signIns);
      context.audit("sign_in.ended", `${id} ${request.params.id}`, context.person(request));
      return reply.code(204).send();
    },
  );

  app.get(
    "/api/homes/:home/people/:person/sign-ins/:id/loss",
    { schema: { params: schemas.MemberSignInParams, response: { 200: LossAnswer } } },
    async (request, reply): Promise<LossResponse> => {
      reply.header("cache-control", "no-store");
      const { id } = await memberOf(request.params);
      const { account, signIns } = await signInOf(request.params.home, id, request.params.id);
      return lossOfSignIns(context, account, signIns);
    },
  );

  app.get(
    "/api/homes/:home/audit",
    {
      schema: {
        params: schemas.HomeParams,
        querystring: schemas.HomeAuditQuery,
        response: { 200: schemas.HomeAuditAnswer },
      },
    },
    async (request, reply): Promise<HomeAuditResponse> => {
      reply.header("cache-control", "no-store");
      const { home } = request.params;
      const { before } = request.query;
      const limit = limitOf(request.query.limit, ENTRIES_SHOWN);
      const state = deps.homes.of(home);
      const from = before === undefined ? undefined : Number(before);
      const [entries, members] = await Promise.all([
        // One more tells whether there is more.
        state.auditsBefore(from, limit + 1),
        accounts.members(home),
      ]);
      const shown = entries.slice(0, limit);
      const last = shown.at(-1);
      return {
        entries: shown.map(({ id, person, ...rest }) => ({
          ...{ ...rest, id: String(id) },
          ...(person === undefined
            ? {}
            : { by: { id: person, name: members.find((one) => one.id === person)?.name ?? person } }),
        })),
        ...(entries.length > limit && last !== undefined ? { next: String(last.id) } : {}),
      };
    },
  );

  /**
   * A sign-in by the name that pages know, as hashes. CONFLICT where it lets into other places too: there its phones wake
   * people, and nobody there would know that they do no more.
   */
  async function signInOf(home: HomeId, id: PersonId, name: string) {
    const found = (await accounts.sessions(id, deps.clock.wall())).filter(({ tokenHash }) =>
      tokenHash.startsWith(name),
    );
    const account = await accounts.account(id);
    if (found.length === 0 || account === undefined) {
      throw new Fault("NOT_FOUND", "There is no such sign-in of this person.");
    }
    if (account.organisations.length > 0 || account.homes.some((one) => one.home !== home)) {
      throw new Fault("CONFLICT", "This person signs in for other places too.", {
        fix: "Ask them to end it, or remove them from this home.",
      });
    }
    return { account, signIns: found.map(({ tokenHash }) => tokenHash) };
  }

  /** Somebody who has a role in the home itself: a clinic's people are its own owner's. */
  async function memberOf({ home, person }: { readonly home: string; readonly person: string }) {
    const member = (await accounts.members(home)).find(({ id }) => id === person);
    if (member === undefined) throw new Fault("NOT_FOUND", "There is no such person in this home.");
    return member;
  }
}
