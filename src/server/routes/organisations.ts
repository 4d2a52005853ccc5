import { Fault } from "../../domain/fault.ts";
import { wall } from "../../domain/time.ts";
import type { App, Context } from "../context.ts";
import type { ConsentsResponse, OrganisationMembersResponse } from "../contract/people.ts";
import type { JoinCodeResponse } from "../contract.ts";
import { JOIN_CODE_MS, joinCodeHash, makeCode } from "../owner-code.ts";
import { JoinCodeAnswer } from "../schemas.ts";
import * as schemas from "../schemas-people.ts";
import { endOrganisationRole, rolesChanged } from "../sign-ins.ts";

/** Organisations with their people, and the consents by which homes let them in. */
export function organisationRoutes(app: App, context: Context): void {
  const { deps } = context;
  const { accounts } = deps;

  app.get(
    "/api/homes/:home/consents",
    { schema: { params: schemas.HomeParams, response: { 200: schemas.ConsentsAnswer } } },
    async (request, reply): Promise<ConsentsResponse> => {
      reply.header("cache-control", "no-store");
      const organisations = await accounts.organisations();
      const nameOf = (id: string): string => organisations.find((one) => one.id === id)?.name ?? id;
      const consents = await accounts.consents(request.params.home);
      const { organisation: asks } = (await deps.pairing?.registry.home(request.params.home)) ?? {};
      const isAsking = organisations.some(({ id }) => id === asks);
      const isAnswered = consents.some(({ organisation }) => organisation === asks);
      return {
        consents: consents.map(({ id, organisation, roles, given, ended }) => ({
          ...{ id, organisation, roles, given, name: nameOf(organisation) },
          ...(ended === undefined ? {} : { ended }),
        })),
        organisations,
        ...(asks !== undefined && isAsking && !isAnswered && { asks }),
      };
    },
  );

  app.post(
    "/api/homes/:home/consents",
    { schema: { params: schemas.HomeParams, body: schemas.GiveConsent } },
    async (request, reply) => {
      const { home } = request.params;
      const { organisation, roles } = request.body;
      const person = context.person(request);
      if (!(await accounts.organisations()).some(({ id }) => id === organisation)) {
        throw new Fault("NOT_FOUND", "There is no such organisation here.");
      }
      const given = { at: deps.clock.wall(), by: person.id, name: person.name };
      await accounts.addConsent({ id: context.newId(), home, organisation, roles, given });
      rolesChanged(context);
      context.audit("consent.given", `${organisation} ${roles.join(" ")}`, person);
      return reply.code(204).send();
    },
  );

  app.delete(
    "/api/homes/:home/consents/:consent",
    { schema: { params: schemas.HomeConsentParams } },
    async (request, reply) => {
      const { home, consent } = request.params;
      const person = context.person(request);
      const end = { at: deps.clock.wall(), by: person.id, name: person.name };
      if (!(await accounts.endConsent(home, consent, end))) {
        throw new Fault("NOT_FOUND", "There is no such consent that stands.");
      }
      rolesChanged(context);
      context.audit("consent.ended", consent, person);
      return reply.code(204).send();
    },
  );

  app.get(
    "/api/organisations/:organisation/people",
    {
      schema: { params: schemas.OrganisationParams, response: { 200: schemas.OrganisationMembersAnswer } },
    },
    async (request, reply): Promise<OrganisationMembersResponse> => {
      reply.header("cache-control", "no-store");
      return { people: await accounts.organisationMembers(request.params.organisation) };
    },
  );

  app.put(
    "/api/organisations/:organisation",
    { schema: { params: schemas.OrganisationParams, body: schemas.NameOrganisation } },
    async (request, reply) => {
      const { organisation: id } = request.params;
      await accounts.putOrganisation({ id, name: request.body.name.trim() });
      context.audit("organisation.named", id, context.person(request));
      return reply.code(204).send();
    },
  );

  app.post(
    "/api/organisations/:organisation/join-codes",
    {
      schema: {
        params: schemas.OrganisationParams,
        body: schemas.InviteToOrganisation,
        response: { 200: JoinCodeAnswer },
      },
    },
    async (request, reply): Promise<JoinCodeResponse> => {
      const { organisation } = request.params;
      const { role } = request.body;
      const code = makeCode(deps.random);
      const expiresAt = wall(deps.clock.wall() + JOIN_CODE_MS);
      await accounts.addJoinCode({ codeHash: joinCodeHash(code), to: { organisation, role }, expiresAt });
      context.audit("join_code.made", `${organisation} ${role}`, context.person(request));
      reply.header("cache-control", "no-store");
      return { code, expiresInMs: JOIN_CODE_MS };
    },
  );

  app.delete(
    "/api/organisations/:organisation/people/:person",
    { schema: { params: schemas.OrganisationPersonParams } },
    async (request, reply) => {
      const { organisation, person: id } = request.params;
      const members = await accounts.organisationMembers(organisation);
      const member = members.find((one) => one.id === id);
      if (member === undefined) throw new Fault("NOT_FOUND", "There is no such person there.");
      if (member.role === "owner" && members.filter(({ role }) => role === "owner").length === 1) {
        throw new Fault("CONFLICT", "This is the only owner of the organisation.", {
          fix: "Let somebody else in as owner first.",
        });
      }
      await endOrganisationRole(context, id, organisation);
      context.audit("organisation.person_removed", `${organisation} ${id}`, context.person(request));
      return reply.code(204).send();
    },
  );
}
