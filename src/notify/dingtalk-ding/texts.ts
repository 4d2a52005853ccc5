import type { ChannelField, Texts } from "../../port/channel.ts";
import { urgencyField } from "../urgent.ts";

export const NAME: Texts = { en: "DingTalk DING", "zh-Hans": "钉钉 DING", "zh-Hant": "釘釘 DING" };

export const SUMMARY: Texts = {
  en: "DingTalk's DING: a phone call, a text message or a loud reminder in the app; for companies in mainland China.",
  "zh-Hans": "钉钉 DING：电话、短信或应用内强提醒；适合在中国大陆有钉钉企业的家庭。",
  "zh-Hant": "釘釘 DING：電話、簡訊或應用內強提醒；適合在中國大陸有釘釘企業的家庭。",
};

const CLIENT = "[0-9A-Za-z]{8,64}";
export const USER = "[0-9A-Za-z][\\w.@-]{0,63}";

export const ACCESS: readonly ChannelField[] = [
  {
    name: "clientId",
    kind: "text",
    label: { en: "Client ID (AppKey)", "zh-Hans": "Client ID（AppKey）", "zh-Hant": "Client ID（AppKey）" },
    help: {
      en: "Of an app of your own at open-dev.dingtalk.com, under Credentials: “ding…”.",
      "zh-Hans": "open-dev.dingtalk.com 企业内部应用的“凭证与基础信息”，以 ding 开头。",
      "zh-Hant": "open-dev.dingtalk.com 企業內部應用的「憑證與基礎資訊」，以 ding 開頭。",
    },
    required: true,
    pattern: CLIENT,
    maxLength: 64,
  },
  {
    name: "clientSecret",
    kind: "secret",
    label: {
      en: "Client secret (AppSecret)",
      "zh-Hans": "Client Secret（AppSecret）",
      "zh-Hant": "Client Secret（AppSecret）",
    },
    help: {
      en: "Beside the Client ID.",
      "zh-Hans": "就在 Client ID 旁边。",
      "zh-Hant": "就在 Client ID 旁邊。",
    },
    required: true,
    pattern: "[\\w-]{16,128}",
    maxLength: 128,
  },
  {
    name: "robotCode",
    kind: "text",
    label: { en: "Robot code", "zh-Hans": "机器人的 robotCode", "zh-Hant": "機器人的 robotCode" },
    help: {
      en: "On the page of the app's robot; empty: the same as the Client ID, which is usual.",
      "zh-Hans": "在应用的机器人页面；一般与 Client ID 相同，可以不填。",
      "zh-Hant": "在應用的機器人頁面；一般與 Client ID 相同，可以不填。",
    },
    required: false,
    pattern: CLIENT,
    maxLength: 64,
  },
];

export const TARGET: readonly ChannelField[] = [
  {
    name: "userId",
    kind: "text",
    label: { en: "Person's user id", "zh-Hans": "成员的 userId", "zh-Hant": "成員的 userId" },
    help: {
      en: "In the company's administration (oa.dingtalk.com), on the page of this person.",
      "zh-Hans": "在钉钉管理后台（oa.dingtalk.com）通讯录里此人的页面上。",
      "zh-Hant": "在釘釘管理後台（oa.dingtalk.com）通訊錄裡此人的頁面上。",
    },
    required: true,
    pattern: USER,
    maxLength: 64,
  },
  urgencyField({
    en: "Calls and texts have to be bought by the company; in the app costs nothing and wakes few.",
    "zh-Hans": "电话和短信要企业另外购买；应用内 DING 免费，但很难叫醒人。",
    "zh-Hant": "電話和簡訊要企業另外購買；應用內 DING 免費，但很難叫醒人。",
  }),
];

export const STEPS: readonly Texts[] = [
  {
    en: "Make an internal app at open-dev.dingtalk.com, add a robot, allow sending and recalling DING, publish it.",
    "zh-Hans": "在 open-dev.dingtalk.com 建企业内部应用，添加机器人，开通发送和撤回 DING 的权限，然后发布。",
    "zh-Hant": "在 open-dev.dingtalk.com 建企業內部應用，新增機器人，開通發送和撤回 DING 的權限，然後發佈。",
  },
  {
    en: "The company needs DingTalk's paid edition, and calls bought under value-added services at oa.dingtalk.com.",
    "zh-Hans": "企业要用钉钉专业版或专属版，并在 oa.dingtalk.com 的增值服务里购买电话 DING。",
    "zh-Hant": "企業要用釘釘專業版或專屬版，並在 oa.dingtalk.com 的增值服務裡購買電話 DING。",
  },
  {
    en: "Save DingTalk's calling number as contact and favourite, and prove a call once at night.",
    "zh-Hans": "把钉钉的来电号码存入通讯录并设为收藏，在夜里实测一次电话。",
    "zh-Hant": "把釘釘的來電號碼存入通訊錄並設為收藏，在夜裡實測一次電話。",
  },
];
