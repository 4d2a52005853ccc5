import { Fault } from "../../domain/fault.ts";
import type { App, Context } from "../context.ts";
import type { OfferResponse, SummaryResponse } from "../contract/morning.ts";
import type { ServerDeps } from "../deps.ts";
import { morningBed, morningOf } from "../morning.ts";
import { BedParams, NightParams } from "../schemas.ts";
import { HomePhoneParams } from "../schemas-channels.ts";
import * as schemas from "../schemas-morning.ts";
import { KEPT } from "../tagged.ts";
import { actorOf, bedOrFault } from "./beds.ts";
import { nightOrFault } from "./nights.ts";

/** What the morning tells of a night, and who wants to hear that it can be looked at. */
export function morningRoutes(app: App, context: Context): void {
  const { deps } = context;

  app.get(
    "/api/beds/:bed/nights/:night/summary",
    { schema: { params: NightParams, response: { 200: schemas.SummaryAnswer } } },
    async (request, reply): Promise<SummaryResponse> => {
      const { bed, zone } = bedOrFault(context, request.params.bed);
      const night = nightOrFault(request.params.night);
      // Without the numbers every night would look as if nobody had watched.
      if (deps.nights === undefined && deps.pairing === undefined) {
        throw new Fault("NOT_FOUND", "This box keeps no nights.", {
          fix: deps.ledBy === undefined ? "Pair it with a hub." : `Open the pages of ${deps.ledBy}.`,
        });
      }
      const sources = deps.live.state(bed)?.sources ?? [];
      const told = await deps.toldNight?.(bed, night);
      const schedule = deps.nights?.schedule(bed) ?? told?.schedule;
      const about = morningBed({ bed, zone, sources }, schedule);
      const stores = { timeseries: deps.timeseries, state: context.stateOf(bed) };
      reply.headers(KEPT);
      return morningOf(stores, about, night, deps.clock.wall(), deps.nights?.entries ?? toldBy(told));
    },
  );

  app.get(
    "/api/beds/:bed/limits/offer",
    { schema: { params: BedParams, response: { 200: schemas.OfferAnswer } } },
    async (request, reply): Promise<OfferResponse> => {
      const { bed } = bedOrFault(context, request.params.bed);
      const offer = await deps.offers?.current(bed);
      reply.headers(KEPT);
      return offer === undefined ? {} : { offer };
    },
  );

  app.post(
    "/api/beds/:bed/limits/offer",
    { schema: { params: BedParams, body: schemas.OfferAnswered } },
    async (request, reply) => {
      const { bed } = bedOrFault(context, request.params.bed);
      const { id, answer } = request.body;
      const person = context.person(request);
      if (deps.offers === undefined) throw new Fault("NOT_FOUND", "Nothing is proposed here.");
      await deps.offers.answer(bed, id, answer, actorOf(person));
      context.audit(`limits.offer.${answer}`, `${bed} ${id}`, person);
      return reply.code(204).send();
    },
  );

  app.put(
    "/api/homes/:home/phones/:phone/morning",
    { schema: { params: HomePhoneParams, body: schemas.MorningWanted } },
    async (request, reply) => {
      const { home, phone } = request.params;
      const state = deps.homes.of(home);
      const person = { ...context.person(request), home };
      const target = (await state.targets()).find(({ id }) => id === phone);
      const isOwner = context.account(request).homes.some((one) => one.home === home && one.role === "owner");
      if (target === undefined || (target.person !== person.id && !isOwner)) {
        throw new Fault("NOT_FOUND", "There is no such phone of yours.");
      }
      const { wanted } = request.body;
      const module = deps.channels.find(({ id }) => id === target.channel);
      if (wanted && module?.capabilities.onlyAlarms === true) {
        throw new Fault("CONFLICT", "This way carries alarms alone.", {
          fix: "Choose another phone or way for the word in the morning.",
        });
      }
      await state.wantMorning(phone, wanted);
      context.audit(wanted ? "target.morning" : "target.no_morning", phone, person);
      deps.targetsChanged(home);
      return reply.code(204).send();
    },
  );
}

/** Of one night alone, as it was asked for. */
const toldBy = (told: Awaited<ReturnType<NonNullable<ServerDeps["toldNight"]>>> | undefined) =>
  told?.entries === undefined ? undefined : () => told.entries ?? [];
