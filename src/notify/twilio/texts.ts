import type { ChannelField, Texts } from "../../port/channel.ts";

export const SUMMARY: Texts = {
  en: "Calls phones and says what happened; pressing a key answers. Also texts. For families outside mainland China.",
  "zh-Hans": "打电话并说出发生了什么，按键即回应；也能发短信。适合中国大陆以外的家庭。",
  "zh-Hant": "打電話並說出發生了什麼，按鍵即回應；也能發簡訊。適合中國大陸以外的家庭。",
};

export const ACCESS_FIELDS: readonly ChannelField[] = [
  {
    name: "accountSid",
    kind: "text",
    required: true,
    maxLength: 34,
    pattern: "AC[0-9a-f]{32}",
    label: { en: "Account SID", "zh-Hans": "账户 SID", "zh-Hant": "帳戶 SID" },
    help: {
      en: "On the first page of the Twilio console; begins with AC.",
      "zh-Hans": "在 Twilio 控制台首页，以 AC 开头。",
      "zh-Hant": "在 Twilio 主控台首頁，以 AC 開頭。",
    },
  },
  {
    name: "keySid",
    kind: "text",
    required: false,
    maxLength: 34,
    pattern: "SK[0-9a-f]{32}",
    label: { en: "API key SID", "zh-Hans": "API 密钥 SID", "zh-Hant": "API 金鑰 SID" },
    help: {
      en: "Only with an API key, which can be withdrawn without changing the account's token; begins with SK.",
      "zh-Hans": "用 API 密钥时才填，以 SK 开头；它可以单独作废。",
      "zh-Hant": "用 API 金鑰時才填，以 SK 開頭；它可以單獨作廢。",
    },
  },
  {
    name: "secret",
    kind: "secret",
    required: true,
    maxLength: 100,
    label: {
      en: "Auth token or key secret",
      "zh-Hans": "Auth Token 或密钥",
      "zh-Hant": "Auth Token 或金鑰密碼",
    },
    help: {
      en: "The account's auth token, or the secret of the API key.",
      "zh-Hans": "账户的 Auth Token，或 API 密钥的 secret。",
      "zh-Hant": "帳戶的 Auth Token，或 API 金鑰的 secret。",
    },
  },
  {
    name: "from",
    kind: "phone",
    required: true,
    maxLength: 16,
    pattern: "\\+[1-9][0-9]{6,14}",
    label: { en: "Number to call from", "zh-Hans": "拨出号码", "zh-Hant": "撥出號碼" },
    help: {
      en: "A number that you bought from Twilio, with the country in front, such as +15005550006.",
      "zh-Hans": "在 Twilio 购买的号码，带国家号，例如 +15005550006。",
      "zh-Hant": "在 Twilio 購買的號碼，帶國碼，例如 +15005550006。",
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
      en: "With the country in front, such as +886912345678.",
      "zh-Hans": "前面带国家号，例如 +886912345678。",
      "zh-Hant": "前面帶國碼，例如 +886912345678。",
    },
  },
  {
    name: "what",
    kind: "choice",
    required: true,
    maxLength: 4,
    fallback: "call",
    choices: [
      { value: "call", label: { en: "call only", "zh-Hans": "只打电话", "zh-Hant": "只打電話" } },
      { value: "both", label: { en: "call and text", "zh-Hans": "电话和短信", "zh-Hant": "電話和簡訊" } },
      { value: "sms", label: { en: "text only", "zh-Hans": "只发短信", "zh-Hant": "只發簡訊" } },
    ],
    label: { en: "How to reach it", "zh-Hans": "怎样联系", "zh-Hant": "怎樣聯絡" },
    help: {
      en: "Only a call wakes somebody.",
      "zh-Hans": "只有电话能叫醒人。",
      "zh-Hant": "只有電話能叫醒人。",
    },
  },
  {
    name: "voice",
    kind: "choice",
    required: false,
    maxLength: 10,
    fallback: "language",
    choices: [
      {
        value: "language",
        label: { en: "as the page's language", "zh-Hans": "与页面语言相同", "zh-Hant": "與頁面語言相同" },
      },
      { value: "cantonese", label: { en: "Cantonese", "zh-Hans": "粤语", "zh-Hant": "粵語" } },
    ],
    label: { en: "Spoken language", "zh-Hans": "播报语言", "zh-Hant": "播報語言" },
    help: {
      en: "Chinese is spoken as Mandarin unless you choose Cantonese.",
      "zh-Hans": "中文默认用普通话播报，也可选粤语。",
      "zh-Hant": "中文預設用國語播報，也可選粵語。",
    },
  },
];

export const STEPS: readonly Texts[] = [
  {
    en: "Save the Twilio number as a contact, for example “Breathing alarm”.",
    "zh-Hans": "把 Twilio 号码存为联系人，例如“呼吸警报”。",
    "zh-Hant": "把 Twilio 號碼存為聯絡人，例如「呼吸警報」。",
  },
  {
    en: "iPhone: open the contact, Edit, Ringtone, switch Emergency Bypass on. Android: mark it as favourite and let favourites ring.",
    "zh-Hans":
      "iPhone：打开联系人，编辑，电话铃声，打开“紧急绕过”。安卓：设为收藏（星标），勿扰模式里允许收藏的联系人来电。",
    "zh-Hant":
      "iPhone：打開聯絡人，編輯，鈴聲，打開「緊急略過」。Android：加星號，勿擾模式裡允許加星號的聯絡人來電。",
  },
  {
    en: "When it calls: listen, then press any key. Only that stops the calling.",
    "zh-Hans": "来电时听完提示，按任意键。只有按键才会停止呼叫。",
    "zh-Hant": "來電時聽完提示，按任意鍵。只有按鍵才會停止呼叫。",
  },
  {
    en: "Run a drill tonight, with the phone as it lies at night.",
    "zh-Hans": "今晚照平时睡觉时手机的摆放演练一次。",
    "zh-Hant": "今晚照平時睡覺時手機的擺放演練一次。",
  },
];
