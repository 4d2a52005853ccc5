import { Fault } from "../../domain/fault.ts";
import { type BedId, ownBed } from "../../domain/ids.ts";
import { LANGUAGES } from "../../domain/person.ts";
import { RESEARCH_GROUPS, RESEARCH_SIGNALS, RESEARCH_TEXT_VERSION } from "../../domain/research.ts";
import { wordsIn } from "../../words/index.ts";
import type { App, Context } from "../context.ts";
import type { ForgottenResponse, ResearchResponse } from "../contract/privacy.ts";
import { HomeParams } from "../schemas-homes.ts";
import * as schemas from "../schemas-privacy.ts";
import { rolesChanged } from "../sign-ins.ts";
import { bedOrFault } from "./beds.ts";
import { deskOf } from "./homes.ts";

/** Giving to research, taking it back, and being forgotten. */
export function privacyRoutes(app: App, context: Context): void {
  const { deps } = context;
  const params = schemas.ResearchParams;
  const newSecret = (): string => Buffer.from(deps.random.bytes(32)).toString("base64url");

  app.get(
    "/api/beds/:bed/research-consent",
    { schema: { params, response: { 200: schemas.ResearchAnswer } } },
    async (request, reply): Promise<ResearchResponse> => {
      const { bed } = bedOrFault(context, request.params.bed);
      reply.header("cache-control", "no-store");
      return researchOf(context, bed);
    },
  );

  app.post(
    "/api/beds/:bed/research-consent",
    { schema: { params, body: schemas.GiveResearch, response: { 200: schemas.ResearchAnswer } } },
    async (request): Promise<ResearchResponse> => {
      const { bed } = bedOrFault(context, request.params.bed);
      const { groups, textVersion } = request.body;
      if (textVersion !== RESEARCH_TEXT_VERSION) {
        throw new Fault("CONFLICT", "The text that you agreed to has changed meanwhile.", {
          fix: "Read the new one, and decide again.",
        });
      }
      const person = context.person(request);
      const given = { at: deps.clock.wall(), by: person.id, name: person.name };
      const text = { version: textVersion, language: person.language };
      const consents = groups.map((group) => ({ bed: ownBed(bed), group, given, text }));
      await context.stateOf(bed).giveResearch(consents, newSecret());
      context.audit("research.given", `${ownBed(bed)} ${groups.join(" ")} text ${textVersion}`, person);
      return researchOf(context, bed);
    },
  );

  app.delete(
    "/api/beds/:bed/research-consent",
    { schema: { params, querystring: schemas.ResearchQuery } },
    async (request, reply) => {
      // Also of a bed whose box is silent: taking back waits for nothing.
      const { bed } = request.params;
      const { group } = request.query;
      const person = context.person(request);
      const end = { at: deps.clock.wall(), by: person.id, name: person.name };
      const groups = group === undefined ? RESEARCH_GROUPS : [group];
      const ended = await context.stateOf(bed).endResearch(ownBed(bed), groups, end, newSecret());
      if (ended.length === 0) throw new Fault("NOT_FOUND", "There is no such consent that stands.");
      context.audit("research.ended", `${ownBed(bed)} ${ended.join(" ")}`, person);
      return reply.code(204).send();
    },
  );

  app.delete(
    "/api/homes/:home",
    { schema: { params: HomeParams, body: schemas.ForgetHome, response: { 200: schemas.ForgottenAnswer } } },
    async (request): Promise<ForgottenResponse> => {
      const { home } = request.params;
      const { registry } = deskOf(context);
      const record = await registry.home(home);
      if (deps.forgetHome === undefined || record === undefined) {
        throw new Fault("NOT_FOUND", "There is no such home on this hub.");
      }
      if (request.body.label.trim() !== record.label) {
        throw new Fault("CONFLICT", "That is not the name of this home, so nothing was deleted.", {
          fix: "Type the name exactly as it stands in the list.",
        });
      }
      const { language } = context.person(request);
      const { beds, accounts, boxes } = await deps.forgetHome(home);
      rolesChanged(context);
      const { remains } = wordsIn(language).privacy.forget;
      return { beds: beds.length, accounts, boxes: boxes.length, remains };
    },
  );
}

async function researchOf(context: Context, bed: BedId): Promise<ResearchResponse> {
  const consents = await context.stateOf(bed).researchConsents(ownBed(bed));
  const [hans, hant, en] = LANGUAGES.map((language) => [...wordsIn(language).privacy.research.text]);
  return {
    textVersion: RESEARCH_TEXT_VERSION,
    text: { "zh-Hans": hans ?? [], "zh-Hant": hant ?? [], en: en ?? [] },
    groups: RESEARCH_GROUPS.map((group) => ({ group, signals: [...RESEARCH_SIGNALS[group]] })),
    consents: consents.map(({ bed: _bed, ...rest }) => rest),
  };
}
