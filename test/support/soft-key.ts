// A passkey of plain code: makes and uses an ES256 key as a browser and its authenticator do (WebAuthn level 3,
// sections 6.1 and 6.5; CBOR by RFC 8949, COSE key by RFC 9053). Nothing of it comes from the library under test.
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";

export interface SoftKey {
  /** base64url */
  readonly id: string;
  create(
    origin: string,
    options: {
      readonly challenge: string;
      readonly rp: { readonly id: string };
      readonly user: { readonly id: string };
    },
  ): Made;
  get(
    origin: string,
    options: { readonly challenge: string; readonly rpId: string },
    changes?: { readonly count?: number; readonly user?: string; readonly present?: boolean },
  ): Answer;
}

interface Common {
  readonly id: string;
  readonly rawId: string;
  readonly type: "public-key";
  readonly clientExtensionResults: object;
}
interface Made extends Common {
  readonly response: {
    readonly clientDataJSON: string;
    readonly attestationObject: string;
    readonly transports: readonly string[];
  };
}
interface Answer extends Common {
  readonly response: {
    readonly clientDataJSON: string;
    readonly authenticatorData: string;
    readonly signature: string;
    readonly userHandle: string;
  };
}

export function createSoftKey(): SoftKey {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  const rawId = randomBytes(16);
  const id = rawId.toString("base64url");
  const common = { id, rawId: id, type: "public-key", clientExtensionResults: {} } as const;
  let user = "";
  return {
    id,
    create(origin, { challenge, rp, user: { id: handle } }) {
      user = handle;
      const cose = map([
        [number(1), number(2)],
        [number(3), number(-7)],
        [number(-1), number(1)],
        [number(-2), bytes(Buffer.from(x, "base64url"))],
        [number(-3), bytes(Buffer.from(y, "base64url"))],
      ]);
      const length = Buffer.from([0, rawId.length]);
      // Somebody is there, was verified, and a key follows.
      const attested = Buffer.concat([head(rp.id, 0x45, 0), Buffer.alloc(16), length, rawId, cose]);
      const attestation = map([
        [text("fmt"), text("none")],
        [text("attStmt"), map([])],
        [text("authData"), bytes(attested)],
      ]);
      return {
        ...common,
        response: {
          clientDataJSON: said("webauthn.create", origin, challenge).toString("base64url"),
          attestationObject: attestation.toString("base64url"),
          transports: ["internal"],
        },
      };
    },
    get(origin, { challenge, rpId }, changes = {}) {
      const flags = changes.present === false ? 0x00 : 0x05;
      const data = head(rpId, flags, changes.count ?? 0);
      const client = said("webauthn.get", origin, challenge);
      const signed = Buffer.concat([data, createHash("sha256").update(client).digest()]);
      return {
        ...common,
        response: {
          clientDataJSON: client.toString("base64url"),
          authenticatorData: data.toString("base64url"),
          signature: sign("sha256", signed, privateKey).toString("base64url"),
          userHandle: changes.user === undefined ? user : Buffer.from(changes.user).toString("base64url"),
        },
      };
    },
  };
}

const said = (type: string, origin: string, challenge: string): Buffer =>
  Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));

function head(rpId: string, flags: number, count: number): Buffer {
  const tail = Buffer.alloc(5);
  tail.writeUInt8(flags, 0);
  tail.writeUInt32BE(count, 1);
  return Buffer.concat([createHash("sha256").update(rpId).digest(), tail]);
}

function typed(major: number, value: number): Buffer {
  if (value < 24) return Buffer.from([(major << 5) | value]);
  if (value < 256) return Buffer.from([(major << 5) | 24, value]);
  return Buffer.from([(major << 5) | 25, value >> 8, value & 0xff]);
}
const number = (value: number): Buffer => (value < 0 ? typed(1, -1 - value) : typed(0, value));
const bytes = (value: Buffer): Buffer => Buffer.concat([typed(2, value.length), value]);
const text = (value: string): Buffer =>
  Buffer.concat([typed(3, Buffer.byteLength(value)), Buffer.from(value)]);
const map = (pairs: readonly (readonly [Buffer, Buffer])[]): Buffer =>
  Buffer.concat([typed(5, pairs.length), ...pairs.flat()]);
