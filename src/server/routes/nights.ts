import { Fault } from "../../domain/fault.ts";
import { type Night, nightBounds, parseNight } from "../../domain/time.ts";
import type { App, Context } from "../context.ts";
import type { NightsResponse } from "../contract.ts";
import { createKeptNights } from "../kept-nights.ts";
import { createNightMetrics, nightOfBed } from "../night.ts";
import { markPacked, readsPacked, unpacked, varyByPacking } from "../packed.ts";
import { limitOf, pageOf } from "../paging.ts";
import { BedParams, NightAnswer, NightParams, NightQuery, NightsAnswer, NightsQuery } from "../schemas.ts";
import { isKnown, KEPT, unchanged } from "../tagged.ts";
import { bedOrFault } from "./beds.ts";

const NIGHTS = { usual: 60, most: 366 };
/** Ten years: further back nobody pages. */
const NIGHTS_ALL = 3_660;

/** The therapist's nights. */
export function nightRoutes(app: App, context: Context): void {
  const { timeseries, clock } = context.deps;
  const metrics = createNightMetrics(timeseries, clock);
  const kept = createKeptNights(timeseries);

  app.get(
    "/api/beds/:bed/nights",
    { schema: { params: BedParams, querystring: NightsQuery, response: { 200: NightsAnswer } } },
    async (request, reply): Promise<NightsResponse> => {
      const { bed, zone } = bedOrFault(context, request.params.bed);
      const { before } = request.query;
      const limit = limitOf(request.query.limit, NIGHTS);
      const newest = await timeseries.nights(bed, zone, before === undefined ? limit + 1 : NIGHTS_ALL);
      const { items, next } = pageOf(newest, { before, limit }, String);
      reply.headers(KEPT);
      return {
        nights: await Promise.all(
          items.map(async (night) => ({
            night,
            simulated: await timeseries.simulated({ bed, ...nightBounds(night, zone) }),
          })),
        ),
        ...(next === undefined ? {} : { next }),
      };
    },
  );

  app.get(
    "/api/beds/:bed/nights/:night",
    { schema: { params: NightParams, querystring: NightQuery, response: { 200: NightAnswer } } },
    async (request, reply) => {
      const bed = bedOrFault(context, request.params.bed);
      const width = request.query.width === undefined ? {} : { width: Number(request.query.width) };
      const night = nightOrFault(request.params.night);
      const make = () => nightOfBed({ timeseries, metrics }, bed, night, width.width);
      const asked = { bed: bed.bed, zone: bed.zone, night, ...width };
      const found = await kept.of(asked, async () => {
        const answer = await make();
        const text = reply.serialize(answer);
        return typeof text === "string" ? text : JSON.stringify(answer);
      });
      reply.headers(KEPT);
      if (found === undefined) return reply.send(await make());
      reply.header("etag", found.tag).type("application/json; charset=utf-8");
      if (isKnown(request.headers["if-none-match"], found.tag)) return unchanged(reply).send();
      if (!readsPacked(request.headers["accept-encoding"])) return reply.send(await unpacked(found.bytes));
      varyByPacking(reply);
      markPacked(reply);
      return reply.send(found.bytes);
    },
  );
}

/** The night of an address; throws INPUT_INVALID for a date that is none. */
export function nightOrFault(text: string): Night {
  const night = parseNight(text);
  if (night === undefined) throw new Fault("INPUT_INVALID", `${text} is not a date.`);
  return night;
}
