import { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Fault, messageOf } from "../../domain/fault.ts";
import { type BedId, ownBed } from "../../domain/ids.ts";
import { MINUTE_MS, type Night } from "../../domain/time.ts";
import { fhirNight } from "../../report/fhir.ts";
import { type Recorded, recordedPart } from "../../trends/recorded.ts";
import type { App, Context } from "../context.ts";
import { csvOf } from "../csv.ts";
import { linesOf } from "../lines.ts";
import { LinesQuery, NightParams } from "../schemas.ts";
import { bedOrFault } from "./beds.ts";
import { nightOrFault } from "./nights.ts";

/** Downloads at once. */
const DOWNLOADS_MAX = 4;
/** One value a minute: what clinical systems can hold of a night. */
const FHIR_BUCKET_MS = MINUTE_MS;

/** What is asked for, found in the store. */
interface Found {
  readonly bed: BedId;
  readonly zone: string;
  readonly night: Night;
  readonly recorded: Recorded;
  readonly simulated: boolean;
}

/** A night to take away: as CSV, for clinical systems (FHIR) and for time-series stores (line protocol). */
export function nightFileRoutes(app: App, context: Context): void {
  const { timeseries, homeOf, log } = context.deps;
  let downloads = 0;

  const find = async (params: { readonly bed: string; readonly night: string }): Promise<Found> => {
    const { bed, zone } = bedOrFault(context, params.bed);
    const night = nightOrFault(params.night);
    const recorded = await recordedPart(timeseries, { bed, zone }, night);
    if (recorded === undefined)
      throw new Fault("NOT_FOUND", `Nothing was recorded in the night of ${night}.`);
    const simulated = await timeseries.simulated({ bed, from: recorded.from, to: recorded.to });
    return { bed, zone, night, recorded, simulated };
  };
  /** Takes one of the few places; the returned function gives it back. */
  const begin = (request: FastifyRequest, { bed, night }: Found, kind: string): (() => void) => {
    if (downloads >= DOWNLOADS_MAX) {
      throw new Fault("RATE_LIMITED", "Too many downloads run at once.", { fix: "Try again in a minute." });
    }
    context.audit("night.exported", `${bed} ${night} ${kind}`, context.person(request));
    downloads += 1;
    return () => {
      downloads -= 1;
    };
  };
  const named = (reply: FastifyReply, { bed, night, simulated }: Found, ending: string): FastifyReply => {
    const name = `breathwatch-${bed}-${night}${simulated ? "-SIMULATED" : ""}.${ending}`;
    return reply
      .header("cache-control", "no-store")
      .header("content-disposition", `attachment; filename="${name}"`);
  };

  app.get("/api/beds/:bed/nights/:night/csv", { schema: { params: NightParams } }, async (request, reply) => {
    const found = await find(request.params);
    const { bed, zone, simulated, recorded } = found;
    const stream = readable(csvOf(timeseries, { bed, zone, simulated, ...recorded }));
    stream.once("close", begin(request, found, "csv"));
    return named(reply, found, "csv").type("text/csv; charset=utf-8").send(stream);
  });

  app.get(
    "/api/beds/:bed/nights/:night/fhir",
    { schema: { params: NightParams } },
    async (request, reply) => {
      const found = await find(request.params);
      const end = begin(request, found, "fhir");
      try {
        const { bed, night, simulated } = found;
        const { from, to, signals } = found.recorded;
        const query = { bed, from, to, signals, bucketMs: FHIR_BUCKET_MS };
        const buckets = await timeseries.buckets(query);
        const bundle = fhirNight({
          ...{ bed, night, from, to, simulated },
          ...{ bucketMs: FHIR_BUCKET_MS, signals: buckets },
        });
        return await named(reply, found, "fhir.json")
          .type("application/fhir+json; charset=utf-8")
          .send(JSON.stringify(bundle));
      } finally {
        end();
      }
    },
  );

  app.get(
    "/api/beds/:bed/nights/:night/lines",
    { schema: { params: NightParams, querystring: LinesQuery } },
    async (request, reply) => {
      const found = await find(request.params);
      const { bed, recorded } = found;
      const tags = { home: homeOf(bed) ?? "", bed: ownBed(bed) };
      const stream = readable(linesOf(timeseries, { bed, from: recorded.from, to: recorded.to }, tags));
      stream.once("close", begin(request, found, "lines"));
      if (request.query.gz !== "true") {
        return named(reply, found, "lp").type("text/plain; charset=utf-8").send(stream);
      }
      const packed = createGzip();
      // A store that fails half-way ends the download: what is cut short does not unpack.
      stream.once("error", (error) => packed.destroy(error));
      packed.once("close", () => stream.destroy());
      packed.once("error", (error) => log.note("download.failed", { error: messageOf(error) }, "warn"));
      return named(reply, found, "lp.gz").type("application/gzip").send(stream.pipe(packed));
    },
  );
}

const readable = (pieces: AsyncIterable<string>): Readable =>
  Readable.from(pieces, { objectMode: true, highWaterMark: 1 });
