import type { ChannelField, Texts } from "../../port/channel.ts";
import { USSD_CODE } from "./ussd.ts";

export const NAME: Texts = { en: "4G stick", "zh-Hans": "4G 上网卡", "zh-Hant": "4G 網卡" };

export const SUMMARY: Texts = {
  en: "Calls and texts phones through a USB 4G stick with your own SIM card, without internet. The phone rings like any call.",
  "zh-Hans": "用插在盒子上的 4G 上网卡和自家的 SIM 卡打电话、发短信，不需要网络。手机会像来电一样响铃。",
  "zh-Hant": "用插在盒子上的 4G 網卡和自家的 SIM 卡打電話、發簡訊，不需要網路。手機會像來電一樣響鈴。",
};

export const ACCESS_FIELDS: readonly ChannelField[] = [
  {
    name: "port",
    kind: "text",
    required: true,
    maxLength: 200,
    pattern: "\\S+",
    label: { en: "Port of the stick", "zh-Hans": "上网卡的端口", "zh-Hant": "網卡的連接埠" },
    help: {
      en: "For example serial:/dev/ttyUSB2; best a name from /dev/serial/by-id, which stays the same.",
      "zh-Hans": "例如 serial:/dev/ttyUSB2；最好用 /dev/serial/by-id 里的名字，它不会变。",
      "zh-Hant": "例如 serial:/dev/ttyUSB2；最好用 /dev/serial/by-id 裡的名字，它不會變。",
    },
  },
  {
    name: "pin",
    kind: "secret",
    required: false,
    maxLength: 8,
    pattern: "[0-9]{4,8}",
    label: { en: "PIN of the SIM card", "zh-Hans": "SIM 卡 PIN 码", "zh-Hant": "SIM 卡 PIN 碼" },
    help: {
      en: "Only if the card asks for one. It is tried once; a wrong one is not tried again.",
      "zh-Hans": "卡有 PIN 码才填。只试一次，不对就不再试。",
      "zh-Hant": "卡有 PIN 碼才填。只試一次，不對就不再試。",
    },
  },
  {
    name: "link",
    kind: "choice",
    required: false,
    maxLength: 3,
    fallback: "no",
    choices: [
      { value: "no", label: { en: "without an address", "zh-Hans": "不带网址", "zh-Hant": "不帶網址" } },
      { value: "yes", label: { en: "with an address", "zh-Hans": "带网址", "zh-Hant": "帶網址" } },
    ],
    label: { en: "Text messages", "zh-Hans": "短信内容", "zh-Hant": "簡訊內容" },
    help: {
      en: "The address opens a page where one can answer. Some networks hold back texts with addresses.",
      "zh-Hans": "点网址可以打开页面回应。有的运营商会拦截带网址的短信。",
      "zh-Hant": "點網址可以打開頁面回應。有的電信公司會攔截帶網址的簡訊。",
    },
  },
  {
    name: "creditCode",
    kind: "text",
    required: false,
    maxLength: 30,
    pattern: USSD_CODE,
    label: { en: "Code that tells the credit", "zh-Hans": "查余额的代码", "zh-Hant": "查餘額的代碼" },
    help: {
      en: "The provider's, such as *100#. Asked once a day. Not in mainland China, where an SMS answers.",
      "zh-Hans": "运营商的代码，例如 *100#，每天问一次。中国大陆多用短信查询，这里填了也没用。",
      "zh-Hant": "電信公司的代碼，例如 *100#，每天問一次。中國大陸多用簡訊查詢，填了也沒用。",
    },
  },
  {
    name: "creditLeast",
    kind: "text",
    required: false,
    maxLength: 9,
    pattern: "[0-9]{1,6}([.,][0-9]{1,2})?",
    label: { en: "Warn below this credit", "zh-Hans": "余额低于多少时提醒", "zh-Hant": "餘額低於多少時提醒" },
    help: {
      en: "For example 5. Only where the answer holds one sum with its currency.",
      "zh-Hans": "例如 5。只有回答里恰好有一个金额时才看得懂。",
      "zh-Hant": "例如 5。只有回答裡恰好有一個金額時才看得懂。",
    },
  },
];

export const TARGET_FIELDS: readonly ChannelField[] = [
  {
    name: "phone",
    kind: "phone",
    required: true,
    maxLength: 16,
    pattern: "\\+[1-9][0-9]{6,14}",
    label: { en: "Phone number", "zh-Hans": "手机号", "zh-Hant": "手機號碼" },
    help: {
      en: "With the country in front, such as +8613800138000 or +886912345678.",
      "zh-Hans": "前面带国家号，例如 +8613800138000。",
      "zh-Hant": "前面帶國碼，例如 +886912345678。",
    },
  },
  {
    name: "what",
    kind: "choice",
    required: true,
    maxLength: 4,
    fallback: "both",
    choices: [
      { value: "both", label: { en: "call and text", "zh-Hans": "电话和短信", "zh-Hant": "電話和簡訊" } },
      { value: "call", label: { en: "call only", "zh-Hans": "只打电话", "zh-Hant": "只打電話" } },
      { value: "sms", label: { en: "text only", "zh-Hans": "只发短信", "zh-Hant": "只發簡訊" } },
    ],
    label: { en: "How to reach it", "zh-Hans": "怎样联系", "zh-Hant": "怎樣聯絡" },
    help: {
      en: "Only a call wakes somebody. A text says what it was.",
      "zh-Hans": "只有电话能叫醒人。短信说明是什么事。",
      "zh-Hant": "只有電話能叫醒人。簡訊說明是什麼事。",
    },
  },
];

export const STEPS: readonly Texts[] = [
  {
    en: "Save the stick's number as a contact, for example “Breathing alarm”.",
    "zh-Hans": "把上网卡的号码存为联系人，例如“呼吸警报”。",
    "zh-Hant": "把網卡的號碼存為聯絡人，例如「呼吸警報」。",
  },
  {
    en: "iPhone: open the contact, Edit, Ringtone, switch Emergency Bypass on. It then rings in silent mode too.",
    "zh-Hans": "iPhone：打开联系人，编辑，电话铃声，打开“紧急绕过”。静音时也会响。",
    "zh-Hant": "iPhone：打開聯絡人，編輯，鈴聲，打開「緊急略過」。靜音時也會響。",
  },
  {
    en: "Android: mark the contact as favourite (star) and let favourites ring in Do Not Disturb.",
    "zh-Hans": "安卓：把联系人设为收藏（星标），在勿扰模式里允许收藏的联系人来电。",
    "zh-Hant": "Android：把聯絡人加星號，在勿擾模式裡允許加星號的聯絡人來電。",
  },
  {
    en: "When it calls, nobody speaks. Pick up and press any number key: that says “I am going”.",
    "zh-Hans": "电话里没有人说话。接起后按任意数字键，就表示“我去”。",
    "zh-Hant": "電話裡沒有人說話。接起後按任意數字鍵，就表示「我去」。",
  },
  {
    en: "Switch off call blockers for this number, and run a drill tonight.",
    "zh-Hans": "让骚扰拦截放行这个号码，今晚演练一次。",
    "zh-Hant": "讓騷擾電話封鎖放行這個號碼，今晚演練一次。",
  },
];
