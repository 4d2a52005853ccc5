import { Readable } from "node:stream";
import { Fault } from "../../domain/fault.ts";
import { wall } from "../../domain/time.ts";
import type { App, Context } from "../context.ts";
import { AuditQuery, BedParams } from "../schemas.ts";
import { actorOf, bedOrFault } from "./beds.ts";

/** Exports at once: each holds a file of the record in memory. */
const EXPORTS_MAX = 2;

const TYPES = { jsonl: "application/x-ndjson; charset=utf-8", csv: "text/csv; charset=utf-8" } as const;

/** What was decided and done at a bed, for therapist and owner. */
export function auditRoutes(app: App, context: Context): void {
  const { deps } = context;
  let exports = 0;

  app.get(
    "/api/beds/:bed/audit",
    { schema: { params: BedParams, querystring: AuditQuery } },
    async (request, reply) => {
      const { bed } = bedOrFault(context, request.params.bed);
      const { from = "0", to = String(Number.MAX_SAFE_INTEGER), format = "jsonl" } = request.query;
      if (Number(to) <= Number(from)) throw new Fault("INPUT_INVALID", "The time ends before it begins.");
      if (exports >= EXPORTS_MAX) {
        throw new Fault("RATE_LIMITED", "Too many exports run at once.", { fix: "Try again in a minute." });
      }
      const person = context.person(request);
      context.audit("audit_export", `${bed} ${from} to ${to}`, person);
      const gone = new AbortController();
      const end = (): void => gone.abort();
      reply.raw.once("close", end);
      const text = deps.auditRecord({
        ...{ bed, format, from: wall(Number(from)), to: wall(Number(to)) },
        ...{ by: actorOf(person), signal: gone.signal },
      });
      exports += 1;
      const over = (): void => {
        exports -= 1;
      };
      // Where there is nothing to be had, that is the answer, and not a file that breaks off.
      const begun = await firstOf(text).catch((error: unknown) => {
        over();
        throw error;
      });
      const stream = Readable.from(begun, { objectMode: true, highWaterMark: 1 });
      stream.once("close", over);
      stream.once("close", end);
      const name = `breathwatch-${bed}-audit${deps.live.simulated(bed) ? "-SIMULATED" : ""}.${format}`;
      return reply
        .type(TYPES[format])
        .header("cache-control", "no-store")
        .header("content-disposition", `attachment; filename="${name}"`)
        .send(stream);
    },
  );
}

/** The same texts, the first of them fetched already. */
async function firstOf(texts: AsyncIterable<string>): Promise<AsyncIterable<string>> {
  const rest = texts[Symbol.asyncIterator]();
  const first = await rest.next();
  async function* all(): AsyncGenerator<string> {
    try {
      for (let piece = first; piece.done !== true; piece = await rest.next()) yield piece.value;
    } finally {
      await rest.return?.();
    }
  }
  return all();
}
