import type { ChannelAccess } from "../../domain/channel-access.ts";
import { MINUTE_MS } from "../../domain/time.ts";
import type {
  Channel,
  ChannelCapabilities,
  ChannelDeps,
  ChannelMessage,
  ChannelModule,
  SendResult,
} from "../../port/channel.ts";
import { NO_ACCESS } from "../exchange.ts";
import { createRinging } from "../ringing.ts";
import { cleanName, cutCharacters } from "../text.ts";
import { URGENT, type Urgency, urgencyOf } from "../urgent.ts";
import { badSetting, LEFT_OUT } from "../verdict.ts";
import { createDingtalkApp, DINGTALK, type Dingtalk } from "./api.ts";
import { ACCESS, NAME, STEPS, SUMMARY, TARGET, USER } from "./texts.ts";

const ID = "dingtalk-ding";
/** A call of DingTalk rings for about this long. */
const CALL_MS = MINUTE_MS;
/** It is read out in a call, and cut into parts as a text message. */
const CONTENT_MAX = 200;

const CAPABILITIES: ChannelCapabilities = { ...URGENT, maxBytes: 3 * CONTENT_MAX };

/** DingTalk's DING by a robot of one's own: in the app, by text message or by a call that reads the text out. */
export const dingtalkDing: ChannelModule = {
  id: ID,
  name: NAME,
  summary: SUMMARY,
  access: ACCESS,
  target: TARGET,
  steps: STEPS,
  capabilities: CAPABILITIES,
  place: "anywhere",
  create: createDing,
};

/** `remindType` of robot/ding/send. */
const HOW: { readonly [urgency in Urgency]: number } = { app: 1, sms: 2, phone: 3 };

function createDing({ http, clock, access }: ChannelDeps): Channel {
  const api = createDingtalkApp({ http, clock });
  const calls = createRinging(clock, CALL_MS);
  return {
    id: ID,
    capabilities: CAPABILITIES,
    async send({ id, settings }, message) {
      const { userId = "" } = settings;
      if (!new RegExp(`^${USER}$`).test(userId)) return badSetting("the DingTalk user id has another form");
      const incident = `${id}\n${message.collapseKey}`;
      if (message.kind !== "alarm") {
        // What was sent is taken back by itself; a DING about news would ring.
        calls.ended(incident);
        return LEFT_OUT;
      }
      if (message.priority === "low") return LEFT_OUT;
      const app = access();
      if (app === undefined) return NO_ACCESS;
      const how = urgencyOf(message, settings, calls, incident);
      const result = await ding(api, app, userId, how, message);
      if (result.outcome === "accepted" && how === "phone") calls.started(incident, result.reference);
      // Where calls or texts are not bought or used up, the app at least speaks up; the refusal is told.
      if (result.outcome === "refused" && how !== "app") await ding(api, app, userId, "app", message);
      return result;
    },
    async cancel(_, reference) {
      const app = access();
      if (app === undefined || reference === "") return;
      calls.answered(reference);
      await api.post(app, "robot/ding/recall", { robotCode: robotOf(app), openDingId: reference });
    },
    service: () => "https://api.dingtalk.com/",
  };
}

/** The robot of an app of one's own has the app's id, unless its page shows another one. */
const robotOf = ({ clientId = "", robotCode = "" }: ChannelAccess): string =>
  robotCode === "" ? clientId : robotCode;

async function ding(
  api: Dingtalk,
  app: ChannelAccess,
  userId: string,
  how: Urgency,
  message: ChannelMessage,
): Promise<SendResult> {
  const answer = await api.post(app, "robot/ding/send", {
    robotCode: robotOf(app),
    remindType: HOW[how],
    receiverUserIdList: [userId],
    content: contentOf(message, how),
  });
  if ("result" in answer) return answer.result;
  const { openDingId, failedList } = answer.members;
  const failure = failureFor(failedList, userId);
  if (failure !== undefined) {
    return { outcome: "refused", detail: `${DINGTALK} did not reach this person: ${failure}`, gone: false };
  }
  return typeof openDingId === "string" && openDingId !== ""
    ? { outcome: "accepted", reference: openDingId.slice(0, 200) }
    : { outcome: "failed", detail: `${DINGTALK} gave the DING no id` };
}

/** `failedList: {reason: [userId, ...]}`: why it did not go to this person. */
function failureFor(list: unknown, userId: string): string | undefined {
  if (typeof list !== "object" || list === null) return undefined;
  for (const [reason, users] of Object.entries(list)) {
    if (Array.isArray(users) && users.includes(userId)) return cleanName(reason, 120) ?? "without a reason";
  }
  return undefined;
}

/** An address is of use in the app alone: nobody wants one read out, and texts with addresses are held back. */
function contentOf({ title, body, url }: ChannelMessage, how: Urgency): string {
  const words = cutCharacters(`${title}\n${body}`.trim(), CONTENT_MAX) || " ";
  return how === "app" ? `${words}\n${url}` : words;
}
