import { createECDH, createPrivateKey, type KeyObject, sign } from "node:crypto";
import { Fault, messageOf } from "../../domain/fault.ts";
import { HOUR_MS, MINUTE_MS, type Mono, SECOND_MS } from "../../domain/time.ts";
import type { Clock } from "../../port/clock.ts";
import type { Random } from "../../port/random.ts";
import { isPrivateHost } from "../address.ts";

/** A home's key pair for push services (RFC 8292), P-256 points in base64url. Made once, kept with the state. */
export interface VapidKeys {
  /** Uncompressed point, 65 bytes: what pages subscribe with. */
  readonly publicKey: string;
  /** 32 bytes; a secret. */
  readonly privateKey: string;
}

/** Makes the key pair of a home. Subscriptions die with it, so it is stored and never made twice. */
export function createVapidKeys(random: Random): VapidKeys {
  for (let attempt = 0; attempt < 8; attempt++) {
    const ecdh = createECDH("prime256v1");
    const secret = random.bytes(32);
    try {
      ecdh.setPrivateKey(secret);
    } catch {
      // One draw in 2^32 lies outside the curve's order: draw again.
      continue;
    }
    return {
      publicKey: ecdh.getPublicKey("base64url", "uncompressed"),
      privateKey: Buffer.from(secret).toString("base64url"),
    };
  }
  throw new Fault(
    "CHANNEL_CONFIG",
    "No key pair for push services could be made from this source of chance.",
  );
}

/**
 * Refuses a contact address that push services refuse: Apple answers 403 BadJwtToken to every message when it is
 * not mailto: or https:, or lies at localhost, .local or .invalid. Throws Fault CHANNEL_CONFIG.
 */
export function checkVapidSubject(subject: string): void {
  const refuse = (why: string): never => {
    throw new Fault("CHANNEL_CONFIG", `The contact address for push services, "${subject}", ${why}.`, {
      fix: "Set channels.webPush.subject to mailto: and a real e-mail address, or to an https address.",
      permanent: true,
    });
  };
  if (!URL.canParse(subject)) return refuse("is not an address");
  const url = new URL(subject);
  if (url.protocol === "https:") {
    return isPrivateHost(url) ? refuse("lies in the house, which push services refuse") : undefined;
  }
  if (url.protocol !== "mailto:") return refuse("is neither mailto: nor https:");
  const domain = /^[^@\s]+@([^@\s?]+)(?:\?|$)/.exec(url.pathname)?.[1];
  if (domain === undefined || !URL.canParse(`https://${domain}/`)) return refuse("is not an e-mail address");
  if (isPrivateHost(new URL(`https://${domain}/`))) refuse("lies in the house, which push services refuse");
}

export interface VapidOptions {
  readonly subject: string;
  readonly keys: VapidKeys;
  readonly clock: Clock;
}

/** The `Authorization` header for a push service. */
export type VapidHeader = (endpoint: URL) => string;

/** Push services ask not to see a new token more than hourly; one is used for that long. */
const REUSE_MS = HOUR_MS;
/** At most 24 h are allowed; half leaves room for a clock that is wrong by hours. */
const LIFE_MS = 12 * HOUR_MS;
const SERVICES_MAX = 32;

/**
 * Signs tokens for push services and keeps each for an hour. Signed here and not by the library, which checks the
 * expiry against the process's own clock and makes a new token for every message. Throws Fault CHANNEL_CONFIG for a
 * subject or keys that cannot work.
 */
export function createVapidHeader({ subject, keys, clock }: VapidOptions): VapidHeader {
  checkVapidSubject(subject);
  const privateKey = readPrivateKey(keys);
  const made = new Map<
    string,
    { readonly header: string; readonly at: Mono; readonly expiresAtMs: number }
  >();

  const make = (audience: string): string => {
    const expiresAtMs = clock.wall() + LIFE_MS;
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const claims = { aud: audience, exp: Math.floor(expiresAtMs / SECOND_MS), sub: subject };
    const unsigned = `${part({ typ: "JWT", alg: "ES256" })}.${part(claims)}`;
    const signature = sign("sha256", Buffer.from(unsigned), { key: privateKey, dsaEncoding: "ieee-p1363" });
    const header = `vapid t=${unsigned}.${signature.toString("base64url")}, k=${keys.publicKey}`;
    const oldest = made.keys().next().value;
    if (made.size >= SERVICES_MAX && oldest !== undefined) made.delete(oldest);
    made.set(audience, { header, at: clock.mono(), expiresAtMs });
    return header;
  };

  return (endpoint) => {
    const known = made.get(endpoint.origin);
    if (known === undefined || clock.mono() - known.at >= REUSE_MS) return make(endpoint.origin);
    // A stepped wall clock makes a young token worthless: expired, or valid for longer than allowed.
    const leftMs = known.expiresAtMs - clock.wall();
    return leftMs > 5 * MINUTE_MS && leftMs <= LIFE_MS + MINUTE_MS ? known.header : make(endpoint.origin);
  };
}

function readPrivateKey(keys: VapidKeys): KeyObject {
  try {
    const point = Buffer.from(keys.publicKey, "base64url");
    if (point.length !== 65) throw new RangeError("the public key is not 65 bytes long");
    const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((half) => half.toString("base64url"));
    if (x === undefined || y === undefined) throw new RangeError("the public key has no halves");
    return createPrivateKey({
      format: "jwk",
      key: { kty: "EC", crv: "P-256", x, y, d: keys.privateKey },
    });
  } catch (thrown) {
    throw new Fault(
      "CHANNEL_CONFIG",
      `The stored key pair for push services is damaged: ${messageOf(thrown)}.`,
      {
        fix: "Remove it from the state; every phone must then be set up again.",
        permanent: true,
        cause: thrown,
      },
    );
  }
}
