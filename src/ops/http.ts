import { Fault, messageOf } from "../domain/fault.ts";
import type { Clock } from "../port/clock.ts";
import type { Http, HttpResponse } from "../port/http.ts";

const BODY_BYTES_MAX = 64 << 10;

/** The way out to the internet. Redirects are answers like any other: secrets never follow them elsewhere. */
export function createHttp(clock: Clock): Http {
  return {
    async request({ method, url, headers, body, timeoutMs }) {
      const abort = new AbortController();
      const cancel = clock.after(timeoutMs, () => {
        abort.abort(new Error(`no answer in ${timeoutMs} ms`));
      });
      try {
        const response = await fetch(url, {
          method,
          headers,
          redirect: "manual",
          signal: abort.signal,
          ...(body === undefined ? {} : { body: new Uint8Array(body) }),
        });
        return await toResponse(response);
      } catch (error) {
        throw new Fault("CHANNEL_FAILED", `${hostOf(url)}: ${reasonOf(error)}`, { cause: error });
      } finally {
        cancel();
      }
    },
  };
}

async function toResponse(response: Response): Promise<HttpResponse> {
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: await readBounded(response),
  };
}

async function readBounded(response: Response): Promise<string> {
  if (response.body === null) return "";
  const body: ReadableStream<Uint8Array> = response.body;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop cancels the rest.
  for await (const chunk of body) {
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

/** `fetch failed` says nothing; its cause does. */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
}
