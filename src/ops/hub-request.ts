import { createHash } from "node:crypto";
import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect, type TLSSocket } from "node:tls";
import { Fault, messageOf } from "../domain/fault.ts";
import type { Clock } from "../port/clock.ts";
import type { HubAnswer, HubPost } from "../port/registry.ts";

const PATIENCE_MS = 20_000;
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Asks a hub over HTTPS. With a pin its certificate is judged by that alone: no byte of the request leaves before the
 * key of the certificate has turned out to be the pinned one. Without TLS only this machine is talked to. Rejects with
 * HUB_UNREACHABLE, HUB_FOREIGN or HTTP_INSECURE.
 */
export function createHubPost(clock: Clock): HubPost {
  return async ({ method, url, body, pin, ca }) => {
    const { protocol, hostname } = new URL(url);
    if (protocol !== "https:" && !isThisMachine(hostname)) {
      throw new Fault("HTTP_INSECURE", `${new URL(url).origin} would be told secrets in the clear.`, {
        fix: "Give the hub a certificate (web.tls) and use its https: address.",
        permanent: true,
      });
    }
    const abort = new AbortController();
    const cancel = clock.after(PATIENCE_MS, () => {
      abort.abort(new Error(`no answer in ${PATIENCE_MS / 1_000} s`));
    });
    try {
      const socket = pin === undefined ? undefined : await pinned(new URL(url), pin, abort.signal);
      const text = JSON.stringify(body);
      const options: RequestOptions = {
        method,
        signal: abort.signal,
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(text) },
        // An agent, even one for this request alone, would make a connection of its own.
        ...(socket === undefined ? { agent: false as const } : { createConnection: () => socket }),
      };
      return await answerOf(await send(url, { ...options, ...(ca === undefined ? {} : { ca }) }, text));
    } catch (error) {
      if (error instanceof Fault) throw error;
      const cause: unknown = abort.signal.aborted ? abort.signal.reason : error;
      throw new Fault("HUB_UNREACHABLE", `${new URL(url).origin}: ${messageOf(cause)}`, {
        fix: "Check the address, the network and that the hub runs.",
        cause,
      });
    } finally {
      cancel();
    }
  };
}

/** SHA-256 of a public key (SPKI, DER), as pins hold it. */
const pinOf = (spki: Uint8Array): string => createHash("sha256").update(spki).digest("base64url");

/** A connection to whoever holds the pinned key. */
function pinned({ hostname, port }: URL, pin: string, signal: AbortSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const host = hostname.replace(/^\[|\]$/g, "");
    const socket = connect({
      ...{ host, port: port === "" ? 443 : Number(port) },
      // The pin judges in the place of authorities, just below and before anything is sent.
      rejectUnauthorized: false,
      ALPNProtocols: ["http/1.1"],
      ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
    });
    const giveUp = (): void => {
      socket.destroy();
      reject(new Error("the connection was given up"));
    };
    signal.addEventListener("abort", giveUp, { once: true });
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      signal.removeEventListener("abort", giveUp);
      const spki = socket.getPeerX509Certificate()?.publicKey.export({ format: "der", type: "spki" });
      if (spki !== undefined && pinOf(spki) === pin) {
        socket.off("error", reject);
        resolve(socket);
        return;
      }
      socket.destroy();
      reject(
        new Fault(
          "HUB_FOREIGN",
          `${host} is not the hub that the code was made on: its certificate has another key.`,
          {
            fix: "Check the network. If the hub's certificate was exchanged since, have a new code made.",
            permanent: true,
          },
        ),
      );
    });
  });
}

function send(url: string, options: RequestOptions, text: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // The TLS connection stands already where there is a pin: then both write into it alike.
    const request = url.startsWith("https:") ? httpsRequest : httpRequest;
    const outgoing = request(url, options);
    outgoing.on("error", reject);
    outgoing.on("response", resolve);
    outgoing.end(text);
  });
}

async function answerOf(message: IncomingMessage): Promise<HubAnswer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of message) {
    if (!(chunk instanceof Uint8Array)) continue;
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) throw new Error("the answer is too long to be a hub's");
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  return { status: message.statusCode ?? 0, body: text === "" ? undefined : parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error("the answer is not a hub's", { cause: error });
  }
}

const isThisMachine = (host: string): boolean =>
  host === "localhost" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
