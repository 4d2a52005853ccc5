import type { ChannelAccess } from "../../domain/channel-access.ts";
import { SECOND_MS } from "../../domain/time.ts";
import type { SendResult } from "../../port/channel.ts";
import type { DeadMan, DeadManDeps, DeadManModule } from "../../port/dead-man.ts";
import { serverBase } from "../address.ts";
import { exchange, failureOf } from "../exchange.ts";
import { answerText } from "../response.ts";
import { answerWithout, cutBytes } from "../text.ts";
import { badSetting, TRY_AGAIN } from "../verdict.ts";
import { FIELDS, NAME, STEPS, SUMMARY } from "./texts.ts";

const TIMEOUT_MS = 10 * SECOND_MS;
/** The service keeps 100 kB (older ones 10); a sentence is enough. */
const BODY_BYTES = 2_000;

/**
 * A service that speaks up when it misses a sign of life: Healthchecks.io, one's own Healthchecks, and whatever else
 * understands its pinging API (healthchecks.io/docs/http_api: POST to the check's address, `/fail`, `/log`).
 */
export const healthchecks: DeadManModule = {
  id: "dead-man-ping",
  time: "service",
  name: NAME,
  summary: SUMMARY,
  fields: FIELDS,
  steps: STEPS,
  create: createHealthchecks,
};

function createHealthchecks({ http, clock }: DeadManDeps): DeadMan {
  const ping = async (
    settings: ChannelAccess,
    signal: "" | "/fail" | "/log",
    body: string,
  ): Promise<SendResult> => {
    const { address = "" } = settings;
    const base = serverBase(address);
    if (base === undefined) return badSetting("the address is not https (http is allowed only in the house)");
    const said = await exchange(http, {
      method: "POST",
      url: `${base}${signal}`,
      headers: { "content-type": "text/plain; charset=utf-8" },
      body: Buffer.from(cutBytes(body, BODY_BYTES)),
      timeoutMs: TIMEOUT_MS,
    });
    if ("failed" in said) return said.failed;
    const response = answerWithout(said.response, [new URL(base).pathname.slice(1)]);
    const detail = `the ping service ${answerText(response)}`;
    const text = response.body.trim();
    if (response.status === 429 || (response.status === 200 && /^OK\b.*rate limited/i.test(text))) {
      return { ...TRY_AGAIN, detail };
    }
    // Some answer 200 for a check that nobody has made.
    if (/not found/i.test(text)) return { outcome: "refused", detail, gone: false };
    if (response.status === 200 || response.status === 201) {
      // A portal that wants somebody to sign in to the network answers 200 as well.
      return /^OK\b/i.test(text) ? { outcome: "accepted", reference: "" } : { ...TRY_AGAIN, detail };
    }
    return failureOf("the ping service", response, clock);
  };

  return {
    id: healthchecks.id,
    // It counts the time by itself and would speak up each morning after the watch.
    isWanted: () => true,
    timesPerDay: () => Promise.resolve(undefined),
    putOff: (settings) => ping(settings, "", "the box speaks"),
    // It goes on counting: only a person can pause a check, there.
    callOff: (settings, { title }) => ping(settings, "/log", title),
    fail: (settings, { body }) => ping(settings, "/fail", body),
  };
}
