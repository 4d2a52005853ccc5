import { Fault } from "../../domain/fault.ts";
import { type Night, nightBounds, parseNight } from "../../domain/time.ts";
import type { App, Context } from "../context.ts";
import type { NightsResponse } from "../contract.ts";
import { createNightMetrics, nightOfBed } from "../night.ts";
import { BedParams, NightAnswer, NightParams, NightQuery, NightsAnswer } from "../schemas.ts";
import { tagged } from "../tagged.ts";
import { bedOrFault } from "./beds.ts";

const NIGHTS_MAX = 60;

/** The therapist's nights. */
export function nightRoutes(app: App, context: Context): void {
  const { timeseries, clock } = context.deps;
  const metrics = createNightMetrics(timeseries, clock);

  app.get(
    "/api/beds/:bed/nights",
    { schema: { params: BedParams, response: { 200: NightsAnswer } } },
    async (request, reply) => {
      const { bed, zone } = bedOrFault(context, request.params.bed);
      const nights = await timeseries.nights(bed, zone, NIGHTS_MAX);
      const answer: NightsResponse = {
        nights: await Promise.all(
          nights.map(async (night) => ({
            night,
            simulated: await timeseries.simulated({ bed, ...nightBounds(night, zone) }),
          })),
        ),
      };
      return tagged(request, reply, answer);
    },
  );

  app.get(
    "/api/beds/:bed/nights/:night",
    { schema: { params: NightParams, querystring: NightQuery, response: { 200: NightAnswer } } },
    async (request, reply) => {
      const bed = bedOrFault(context, request.params.bed);
      const { width } = request.query;
      const night = nightOrFault(request.params.night);
      const answer = await nightOfBed(
        { timeseries, metrics },
        bed,
        night,
        width === undefined ? undefined : Number(width),
      );
      return tagged(request, reply, answer);
    },
  );
}

/** The night of an address; throws INPUT_INVALID for a date that is none. */
export function nightOrFault(text: string): Night {
  const night = parseNight(text);
  if (night === undefined) throw new Fault("INPUT_INVALID", `${text} is not a date.`);
  return night;
}
