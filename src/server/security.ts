import type { IncomingHttpHeaders } from "node:http";
import { Fault } from "../domain/fault.ts";

/** Everything comes from this server and nothing else: no script, style or picture of anybody else's. */
const POLICY = {
  "default-src": "'none'",
  "script-src": "'self'",
  "style-src": "'self'",
  "img-src": "'self' data:",
  "font-src": "'self'",
  "media-src": "'self' blob: data:",
  "connect-src": "'self'",
  "manifest-src": "'self'",
  "worker-src": "'self'",
  "base-uri": "'none'",
  "form-action": "'self'",
  "frame-ancestors": "'none'",
};

/** A content security policy; `changes` replaces single directives. */
export const contentPolicy = (changes: Partial<typeof POLICY> = {}): string =>
  Object.entries({ ...POLICY, ...changes })
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join("; ");

/** What of the phone a page may use: nothing. */
const PERMISSIONS = {
  camera: "()",
  microphone: "()",
  geolocation: "()",
  payment: "()",
  usb: "()",
  serial: "()",
};

/** A permissions policy; `changes` replaces single features. */
export const permissionsPolicy = (changes: Partial<typeof PERMISSIONS> = {}): string =>
  Object.entries({ ...PERMISSIONS, ...changes })
    .map(([feature, allowed]) => `${feature}=${allowed}`)
    .join(", ");

/** Headers of every answer. Addresses hold one-time secrets, so no referrer ever leaves. */
export const SECURITY_HEADERS = {
  "content-security-policy": contentPolicy(),
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": permissionsPolicy(),
} as const;

/** Name of the sign-in cookie; the prefix makes browsers insist on Secure, this host and the whole path. */
export const cookieName = (secure: boolean): string => (secure ? "__Host-breathwatch" : "breathwatch");

/** Name of the cookie that keeps a shared link open. */
export const shareCookie = (secure: boolean): string =>
  secure ? "__Host-breathwatch-share" : "breathwatch-share";

/** Name of the cookie that brings somebody back from a clinic's sign-in in the same browser. */
export const oidcCookie = (secure: boolean): string =>
  secure ? "__Host-breathwatch-oidc" : "breathwatch-oidc";

/**
 * Whether a request that changes something was made by our own page, undefined when so. Browsers say so in
 * Sec-Fetch-Site or Origin; a request with neither is no browser's, and then no cookie was taken along unasked.
 */
export function crossSite(headers: IncomingHttpHeaders): Fault | undefined {
  const site = headers["sec-fetch-site"];
  const { origin, host } = headers;
  const ours =
    site === undefined
      ? origin === undefined || hostOf(origin) === host
      : site === "same-origin" || site === "none";
  if (ours) return undefined;
  return new Fault("NOT_ALLOWED", "This request came from another site.", {
    fix: "Open the Breathwatch page itself and try there.",
  });
}

const hostOf = (origin: string): string | undefined =>
  URL.canParse(origin) ? new URL(origin).host : undefined;
