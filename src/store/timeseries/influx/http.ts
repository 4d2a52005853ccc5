import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { messageOf } from "../../../domain/fault.ts";
import type { Clock } from "../../../port/clock.ts";

/** An answer of a night's raw numbers is some megabytes; more than this is none of ours. */
const BODY_BYTES_MAX = 64 << 20;
const CONNECTIONS_MAX = 4;

/** Connections to one server, kept open between requests. */
export type Connections = HttpAgent | HttpsAgent;

export const openConnections = (url: URL): Connections =>
  url.protocol === "https:"
    ? new HttpsAgent({ keepAlive: true, maxSockets: CONNECTIONS_MAX })
    : new HttpAgent({ keepAlive: true, maxSockets: CONNECTIONS_MAX });

export interface Asked {
  readonly method: "GET" | "POST";
  /** Below the server's address, with its query. */
  readonly path: string;
  readonly headers: { readonly [name: string]: string };
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** Time is up: nothing is known of what became of the request. */
export class NoAnswer extends Error {}

/** Runs `work` with a signal that ends it after `ms`; rejects with NoAnswer then, and as the work does otherwise. */
export async function within<Result>(
  clock: Clock,
  ms: number,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const abort = new AbortController();
  const cancel = clock.after(ms, () => abort.abort(new NoAnswer(`no answer in ${ms} ms`)));
  try {
    return await work(abort.signal);
  } catch (error) {
    if (abort.signal.aborted) throw abort.signal.reason;
    throw error;
  } finally {
    cancel();
  }
}

/** One request; rejects where no whole answer came. Redirects are answers like any other: secrets follow none. */
export function ask(
  base: URL,
  { method, path, headers, body }: Asked,
  { agent, signal }: { readonly agent: Connections; readonly signal: AbortSignal },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = base.protocol === "https:" ? httpsRequest : httpRequest;
    const outgoing = request(
      new URL(base.pathname.replace(/\/$/, "") + path, base),
      { method, headers, agent, signal },
      (answer) => {
        read(answer).then(resolve, reject);
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

async function read(answer: IncomingMessage): Promise<Answer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of bytesOf(answer)) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Error(`an answer of more than ${BODY_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  const { statusCode: status = 0, headers } = answer;
  return { status, headers, body: new TextDecoder().decode(Buffer.concat(chunks)) };
}

/** A stream without an encoding gives bytes; its type cannot say so. */
const bytesOf = (answer: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> => answer;

/** What a server says of a mistake: InfluxDB's `error`, else the beginning of its text. */
export function errorIn(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === "object" && parsed !== null) {
      if ("error" in parsed && typeof parsed.error === "string") return parsed.error;
      if ("message" in parsed && typeof parsed.message === "string") return parsed.message;
    }
  } catch (error) {
    // Not JSON: a proxy's page, or plain words.
    return body.trim().slice(0, 300) || messageOf(error);
  }
  return body.trim().slice(0, 300);
}
