import { SECOND_MS } from "../../src/domain/time.ts";
import type { Problem } from "../../src/server/contract.ts";

/** What a request ended with: the answer, or a problem to show with cause and fix. */
export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: Trouble };

/**
 * Why something did not work. `unreachable`: no answer at all, the words are the page's own. `strange`: an answer
 * that does not fit. `refused`: the server's own problem details.
 */
export type Trouble =
  | { readonly kind: "unreachable" }
  | { readonly kind: "strange" }
  | { readonly kind: "refused"; readonly problem: Problem };

export interface Download {
  readonly name: string;
  readonly content: Blob;
}

const TIMEOUT_MS = 8 * SECOND_MS;
/** As long as the box waits for a request. */
const PIECE_TIMEOUT_MS = 15 * SECOND_MS;
/** Two hours of a busy port are unpacked and sent; behind a hub over the line of the house. */
const DOWNLOAD_TIMEOUT_MS = 180 * SECOND_MS;

/** Requests to the server that the page came from. */
export class Api {
  readonly #onSignedOut: () => void;

  /** @param onSignedOut called when the server says that nobody is signed in any more */
  constructor(onSignedOut: () => void) {
    this.#onSignedOut = onSignedOut;
  }

  get<T>(path: string, fits: Fits<T>): Promise<Answer<T>> {
    return this.#request(path, { method: "GET" }, fits);
  }

  /** A file with the name that the server gives it. */
  async download(path: string): Promise<Answer<Download>> {
    let response: Response;
    try {
      const signal = AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS);
      response = await fetch(path, { signal, credentials: "same-origin", cache: "no-store" });
      if (response.ok) {
        const name = /filename="([^"]+)"/.exec(response.headers.get("content-disposition") ?? "")?.[1];
        return { ok: true, value: { name: name ?? "download", content: await response.blob() } };
      }
      return { ok: false, problem: this.#refusal(response, await bodyOf(response)) };
    } catch {
      // Whatever the browser calls it: there was no whole answer.
      return { ok: false, problem: { kind: "unreachable" } };
    }
  }

  /** A request whose answer's content does not matter. */
  async tell(path: string, body: object): Promise<Answer<undefined>> {
    const answer = await this.#request(path, withBody(body), isAnything);
    return answer.ok ? { ok: true, value: undefined } : answer;
  }

  /** Ends or removes something; `body`: what has to be known for it. */
  async remove(path: string, body?: object): Promise<Answer<undefined>> {
    const init = body === undefined ? {} : withBody(body);
    const answer = await this.#request(path, { ...init, method: "DELETE" }, isAnything);
    return answer.ok ? { ok: true, value: undefined } : answer;
  }

  /** @param timeoutMs for what the box itself has to wait for */
  post<T>(path: string, body: object, fits: Fits<T>, timeoutMs = TIMEOUT_MS): Promise<Answer<T>> {
    return this.#request(path, withBody(body), fits, timeoutMs);
  }

  /** Puts something in the place of what was there; the answer's content does not matter. */
  async put(path: string, body: object): Promise<Answer<undefined>> {
    const answer = await this.#request(path, { ...withBody(body), method: "PUT" }, isAnything);
    return answer.ok ? { ok: true, value: undefined } : answer;
  }

  /** A change of what was seen in this version: nobody overwrites what they have not seen. */
  change<T>(
    method: "PUT" | "POST",
    path: string,
    body: object,
    version: number,
    fits: Fits<T>,
  ): Promise<Answer<T>> {
    const { headers, ...init } = withBody(body);
    return this.#request(
      path,
      { ...init, method, headers: { ...headers, "if-match": `"${version}"` } },
      fits,
    );
  }

  /**
   * A request that is answered line by line, as the work goes on. Ends well also when the signal aborts; a line that
   * does not fit is `strange`.
   */
  async lines<T>(
    path: string,
    body: object,
    fits: Fits<T>,
    onLine: (line: T) => void,
    signal: AbortSignal,
  ): Promise<Answer<undefined>> {
    const through: Answer<undefined> = { ok: true, value: undefined };
    try {
      const response = await fetch(path, { ...withBody(body), signal, credentials: "same-origin" });
      if (!response.ok) return { ok: false, problem: this.#refusal(response, await bodyOf(response)) };
      let rest = "";
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
        const whole = (rest + part.value).split("\n");
        rest = whole.pop() ?? "";
        for (const text of whole) {
          const line: unknown = JSON.parse(text);
          if (!fits(line)) return { ok: false, problem: { kind: "strange" } };
          onLine(line);
        }
      }
      return through;
    } catch {
      // Whatever the browser calls it: it broke off, or somebody ended it.
      return signal.aborted ? through : { ok: false, problem: { kind: "unreachable" } };
    }
  }

  /** A piece of a file. */
  sendBytes<T>(path: string, bytes: Blob, fits: Fits<T>): Promise<Answer<T>> {
    const headers = { "content-type": "application/octet-stream" };
    return this.#request(path, { method: "POST", headers, body: bytes }, fits, PIECE_TIMEOUT_MS);
  }

  /** Puts a file in the place of what was there; the answer's content does not matter. */
  async putBytes(path: string, bytes: Blob, type: string): Promise<Answer<undefined>> {
    const init = { method: "PUT", headers: { "content-type": type }, body: bytes };
    const answer = await this.#request(path, init, isAnything, PIECE_TIMEOUT_MS);
    return answer.ok ? { ok: true, value: undefined } : answer;
  }

  async #request<T>(
    path: string,
    init: RequestInit,
    fits: Fits<T>,
    timeoutMs = TIMEOUT_MS,
  ): Promise<Answer<T>> {
    let response: Response;
    let body: unknown;
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      response = await fetch(path, { ...init, signal, credentials: "same-origin", cache: "no-store" });
      body = await bodyOf(response);
    } catch {
      // Whatever the browser calls it: there was no answer.
      return { ok: false, problem: { kind: "unreachable" } };
    }
    if (response.ok) {
      return fits(body) ? { ok: true, value: body } : { ok: false, problem: { kind: "strange" } };
    }
    return { ok: false, problem: this.#refusal(response, body) };
  }

  #refusal({ status }: Response, body: unknown): Trouble {
    if (status === 401) this.#onSignedOut();
    return isProblem(body) ? { kind: "refused", problem: body } : { kind: "strange" };
  }
}

/** Tells whether an answer is what was asked for. */
export type Fits<T> = (value: unknown) => value is T;

/** An object that has these keys: enough to notice a server of another version, without repeating its contract. */
export function hasKeys<T extends object>(...keys: readonly (keyof T & string)[]): Fits<T> {
  return (value): value is T =>
    typeof value === "object" && value !== null && keys.every((key) => Object.hasOwn(value, key));
}

const isAnything = (_value: unknown): _value is unknown => true;

const isProblem = hasKeys<Problem>("title", "status", "detail", "code");

function withBody(body: object) {
  return {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
