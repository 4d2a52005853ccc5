import type { ChannelAccess } from "../../domain/channel-access.ts";
import { MINUTE_MS, SECOND_MS } from "../../domain/time.ts";
import type { ChannelDeps } from "../../port/channel.ts";
import type { HttpRequest } from "../../port/http.ts";
import { type Exchanged, exchange } from "../exchange.ts";
import { headerOf } from "../response.ts";
import { createTokenCache, type Fetched } from "../token-cache.ts";
import { type Answer, MEND, readAnswer, TRY_AGAIN, type Verdicts, waitFor } from "../verdict.ts";

export const FEISHU = "Feishu";
const ROOT = "https://open.feishu.cn/open-apis";
const TIMEOUT_MS = 4_000;
const TOO_OFTEN = "99991400";
/** The tenant's token is wrong or over: asked for anew, once. */
const TOKEN_OVER = ["99991661", "99991663", "99991668"];

/** open.feishu.cn: im/v1/message and its urgent_*, generic error codes. */
const VERDICTS: Verdicts = {
  who: FEISHU,
  code: "code",
  success: 0,
  words: ["msg"],
  codes: {
    "10003": MEND,
    "10014": MEND,
    [TOO_OFTEN]: waitFor(MINUTE_MS),
    "99991661": TRY_AGAIN,
    "99991663": TRY_AGAIN,
    "99991668": TRY_AGAIN,
    "99991672": MEND,
    "230001": MEND,
    "230002": MEND,
    "230006": MEND,
    "230012": MEND,
    "230013": MEND,
    "230020": waitFor(10 * SECOND_MS),
    // Urgent: too many of them are unread, or the company has none left.
    "230023": MEND,
    "230024": MEND,
    "230025": MEND,
    "230027": MEND,
  },
};

export interface Feishu {
  ask(app: ChannelAccess, method: HttpRequest["method"], path: string, body?: unknown): Promise<Answer>;
}

/** The interface of an app of one's own, with the tenant's token. */
export function createFeishu({ http, clock }: Pick<ChannelDeps, "http" | "clock">): Feishu {
  const tokens = createTokenCache(clock);

  const request = async (
    method: HttpRequest["method"],
    path: string,
    body: unknown,
    headers: HttpRequest["headers"],
  ): Promise<Exchanged> => {
    const exchanged = await exchange(http, {
      method,
      url: `${ROOT}/${path}`,
      headers: { "content-type": "application/json; charset=utf-8", ...headers },
      ...(body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)) }),
      timeoutMs: TIMEOUT_MS,
    });
    return "failed" in exchanged ? exchanged : withReset(exchanged);
  };

  const fetchToken = async (app_id: string, app_secret: string): Promise<Fetched> => {
    const path = "auth/v3/tenant_access_token/internal";
    const exchanged = await request("POST", path, { app_id, app_secret }, {});
    const answer = readAnswer(exchanged, VERDICTS, clock, [app_secret]);
    if ("result" in answer) return answer;
    const { tenant_access_token: token, expire: validSeconds } = answer.members;
    if (typeof token === "string" && token !== "" && typeof validSeconds === "number") {
      return { token, validSeconds };
    }
    return { code: "", result: { outcome: "failed", detail: `${FEISHU} gave no token` } };
  };

  return {
    async ask({ appId = "", appSecret = "" }, method, path, body) {
      const once = async (): Promise<{ answer: Answer; token: string }> => {
        const fetched = await tokens.get(`${appId}\n${appSecret}`, () => fetchToken(appId, appSecret));
        if ("result" in fetched) return { answer: fetched, token: "" };
        const { token } = fetched;
        const exchanged = await request(method, path, body, { authorization: `Bearer ${token}` });
        return { answer: readAnswer(exchanged, VERDICTS, clock, [token, appSecret]), token };
      };
      const first = await once();
      if (!("code" in first.answer && TOKEN_OVER.includes(first.answer.code))) return first.answer;
      tokens.forget(first.token);
      return (await once()).answer;
    },
  };
}

/** Feishu says in a header of its own when its limit is over, in seconds. */
function withReset(exchanged: Extract<Exchanged, { response: object }>): Exchanged {
  const { response } = exchanged;
  const reset = headerOf(response, "x-ogw-ratelimit-reset");
  if (reset === undefined || headerOf(response, "retry-after") !== undefined) return exchanged;
  const isLimited = response.status === 429 || response.body.includes(TOO_OFTEN);
  return isLimited
    ? { response: { ...response, headers: { ...response.headers, "retry-after": reset } } }
    : exchanged;
}
