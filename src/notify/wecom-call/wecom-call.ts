import { DAY_MS, MINUTE_MS } from "../../domain/time.ts";
import type {
  CallLimit,
  Channel,
  ChannelCapabilities,
  ChannelDeps,
  ChannelModule,
  Receipt,
} from "../../port/channel.ts";
import { createCallLimits } from "../call-limits.ts";
import { NO_ACCESS } from "../exchange.ts";
import { createRinging } from "../ringing.ts";
import { badSetting, LEFT_OUT, tooOften } from "../verdict.ts";
import { createWecom, WECOM } from "./api.ts";
import { ACCESS, NAME, STEPS, SUMMARY, TARGET, USER } from "./texts.ts";

const ID = "wecom-call";
/** A call rings for up to a minute before the system hangs up. */
const CALL_MS = MINUTE_MS;

/** The meaning of reason 13 of pstncc/getstates: developer.work.weixin.qq.com/document/path/91628 */
const LIMITS: readonly CallLimit[] = [
  { most: 3, withinMs: 8 * MINUTE_MS },
  { most: 8, withinMs: DAY_MS },
];

const CAPABILITIES: ChannelCapabilities = {
  breaksDndIos: "setting",
  breaksDndAndroid: "setting",
  mainlandChina: "yes",
  acknowledges: false,
  endToEndEncrypted: false,
  maxBytes: 0,
  ratePerMinute: 3,
  sounds: "call",
  phones: ["iphone", "android", "harmonyos"],
  mainlandOnly: true,
  needsCompany: true,
  onlyAlarms: true,
  perTarget: LIMITS,
};

/** WeCom's emergency notice: it rings the phone and asks to look into WeCom. */
export const wecomCall: ChannelModule = {
  id: ID,
  name: NAME,
  summary: SUMMARY,
  access: ACCESS,
  target: TARGET,
  steps: STEPS,
  capabilities: CAPABILITIES,
  place: "anywhere",
  create: createWecomCall,
};

function createWecomCall({ http, clock, access }: ChannelDeps): Channel {
  const wecom = createWecom({ http, clock });
  const limits = createCallLimits(clock, LIMITS);
  const calls = createRinging(clock, CALL_MS);
  return {
    id: ID,
    capabilities: CAPABILITIES,
    async send({ id, settings }, message) {
      const { userid = "" } = settings;
      if (!new RegExp(`^${USER}$`).test(userid))
        return badSetting("the WeCom member's account has another form");
      if (message.kind !== "alarm") {
        // WeCom cannot hang up: it stops by itself.
        calls.ended(`${id}\n${message.collapseKey}`);
        return LEFT_OUT;
      }
      if (message.priority === "low") return LEFT_OUT;
      const corp = access();
      if (corp === undefined) return NO_ACCESS;
      const ringing = calls.of(`${id}\n${message.collapseKey}`);
      if (ringing !== undefined) return { outcome: "accepted", reference: ringing };
      const waitMs = limits.waitMs(userid);
      if (waitMs > 0) return tooOften(`${WECOM} for this person`, waitMs);

      const answer = await wecom.post(corp, "pstncc/call", { callee_userid: [userid] });
      if ("result" in answer) return answer.result;
      limits.note(userid);
      const call = callOf(answer.members["states"], userid);
      if ("problem" in call) return { outcome: "failed", detail: call.problem };
      calls.started(`${id}\n${message.collapseKey}`, call.reference);
      return { outcome: "accepted", reference: call.reference };
    },
    async poll({ settings }, reference) {
      const { userid = "" } = settings;
      const corp = access();
      if (corp === undefined || reference === "") return { state: "waiting" };
      const answer = await wecom.post(corp, "pstncc/getstates", { callee_userid: userid, callid: reference });
      return "result" in answer ? { state: "waiting" } : receiptOf(answer.members);
    },
    service: () => "https://qyapi.weixin.qq.com/",
  };
}

/** The one call that was asked for: `states: [{code, callid, userid}]`. */
function callOf(states: unknown, userid: string): { reference: string } | { problem: string } {
  const all: readonly unknown[] = Array.isArray(states) ? states : [];
  for (const state of all) {
    if (typeof state !== "object" || state === null) continue;
    const { code, callid, userid: whom }: { code?: unknown; callid?: unknown; userid?: unknown } = state;
    // WeCom does not tell small letters from capitals in these accounts.
    if (typeof whom !== "string" || whom.toLowerCase() !== userid.toLowerCase()) continue;
    if (code !== 0)
      return { problem: `${WECOM} did not place the call (state ${String(code).slice(0, 20)})` };
    if (typeof callid === "string" && callid !== "") return { reference: callid.slice(0, 256) };
  }
  return { problem: `${WECOM} did not say whether it calls` };
}

const PICKED_UP = [2, 3];
/** Reasons after which nothing more comes, in words. */
const ENDED: { readonly [reason: number]: string } = {
  4: "nobody picked up",
  5: "the phone is out of reach",
  6: "the phone's account is in debt",
  7: "the call was declined",
  8: "the phone is switched off",
  9: "the number does not exist",
  10: "the phone takes no calls",
  11: "the line failed",
  12: "nobody picked up",
  13: "called too often: 3 times in 8 minutes, 8 times a day",
  14: "the line did not answer",
  15: "WeCom's own number has called too often",
  16: "the line is busy",
  17: "the call was cancelled",
  20: "the call was not confirmed",
  99: "the call failed",
};

/** A person or a voice box may have picked up: that reaches, it never acknowledges. */
function receiptOf(members: { readonly [name: string]: unknown }): Receipt {
  const { istalked, reason } = members;
  if (istalked === 1) return { state: "reached" };
  if (typeof reason !== "number") return { state: "waiting" };
  if (PICKED_UP.includes(reason)) return { state: "reached" };
  const ended = ENDED[reason];
  return ended === undefined ? { state: "waiting" } : { state: "over", detail: ended, unreached: true };
}
