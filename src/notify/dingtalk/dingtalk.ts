import { createHmac } from "node:crypto";
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
import { createHolds } from "../holds.ts";
import { MENTIONED, mainlandNumber } from "../mainland.ts";
import { cutBytes, cutCharacters } from "../text.ts";
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

const ID = "dingtalk";
const ADDRESS = "https://oapi.dingtalk.com/robot/send";
/** The whole message may have 20000 bytes; this leaves room for its frame and for escaping. */
const TEXT_BYTES_MAX = 4_000;
const TITLE_LENGTH_MAX = 100;
const TOKEN = "[0-9A-Za-z]{16,128}";

/** One robot; more, and DingTalk takes nothing from it for ten minutes. */
const ROBOT_LIMIT: CallLimit = { most: 20, withinMs: MINUTE_MS };
const TOO_OFTEN = ["130101", "410100"];
const BLOCKED_MS = 10 * MINUTE_MS;

/** open.dingtalk.com: robot/send, and Alibaba Cloud's list of its codes. */
const VERDICTS: Verdicts = {
  who: "DingTalk",
  code: "errcode",
  success: 0,
  words: ["errmsg"],
  codes: {
    "-1": TRY_AGAIN,
    "40035": MEND,
    "43004": MEND,
    "130101": waitFor(BLOCKED_MS),
    "410100": waitFor(BLOCKED_MS),
    // Key word, signature or network address: a person set it so.
    "310000": MEND,
    "300001": GONE,
    "300005": GONE,
    "400013": GONE,
    "400101": GONE,
    "400102": GONE,
    "400105": MEND,
    "400106": GONE,
    "430101": MEND,
    "430102": MEND,
    "430103": MEND,
    "430104": MEND,
  },
};

const CAPABILITIES: ChannelCapabilities = {
  breaksDndIos: "no",
  breaksDndAndroid: "no",
  mainlandChina: "yes",
  acknowledges: false,
  endToEndEncrypted: false,
  maxBytes: TEXT_BYTES_MAX,
  ratePerMinute: ROBOT_LIMIT.most,
  sounds: "notification",
};

const TARGET: readonly ChannelField[] = [
  {
    name: "token",
    kind: "secret",
    label: {
      en: "Robot's access_token",
      "zh-Hans": "机器人的 access_token",
      "zh-Hant": "機器人的 access_token",
    },
    help: {
      en: "The part after “access_token=” in the robot's Webhook address.",
      "zh-Hans": "机器人 Webhook 地址中“access_token=”后面的部分。",
      "zh-Hant": "機器人 Webhook 地址中「access_token=」後面的部分。",
    },
    required: true,
    pattern: TOKEN,
    maxLength: 128,
  },
  {
    name: "secret",
    kind: "secret",
    label: { en: "Signing secret", "zh-Hans": "加签密钥", "zh-Hant": "加簽密鑰" },
    help: {
      en: "Choose “additional signature” in the robot's security settings; it begins with SEC.",
      "zh-Hans": "在机器人的安全设置里选“加签”，复制以 SEC 开头的密钥。",
      "zh-Hant": "在機器人的安全設定裡選「加簽」，複製以 SEC 開頭的密鑰。",
    },
    required: true,
    pattern: "[0-9A-Za-z]{16,128}",
    maxLength: 128,
  },
  MENTIONED,
];

const STEPS: readonly Texts[] = [
  {
    en: "Make a group of the family in DingTalk, add a custom robot, choose the signature as its security setting.",
    "zh-Hans": "在钉钉建一个家庭群，添加自定义机器人，安全设置选“加签”。",
    "zh-Hant": "在釘釘建一個家庭群，新增自訂機器人，安全設定選「加簽」。",
  },
  {
    en: "Mute the group on the phone: then only a message that names you makes a sound, and news is silent.",
    "zh-Hans": "把群设为“消息免打扰”：这样只有 @ 你的报警会响，其他消息不出声。",
    "zh-Hant": "把群設為「訊息免打擾」：這樣只有 @ 你的警報會響，其他訊息不出聲。",
  },
  {
    en: "Allow DingTalk notifications with sound. At night this wakes nobody: add a call as well.",
    "zh-Hans": "允许钉钉通知并开启声音。夜里叫不醒人：请另外再加电话。",
    "zh-Hant": "允許釘釘通知並開啟聲音。夜裡叫不醒人：請另外再加電話。",
  },
];

const OPEN: Texts = { en: "Open", "zh-Hans": "打开查看", "zh-Hant": "開啟查看" };

/** A robot in a DingTalk group: a card with a button that opens the page. */
export const dingtalk: ChannelModule = {
  id: ID,
  name: { en: "DingTalk group robot", "zh-Hans": "钉钉群机器人", "zh-Hant": "釘釘群機器人" },
  summary: {
    en: "Tells a family group in DingTalk; an ordinary notification, so everybody knows, but nobody is woken.",
    "zh-Hans": "发到钉钉的家庭群：普通通知，让大家都知道，但叫不醒人。",
    "zh-Hant": "發到釘釘的家庭群：普通通知，讓大家都知道，但叫不醒人。",
  },
  access: [],
  target: TARGET,
  steps: STEPS,
  capabilities: CAPABILITIES,
  place: "anywhere",
  create: createDingtalk,
};

function createDingtalk({ http, clock }: ChannelDeps): Channel {
  const robot = createCallLimits(clock, [ROBOT_LIMIT]);
  const blocked = createHolds(clock);
  return {
    id: ID,
    capabilities: CAPABILITIES,
    async send({ settings }, message) {
      const { token = "", secret = "" } = settings;
      if (!new RegExp(`^${TOKEN}$`).test(token))
        return badSetting("the DingTalk robot's token has another form");
      if (secret === "") return badSetting("the DingTalk robot's secret is missing");
      const waitMs = Math.max(robot.waitMs(token), blocked.waitMs(token));
      if (waitMs > 0) return tooOften(VERDICTS.who, waitMs);
      robot.note(token);
      const timestamp = String(clock.wall());
      const query = new URLSearchParams({
        access_token: token,
        timestamp,
        sign: signatureOf(secret, timestamp),
      });
      const exchanged = await postJson(http, `${ADDRESS}?${query.toString()}`, bodyOf(message, settings));
      const phone = mainlandNumber(settings["phone"] ?? "") ?? "";
      const answer = readAnswer(exchanged, VERDICTS, clock, [token, secret, phone]);
      if ("members" in answer) return { outcome: "accepted", reference: "" };
      if (TOO_OFTEN.includes(answer.code)) blocked.hold(token, BLOCKED_MS);
      return answer.result;
    },
    service: () => "https://oapi.dingtalk.com/",
  };
}

/** base64(HMAC-SHA256(secret, timestamp + "\n" + secret)); open.dingtalk.com, "customize robot security settings". */
function signatureOf(secret: string, timestamp: string): string {
  return createHmac("sha256", secret).update(`${timestamp}\n${secret}`).digest("base64");
}

/** A card whose text names whom it is for; news names nobody, so a muted group stays silent. */
function bodyOf(
  { title, body, url, kind, language }: ChannelMessage,
  { phone = "" }: ChannelTarget["settings"],
): object {
  const mobile = mainlandNumber(phone);
  const isAlarm = kind === "alarm";
  const names = !isAlarm || mobile === undefined ? "" : `\n\n@${mobile}`;
  const head = cutCharacters(title, TITLE_LENGTH_MAX) || " ";
  return {
    msgtype: "actionCard",
    actionCard: {
      title: head,
      text: `${cutBytes(`### ${plain(head)}\n\n${plain(body)}`, TEXT_BYTES_MAX)}${names}`,
      singleTitle: OPEN[language],
      singleURL: url,
    },
    at: {
      atMobiles: mobile === undefined || !isAlarm ? [] : [mobile],
      isAtAll: isAlarm && mobile === undefined,
    },
  };
}

/** Characters that Markdown would take for something else. */
const plain = (text: string): string => text.replaceAll(/[\\`*_{}[\]<>#|!~]/g, String.raw`\$&`);
