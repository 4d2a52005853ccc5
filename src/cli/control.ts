import { readFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import path from "node:path";
import { FAULTS, Fault, type FaultCode, messageOf } from "../domain/fault.ts";
import type { Terminal } from "./terminal.ts";

/** The file by which a running home lets its owner's command line in: mode 0600 in the data folder. */
const CONTROL_FILE = "control.json";
const ANSWER_MS = 10_000;
const MOST_ANSWER_BYTES = 64 * 1024;

/** How to reach the running home, and in whose name. */
export interface Control {
  readonly url: URL;
  readonly token: string;
  /** PEM of the home's own certificate, where it has TLS: the name on it is not this machine's loopback. */
  readonly certificate?: string;
}

/** The running home that keeps its data in one of these folders. Rejects with NOT_FOUND where none runs. */
export async function findControl(folders: readonly [string, ...string[]]): Promise<Control> {
  for (const folder of folders) {
    const file = path.join(folder, CONTROL_FILE);
    const text = await readIfThere(file);
    if (text === undefined) continue;
    const control = parseControl(text);
    if (control !== undefined) return control;
    throw new Fault("INPUT_INVALID", `${file} does not say where the home listens.`, {
      fix: "Restart the home: it writes the file anew.",
      permanent: true,
    });
  }
  throw new Fault("NOT_FOUND", `No home is running on ${folders.join(" or ")}.`, {
    fix: "Start it; or name its configuration with --config, or its data folder with --data.",
    permanent: true,
  });
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new Fault("NOT_ALLOWED", `${file} cannot be read: ${messageOf(error)}.`, {
      fix: "Ask as the user that the home runs as.",
      permanent: true,
      cause: error,
    });
  }
}

function parseControl(text: string): Control | undefined {
  const value = parseJson(text);
  if (value === undefined) return undefined;
  const { url, token, certificate } = value;
  if (typeof url !== "string" || typeof token !== "string" || !URL.canParse(url)) return undefined;
  return {
    url: new URL(url),
    token,
    ...(typeof certificate === "string" ? { certificate } : {}),
  };
}

/** An object of JSON; undefined for anything else. */
export function parseJson(text: string): { readonly [name: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    // Not JSON: whoever asked says what that means.
    return undefined;
  }
}

/** What the home answered. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Asks the home: without a body by GET, else by POST with JSON or bytes. Rejects with NOT_FOUND when nobody answers there. */
export function askHome(
  { url, token, certificate }: Control,
  route: string,
  body: object | Uint8Array | undefined,
  terminal: Pick<Terminal, "clock" | "signal">,
): Promise<Answer> {
  const answer = Promise.withResolvers<Answer>();
  const stopping = new AbortController();
  const cancel = terminal.clock.after(ANSWER_MS, () => stopping.abort());
  const content = body === undefined ? undefined : contentOf(body);
  const options = {
    method: content === undefined ? "GET" : "POST",
    headers: {
      authorization: `Bearer ${token}`,
      ...(content === undefined ? {} : { "content-type": content.type }),
    },
    signal: AbortSignal.any([stopping.signal, terminal.signal]),
  };
  const target = new URL(route, url);
  // The one certificate that the home itself named is trusted, whatever name is on it.
  const trust = certificate === undefined ? {} : { ca: certificate, checkServerIdentity: () => undefined };
  const request =
    target.protocol === "https:"
      ? httpsRequest(target, { ...options, ...trust })
      : httpRequest(target, options);
  request.on("error", (error) => answer.reject(noAnswer(url, error)));
  request.on("response", (response) => {
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (piece: string) => {
      text = (text + piece).slice(0, MOST_ANSWER_BYTES);
    });
    response.on("error", (error) => answer.reject(noAnswer(url, error)));
    response.on("end", () => answer.resolve({ status: response.statusCode ?? 0, text }));
  });
  request.end(content?.bytes);
  return answer.promise.finally(cancel);
}

const contentOf = (
  body: object | Uint8Array,
): { readonly type: string; readonly bytes: string | Uint8Array } =>
  body instanceof Uint8Array
    ? { type: "application/octet-stream", bytes: body }
    : { type: "application/json", bytes: JSON.stringify(body) };

const noAnswer = (url: URL, error: Error): Fault =>
  new Fault("NOT_FOUND", `The home does not answer at ${url.origin}: ${error.message}.`, {
    fix: "Is it still running? A home that was killed leaves its control file behind; start it again.",
    cause: error,
  });

/** What the home said no with, as the fault it was there. */
export function refusalOf(status: number, text: string): Fault {
  const { code, detail, fix } = parseJson(text) ?? {};
  const known = typeof code === "string" && isFaultCode(code) ? code : "SERVER_FAILED";
  return new Fault(known, typeof detail === "string" ? detail : `The home answered ${status}.`, {
    ...(typeof fix === "string" ? { fix } : {}),
    permanent: true,
  });
}

const isFaultCode = (code: string): code is FaultCode => Object.hasOwn(FAULTS, code);
