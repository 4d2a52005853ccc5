import type { ChannelAccess } from "../../domain/channel-access.ts";
import { MINUTE_MS, SECOND_MS } from "../../domain/time.ts";
import type { ChannelDeps } from "../../port/channel.ts";
import { exchange } from "../exchange.ts";
import { type Answer, MEND, readAnswer, TRY_AGAIN, type Verdicts, waitFor } from "../verdict.ts";
import { signAcs3 } from "./acs3.ts";

export const ALIYUN = "Alibaba Cloud";
const HOST = "dyvmsapi.aliyuncs.com";
const VERSION = "2017-05-25";
const TIMEOUT_MS = 10_000;
const NONCE_BYTES = 16;

/** help.aliyun.com: API error codes of the voice service, and those of every service. */
const VERDICTS: Verdicts = {
  who: ALIYUN,
  code: "Code",
  success: "OK",
  words: ["Message"],
  codes: {
    "isv.BUSINESS_LIMIT_CONTROL": waitFor(MINUTE_MS),
    "isv.FLOW_LIMIT": waitFor(MINUTE_MS),
    "isv.OUT_OF_SERVICE": MEND,
    "isv.AMOUNT_NOT_ENOUGH": MEND,
    "isv.MOBILE_NUMBER_ILLEGAL": MEND,
    "isv.INVALID_PARAMETERS": MEND,
    "isv.TTS_TEMPLATE_ILLEGAL": MEND,
    "isv.TEMPLATE_MISSING_PARAMETERS": MEND,
    "isv.BLACK_KEY_CONTROL_LIMIT": MEND,
    "isv.DISPLAY_NUMBER_ILLEGAL": MEND,
    "isv.PRODUCT_UN_SUBSCRIPT": MEND,
    "isp.RAM_PERMISSION_DENY": MEND,
    "isp.SYSTEM_ERROR": TRY_AGAIN,
    "InvalidAccessKeyId.NotFound": MEND,
    "InvalidAccessKeyId.Inactive": MEND,
    SignatureDoesNotMatch: MEND,
    "Forbidden.RAM": MEND,
    NoPermission: MEND,
    // With a wrong clock every request is too old: that mends itself.
    "InvalidTimeStamp.Expired": TRY_AGAIN,
    SignatureNonceUsed: TRY_AGAIN,
    Throttling: waitFor(10 * SECOND_MS),
    "Throttling.User": waitFor(10 * SECOND_MS),
  },
};

export interface Aliyun {
  /** `hidden`: what must not stand in a reason, besides the keys. */
  ask(
    account: ChannelAccess,
    action: string,
    query: { readonly [name: string]: string },
    hidden: readonly string[],
  ): Promise<Answer>;
}

export function createAliyun({
  http,
  clock,
  random,
}: Pick<ChannelDeps, "http" | "clock" | "random">): Aliyun {
  return {
    async ask({ keyId = "", keySecret = "" }, action, query, hidden) {
      const { url, headers } = signAcs3({
        method: "POST",
        host: HOST,
        action,
        version: VERSION,
        query,
        date: new Date(clock.wall()).toISOString().replace(/\.\d{3}Z$/, "Z"),
        nonce: Buffer.from(random.bytes(NONCE_BYTES)).toString("hex"),
        keyId,
        keySecret,
      });
      const exchanged = await exchange(http, { method: "POST", url, headers, timeoutMs: TIMEOUT_MS });
      return readAnswer(exchanged, VERDICTS, clock, [keyId, keySecret, ...hidden]);
    },
  };
}
