import type { ChannelAccess } from "../../domain/channel-access.ts";
import { MINUTE_MS, SECOND_MS } from "../../domain/time.ts";
import type { ChannelDeps } from "../../port/channel.ts";
import { postJson } from "../exchange.ts";
import { createTokenCache, type Fetched } from "../token-cache.ts";
import { type Answer, MEND, readAnswer, TRY_AGAIN, type Verdicts, waitFor } from "../verdict.ts";

export const DINGTALK = "DingTalk";
const ROOT = "https://api.dingtalk.com/v1.0";
/** The company's token is wrong or over: asked for anew, once. */
const TOKEN_OVER = "InvalidAuthentication";

/** open.dingtalk.com: robot-sends-nail-message, recall of it, obtain-the-access-token-of-an-internal-app, limits of calls. */
const VERDICTS: Verdicts = {
  who: DINGTALK,
  code: "code",
  // An answer that is none of these has no code at all.
  success: undefined,
  words: ["message"],
  codes: {
    [TOKEN_OVER]: TRY_AGAIN,
    invalidClientIdOrSecret: MEND,
    "send.ding.exception": TRY_AGAIN,
    "recall.ding.exception": TRY_AGAIN,
    "system.error": TRY_AGAIN,
    "toomuch.msg": waitFor(MINUTE_MS),
    // A second is enough; a standard company has 20 calls of each kind in one.
    "Forbidden.AccessDenied.QpsLimitForApi": waitFor(SECOND_MS),
    "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi": waitFor(SECOND_MS),
    // Robot, person, permission, address, number of people; and no calls or texts bought, or none left.
    "invalid.chatbotId": MEND,
    "miss.staffId": MEND,
    "invalidParameter.param.invalid": MEND,
    "Forbidden.AccessDenied.AccessTokenPermissionDenied": MEND,
    "Forbidden.AccessDenied.IpNotInWhiteList": MEND,
    "ding.receivercount.limit": MEND,
    "ding.serverquota.insufficient": MEND,
  },
};

export interface Dingtalk {
  /** Posts to the interface of the company's own app with a token of its own. */
  post(app: ChannelAccess, path: string, body: unknown): Promise<Answer>;
}

export function createDingtalkApp({ http, clock }: Pick<ChannelDeps, "http" | "clock">): Dingtalk {
  const tokens = createTokenCache(clock);

  const fetchToken = async (appKey: string, appSecret: string): Promise<Fetched> => {
    const exchanged = await postJson(http, `${ROOT}/oauth2/accessToken`, { appKey, appSecret });
    const answer = readAnswer(exchanged, VERDICTS, clock, [appSecret]);
    if ("result" in answer) return answer;
    const { accessToken: token, expireIn: validSeconds } = answer.members;
    if (typeof token === "string" && token !== "" && typeof validSeconds === "number") {
      return { token, validSeconds };
    }
    return { code: "", result: { outcome: "failed", detail: `${DINGTALK} gave no token` } };
  };

  return {
    async post({ clientId = "", clientSecret = "" }, path, body) {
      const account = `${clientId}\n${clientSecret}`;
      const once = async (): Promise<{ answer: Answer; token: string }> => {
        const fetched = await tokens.get(account, () => fetchToken(clientId, clientSecret));
        if ("result" in fetched) return { answer: fetched, token: "" };
        const { token } = fetched;
        const headers = { "x-acs-dingtalk-access-token": token };
        const exchanged = await postJson(http, `${ROOT}/${path}`, body, headers);
        return { answer: readAnswer(exchanged, VERDICTS, clock, [token, clientSecret]), token };
      };
      const first = await once();
      if (!("code" in first.answer) || first.answer.code !== TOKEN_OVER) return first.answer;
      tokens.forget(first.token);
      return (await once()).answer;
    },
  };
}
