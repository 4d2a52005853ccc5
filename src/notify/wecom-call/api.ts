import type { ChannelAccess } from "../../domain/channel-access.ts";
import { MINUTE_MS } from "../../domain/time.ts";
import type { ChannelDeps } from "../../port/channel.ts";
import { type Exchanged, exchange, postJson } from "../exchange.ts";
import { createTokenCache, type Fetched } from "../token-cache.ts";
import { type Answer, MEND, readAnswer, TRY_AGAIN, type Verdicts, waitFor } from "../verdict.ts";

export const WECOM = "WeCom";
const ROOT = "https://qyapi.weixin.qq.com/cgi-bin";
const TIMEOUT_MS = 10_000;
/** Wrong or ended: asked for anew, once (developer.work.weixin.qq.com/document/path/91039). */
const TOKEN_OVER = ["40014", "42001"];

/** developer.work.weixin.qq.com/document/path/90455 and 91627 */
const VERDICTS: Verdicts = {
  who: WECOM,
  code: "errcode",
  success: 0,
  words: ["errmsg"],
  codes: {
    "-1": TRY_AGAIN,
    "40001": MEND,
    "40003": MEND,
    "40013": MEND,
    "40014": TRY_AGAIN,
    "40031": MEND,
    "42001": TRY_AGAIN,
    "45009": waitFor(MINUTE_MS),
    "45033": waitFor(MINUTE_MS),
    "48002": MEND,
    "60011": MEND,
    "60020": MEND,
    "60111": MEND,
    // Not linked with the emergency app, not switched on, no money left.
    "301049": MEND,
    "301050": MEND,
    "301051": MEND,
  },
};

export interface Wecom {
  /** Posts to the corporation's interface with a token of its own. */
  post(corp: ChannelAccess, path: string, body: unknown): Promise<Answer>;
}

export function createWecom({ http, clock }: Pick<ChannelDeps, "http" | "clock">): Wecom {
  const tokens = createTokenCache(clock);

  const fetchToken = async (corpid: string, secret: string): Promise<Fetched> => {
    const url = `${ROOT}/gettoken?${new URLSearchParams({ corpid, corpsecret: secret }).toString()}`;
    const exchanged: Exchanged = await exchange(http, {
      method: "GET",
      url,
      headers: {},
      timeoutMs: TIMEOUT_MS,
    });
    const answer = readAnswer(exchanged, VERDICTS, clock, [corpid, secret]);
    if ("result" in answer) return answer;
    const { access_token: token, expires_in: validSeconds } = answer.members;
    if (typeof token === "string" && token !== "" && typeof validSeconds === "number") {
      return { token, validSeconds };
    }
    return { code: "", result: { outcome: "failed", detail: `${WECOM} gave no token` } };
  };

  return {
    async post({ corpid = "", secret = "" }, path, body) {
      const account = `${corpid}\n${secret}`;
      const once = async (): Promise<{ answer: Answer; token: string }> => {
        const fetched = await tokens.get(account, () => fetchToken(corpid, secret));
        if ("result" in fetched) return { answer: fetched, token: "" };
        const { token } = fetched;
        const url = `${ROOT}/${path}?access_token=${encodeURIComponent(token)}`;
        return {
          answer: readAnswer(await postJson(http, url, body), VERDICTS, clock, [token, secret]),
          token,
        };
      };
      const first = await once();
      if (!("code" in first.answer && TOKEN_OVER.includes(first.answer.code))) return first.answer;
      tokens.forget(first.token);
      return (await once()).answer;
    },
  };
}
