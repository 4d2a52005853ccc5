import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { ipVersion } from "../domain/address.ts";
import { Fault, messageOf } from "../domain/fault.ts";
import { DAY_MS, type Wall, wall } from "../domain/time.ts";

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

/** From here on somebody should hear that a certificate ends. */
const WARN_DAYS = 21;

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

/** What is wrong with the time of a certificate; undefined: nothing for 21 days. */
export function endingOf(facts: CertificateFacts, now: Wall): Fault | undefined {
  const days = daysLeft(facts, now);
  if (now >= facts.from && days >= WARN_DAYS) return undefined;
  const day = new Date(now < facts.from ? facts.from : facts.until).toISOString().slice(0, 10);
  const what =
    now < facts.from
      ? `counts from ${day} on`
      : days < 0
        ? `has ended on ${day}`
        : `ends on ${day}, in ${days} days`;
  return new Fault("CERTIFICATE_ENDING", `The certificate of the pages ${what}.`, {
    fix:
      now < facts.from
        ? "Set this machine's clock."
        : "Put a new certificate in its place; it is taken over within a minute, without a restart.",
  });
}

/** Node writes IPv6 addresses with capitals and all their zeros. */
const plainAddress = (address: string): string =>
  ipVersion(address) === 6 ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
