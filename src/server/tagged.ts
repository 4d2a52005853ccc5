import { createHash } from "node:crypto";
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
    const tag = `"${createHash("sha256").update(payload).digest("base64url").slice(0, 22)}"`;
    reply.header("etag", tag);
    if (!isKnown(request.headers["if-none-match"], tag)) return payload;
    reply.code(304).removeHeader("content-type").removeHeader("content-length");
    return null;
  });
}

/** A proxy that packs answers makes the tag a weak one; for reading that is as good (RFC 9110, section 13.1.2). */
const isKnown = (header: string | undefined, tag: string): boolean =>
  (header ?? "").split(",").some((one) => one.trim().replace(/^W\//, "") === tag);
