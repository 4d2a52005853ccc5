import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Fault } from "../../domain/fault.ts";
import { type Night, nightBounds, parseNight } from "../../domain/time.ts";
import { recordedPart } from "../../trends/recorded.ts";
import type { App, Context } from "../context.ts";
import type { NightResponse, NightsResponse } from "../contract.ts";
import { csvOf } from "../csv.ts";
import { createNightMetrics, nightOfBed } from "../night.ts";
import { BedParams, NightAnswer, NightParams, NightQuery, NightsAnswer } from "../schemas.ts";
import { bedOrFault } from "./beds.ts";

const NIGHTS_MAX = 60;
/** CSV downloads at once. */
const DOWNLOADS_MAX = 4;

/** The therapist's nights. */
export function nightRoutes(app: App, context: Context): void {
  const { timeseries, clock } = context.deps;
  const metrics = createNightMetrics(timeseries, clock);
  let downloads = 0;

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

  app.get("/api/beds/:bed/nights/:night/csv", { schema: { params: NightParams } }, async (request, reply) => {
    const bed = bedOrFault(context, request.params.bed);
    const night = nightOrFault(request.params.night);
    const recorded = await recordedPart(timeseries, bed, night);
    if (recorded === undefined)
      throw new Fault("NOT_FOUND", `Nothing was recorded in the night of ${night}.`);
    if (downloads >= DOWNLOADS_MAX) {
      throw new Fault("RATE_LIMITED", "Too many downloads run at once.", { fix: "Try again in a minute." });
    }
    const simulated = await timeseries.simulated({ bed: bed.bed, from: recorded.from, to: recorded.to });
    const rows = csvOf(timeseries, { bed: bed.bed, zone: bed.zone, simulated, ...recorded });
    const stream = Readable.from(rows, { objectMode: true, highWaterMark: 1 });
    downloads += 1;
    stream.once("close", () => {
      downloads -= 1;
    });
    const name = `breathwatch-${bed.bed}-${night}${simulated ? "-SIMULATED" : ""}.csv`;
    return reply
      .type("text/csv; charset=utf-8")
      .header("cache-control", "no-store")
      .header("content-disposition", `attachment; filename="${name}"`)
      .send(stream);
  });
}

function nightOrFault(text: string): Night {
  const night = parseNight(text);
  if (night === undefined) throw new Fault("INPUT_INVALID", `${text} is not a date.`);
  return night;
}

/** Answers 304 where the browser already has exactly this: a past night never changes. */
function tagged(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: NightResponse | NightsResponse,
): FastifyReply {
  const tag = `"${createHash("sha256").update(JSON.stringify(answer)).digest("base64url").slice(0, 22)}"`;
  reply.headers({ etag: tag, "cache-control": "private, no-cache", vary: "cookie" });
  if (request.headers["if-none-match"] === tag) return reply.code(304).send();
  return reply.send(answer);
}
