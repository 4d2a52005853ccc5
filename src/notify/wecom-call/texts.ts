import type { ChannelField, Texts } from "../../port/channel.ts";

export const NAME: Texts = { en: "WeCom call", "zh-Hans": "企业微信电话", "zh-Hant": "企業微信電話" };

export const SUMMARY: Texts = {
  en: "Rings the phone through WeCom's emergency notices; for families in mainland China with a verified company.",
  "zh-Hans": "通过企业微信“紧急通知”打电话；适合在中国大陆、有已认证企业的家庭。",
  "zh-Hant": "透過企業微信「緊急通知」打電話；適合在中國大陸、有已認證企業的家庭。",
};

/** A member's account: developer.work.weixin.qq.com/document/path/90195 */
export const USER = "[0-9A-Za-z][0-9A-Za-z_.@-]{0,63}";

export const ACCESS: readonly ChannelField[] = [
  {
    name: "corpid",
    kind: "text",
    label: { en: "Company's ID", "zh-Hans": "企业 ID", "zh-Hant": "企業 ID" },
    help: {
      en: "WeCom's administration, My company, at the bottom: “ww…”.",
      "zh-Hans": "企业微信管理后台“我的企业”最下方，以 ww 开头。",
      "zh-Hant": "企業微信管理後台「我的企業」最下方，以 ww 開頭。",
    },
    required: true,
    pattern: "ww[0-9A-Za-z]{8,32}",
    maxLength: 34,
  },
  {
    name: "secret",
    kind: "secret",
    label: { en: "App's secret", "zh-Hans": "自建应用的 Secret", "zh-Hant": "自建應用的 Secret" },
    help: {
      en: "Of an app of your own that is named in the emergency notices under “apps that may call”.",
      "zh-Hans": "自建应用的 Secret；该应用须在“紧急通知 - 可调用接口的应用”中勾选。",
      "zh-Hant": "自建應用的 Secret；該應用須在「緊急通知 - 可調用接口的應用」中勾選。",
    },
    required: true,
    pattern: "[0-9A-Za-z_-]{20,128}",
    maxLength: 128,
  },
];

export const TARGET: readonly ChannelField[] = [
  {
    name: "userid",
    kind: "text",
    label: { en: "Member's account", "zh-Hans": "成员账号", "zh-Hant": "成員帳號" },
    help: {
      en: "WeCom's administration, Contacts, the person: “account”.",
      "zh-Hans": "管理后台“通讯录”里该成员的“账号”。",
      "zh-Hant": "管理後台「通訊錄」裡該成員的「帳號」。",
    },
    required: true,
    pattern: USER,
    maxLength: 64,
  },
];

export const STEPS: readonly Texts[] = [
  {
    en: "In WeCom's administration: switch on “emergency notices”, pay in, allow your own app to call.",
    "zh-Hans": "在管理后台开通“紧急通知”、充值，并允许自建应用调用。",
    "zh-Hant": "在管理後台開通「緊急通知」、儲值，並允許自建應用調用。",
  },
  {
    en: "Enter this machine's internet address as trusted for that app.",
    "zh-Hans": "在该应用里把本机的公网 IP 加入“企业可信 IP”。",
    "zh-Hant": "在該應用裡把本機的公網 IP 加入「企業可信 IP」。",
  },
  {
    en: "Save the calling number as contact and favourite; switch off the spam filter for it.",
    "zh-Hans": "把来电号码存入通讯录并设为收藏，关掉对它的骚扰拦截。",
    "zh-Hant": "把來電號碼存入通訊錄並設為收藏，關掉對它的騷擾攔截。",
  },
  {
    en: "Prove it once at night. Picking up does not count as an answer: open the page and answer there.",
    "zh-Hans": "在夜里实测一次。接起电话不算应答：请打开页面应答。",
    "zh-Hant": "在夜裡實測一次。接起電話不算應答：請開啟頁面應答。",
  },
];
