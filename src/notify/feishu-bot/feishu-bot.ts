import { createHmac } from "node:crypto";
import { MINUTE_MS, SECOND_MS } from "../../domain/time.ts";
import type {
  CallLimit,
  Channel,
  ChannelCapabilities,
  ChannelDeps,
  ChannelField,
  ChannelModule,
  ChannelTarget,
  Texts,
} from "../../port/channel.ts";
import type { Clock } from "../../port/clock.ts";
import { createCallLimits } from "../call-limits.ts";
import { postJson } from "../exchange.ts";
import { cardOf } from "../feishu/card.ts";
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

const ID = "feishu-bot";
const ADDRESS = "https://open.feishu.cn/open-apis/bot/v2/hook/";
const TOKEN = "[0-9A-Za-z-]{16,64}";

/** open.feishu.cn, guide to custom bots: one bot of one company. */
const BOT_LIMITS: readonly CallLimit[] = [
  { most: 100, withinMs: MINUTE_MS },
  { most: 5, withinMs: SECOND_MS },
];

const VERDICTS: Verdicts = {
  who: "Feishu",
  code: "code",
  success: 0,
  words: ["msg"],
  codes: {
    "9499": MEND,
    "11232": waitFor(10 * SECOND_MS),
    "19001": GONE,
    "19002": MEND,
    "19021": MEND,
    "19022": MEND,
    "19024": MEND,
    "19036": MEND,
    "11246": MEND,
    "1500": TRY_AGAIN,
  },
};

const CAPABILITIES: ChannelCapabilities = {
  breaksDndIos: "no",
  breaksDndAndroid: "no",
  mainlandChina: "yes",
  acknowledges: false,
  endToEndEncrypted: false,
  maxBytes: 6_000,
  ratePerMinute: 100,
  sounds: "notification",
};

const TARGET: readonly ChannelField[] = [
  {
    name: "token",
    kind: "secret",
    label: { en: "Bot's token", "zh-Hans": "机器人的 token", "zh-Hant": "機器人的 token" },
    help: {
      en: "The part after “/hook/” in the bot's Webhook address.",
      "zh-Hans": "机器人 Webhook 地址中“/hook/”后面的部分。",
      "zh-Hant": "機器人 Webhook 地址中「/hook/」後面的部分。",
    },
    required: true,
    pattern: TOKEN,
    maxLength: 64,
  },
  {
    name: "secret",
    kind: "secret",
    label: { en: "Signing secret", "zh-Hans": "签名密钥", "zh-Hant": "簽名密鑰" },
    help: {
      en: "If the bot's security settings ask for a signature; otherwise leave it empty.",
      "zh-Hans": "机器人安全设置勾选了“签名校验”才填，否则留空。",
      "zh-Hant": "機器人安全設定勾選了「簽名校驗」才填，否則留空。",
    },
    required: false,
    pattern: "[0-9A-Za-z]{8,64}",
    maxLength: 64,
  },
];

const STEPS: readonly Texts[] = [
  {
    en: "Make a group of the family in Feishu and add a custom bot to it (group settings, Bots).",
    "zh-Hans": "在飞书建一个家庭群，在群设置里添加自定义机器人。",
    "zh-Hant": "在飛書建一個家庭群，在群設定裡新增自訂機器人。",
  },
  {
    en: "Allow Feishu notifications with sound. At night this wakes nobody: add a call as well.",
    "zh-Hans": "允许飞书通知并开启声音。夜里叫不醒人：请另外再加电话。",
    "zh-Hant": "允許飛書通知並開啟聲音。夜裡叫不醒人：請另外再加電話。",
  },
];

/** A custom bot in a Feishu group: a card with a button that opens the page. */
export const feishuBot: ChannelModule = {
  id: ID,
  name: { en: "Feishu group bot", "zh-Hans": "飞书群机器人", "zh-Hant": "飛書群機器人" },
  summary: {
    en: "Tells a family group in Feishu; an ordinary notification, so everybody knows, but nobody is woken.",
    "zh-Hans": "发到飞书的家庭群：普通通知，让大家都知道，但叫不醒人。",
    "zh-Hant": "發到飛書的家庭群：普通通知，讓大家都知道，但叫不醒人。",
  },
  access: [],
  target: TARGET,
  steps: STEPS,
  capabilities: CAPABILITIES,
  place: "anywhere",
  create: createFeishuBot,
};

function createFeishuBot({ http, clock }: ChannelDeps): Channel {
  const bot = createCallLimits(clock, BOT_LIMITS);
  return {
    id: ID,
    capabilities: CAPABILITIES,
    async send({ settings }, message) {
      const { token = "", secret = "" } = settings;
      if (!new RegExp(`^${TOKEN}$`).test(token)) return badSetting("the Feishu bot's token has another form");
      const waitMs = bot.waitMs(token);
      if (waitMs > 0) return tooOften(VERDICTS.who, waitMs);
      bot.note(token);
      const body = { ...signed(settings, clock), msg_type: "interactive", card: cardOf(message) };
      const exchanged = await postJson(http, `${ADDRESS}${token}`, body);
      const answer = readAnswer(exchanged, VERDICTS, clock, [token, secret]);
      return "members" in answer ? { outcome: "accepted", reference: "" } : answer.result;
    },
    service: () => "https://open.feishu.cn/",
  };
}

/** base64(HMAC-SHA256(timestamp + "\n" + secret, "")): the text is the key, and nothing is signed with it. */
function signed(
  { secret = "" }: ChannelTarget["settings"],
  clock: Clock,
): { timestamp?: string; sign?: string } {
  if (secret === "") return {};
  const timestamp = String(Math.floor(clock.wall() / SECOND_MS));
  return { timestamp, sign: createHmac("sha256", `${timestamp}\n${secret}`).digest("base64") };
}
