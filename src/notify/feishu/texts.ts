import type { ChannelField, Texts } from "../../port/channel.ts";
import { urgencyField } from "../urgent.ts";

export const NAME: Texts = { en: "Feishu", "zh-Hans": "飞书加急", "zh-Hant": "飛書加急" };

export const SUMMARY: Texts = {
  en: "A card in Feishu, made urgent in the app, by text message or by a phone call; for families in mainland China.",
  "zh-Hans": "飞书消息卡片，可应用内、短信或电话加急；适合在中国大陆的家庭。",
  "zh-Hant": "飛書訊息卡片，可應用內、簡訊或電話加急；適合在中國大陸的家庭。",
};

export const ACCESS: readonly ChannelField[] = [
  {
    name: "appId",
    kind: "text",
    label: { en: "App ID", "zh-Hans": "应用的 App ID", "zh-Hant": "應用的 App ID" },
    help: {
      en: "Of an app of your own at open.feishu.cn, under Credentials: “cli_…”.",
      "zh-Hans": "open.feishu.cn 自建应用的“凭证与基础信息”，以 cli_ 开头。",
      "zh-Hant": "open.feishu.cn 自建應用的「憑證與基礎資訊」，以 cli_ 開頭。",
    },
    required: true,
    pattern: "cli_[0-9A-Za-z]{8,40}",
    maxLength: 44,
  },
  {
    name: "appSecret",
    kind: "secret",
    label: { en: "App secret", "zh-Hans": "应用的 App Secret", "zh-Hant": "應用的 App Secret" },
    help: {
      en: "Beside the App ID.",
      "zh-Hans": "就在 App ID 旁边。",
      "zh-Hant": "就在 App ID 旁邊。",
    },
    required: true,
    pattern: "[0-9A-Za-z]{16,64}",
    maxLength: 64,
  },
];

export const TARGET: readonly ChannelField[] = [
  {
    name: "openId",
    kind: "text",
    label: { en: "Person's open_id", "zh-Hans": "成员的 open_id", "zh-Hant": "成員的 open_id" },
    help: {
      en: "Of this person for this app: “ou_…”; the API debugger at open.feishu.cn shows it.",
      "zh-Hans": "此人在该应用下的 ou_ 开头的编号，可在 open.feishu.cn 的 API 调试台查到。",
      "zh-Hant": "此人在該應用下的 ou_ 開頭的編號，可在 open.feishu.cn 的 API 調試台查到。",
    },
    required: true,
    pattern: "ou_[0-9A-Za-z]{8,64}",
    maxLength: 67,
  },
  urgencyField({
    en: "Calls and texts use up what your company may send; in the app costs nothing and wakes few.",
    "zh-Hans": "电话和短信会消耗企业的加急额度；应用内加急免费，但很难叫醒人。",
    "zh-Hant": "電話和簡訊會消耗企業的加急額度；應用內加急免費，但很難叫醒人。",
  }),
];

export const STEPS: readonly Texts[] = [
  {
    en: "Make an app at open.feishu.cn, switch its bot on, let it send messages and urgent messages, publish it.",
    "zh-Hans": "在 open.feishu.cn 建自建应用，启用机器人，开通发消息和加急权限，然后发布。",
    "zh-Hant": "在 open.feishu.cn 建自建應用，啟用機器人，開通發訊息和加急權限，然後發佈。",
  },
  {
    en: "Each person: enter the mobile number in Feishu, allow its notifications, do not fold the bot's chat away.",
    "zh-Hans": "每个人：在飞书绑定手机号，允许通知，不要把机器人的会话折叠起来。",
    "zh-Hant": "每個人：在飛書綁定手機號，允許通知，不要把機器人的會話摺疊起來。",
  },
  {
    en: "Save Feishu's calling number as contact and favourite, and prove a call once at night.",
    "zh-Hans": "把飞书的来电号码存入通讯录并设为收藏，在夜里实测一次电话。",
    "zh-Hant": "把飛書的來電號碼存入通訊錄並設為收藏，在夜裡實測一次電話。",
  },
];
