import { createHash, createHmac } from "node:crypto";
import type { HomeId } from "../domain/ids.ts";
import type { BoxId } from "../port/registry.ts";
import { type EdgeKey, isSignedBy } from "./edge-key.ts";

/** What a box sends to a hub to be taken in. */
export interface PairRequest {
  /** As it was typed or scanned. */
  readonly code: string;
  /** Of the box: `EdgeKey.publicKey`. */
  readonly publicKey: string;
  /** 16 random bytes in base64url. */
  readonly nonce: string;
  /** The id that the box's home has already; a hub keeps it for a new home. */
  readonly home?: HomeId;
  /** Over all of it, by the key of the box. */
  readonly signature: string;
}

/** What a box leaves with its hub for the box that may follow it. */
export interface EstateRequest {
  /** Counted up with every change; an older one is refused. */
  readonly revision: number;
  /** A HomeEstate as JSON text. */
  readonly estate: string;
  readonly signature: string;
}

/** The request of a box, signed. */
export function pairRequest(key: EdgeKey, code: string, nonce: Uint8Array, home?: HomeId): PairRequest {
  const unsigned = {
    code,
    publicKey: key.publicKey,
    nonce: Buffer.from(nonce).toString("base64url"),
    ...(home === undefined ? {} : { home }),
  };
  return { ...unsigned, signature: key.sign(pairMessage(unsigned)) };
}

/** Whether whoever asks holds the key that the request names. */
export const isOwnPairRequest = (request: PairRequest): boolean =>
  isSignedBy(request.publicKey, pairMessage(request), request.signature);

/** An estate, signed by the box that leaves it. */
export function estateRequest(key: EdgeKey, box: BoxId, revision: number, estate: string): EstateRequest {
  return { revision, estate, signature: key.sign(estateMessage(box, revision, estate)) };
}

/** Whether the box of this public key left this. */
export const isEstateOf = (
  box: { readonly id: BoxId; readonly publicKey: string },
  { revision, estate, signature }: EstateRequest,
): boolean => isSignedBy(box.publicKey, estateMessage(box.id, revision, estate), signature);

/**
 * What a hub keeps of a claim code. With the hub's key, since 50 bits that live for a day could be found from a
 * plain hash by whoever has the file. `code`: as `normaliseCode` gives it.
 */
export const claimCodeHash = (key: Uint8Array, code: string): string =>
  createHmac("sha256", key).update(`breathwatch claim code\n${code}`).digest("hex");

/** What a claim code's QR holds: the secret stands behind the #, which browsers send to nobody. */
export function claimLink(hub: string, code: string, pin?: string): string {
  const parts = new URLSearchParams({ code, ...(pin === undefined ? {} : { pin }) });
  return `${hub}/pair#${parts.toString()}`;
}

/** What stands in a claim link; undefined for any other text. */
export function readClaimLink(
  link: string,
): { readonly hub: string; readonly code: string; readonly pin?: string } | undefined {
  if (!URL.canParse(link)) return undefined;
  const { origin, pathname, hash, protocol } = new URL(link);
  const parts = new URLSearchParams(hash.slice(1));
  const code = parts.get("code");
  const pin = parts.get("pin");
  if (pathname !== "/pair" || code === null || !/^https?:$/.test(protocol)) return undefined;
  return { hub: origin, code, ...(pin === null ? {} : { pin }) };
}

const pairMessage = ({ code, publicKey, nonce, home = "" }: Omit<PairRequest, "signature">): string =>
  ["breathwatch pair", code, publicKey, nonce, home].join("\n");

const estateMessage = (box: BoxId, revision: number, estate: string): string =>
  ["breathwatch estate", box, revision, createHash("sha256").update(estate).digest("hex")].join("\n");
