import { readFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import path from "node:path";
import { FAULTS, Fault, type FaultCode, messageOf } from "../domain/fault.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../domain/time.ts";
import { machineZone } from "../ops/machine.ts";
import type { DrillRequest } from "../server/contract.ts";
import { command, needed, UsageError } from "./command.ts";
import { findConfiguration } from "./configuration.ts";
import type { Terminal } from "./terminal.ts";

/** The file by which a running home lets its owner's command line in: mode 0600 in the data folder. */
const CONTROL_FILE = "control.json";
/** Where the demo keeps what it writes. */
const DEMO_FOLDER = ".breathwatch-demo";
const ANSWER_MS = 10_000;
const MOST_ANSWER_BYTES = 64 * 1024;

/** `breathwatch drill`: rings for real, on purpose. */
export const drillCommand = command({
  name: "drill",
  usage: "--bed B [--for 10m] [--config FILE]",
  about:
    "Asks the running home on this machine to let the simulated devices of one bed ring for real for a while:\n" +
    "sounder, pushes and webhooks, every one of them marked DRILL. It is the only way in which a simulated\n" +
    "device reaches a person. A drill also proves phones: whoever acknowledges has heard.",
  options: {
    bed: { type: "string", value: "B", help: "b1, b2..." },
    for: { type: "string", value: "TIME", help: "30s, 10m, 1h; default 10m" },
    config: { type: "string", value: "FILE", help: "the home's configuration, to find its data folder" },
    data: {
      type: "string",
      value: "FOLDER",
      help: "the home's data folder, where no configuration names it",
    },
  },
  examples: ["breathwatch drill --bed b1", "breathwatch drill --bed b1 --for 2m --config home.yaml"],
  async run({ values }, terminal) {
    const bed = needed(values.bed, "--bed B");
    if (!/^b[1-9]\d?$/.test(bed)) throw new UsageError(`--bed is "${bed}", but must be b1, b2...`);
    const forMs = durationOf(values.for ?? "10m");
    const control = await findControl(await dataFolders(values, terminal));
    const body: DrillRequest = { forMs };
    const { status, text } = await post(control, `/api/beds/${bed}/drill`, body, terminal);
    if (status !== 200) throw refusalOf(status, text);
    await terminal.print(`${JSON.stringify({ bed, forMs, accepted: true })}\n`);
    terminal.say(
      `Bed ${bed} may ring for ${values.for ?? "10m"}: what its simulated devices show reaches sounder, phones and ` +
        "webhooks, marked DRILL. Acknowledge on a phone to prove it.",
    );
    return 0;
  },
});

const UNITS: { readonly [unit: string]: number } = { s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS };

/** `30s`, `10m`, `1h`, in milliseconds. */
function durationOf(text: string): number {
  const [, digits, unit] = /^(\d{1,4})(s|m|h)$/.exec(text) ?? [];
  const ms = Number(digits) * (UNITS[unit ?? ""] ?? Number.NaN);
  if (ms > 0) return ms;
  throw new UsageError(`--for is "${text}", but must be a time such as 30s, 10m or 1h.`);
}

/** Where a running home may have left its control file; where nothing is configured it may be the demo. */
async function dataFolders(
  values: { readonly config?: string | undefined; readonly data?: string | undefined },
  terminal: Terminal,
): Promise<readonly [string, ...string[]]> {
  if (values.data !== undefined) return [path.resolve(terminal.folder, values.data)];
  const found = await findConfiguration(values.config, terminal, { zone: machineZone() });
  return found.file === undefined
    ? [found.dataDir, path.resolve(terminal.folder, DEMO_FOLDER)]
    : [found.dataDir];
}

/** How to reach the running home, and in whose name. */
interface Control {
  readonly url: URL;
  readonly token: string;
  /** PEM of the home's own certificate, where it has TLS: the name on it is not this machine's loopback. */
  readonly certificate?: string;
}

async function findControl(folders: readonly [string, ...string[]]): Promise<Control> {
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

function parseJson(text: string): { readonly [name: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    // Not JSON: whoever asked says what that means.
    return undefined;
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Posts JSON to the home. Rejects with NOT_FOUND when nobody answers there. */
function post(
  { url, token, certificate }: Control,
  route: string,
  body: object,
  terminal: Terminal,
): Promise<Answer> {
  const answer = Promise.withResolvers<Answer>();
  const stopping = new AbortController();
  const cancel = terminal.clock.after(ANSWER_MS, () => stopping.abort());
  const options = {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
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
  request.end(JSON.stringify(body));
  return answer.promise.finally(cancel);
}

const noAnswer = (url: URL, error: Error): Fault =>
  new Fault("NOT_FOUND", `The home does not answer at ${url.origin}: ${error.message}.`, {
    fix: "Is it still running? A home that was killed leaves its control file behind; start it again.",
    cause: error,
  });

/** What the home said no with, as the fault it was there. */
function refusalOf(status: number, text: string): Fault {
  const { code, detail, fix } = parseJson(text) ?? {};
  const known = typeof code === "string" && isFaultCode(code) ? code : "SERVER_FAILED";
  return new Fault(known, typeof detail === "string" ? detail : `The home answered ${status}.`, {
    ...(typeof fix === "string" ? { fix } : {}),
    permanent: true,
  });
}

const isFaultCode = (code: string): code is FaultCode => Object.hasOwn(FAULTS, code);
