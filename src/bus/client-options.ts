import { createHash, X509Certificate } from "node:crypto";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import type { IClientOptions } from "mqtt";
import type { BusOptions } from "../port/bus.ts";
import type { Random } from "../port/random.ts";

const KEEPALIVE_S = 10;
const CONNECT_MS = 5_000;
/** A broker that lets thousands in again takes its time; who gives up too early stands at the end of the queue. */
const CONNECT_SHARED_MS = 20_000;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 10_000;
const RETRY_SHARED_MS_MIN = 2_000;
const RETRY_SHARED_MS_MAX = 120_000;
/** Longer chains are not walked; the last certificate of one names itself as its issuer. */
const CHAIN_MAX = 8;

/** What mqtt.js is told for one connection. */
export function clientOptions(options: BusOptions): IClientOptions {
  const { clientId, username, password, will, protocol, tls, shared } = options;
  return {
    protocolVersion: protocol === "5" ? 5 : 4,
    clean: true,
    clientId,
    keepalive: KEEPALIVE_S,
    // Pings go out in a stream of messages too: they find a broker that only listens.
    reschedulePings: false,
    connectTimeout: shared === true ? CONNECT_SHARED_MS : CONNECT_MS,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    // Its own log is never read, and costs several calls a message.
    log: () => undefined,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(will === undefined
      ? {}
      : { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1 as const, retain: true } }),
    ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls?.pin === undefined ? {} : { checkServerIdentity: pinned(tls.pin) }),
  };
}

/**
 * How long to wait before the next attempt, ms. At a shared broker the wait is anything from nothing to the whole
 * bound, which doubles: 16,000 boxes that lost it at once then come back as fast as it can take them, and no faster.
 */
export function retryWait(failures: number, shared: boolean, random: Random): number {
  if (shared) return Math.min(RETRY_SHARED_MS_MAX, RETRY_SHARED_MS_MIN * 2 ** failures) * random.uniform();
  return Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** failures) * (0.5 + random.uniform() / 2);
}

/** The usual judgement, and one certificate of the chain must have this public key. */
function pinned(pin: string): (host: string, certificate: PeerCertificate) => Error | undefined {
  return (host, certificate) => {
    const problem = checkServerIdentity(host, certificate);
    if (problem !== undefined) return problem;
    return pinsOf(certificate).includes(pin)
      ? undefined
      : new Error("the broker has another key than agreed");
  };
}

/** SHA-256 of the public key (its SubjectPublicKeyInfo), base64url, of each certificate up to the root. */
function pinsOf(certificate: PeerCertificate): string[] {
  const pins: string[] = [];
  let at: PeerCertificate | undefined = certificate;
  while (at !== undefined && pins.length < CHAIN_MAX) {
    const key = new X509Certificate(at.raw).publicKey.export({ type: "spki", format: "der" });
    pins.push(createHash("sha256").update(key).digest("base64url"));
    at = issuerOf(at);
  }
  return pins;
}

function issuerOf(certificate: PeerCertificate & { issuerCertificate?: PeerCertificate }) {
  const issuer = certificate.issuerCertificate;
  return issuer === certificate ? undefined : issuer;
}
