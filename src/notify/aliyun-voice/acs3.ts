import { createHash, createHmac } from "node:crypto";

export interface Acs3Request {
  readonly method: "GET" | "POST";
  readonly host: string;
  readonly action: string;
  readonly version: string;
  readonly query: { readonly [name: string]: string };
  /** `2023-10-26T10:22:32Z`. */
  readonly date: string;
  /** Never the same twice within fifteen minutes. */
  readonly nonce: string;
  readonly keyId: string;
  readonly keySecret: string;
}

export interface Acs3Signed {
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
}

/**
 * A request to Alibaba Cloud without a body, signed by ACS3-HMAC-SHA256
 * (help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature).
 */
export function signAcs3(request: Acs3Request): Acs3Signed {
  const query = Object.entries(request.query)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .join("&");
  const bodyHash = sha256("");
  const signed: { readonly [name: string]: string } = {
    host: request.host,
    "x-acs-action": request.action,
    "x-acs-content-sha256": bodyHash,
    "x-acs-date": request.date,
    "x-acs-signature-nonce": request.nonce,
    "x-acs-version": request.version,
  };
  // The names above stand in the order of the alphabet, as they must be signed.
  const names = Object.keys(signed).join(";");
  const lines = Object.entries(signed).map(([name, value]) => `${name}:${value.trim()}\n`);
  const canonical = [request.method, "/", query, lines.join(""), names, bodyHash].join("\n");
  const signature = createHmac("sha256", request.keySecret)
    .update(`ACS3-HMAC-SHA256\n${sha256(canonical)}`)
    .digest("hex");
  return {
    url: `https://${request.host}/?${query}`,
    headers: {
      ...signed,
      authorization: `ACS3-HMAC-SHA256 Credential=${request.keyId},SignedHeaders=${names},Signature=${signature}`,
    },
  };
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** RFC 3986: letters, digits, `-_.~` as they are, all else as `%XX`. */
const encoded = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replaceAll(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
