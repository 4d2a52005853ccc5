// Twilio as its REST API of 2010-04-01 is documented: what it refuses, and in which words.
import type { Http, HttpRequest, HttpResponse } from "../../src/port/http.ts";

export const ACCOUNT = `AC${"0123456789abcdef".repeat(2)}`;
export const KEY = `SK${"fedcba9876543210".repeat(2)}`;
export const TOKEN = "auth-token-of-the-account";
export const KEY_SECRET = "secret-of-the-key";
export const FROM = "+15005550006";

const VOICES: { readonly [voice: string]: string } = {
  "Polly.Joanna": "en-US",
  "Polly.Zhiyu": "cmn-CN",
  "Google.cmn-TW-Standard-A": "cmn-TW",
  "Google.yue-HK-Standard-A": "yue-HK",
};

export interface TwilioDouble {
  readonly http: Http;
  readonly requests: HttpRequest[];
  readonly calls: Map<string, { status: string; readonly fields: URLSearchParams }>;
  readonly messages: Map<string, { status: string; readonly fields: URLSearchParams }>;
  /** The next answers, before anything is looked at. */
  readonly next: (Partial<HttpResponse> | Error)[];
}

export const problem = (status: number, code: number, message: string): HttpResponse => ({
  status,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status }),
});

export function createTwilioDouble(): TwilioDouble {
  const requests: HttpRequest[] = [];
  const calls: TwilioDouble["calls"] = new Map();
  const messages: TwilioDouble["messages"] = new Map();
  const next: TwilioDouble["next"] = [];

  const answer = (request: HttpRequest): HttpResponse => {
    const { method, url, headers, body = new Uint8Array() } = request;
    const allowed = [`${ACCOUNT}:${TOKEN}`, `${KEY}:${KEY_SECRET}`].map(
      (pair) => `Basic ${Buffer.from(pair).toString("base64")}`,
    );
    if (!allowed.includes(headers["authorization"] ?? "")) return problem(401, 20003, "Authenticate");
    const path = new URL(url).pathname.replace(`/2010-04-01/Accounts/${ACCOUNT}/`, "");
    const [, kind, sid] = /^(Calls|Messages)(?:\/((?:CA|SM)[0-9a-f]{32}))?\.json$/.exec(path) ?? [];
    if (kind === undefined) return problem(404, 20404, `The requested resource ${path} was not found`);
    const all = kind === "Calls" ? calls : messages;
    if (sid !== undefined && !all.has(sid))
      return problem(404, 20404, "The requested resource was not found");
    if (method === "GET")
      return sid === undefined ? problem(405, 20004, "no") : shown(sid, all.get(sid)?.status);
    if (method !== "POST" || headers["content-type"] !== "application/x-www-form-urlencoded") {
      return problem(400, 20001, "Bad request");
    }
    const fields = new URLSearchParams(Buffer.from(body).toString());
    if (sid !== undefined) return end(sid, fields);
    const wrong = kind === "Calls" ? callProblem(fields) : messageProblem(fields);
    if (wrong !== undefined) return wrong;
    const made = `${kind === "Calls" ? "CA" : "SM"}${String(all.size + 1).padStart(32, "0")}`;
    all.set(made, { status: "queued", fields });
    return { ...shown(made, "queued"), status: 201 };
  };

  const end = (sid: string, fields: URLSearchParams): HttpResponse => {
    const call = calls.get(sid);
    if (call === undefined || fields.get("Status") !== "completed") return problem(400, 20001, "Bad request");
    if (call.status === "completed") return problem(400, 21220, "Call is not in-progress. Cannot redirect.");
    call.status = "completed";
    return shown(sid, "completed");
  };

  return {
    http: {
      async request(request) {
        requests.push(request);
        const forced = next.shift();
        if (forced instanceof Error) throw forced;
        return forced === undefined ? answer(request) : { status: 200, headers: {}, body: "", ...forced };
      },
    },
    requests,
    calls,
    messages,
    next,
  };
}

const shown = (sid: string, status: string | undefined): HttpResponse => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ sid, account_sid: ACCOUNT, status }),
});

const isNumber = (text: string | null): boolean => /^\+[1-9]\d{6,14}$/.test(text ?? "");

function common(fields: URLSearchParams): HttpResponse | undefined {
  const to = fields.get("To");
  if (!isNumber(to)) return problem(400, 21211, `The 'To' number ${to} is not a valid phone number.`);
  if (fields.get("From") !== FROM) return problem(400, 21212, "The 'From' number is not valid.");
  return undefined;
}

function callProblem(fields: URLSearchParams): HttpResponse | undefined {
  const wrong = common(fields);
  if (wrong !== undefined) return wrong;
  const twiml = fields.get("Twiml") ?? "";
  if (twiml.length > 4_000) return problem(400, 32018, "Twiml size exceeded maximum allowed value");
  if (!/^[1-9]\d{0,2}$/.test(fields.get("Timeout") ?? "60")) return problem(400, 21208, "Invalid Timeout");
  const said = twimlProblem(twiml);
  return said === undefined ? undefined : problem(400, 12100, said);
}

function messageProblem(fields: URLSearchParams): HttpResponse | undefined {
  const wrong = common(fields);
  if (wrong !== undefined) return wrong;
  const body = fields.get("Body") ?? "";
  if (body === "") return problem(400, 21602, "Message body is required.");
  if (body.length > 1_600)
    return problem(400, 21617, "The concatenated message body exceeds 1600 characters.");
  const validity = Number(fields.get("ValidityPeriod") ?? "1");
  if (!Number.isInteger(validity) || validity < 1 || validity > 14_400) {
    return problem(400, 21624, "Invalid validity period value");
  }
  return undefined;
}

const VERBS = ["Response", "Gather", "Say", "Pause", "Hangup"];

/** What is wrong with a TwiML document, as far as we use it; undefined when Twilio would speak it. */
export function twimlProblem(document: string): string | undefined {
  const body = document.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>/, "");
  const open: string[] = [];
  let at = 0;
  for (const match of body.matchAll(/<(\/?)([A-Za-z]+)((?: [A-Za-z]+="[^"<]*")*)(\/?)>/g)) {
    const text = body.slice(at, match.index);
    at = match.index + match[0].length;
    if (/[<>]|&(?!(?:amp|lt|gt|quot|apos);)/.test(text + match[3])) return "not well-formed";
    if (text.trim() !== "" && open.at(-1) !== "Say") return "text outside Say";
    const [, closing, name = "", given = "", empty] = match;
    if (!VERBS.includes(name)) return `unknown verb ${name}`;
    if (closing === "/") {
      if (open.pop() !== name) return "not nested";
      continue;
    }
    const attributes = Object.fromEntries(
      [...given.matchAll(/([A-Za-z]+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
    );
    if (name === "Say" && VOICES[attributes["voice"] ?? ""] !== attributes["language"])
      return "voice and language";
    if (name === "Gather" && open.join() !== "Response") return "Gather inside something";
    if (empty !== "/") open.push(name);
  }
  // oxlint-disable-next-line no-control-regex -- the characters that XML does not have
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(document)) return "characters";
  if (!document.isWellFormed()) return "half a character";
  return open.length === 0 && at === body.length ? undefined : "not closed";
}
