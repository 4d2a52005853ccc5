import { createHash } from "node:crypto";
import type { FastifyReply } from "fastify";
import type { App } from "./context.ts";

/** Headers of what a browser may keep if it asks each time whether it is still so. */
export const KEPT = { "cache-control": "private, no-cache", vary: "cookie" } as const;

/**
 * Gives every JSON answer to a GET an ETag of what it holds, where it has none of its own, and answers 304 and nothing
 * to whoever already has exactly this.
 */
export function tagAnswers(app: App): void {
  app.addHook("onSend", async (request, reply, payload) => {
    if (request.method !== "GET" || reply.statusCode !== 200 || typeof payload !== "string") return payload;
    if (!String(reply.getHeader("content-type")).startsWith("application/json")) return payload;
    // One of its own is of a version, which other things in the answer may outlive.
    if (reply.hasHeader("etag")) return payload;
    const tag = tagOf(payload);
    reply.header("etag", tag);
    if (!isKnown(request.headers["if-none-match"], tag)) return payload;
    unchanged(reply);
    return null;
  });
}

/** An answer of nothing to whoever has it already. */
export const unchanged = (reply: FastifyReply): FastifyReply =>
  reply.code(304).removeHeader("content-type").removeHeader("content-length");

/** The tag of an answer of this text. */
export const tagOf = (text: string): string =>
  `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;

/** Packing, here or in a proxy, makes the tag a weak one; for reading that is as good (RFC 9110, section 13.1.2). */
export const isKnown = (header: string | undefined, tag: string): boolean =>
  (header ?? "").split(",").some((one) => one.trim().replace(/^W\//, "") === tag);
