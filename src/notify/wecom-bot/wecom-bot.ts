import { MINUTE_MS } from "../../domain/time.ts";
import type {
  CallLimit,
  Channel,
  ChannelCapabilities,
  ChannelDeps,
  ChannelField,
  ChannelMessage,
  ChannelModule,
  ChannelTarget,
  Texts,
} from "../../port/channel.ts";
import { createCallLimits } from "../call-limits.ts";
import { postJson } from "../exchange.ts";
import { MENTIONED, mainlandNumber } from "../mainland.ts";
import { cutBytes } from "../text.ts";
import {
  badSetting,
  GONE,
  MEND,
  readAnswer,
  TRY_AGAIN,
  tooOften,
  type Verdicts,
  waitFor,
} from "../verdict.ts";

const ID = "wecom-bot";
const ADDRESS = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send";
const CONTENT_BYTES_MAX = 2_048;
const KEY = "[0-9A-Za-z-]{8,64}";

/** One robot, whoever it names. */
const ROBOT_LIMIT: CallLimit = { most: 20, withinMs: MINUTE_MS };

/** developer.work.weixin.qq.com/document/path/91770 and 90313 */
const VERDICTS: Verdicts = {
  who: "WeCom",
  code: "errcode",
  success: 0,
  words: ["errmsg"],
  codes: {
    "-1": TRY_AGAIN,
    "40008": MEND,
    "40035": MEND,
    "40058": MEND,
    "44004": MEND,
    "45002": MEND,
    "45009": waitFor(MINUTE_MS),
    "45033": waitFor(MINUTE_MS),
    // The same code stands for a wrong address and for wrong contents: see verdictOf.
    "93000": MEND,
    "93004": GONE,
    "93008": GONE,
  },
};

const CAPABILITIES: ChannelCapabilities = {
  breaksDndIos: "no",
  breaksDndAndroid: "no",
  mainlandChina: "yes",
  acknowledges: false,
  endToEndEncrypted: false,
  maxBytes: CONTENT_BYTES_MAX,
  ratePerMinute: ROBOT_LIMIT.most,
  sounds: "notification",
};

const TARGET: readonly ChannelField[] = [
  {
    name: "key",
    kind: "secret",
    label: { en: "Robot's key", "zh-Hans": "机器人的 key", "zh-Hant": "機器人的 key" },
    help: {
      en: "The part after “key=” in the address that WeCom shows when the robot is added to the group.",
      "zh-Hans": "在群里添加机器人后，Webhook 地址中“key=”后面的部分。",
      "zh-Hant": "在群裡新增機器人後，Webhook 地址中「key=」後面的部分。",
    },
    required: true,
    pattern: KEY,
    maxLength: 64,
  },
  MENTIONED,
];

const STEPS: readonly Texts[] = [
  {
    en: "Everybody of the family joins one group in WeCom; add a robot to it (group settings, Message push).",
    "zh-Hans": "全家人加入企业微信的同一个内部群，在群设置里添加“消息推送”（群机器人）。",
    "zh-Hant": "全家人加入企業微信的同一個內部群，在群設定裡新增「訊息推送」（群機器人）。",
  },
  {
    en: "Mute the group on the phone: then only a message that names you makes a sound, and news is silent.",
    "zh-Hans": "把群设为“消息免打扰”：这样只有 @ 你的报警会响，其他消息不出声。",
    "zh-Hant": "把群設為「訊息免打擾」：這樣只有 @ 你的警報會響，其他訊息不出聲。",
  },
  {
    en: "Allow WeCom notifications with sound. At night this wakes nobody: add a call as well.",
    "zh-Hans": "允许企业微信通知并开启声音。夜里叫不醒人：请另外再加电话。",
    "zh-Hant": "允許企業微信通知並開啟聲音。夜裡叫不醒人：請另外再加電話。",
  },
];

/** A robot in a WeCom group: everybody sees what happens, the person on duty is named. */
export const wecomBot: ChannelModule = {
  id: ID,
  name: { en: "WeCom group robot", "zh-Hans": "企业微信群机器人", "zh-Hant": "企業微信群機器人" },
  summary: {
    en: "Tells a family group in WeCom; an ordinary notification, so everybody knows, but nobody is woken.",
    "zh-Hans": "发到企业微信的家庭群：普通通知，让大家都知道，但叫不醒人。",
    "zh-Hant": "發到企業微信的家庭群：普通通知，讓大家都知道，但叫不醒人。",
  },
  access: [],
  target: TARGET,
  steps: STEPS,
  capabilities: CAPABILITIES,
  place: "anywhere",
  create: createWecomBot,
};

function createWecomBot({ http, clock }: ChannelDeps): Channel {
  const robot = createCallLimits(clock, [ROBOT_LIMIT]);
  return {
    id: ID,
    capabilities: CAPABILITIES,
    async send({ settings }, message) {
      const { key = "" } = settings;
      if (!new RegExp(`^${KEY}$`).test(key)) return badSetting("the WeCom robot's key has another form");
      const waitMs = robot.waitMs(key);
      if (waitMs > 0) return tooOften(VERDICTS.who, waitMs);
      robot.note(key);
      const body = {
        msgtype: "text",
        text: { content: contentOf(message), ...mentioned(settings, message) },
      };
      const answer = readAnswer(await postJson(http, `${ADDRESS}?key=${key}`, body), VERDICTS, clock, [
        key,
        settings["phone"]?.replace("+86", "") ?? "",
      ]);
      if ("members" in answer) return { outcome: "accepted", reference: "" };
      const { code, result } = answer;
      const isUnknown = code === "93000" && /webhook|key/i.test(result.detail);
      return isUnknown ? { outcome: "refused", detail: result.detail, gone: true } : result;
    },
    service: () => "https://qyapi.weixin.qq.com/",
  };
}

/** The link stays whole; the text before it is what may be long. */
function contentOf({ title, body, url }: ChannelMessage): string {
  const link = `\n${url}`;
  return `${cutBytes(`${title}\n${body}`, CONTENT_BYTES_MAX - Buffer.byteLength(link))}${link}`;
}

/** News names nobody, so a muted group stays silent. */
function mentioned(
  { phone = "" }: ChannelTarget["settings"],
  { kind }: ChannelMessage,
): { mentioned_mobile_list?: readonly string[] } {
  return kind === "alarm" ? { mentioned_mobile_list: [mainlandNumber(phone) ?? "@all"] } : {};
}
