import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { ipVersion } from "../domain/address.ts";
import { Fault, messageOf } from "../domain/fault.ts";
import { DAY_MS, type Wall, wall } from "../domain/time.ts";
import type { CertificateStage } from "../port/world.ts";

/** What a certificate says of itself. */
export interface CertificateFacts {
  /** Host names and addresses that it is for. */
  readonly names: readonly string[];
  readonly from: Wall;
  readonly until: Wall;
  /** SHA-256 of the whole certificate, in pairs of hex digits as phones show it. */
  readonly fingerprint: string;
  /** SHA-256 of its public key, base64url. */
  readonly pin: string;
  /** Its issuer in one line. */
  readonly issuer: string;
}

/** Reads the first certificate of a PEM text. Throws INPUT_INVALID. */
export function readCertificate(pem: string): CertificateFacts {
  try {
    const read = new X509Certificate(pem);
    const names = [...(read.subjectAltName ?? "").matchAll(/(?:DNS|IP Address):([^,\s]+)/g)];
    return {
      names: names.map(([, name = ""]) => (ipVersion(name) === 0 ? name : plainAddress(name))),
      from: wall(read.validFromDate.getTime()),
      until: wall(read.validToDate.getTime()),
      fingerprint: read.fingerprint256,
      pin: createHash("sha256")
        .update(read.publicKey.export({ format: "der", type: "spki" }))
        .digest("base64url"),
      issuer: read.issuer.replaceAll("\n", ", "),
    };
  } catch (error) {
    throw new Fault("INPUT_INVALID", `This is not a certificate: ${messageOf(error)}`, {
      fix: "Use PEM text that begins with -----BEGIN CERTIFICATE-----.",
      permanent: true,
      cause: error,
    });
  }
}

/** The facts of a certificate whose key this is. Throws INPUT_INVALID where one of them is none, or they do not fit. */
export function readPair({ cert, key }: { readonly cert: string; readonly key: string }): CertificateFacts {
  const facts = readCertificate(cert);
  let fits: boolean;
  try {
    fits = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch (error) {
    throw new Fault("INPUT_INVALID", `This is not a private key: ${messageOf(error)}`, {
      fix: "Use PEM text of a key without a passphrase.",
      permanent: true,
      cause: error,
    });
  }
  if (fits) return facts;
  throw new Fault("INPUT_INVALID", "Certificate and key do not belong together.", {
    fix: "Use the key that the certificate was made with.",
    permanent: true,
  });
}

/** Whole days until a certificate ends; negative once it has. */
export const daysLeft = ({ until }: Pick<CertificateFacts, "until">, now: Wall): number =>
  Math.floor((until - now) / DAY_MS);

/**
 * How near the end is: fewer than 30, 14 or 3 days are left, or less than a third, sixth or twelfth of its whole time
 * where that is less (one of six days is new for four of them); undefined: nothing to say.
 */
export function endingStage(
  { from, until }: Pick<CertificateFacts, "from" | "until">,
  now: Wall,
): CertificateStage | undefined {
  if (now < from) return "early";
  const left = until - now;
  if (left <= 0) return "ended";
  const isWithin = (days: number, share: number): boolean =>
    left < Math.min(days * DAY_MS, (until - from) * share);
  if (isWithin(3, 1 / 12)) return "days";
  if (isWithin(14, 1 / 6)) return "weeks";
  return isWithin(30, 1 / 3) ? "month" : undefined;
}

/** What is wrong with the time of a certificate, in words; undefined: nothing (`endingStage`). */
export function endingOf(
  facts: Pick<CertificateFacts, "from" | "until">,
  now: Wall,
): { readonly stage: CertificateStage; readonly fault: Fault } | undefined {
  const stage = endingStage(facts, now);
  if (stage === undefined) return undefined;
  const days = daysLeft(facts, now);
  const day = new Date(now < facts.from ? facts.from : facts.until).toISOString().slice(0, 10);
  const what =
    now < facts.from
      ? `counts from ${day} on`
      : stage === "ended"
        ? `has ended on ${day}`
        : `ends on ${day}, in ${days} ${days === 1 ? "day" : "days"}`;
  const fault = new Fault("CERTIFICATE_ENDING", `The certificate of the pages ${what}.`, {
    fix:
      now < facts.from
        ? "Set this machine's clock."
        : "Put a new certificate in its place; it is taken over within a minute, without a restart.",
  });
  return { stage, fault };
}

/** Node writes IPv6 addresses with capitals and all their zeros. */
const plainAddress = (address: string): string =>
  ipVersion(address) === 6 ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
