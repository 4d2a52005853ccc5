import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { FastifyReply } from "fastify";
import type { App } from "./context.ts";

/**
 * Routes whose answers may be packed. How long a packed answer is tells something of what is in it; so only answers that
 * hold no secret (no key, code, token, address of a phone), and nothing that somebody else can have put into the
 * request, are in this list (ADR 0034).
 */
export const PACKED_ROUTES: ReadonlySet<string> = new Set([
  "/api/beds/:bed/nights",
  "/api/beds/:bed/nights/:night",
  "/api/beds/:bed/limits",
  "/api/beds/:bed/baselines",
  "/api/openapi.json",
]);

/** A packet holds as much: shorter answers come no sooner. */
const LENGTH_MIN = 1_400;
/** Of 388 kB of a night it makes 4.6 times less in 7 ms; the next levels take twice as long for a tenth less. */
const LEVEL = 4;

const gzipped = promisify(gzip);
const gunzipped = promisify(gunzip);

/** In a thread of the platform, not in this one. */
export const packed = (text: string): Promise<Buffer> => gzipped(text, { level: LEVEL });

export const unpacked = async (bytes: Uint8Array): Promise<string> => (await gunzipped(bytes)).toString();

/** Whether who asks reads gzip (RFC 9110, section 12.5.3): named, or by `*`, and not with a weight of 0. */
export function readsPacked(accepted: string | undefined): boolean {
  const weights = new Map(
    (accepted ?? "").split(",").map((one) => {
      const [coding = "", ...parameters] = one.split(";").map((part) => part.trim().toLowerCase());
      const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
      return [coding, weight === undefined ? 1 : Number(weight)];
    }),
  );
  return (weights.get("gzip") ?? weights.get("*") ?? 0) > 0;
}

/** Headers of an answer that is packed. A tag of the same answer unpacked is a weak one here: the bytes are others. */
export function markPacked(reply: FastifyReply): void {
  reply.header("content-encoding", "gzip").removeHeader("content-length");
  const tag = reply.getHeader("etag");
  if (typeof tag === "string" && tag.startsWith('"')) reply.header("etag", `W/${tag}`);
}

/** Tells caches in between that there are two of this answer. */
export function varyByPacking(reply: FastifyReply): void {
  const vary = reply.getHeader("vary");
  reply.header("vary", vary === undefined ? "accept-encoding" : `${String(vary)}, accept-encoding`);
}

/** Packs long JSON answers of the routes in the list for whoever reads gzip. After `tagAnswers`. */
export function packAnswers(app: App): void {
  app.addHook("onSend", async (request, reply, payload) => {
    if (request.method !== "GET" || !PACKED_ROUTES.has(request.routeOptions.url ?? "")) return payload;
    if (reply.hasHeader("content-encoding")) return payload;
    varyByPacking(reply);
    if (typeof payload !== "string" || payload.length < LENGTH_MIN || reply.statusCode !== 200)
      return payload;
    if (!readsPacked(request.headers["accept-encoding"])) return payload;
    const bytes = await packed(payload);
    markPacked(reply);
    return bytes;
  });
}
