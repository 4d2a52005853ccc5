import { createDecipheriv, createECDH, createHmac, createPublicKey, randomBytes, verify } from "node:crypto";

/** A browser's half of Web Push, written from RFC 8188, 8291 and 8292 alone, so that it proves the sending half. */
export interface PushReceiver {
  /** As `PushSubscription.toJSON().keys` gives them. */
  readonly p256dh: string;
  readonly auth: string;
  /** Decrypts a message body; throws when it was not made for this receiver or was changed. */
  decrypt(body: Uint8Array): string;
}

/** A receiver with keys of its own, or with given ones (base64url). */
export function createPushReceiver(given?: {
  readonly privateKey: string;
  readonly auth: string;
}): PushReceiver {
  const ecdh = createECDH("prime256v1");
  if (given === undefined) ecdh.generateKeys();
  else ecdh.setPrivateKey(Buffer.from(given.privateKey, "base64url"));
  const auth = given === undefined ? randomBytes(16) : Buffer.from(given.auth, "base64url");
  const own = ecdh.getPublicKey();
  return {
    p256dh: own.toString("base64url"),
    auth: auth.toString("base64url"),
    decrypt(body) {
      const bytes = Buffer.from(body);
      const salt = bytes.subarray(0, 16);
      const recordSize = bytes.readUInt32BE(16);
      const sender = bytes.subarray(21, 21 + bytes.readUInt8(20));
      const record = bytes.subarray(21 + sender.length);
      if (record.length > recordSize) throw new Error("a push message is one record");

      const shared = hmac(auth, ecdh.computeSecret(sender));
      const input = expand(shared, Buffer.concat([Buffer.from("WebPush: info\0"), own, sender]), 32);
      const secret = hmac(salt, input);
      const key = expand(secret, Buffer.from("Content-Encoding: aes128gcm\0"), 16);
      const nonce = expand(secret, Buffer.from("Content-Encoding: nonce\0"), 12);

      const decipher = createDecipheriv("aes-128-gcm", key, nonce);
      decipher.setAuthTag(record.subarray(-16));
      const padded = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
      const end = padded.lastIndexOf(2);
      if (end < 0 || padded.subarray(end + 1).some((byte) => byte !== 0)) throw new Error("bad padding");
      return padded.subarray(0, end).toString();
    },
  };
}

/** The claims of a VAPID header whose signature is right; throws otherwise (RFC 8292). */
export function readVapid(authorization: string): {
  readonly aud: string;
  readonly exp: number;
  readonly sub: string;
  /** The sender's public key, base64url. */
  readonly key: string;
} {
  const [, token = "", key = ""] = /^vapid t=([^,\s]+),\s*k=(\S+)$/i.exec(authorization) ?? [];
  const [header = "", claims = "", signature = ""] = token.split(".");
  const point = Buffer.from(key, "base64url");
  const publicKey = createPublicKey({
    format: "jwk",
    key: {
      kty: "EC",
      crv: "P-256",
      x: point.subarray(1, 33).toString("base64url"),
      y: point.subarray(33).toString("base64url"),
    },
  });
  const { alg } = JSON.parse(Buffer.from(header, "base64url").toString()) as { alg: string };
  const signed = Buffer.from(`${header}.${claims}`);
  const isRight = verify(
    "sha256",
    signed,
    { key: publicKey, dsaEncoding: "ieee-p1363" },
    Buffer.from(signature, "base64url"),
  );
  if (alg !== "ES256" || !isRight) throw new Error("the VAPID signature is wrong");
  return { ...JSON.parse(Buffer.from(claims, "base64url").toString()), key };
}

const hmac = (key: Uint8Array, data: Uint8Array): Buffer => createHmac("sha256", key).update(data).digest();

/** HKDF-Expand of at most one block (RFC 5869). */
const expand = (key: Uint8Array, info: Uint8Array, length: number): Buffer =>
  hmac(key, Buffer.concat([info, Buffer.of(1)])).subarray(0, length);
