import { messageOf } from "../domain/fault.ts";
import type { SendResult } from "../port/channel.ts";
import type { Clock } from "../port/clock.ts";
import type { Http, HttpRequest, HttpResponse } from "../port/http.ts";
import { answerText, retryAfterMs } from "./response.ts";

/** Providers answer within this time, or the next try does. */
const TIMEOUT_MS = 10_000;

/** One request to a provider; a connection that fails is a failed send. */
export type Exchanged =
  | { readonly response: HttpResponse }
  | { readonly failed: Extract<SendResult, { outcome: "failed" }> };

/** Posts JSON. */
export function postJson(
  http: Http,
  url: string,
  body: unknown,
  headers: HttpRequest["headers"] = {},
): Promise<Exchanged> {
  return exchange(http, {
    method: "POST",
    url,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
    body: Buffer.from(JSON.stringify(body)),
    timeoutMs: TIMEOUT_MS,
  });
}

/** Posts a form. */
export function postForm(
  http: Http,
  url: string,
  fields: { readonly [name: string]: string },
  headers: HttpRequest["headers"] = {},
): Promise<Exchanged> {
  return exchange(http, {
    method: "POST",
    url,
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    body: Buffer.from(new URLSearchParams(fields).toString()),
    timeoutMs: TIMEOUT_MS,
  });
}

export async function exchange(http: Http, request: HttpRequest): Promise<Exchanged> {
  try {
    return { response: await http.request(request) };
  } catch (thrown) {
    return { failed: { outcome: "failed", detail: messageOf(thrown) } };
  }
}

/** The members of a JSON object; none where the text is none. */
export function membersOf(body: string): { readonly [name: string]: unknown } {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    // What is no JSON has no members; its status tells the rest.
    return {};
  }
}

/**
 * What a status other than success comes to, where a provider documents nothing else: too busy or broken is tried again,
 * what was asked wrongly is not.
 */
export function failureOf(who: string, response: HttpResponse, clock: Clock): SendResult {
  const { status } = response;
  const detail = `${who} ${answerText(response)}`;
  if ([408, 425, 429].includes(status) || status >= 500) {
    const waitMs = retryAfterMs(response, clock.wall());
    return { outcome: "failed", detail, ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }) };
  }
  return { outcome: "refused", detail, gone: false };
}

/** Nobody has entered what the home needs with this provider. */
export const NO_ACCESS: SendResult = {
  outcome: "refused",
  detail: "the home has no settings for this service",
  gone: false,
};
