import Type from "typebox";
import { Fault } from "../../domain/fault.ts";
import type { HealthReport } from "../../port/health.ts";
import type { App, Context } from "../context.ts";

const Finding = Type.Object(
  {
    id: Type.String(),
    level: Type.String(),
    detail: Type.Optional(Type.String()),
    count: Type.Optional(Type.Number()),
  },
  { additionalProperties: false },
);

const Report = Type.Object(
  {
    version: Type.String(),
    at: Type.Number({ description: "epoch milliseconds" }),
    upMs: Type.Number(),
    findings: Type.Array(Finding),
    beds: Type.Array(
      Type.Object(
        { bed: Type.String(), zone: Type.String(), onWatch: Type.Boolean(), open: Type.Number() },
        { additionalProperties: false },
      ),
    ),
    memoryBytes: Type.Number(),
  },
  { additionalProperties: false },
);

const Serving = Type.Object({ ok: Type.Boolean() }, { additionalProperties: false });

/** How the box itself is: in words for the technician, and as yes or no for a load balancer. */
export function healthRoutes(app: App, { deps }: Context): void {
  app.get(
    "/api/health",
    { schema: { response: { 200: Report } } },
    async (_, reply): Promise<HealthReport> => {
      reply.header("cache-control", "no-store");
      return reportOf(deps.health?.report());
    },
  );

  // Whoever asks here is not known: nothing but yes or no, and 503 where what is brought would be lost.
  app.get("/healthz", { schema: { response: { 200: Serving, 503: Serving } } }, async (_, reply) => {
    reply.header("cache-control", "no-store");
    const ok = deps.health === undefined || (await deps.health.isServing());
    return reply.code(ok ? 200 : 503).send({ ok });
  });
}

async function reportOf(report: Promise<HealthReport> | undefined): Promise<HealthReport> {
  if (report !== undefined) return report;
  throw new Fault("NOT_FOUND", "This program does not tell how it is.");
}
