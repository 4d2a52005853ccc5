import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from "node:crypto";
import { ipVersion } from "../domain/address.ts";
import { DAY_MS } from "../domain/time.ts";
import type { Random } from "../port/random.ts";
import {
  bits,
  boolean,
  explicit,
  implicit,
  integer,
  objectId,
  octets,
  sequence,
  set,
  time,
  utf8,
} from "./der.ts";

/** A certificate with its private key, both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** How long an authority lasts: phones are told of it once. */
const AUTHORITY_MS = 3_650 * DAY_MS;
/** How long a certificate of it lasts: browsers take no longer ones (398 days). */
const LEAF_MS = 397 * DAY_MS;
/** Clocks of phones that are a little behind take it too. */
const BEFORE_MS = DAY_MS;

const ECDSA_SHA256 = sequence(objectId("1.2.840.10045.4.3.2"));
const COMMON_NAME = "2.5.4.3";
const ORGANISATION = "2.5.4.10";

/**
 * An authority (ECDSA P-256, 10 years) that can vouch for these host names and addresses alone: whoever steals its key
 * can imitate this box, and no bank (RFC 5280, section 4.2.1.10; every kind of name that is not listed is shut out).
 */
export function createAuthority(options: {
  readonly names: readonly string[];
  /** Tells this authority from others in the settings of a phone. */
  readonly label: string;
  /** Wall clock, epoch milliseconds. */
  readonly now: number;
  readonly random: Random;
}): KeyPair {
  const { names, label, now, random } = options;
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const subject = nameOf(label);
  const cert = certificate({
    ...{ subject, issuer: subject, publicKey, signer: privateKey, random },
    ...{ from: now - BEFORE_MS, to: now + AUTHORITY_MS },
    extensions: [
      extension("2.5.29.19", true, sequence(boolean(true), integer(Buffer.from([0])))),
      // keyCertSign, cRLSign
      extension("2.5.29.15", true, bits(Buffer.from([0x06]), 1)),
      extension("2.5.29.14", false, octets(keyIdOf(publicKey))),
      extension("2.5.29.30", true, constraintsOf(names)),
    ],
  });
  return { cert, key: pemOf(privateKey) };
}

/** A certificate of the authority for these host names and addresses, 397 days from now. */
export function issueCertificate(
  authority: KeyPair & { readonly label: string },
  options: { readonly names: readonly string[]; readonly now: number; readonly random: Random },
): KeyPair {
  const { names, now, random } = options;
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const signer = createPrivateKey(authority.key);
  const cert = certificate({
    // No host name: it would be judged as one where the certificate is for addresses alone.
    ...{ subject: nameOf("Breathwatch pages"), issuer: nameOf(authority.label) },
    ...{ publicKey, signer, random, from: now - BEFORE_MS, to: now + LEAF_MS - BEFORE_MS },
    extensions: [
      extension("2.5.29.19", true, sequence()),
      // digitalSignature
      extension("2.5.29.15", true, bits(Buffer.from([0x80]), 7)),
      // serverAuth
      extension("2.5.29.37", false, sequence(objectId("1.3.6.1.5.5.7.3.1"))),
      extension("2.5.29.17", false, sequence(...names.map(generalName))),
      extension("2.5.29.14", false, octets(keyIdOf(publicKey))),
      extension("2.5.29.35", false, sequence(implicit(0, keyIdOf(createPublicKey(signer))))),
    ],
  });
  return { cert, key: pemOf(privateKey) };
}

function certificate(of: {
  readonly subject: Uint8Array;
  readonly issuer: Uint8Array;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  readonly from: number;
  readonly to: number;
  readonly random: Random;
  readonly extensions: readonly Uint8Array[];
}): string {
  const { subject, issuer, publicKey, signer, from, to, random, extensions } = of;
  // At most 20 bytes and positive (RFC 5280, section 4.1.2.2); 127 bits of chance.
  const serial = Buffer.from(random.bytes(16));
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_SHA256,
    issuer,
    sequence(time(from), time(to)),
    subject,
    publicKey.export({ format: "der", type: "spki" }),
    explicit(3, sequence(...extensions)),
  );
  const whole = sequence(body, ECDSA_SHA256, bits(sign("sha256", body, signer)));
  const lines = Buffer.from(whole).toString("base64").replaceAll(/.{64}/g, "$&\n").trimEnd();
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

const nameOf = (common: string): Uint8Array =>
  sequence(
    set(sequence(objectId(ORGANISATION), utf8("Breathwatch"))),
    // At most 64 characters (RFC 5280, ub-common-name).
    set(sequence(objectId(COMMON_NAME), utf8(common.slice(0, 64)))),
  );

function extension(id: string, critical: boolean, value: Uint8Array): Uint8Array {
  return sequence(objectId(id), ...(critical ? [boolean(true)] : []), octets(value));
}

/** Permitted: these names. Excluded: all addresses where none is permitted, and mail names of any kind. */
function constraintsOf(names: readonly string[]): Uint8Array {
  const subtree = (general: Uint8Array): Uint8Array => sequence(general);
  const addresses = names.filter((name) => ipVersion(name) !== 0);
  const hosts = names.filter((name) => ipVersion(name) === 0);
  const permitted = [
    ...hosts.map((host) => subtree(implicit(2, Buffer.from(host)))),
    ...addresses.map((each) => subtree(implicit(7, withMask(addressBytes(each), 0xff)))),
  ];
  const excluded = [
    ...(hosts.length === 0 ? [subtree(implicit(2, Buffer.from("")))] : []),
    ...[4, 16]
      .filter((length) => addresses.every((each) => addressBytes(each).length !== length))
      .map((length) => subtree(implicit(7, withMask(new Uint8Array(length), 0)))),
  ];
  return sequence(
    ...(permitted.length === 0 ? [] : [explicit(0, ...permitted)]),
    ...(excluded.length === 0 ? [] : [explicit(1, ...excluded)]),
  );
}

const withMask = (address: Uint8Array, each: number): Uint8Array =>
  Buffer.concat([address, new Uint8Array(address.length).fill(each)]);

const generalName = (name: string): Uint8Array =>
  ipVersion(name) === 0 ? implicit(2, Buffer.from(name)) : implicit(7, addressBytes(name));

function addressBytes(address: string): Uint8Array {
  if (ipVersion(address) === 4) return Uint8Array.from(address.split("."), Number);
  // The URL parser writes an IPv6 address in its shortest form; its gap stands for what is missing of eight groups.
  const [before = "", after] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const groups = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const [head, tail] = [groups(before), groups(after ?? "")];
  const gap = Array.from({ length: 8 - head.length - tail.length }, () => 0);
  return Uint8Array.from([...head, ...gap, ...tail].flatMap((group) => [group >> 8, group & 0xff]));
}

/** RFC 5280, section 4.2.1.2, method 1: SHA-1 of the key's bits; a name, not a protection. */
const keyIdOf = (key: KeyObject): Uint8Array =>
  createHash("sha1")
    .update(key.export({ format: "der", type: "spki" }).subarray(-65))
    .digest();

const pemOf = (key: KeyObject): string => key.export({ format: "pem", type: "pkcs8" }).toString();
