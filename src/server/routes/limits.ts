import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Fault } from "../../domain/fault.ts";
import type { Person } from "../../domain/person.ts";
import { wall } from "../../domain/time.ts";
import type { LimitsAuthor, LimitsDesk, LimitsSaved } from "../../port/limits.ts";
import type { App, Context } from "../context.ts";
import type {
  BaselinesResponse,
  CheckCodeResponse,
  CheckLimitsResponse,
  LimitsResponse,
  SetLimitsResponse,
  WhatIfResponse,
} from "../contract/limits.ts";
import { BedParams } from "../schemas.ts";
import * as schemas from "../schemas-limits.ts";
import { actorOf, bedOrFault } from "./beds.ts";

/** The limits of a bed: seen, tried, set, taken back, and taken over from a clinic's code. */
export function limitsRoutes(app: App, context: Context): void {
  const { deps } = context;
  const deskOf = (bed: string): LimitsDesk => deps.limits(bedOrFault(context, bed).bed);
  const saved = { response: { 200: schemas.SavedAnswer } };

  app.get(
    "/api/beds/:bed/limits",
    { schema: { params: BedParams, response: { 200: schemas.LimitsAnswer } } },
    async (request, reply): Promise<LimitsResponse> => {
      const picture = await deskOf(request.params.bed).picture();
      reply.header("cache-control", "no-store").header("etag", `"${picture.version}"`);
      return picture;
    },
  );

  app.post(
    "/api/beds/:bed/limits/check",
    { schema: { params: BedParams, body: schemas.CheckLimits, response: { 200: schemas.PreviewAnswer } } },
    async (request): Promise<CheckLimitsResponse> => deskOf(request.params.bed).preview(request.body.limits),
  );

  app.post(
    "/api/beds/:bed/limits/what-if",
    { schema: { params: BedParams, body: schemas.CheckLimits } },
    async (request, reply) => {
      const { bed } = bedOrFault(context, request.params.bed);
      const gone = new AbortController();
      const lines = await deps.whatIf(bed, request.body.limits, gone.signal);
      const stream = Readable.from(textOf(lines), { objectMode: true, highWaterMark: 1 });
      const end = (): void => gone.abort();
      stream.once("close", end);
      reply.raw.once("close", end);
      return reply
        .type("application/x-ndjson; charset=utf-8")
        .header("cache-control", "no-store")
        .send(stream);
    },
  );

  app.get(
    "/api/beds/:bed/baselines",
    { schema: { params: BedParams, response: { 200: schemas.BaselinesAnswer } } },
    async (request): Promise<BaselinesResponse> =>
      deps.baselines(bedOrFault(context, request.params.bed).bed),
  );

  app.put(
    "/api/beds/:bed/limits",
    { schema: { params: BedParams, body: schemas.SetLimits, ...saved } },
    async (request, reply): Promise<SetLimitsResponse> => {
      const person = context.person(request);
      const author = authorOf(request, person, request.body);
      return told(reply, person, await deskOf(request.params.bed).set(request.body.limits, author));
    },
  );

  app.post(
    "/api/beds/:bed/limits/restore/:version",
    { schema: { params: schemas.VersionParams, body: schemas.RestoreLimits, ...saved } },
    async (request, reply): Promise<SetLimitsResponse> => {
      const { bed, version } = request.params;
      const person = context.person(request);
      const author = authorOf(request, person, request.body);
      return told(reply, person, await deskOf(bed).restore(Number(version), author));
    },
  );

  app.post(
    "/api/beds/:bed/limits/code",
    { schema: { params: BedParams, body: schemas.CheckCode, response: { 200: schemas.CodeAnswer } } },
    async (request): Promise<CheckCodeResponse> => deskOf(request.params.bed).previewCode(request.body.code),
  );

  app.post(
    "/api/beds/:bed/limits/code/apply",
    { schema: { params: BedParams, body: schemas.ApplyCode, ...saved } },
    async (request, reply): Promise<SetLimitsResponse> => {
      const person = context.person(request);
      const { code, fingerprint, confirm = false } = request.body;
      const desk = deskOf(request.params.bed);
      const answer = await desk.applyCode(code, {
        ...{ by: actorOf(person), role: person.role, confirmed: confirm, expected: expectedOf(request) },
        ...(fingerprint === undefined ? {} : { fingerprint }),
      });
      return told(reply, person, answer);
    },
  );

  function told(reply: FastifyReply, person: Person, answer: LimitsSaved): LimitsSaved {
    const { bed, version, reason } = answer.version;
    context.audit("limits", `${bed} version ${version}: ${reason}`, person);
    reply.header("etag", `"${version}"`);
    return answer;
  }
}

async function* textOf(lines: AsyncIterable<WhatIfResponse>): AsyncGenerator<string> {
  for await (const line of lines) yield `${JSON.stringify(line)}\n`;
}

function authorOf(
  request: FastifyRequest,
  person: Person,
  {
    reason,
    confirm = false,
    until,
  }: { readonly reason: string; readonly confirm?: boolean; readonly until?: number | "changed" },
): LimitsAuthor {
  return {
    ...{ by: actorOf(person), role: person.role, reason, confirmed: confirm, expected: expectedOf(request) },
    ...(until === undefined ? {} : { until: until === "changed" ? until : wall(until) }),
  };
}

/** The version that the person saw: nobody overwrites what they have not seen. */
export function expectedOf(request: FastifyRequest): number {
  const [, version] = /^(?:W\/)?"?([0-9]{1,9})"?$/.exec(request.headers["if-match"] ?? "") ?? [];
  if (version !== undefined) return Number(version);
  throw new Fault("INPUT_INVALID", "The request does not say which version it was made from.", {
    fix: 'Send the version that was shown in the header "if-match".',
  });
}
