import { Readable } from "node:stream";
import { Fault } from "../../domain/fault.ts";
import { wall } from "../../domain/time.ts";
import type { App, Context } from "../context.ts";
import { AuditQuery, BedParams } from "../schemas.ts";
import { bedOrFault } from "./beds.ts";

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
      context.audit("audit_export", `${bed} ${from} to ${to}`, context.person(request));
      const text = deps.auditRecord(bed, format, wall(Number(from)), wall(Number(to)));
      const stream = Readable.from(text, { objectMode: true, highWaterMark: 1 });
      exports += 1;
      stream.once("close", () => {
        exports -= 1;
      });
      const name = `breathwatch-${bed}-audit${deps.live.simulated(bed) ? "-SIMULATED" : ""}.${format}`;
      return reply
        .type(TYPES[format])
        .header("cache-control", "no-store")
        .header("content-disposition", `attachment; filename="${name}"`)
        .send(stream);
    },
  );
}
