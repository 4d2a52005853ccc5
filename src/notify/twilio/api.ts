import type { ChannelAccess } from "../../domain/channel-access.ts";
import { SECOND_MS } from "../../domain/time.ts";
import type { SendResult } from "../../port/channel.ts";
import type { Clock } from "../../port/clock.ts";
import type { Http, HttpResponse } from "../../port/http.ts";
import { type Exchanged, exchange, membersOf, postForm } from "../exchange.ts";
import { retryAfterMs } from "../response.ts";

/** A home's account with Twilio. */
export interface Account {
  readonly sid: string;
  /** The number that calls and texts come from. */
  readonly from: string;
  /** Value of the header `Authorization`. */
  readonly authorization: string;
}

/** The body of a 2xx answer, or what else it came to. */
export type Asked =
  | { readonly body: string }
  | { readonly failure: Exclude<SendResult, { outcome: "accepted" }> };

const API = "https://api.twilio.com/2010-04-01/Accounts";
const TIMEOUT_MS = 10 * SECOND_MS;
/** When Twilio is busy and does not say for how long. */
const BUSY_MS = 2 * SECOND_MS;

/** What the home entered; undefined while there is nothing. */
export function accountOf(
  access: ChannelAccess | undefined,
): Account | { readonly problem: string } | undefined {
  if (access === undefined) return undefined;
  const { accountSid = "", keySid = "", secret = "", from = "" } = access;
  if (!/^AC[0-9a-f]{32}$/.test(accountSid))
    return { problem: "the account SID is not like AC and 32 characters" };
  if (keySid !== "" && !/^SK[0-9a-f]{32}$/.test(keySid)) {
    return { problem: "the API key SID is not like SK and 32 characters" };
  }
  if (secret === "") return { problem: "the auth token, or the secret of the API key, is missing" };
  if (!/^\+[1-9]\d{6,14}$/.test(from)) return { problem: "the number to call from is not like +15005550006" };
  const user = keySid === "" ? accountSid : keySid;
  const authorization = `Basic ${Buffer.from(`${user}:${secret}`).toString("base64")}`;
  return { sid: accountSid, from, authorization };
}

/** Requests to the account's resources (REST API of 2010-04-01), with errors read by Twilio's own codes. */
export function createTwilioApi(http: Http, clock: Clock) {
  const asked = (exchanged: Exchanged): Asked => {
    if ("failed" in exchanged) return { failure: exchanged.failed };
    const { response } = exchanged;
    if (response.status >= 200 && response.status < 300) return { body: response.body };
    return { failure: failureOf(response, clock) };
  };
  return {
    async post(account: Account, path: string, fields: { readonly [name: string]: string }): Promise<Asked> {
      const { sid, authorization } = account;
      return asked(await postForm(http, `${API}/${sid}/${path}`, fields, { authorization }));
    },
    async get({ sid, authorization }: Account, path: string): Promise<Asked> {
      const url = `${API}/${sid}/${path}`;
      return asked(
        await exchange(http, { method: "GET", url, headers: { authorization }, timeoutMs: TIMEOUT_MS }),
      );
    },
  };
}

/** The number itself is dead: not valid, not reachable, opted out, no mobile phone. */
const GONE = [21_211, 21_214, 21_217, 21_610, 21_614] as const;
/** For now: too many requests, calls or queued texts. */
const BUSY = [20_429, 10_004, 21_611, 14_107] as const;

export const isIn = (list: readonly (number | string)[], value: unknown): boolean =>
  (typeof value === "number" || typeof value === "string") && list.includes(value);

function failureOf(response: HttpResponse, clock: Clock): Exclude<SendResult, { outcome: "accepted" }> {
  const { code, message } = membersOf(response.body);
  const words = typeof message === "string" ? message : response.body;
  const said = withoutNumbers(words.replaceAll(/\s+/g, " ").trim()).slice(0, 160);
  const numbered = typeof code === "number" ? ` (error ${code})` : "";
  const detail = `Twilio answered ${response.status}${said === "" ? "" : `: ${said}`}${numbered}`;
  const isBusy = isIn(BUSY, code) || [408, 425, 429].includes(response.status);
  if (isBusy || response.status >= 500) {
    const waitMs = retryAfterMs(response, clock.wall()) ?? (isBusy ? BUSY_MS : undefined);
    return { outcome: "failed", detail, ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }) };
  }
  return { outcome: "refused", detail, gone: isIn(GONE, code) };
}

/** Twilio repeats phone numbers and account ids; neither belongs in a log. */
const withoutNumbers = (text: string): string =>
  text.replaceAll(/\+?\d[\d ()-]{5,}\d|\b(?:AC|SK)[0-9a-f]{32}\b/g, "(number)");
