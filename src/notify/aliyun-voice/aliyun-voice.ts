import type { ChannelAccess } from "../../domain/channel-access.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../domain/time.ts";
import type {
  CallLimit,
  Channel,
  ChannelCapabilities,
  ChannelDeps,
  ChannelMessage,
  ChannelModule,
  Receipt,
} from "../../port/channel.ts";
import { createCallLimits } from "../call-limits.ts";
import { membersOf, NO_ACCESS } from "../exchange.ts";
import { mainlandNumber } from "../mainland.ts";
import { createRinging } from "../ringing.ts";
import { badSetting, LEFT_OUT, tooOften } from "../verdict.ts";
import { ALIYUN, createAliyun } from "./api.ts";
import { ACCESS, NAME, SAID, STEPS, SUMMARY, TARGET } from "./texts.ts";

const ID = "aliyun-voice";
/** Product "voice notification", for the question what became of a call. */
const PRODUCT = "11000000300006";
/** Rings and speaks three times over for about this long. */
const CALL_MS = MINUTE_MS;

/** One number called for one purpose: help.aliyun.com/document_detail/2680293.html */
const LIMITS: readonly CallLimit[] = [
  { most: 1, withinMs: MINUTE_MS },
  { most: 5, withinMs: HOUR_MS },
  { most: 20, withinMs: DAY_MS },
];

const CAPABILITIES: ChannelCapabilities = {
  breaksDndIos: "setting",
  breaksDndAndroid: "setting",
  mainlandChina: "yes",
  acknowledges: false,
  endToEndEncrypted: false,
  maxBytes: 0,
  ratePerMinute: 1,
  sounds: "call",
  phones: ["iphone", "android", "harmonyos", "telephone"],
  mainlandOnly: true,
  needsCompany: true,
  onlyAlarms: true,
  perTarget: LIMITS,
};

/** Alibaba Cloud's voice service reads an approved text to somebody by phone. */
export const aliyunVoice: ChannelModule = {
  id: ID,
  name: NAME,
  summary: SUMMARY,
  access: ACCESS,
  target: TARGET,
  steps: STEPS,
  capabilities: CAPABILITIES,
  place: "anywhere",
  create: createAliyunVoice,
};

function createAliyunVoice({ http, clock, random, access }: ChannelDeps): Channel {
  const aliyun = createAliyun({ http, clock, random });
  const limits = createCallLimits(clock, LIMITS);
  const calls = createRinging(clock, CALL_MS);
  return {
    id: ID,
    capabilities: CAPABILITIES,
    async send({ id, settings }, message) {
      const number = mainlandNumber(settings["phone"] ?? "");
      if (number === undefined) return badSetting("the number is not a mobile one of mainland China");
      if (message.kind !== "alarm") {
        // This kind of call cannot be ended from here: it stops when it has been read.
        calls.ended(`${id}\n${message.collapseKey}`);
        return LEFT_OUT;
      }
      if (message.priority === "low") return LEFT_OUT;
      const account = access();
      if (account === undefined) return NO_ACCESS;
      const ringing = calls.of(`${id}\n${message.collapseKey}`);
      if (ringing !== undefined) return { outcome: "accepted", reference: ringing };
      const waitMs = limits.waitMs(number);
      if (waitMs > 0) return tooOften(`${ALIYUN} for this number`, waitMs);
      // A call that fails counts as well, so it is counted before.
      limits.note(number);
      const startedAt = clock.wall();
      const answer = await aliyun.ask(account, "SingleCallByTts", callOf(account, number, message), [number]);
      if ("result" in answer) return answer.result;
      const { CallId: callId } = answer.members;
      if (typeof callId !== "string" || !/^[\w^-]{1,128}$/.test(callId)) {
        return { outcome: "failed", detail: `${ALIYUN} gave the call no id` };
      }
      const reference = `${callId}@${startedAt}`;
      calls.started(`${id}\n${message.collapseKey}`, reference);
      return { outcome: "accepted", reference };
    },
    async poll({ settings }, reference) {
      const account = access();
      const [, CallId, QueryDate] = /^([\w^-]{1,128})@(\d{1,16})$/.exec(reference) ?? [];
      if (account === undefined || CallId === undefined || QueryDate === undefined)
        return { state: "waiting" };
      const hidden = [mainlandNumber(settings["phone"] ?? "") ?? ""];
      const query = { CallId, QueryDate, ProdId: PRODUCT };
      const answer = await aliyun.ask(account, "QueryCallDetailByCallId", query, hidden);
      if ("result" in answer) return { state: "waiting" };
      const { Data: data } = answer.members;
      return typeof data === "string" ? receiptOf(membersOf(data)) : { state: "waiting" };
    },
    service: () => "https://dyvmsapi.aliyuncs.com/",
  };
}

/** Who is called and what is read: an approved template, and in it one word of ours at most. */
function callOf(
  { ttsCode = "", variable = "", showNumber = "" }: ChannelAccess,
  number: string,
  { drill, priority, language }: ChannelMessage,
): { readonly [name: string]: string } {
  const said = SAID[drill ? "drill" : priority === "high" ? "high" : "other"][language];
  return {
    CalledNumber: number,
    ...(showNumber === "" ? {} : { CalledShowNumber: showNumber }),
    TtsCode: ttsCode,
    ...(variable === "" ? {} : { TtsParam: JSON.stringify({ [variable]: said }) }),
    PlayTimes: "3",
    Volume: "100",
  };
}

/** help.aliyun.com/document_detail/55085.htm: the carrier's states of a single call. */
const PICKED_UP = ["200000", "200001"];
const ENDED: { readonly [state: string]: string } = {
  "200002": "the line is busy",
  "200003": "nobody picked up",
  "200004": "the number is not valid",
  "200005": "the phone could not be reached, or the call was declined",
  "200006": "the text could not be read",
  "200007": "the phone is out of reach",
  "200010": "the phone is switched off",
  "200011": "the phone's account is suspended",
  "200104": "the calling number is restricted",
  "200105": "the called number is restricted",
  "200117": "the calling number is not valid",
  "200118": "the carrier does not call at this hour",
  "200119": "the carrier says it was called too often",
  "200121": "too many calls at once",
  "500": "the carrier failed",
  "400": "the carrier is busy",
  "482": "the number cannot be called",
  "476": "the calling number was taken back",
  "999999": "the call failed",
};

/** Whoever picked up may have been a voice box: reached, never acknowledged. No key is told by this question. */
function receiptOf({ state, duration }: { readonly [name: string]: unknown }): Receipt {
  const code = String(state);
  if (PICKED_UP.includes(code) || (typeof duration === "number" && duration > 0)) return { state: "reached" };
  const ended = Object.hasOwn(ENDED, code) ? ENDED[code] : undefined;
  return ended === undefined ? { state: "waiting" } : { state: "over", detail: ended, unreached: true };
}
