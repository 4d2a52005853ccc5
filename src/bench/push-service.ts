import { createDecipheriv, createECDH, createHmac, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import { type Server, Socket } from "node:net";
import path from "node:path";
import type { Clock } from "../port/clock.ts";
import { type Programs, Unmeasured } from "./programs.ts";

/** A message that left the house, and when each part of it was here. Times in milliseconds. */
export interface Arrival {
  readonly channel: "web-push" | "webhook";
  /** The first packet of its connection. */
  readonly connectedAt: number;
  /** The request's head; with TLS after the handshake. */
  readonly requestAt: number;
  readonly kind: string;
  /** The same for every message about one alarm, on either channel. */
  readonly incident: string;
  /** Which message it is: `<home>/<occurrence>/<step>/<repeat>`; webhook only. */
  readonly key?: string;
}

/** A push service and a webhook's receiver on this machine; every request comes over a connection of its own. */
export interface PushService {
  readonly webhookUrl: string;
  /** What a browser's subscription would be. */
  readonly subscription: { readonly endpoint: string; readonly p256dh: string; readonly auth: string };
  /** File that a sender must trust (NODE_EXTRA_CA_CERTS). */
  readonly certificateFile: string;
  readonly arrivals: readonly Arrival[];
  close(): Promise<void>;
}

/** Rejects with Unmeasured where openssl, which makes the certificate, is missing. */
export async function startPushService(options: {
  readonly clock: Clock;
  readonly programs: Programs;
  readonly folder: string;
}): Promise<PushService> {
  const { clock, folder } = options;
  const { key, cert, certificateFile } = await makeCertificate(options.programs, folder);
  const arrivals: Arrival[] = [];
  const ecdh = createECDH("prime256v1");
  ecdh.generateKeys();
  const auth = randomBytes(16);

  const receive = (channel: Arrival["channel"]) => {
    /** By the sender's port: a request does not know its connection's beginning. */
    const connections = new Map<number, number>();
    return {
      connected(port: number | undefined) {
        if (port !== undefined) connections.set(port, clock.mono());
      },
      requested(request: IncomingMessage, response: ServerResponse) {
        const requestAt = clock.mono();
        const connectedAt = connections.get(request.socket.remotePort ?? 0) ?? requestAt;
        const pieces: Buffer[] = [];
        request.on("data", (piece: Buffer) => pieces.push(piece));
        request.on("end", () => {
          response.writeHead(201, { connection: "close" }).end();
          const body = Buffer.concat(pieces);
          const text = channel === "webhook" ? body.toString() : decrypt(body, ecdh, auth);
          const { kind = "", key, incident, tag } = fieldsOf(text);
          arrivals.push({
            ...{ channel, connectedAt, requestAt, kind, incident: incident ?? tag ?? "" },
            ...(key === undefined ? {} : { key }),
          });
        });
      },
    };
  };

  const hook = receive("webhook");
  const webhook = createHttp(hook.requested);
  webhook.on("connection", ({ remotePort }) => hook.connected(remotePort));
  const phone = receive("web-push");
  const push = createHttps({ key, cert }, phone.requested);
  push.on("connection", (socket) => {
    if (socket instanceof Socket) phone.connected(socket.remotePort);
  });
  const [webhookPort, pushPort] = await Promise.all([listen(webhook), listen(push)]);
  return {
    webhookUrl: `http://127.0.0.1:${webhookPort}/alarm`,
    subscription: {
      endpoint: `https://127.0.0.1:${pushPort}/phone`,
      p256dh: ecdh.getPublicKey().toString("base64url"),
      auth: auth.toString("base64url"),
    },
    certificateFile,
    arrivals,
    async close() {
      for (const server of [webhook, push]) server.closeAllConnections();
      await Promise.all([webhook, push].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

async function makeCertificate(programs: Programs, folder: string) {
  const keyFile = path.join(folder, "push-key.pem");
  const certificateFile = path.join(folder, "push-certificate.pem");
  const openssl = programs.start("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
    ...["-keyout", keyFile, "-out", certificateFile, "-days", "2"],
    ...["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
  ]);
  if ((await openssl.ended) !== 0) {
    throw new Unmeasured(`no certificate for the push service: ${openssl.said().trim().slice(-200)}`);
  }
  const [key, cert] = await Promise.all([readFile(keyFile), readFile(certificateFile)]);
  return { key, cert, certificateFile };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

function fieldsOf(text: string): { readonly [name: string]: string | undefined } {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter(([, field]) => typeof field === "string"));
}

/** The browser's half of RFC 8291: one record of RFC 8188. Throws when the message was not made for these keys. */
function decrypt(body: Buffer, keys: ReturnType<typeof createECDH>, auth: Buffer): string {
  const salt = body.subarray(0, 16);
  const keyEnd = 21 + body.readUInt8(20);
  const sender = body.subarray(21, keyEnd);
  const info = Buffer.concat([Buffer.from("WebPush: info\0"), keys.getPublicKey(), sender]);
  const secret = hkdf(auth, keys.computeSecret(sender), info, 32);
  const contentKey = hkdf(salt, secret, Buffer.from("Content-Encoding: aes128gcm\0"), 16);
  const nonce = hkdf(salt, secret, Buffer.from("Content-Encoding: nonce\0"), 12);
  const decipher = createDecipheriv("aes-128-gcm", contentKey, nonce);
  decipher.setAuthTag(body.subarray(-16));
  const plain = Buffer.concat([decipher.update(body.subarray(keyEnd, -16)), decipher.final()]);
  // The text ends with one byte 2 and padding of zeros.
  return plain.subarray(0, plain.lastIndexOf(2)).toString();
}

/** HKDF (RFC 5869) for one block. */
function hkdf(salt: Buffer, secret: Buffer, info: Buffer, bytes: number): Buffer {
  const extracted = createHmac("sha256", salt).update(secret).digest();
  return createHmac("sha256", extracted)
    .update(Buffer.concat([info, Buffer.of(1)]))
    .digest()
    .subarray(0, bytes);
}
