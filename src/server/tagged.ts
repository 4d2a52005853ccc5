import { createHash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";

/** Sends an answer with its ETag, or 304 and nothing where the browser already has exactly this. */
export function tagged(request: FastifyRequest, reply: FastifyReply, answer: object): FastifyReply {
  const tag = `"${createHash("sha256").update(JSON.stringify(answer)).digest("base64url").slice(0, 22)}"`;
  reply.headers({ etag: tag, "cache-control": "private, no-cache", vary: "cookie" });
  if (isKnown(request.headers["if-none-match"], tag)) return reply.code(304).send();
  return reply.send(answer);
}

/** A proxy that packs answers makes the tag a weak one; for reading that is as good (RFC 9110, section 13.1.2). */
const isKnown = (header: string | undefined, tag: string): boolean =>
  (header ?? "").split(",").some((one) => one.trim().replace(/^W\//, "") === tag);
