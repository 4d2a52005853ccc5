import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { Fault, messageOf } from "../domain/fault.ts";
import type { Clock } from "../port/clock.ts";
import type { Http, HttpLines, HttpRequest, HttpResponse } from "../port/http.ts";

const BODY_BYTES_MAX = 64 << 10;
const LINE_CHARS_MAX = 16 << 10;
/**
 * At once to one service: a hub that calls for thousands of homes in one second must leave files for its disk. The others
 * wait in line for a connection; each service has a line of its own.
 */
const CONNECTIONS_MAX = 256;

/**
 * The way out to the internet. Redirects are answers like any other: secrets never follow them elsewhere. Not by
 * fetch(), which loads its library at the first call of a night and takes longer for each (docs/bench.md).
 */
export function createHttp(clock: Clock): Http & HttpLines {
  const kept = { keepAlive: true, maxSockets: CONNECTIONS_MAX };
  const agents: Agents = { http: new HttpAgent(kept), https: new HttpsAgent(kept) };
  return {
    async request(asked) {
      const abort = new AbortController();
      const cancel = clock.after(asked.timeoutMs, () => {
        abort.abort(new Error(`no answer in ${asked.timeoutMs} ms`));
      });
      try {
        return await toResponse(await send(asked, abort.signal, agents));
      } catch (error) {
        const cause: unknown = abort.signal.aborted ? abort.signal.reason : error;
        throw new Fault("CHANNEL_FAILED", `${hostOf(asked.url)}: ${messageOf(cause)}`, { cause });
      } finally {
        cancel();
      }
    },
    async lines(asked, onLine, { quietMs, signal }) {
      const abort = new AbortController();
      const stop = (): void => abort.abort();
      signal.addEventListener("abort", stop, { once: true });
      const watch = (): (() => void) =>
        clock.after(quietMs, () => abort.abort(new Error(`nothing came for ${quietMs} ms`)));
      let cancel = watch();
      try {
        const answer = await send(asked, abort.signal);
        if (answer.statusCode !== 200) throw new Error(`it answers ${answer.statusCode}`);
        const decoder = new TextDecoder();
        let held = "";
        for await (const chunk of bytesOf(answer)) {
          cancel();
          cancel = watch();
          const parts = `${held}${decoder.decode(chunk, { stream: true })}`.split("\n");
          held = parts.pop() ?? "";
          if (held.length > LINE_CHARS_MAX) throw new Error("a line has no end");
          for (const line of parts) if (line.length <= LINE_CHARS_MAX) onLine(line);
        }
      } catch (error) {
        if (signal.aborted) return;
        const cause: unknown = abort.signal.aborted ? abort.signal.reason : error;
        throw new Fault("CHANNEL_FAILED", `${hostOf(asked.url)}: ${messageOf(cause)}`, { cause });
      } finally {
        cancel();
        abort.abort();
        signal.removeEventListener("abort", stop);
      }
    },
  };
}

/** What stays open is not counted among them: it hears for the whole night. */
interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

/** Resolves with the head of the answer. */
function send(
  { method, url, headers, body }: Omit<HttpRequest, "timeoutMs">,
  signal: AbortSignal,
  agents?: Agents,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const isSecure = url.startsWith("https:");
    const request = isSecure ? httpsRequest : httpRequest;
    const length = body === undefined ? {} : { "content-length": body.length };
    const agent = isSecure ? agents?.https : agents?.http;
    const outgoing = request(url, {
      ...{ method, headers: { ...headers, ...length }, signal },
      ...(agent === undefined ? {} : { agent }),
    });
    outgoing.on("error", reject);
    outgoing.on("response", resolve);
    outgoing.end(body);
  });
}

/** A stream without an encoding gives bytes; its type cannot say so. */
const bytesOf = (answer: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> => answer;

async function toResponse(answer: IncomingMessage): Promise<HttpResponse> {
  const headers: { [name: string]: string } = {};
  for (const [name, value = ""] of Object.entries(answer.headers)) {
    headers[name] = typeof value === "string" ? value : value.join(", ");
  }
  return {
    status: answer.statusCode ?? 0,
    headers,
    body: await readBounded(answer),
  };
}

async function readBounded(answer: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop ends the connection and with it the rest.
  for await (const chunk of answer) {
    chunks.push(chunk.subarray(0, BODY_BYTES_MAX - bytes));
    bytes += chunk.length;
    if (bytes >= BODY_BYTES_MAX) break;
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/** Push addresses are secrets: only the host is told. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "a bad address";
}
