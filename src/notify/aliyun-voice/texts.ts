import type { ChannelField, Texts } from "../../port/channel.ts";

export const NAME: Texts = {
  en: "Alibaba Cloud call",
  "zh-Hans": "阿里云语音电话",
  "zh-Hant": "阿里雲語音電話",
};

export const SUMMARY: Texts = {
  en: "Rings a mobile in mainland China and reads an approved text; needs a company's account.",
  "zh-Hans": "拨打中国大陆手机并朗读已审核的文字；需要企业账号。",
  "zh-Hant": "撥打中國大陸手機並朗讀已審核的文字；需要企業帳號。",
};

/** What fills the template's variable, if it has one: nothing of a person. */
export const SAID: { readonly [what in "high" | "other" | "drill"]: Texts } = {
  high: { en: "urgent alarm", "zh-Hans": "紧急报警", "zh-Hant": "緊急警報" },
  other: { en: "alarm", "zh-Hans": "报警", "zh-Hant": "警報" },
  drill: { en: "drill", "zh-Hans": "演习", "zh-Hant": "演習" },
};

export const ACCESS: readonly ChannelField[] = [
  {
    name: "keyId",
    kind: "text",
    label: { en: "AccessKey ID", "zh-Hans": "访问密钥 AccessKey ID", "zh-Hant": "存取金鑰 AccessKey ID" },
    help: {
      en: "Of a RAM user that may do nothing but dyvms:SingleCallByTts and dyvms:QueryCallDetailByCallId.",
      "zh-Hans": "RAM 用户的，只授予 dyvms:SingleCallByTts 和 dyvms:QueryCallDetailByCallId。",
      "zh-Hant": "RAM 使用者的，只授予 dyvms:SingleCallByTts 和 dyvms:QueryCallDetailByCallId。",
    },
    required: true,
    pattern: "[0-9A-Za-z]{10,64}",
    maxLength: 64,
  },
  {
    name: "keySecret",
    kind: "secret",
    label: {
      en: "AccessKey secret",
      "zh-Hans": "访问密钥 AccessKey Secret",
      "zh-Hant": "存取金鑰 AccessKey Secret",
    },
    help: {
      en: "Shown once, when the key is made.",
      "zh-Hans": "创建时只显示一次。",
      "zh-Hant": "建立時只顯示一次。",
    },
    required: true,
    pattern: "[0-9A-Za-z]{16,64}",
    maxLength: 64,
  },
  {
    name: "ttsCode",
    kind: "text",
    label: { en: "Template's ID", "zh-Hans": "语音模板 ID", "zh-Hant": "語音範本 ID" },
    help: {
      en: "Of an approved voice notification, as “Breathwatch: ${kind}, please look now.”: “TTS_…”.",
      "zh-Hans": "已审核的语音通知模板，如“呼吸守护${kind}，请立刻查看”，以 TTS_ 开头。",
      "zh-Hant": "已審核的語音通知範本，如「呼吸守護${kind}，請立刻查看」，以 TTS_ 開頭。",
    },
    required: true,
    pattern: "TTS_[0-9]{1,20}",
    maxLength: 24,
  },
  {
    name: "variable",
    kind: "text",
    label: { en: "Template's variable", "zh-Hans": "模板变量名", "zh-Hant": "範本變數名" },
    help: {
      en: "The one that says alarm or drill, as kind; empty: the template has none, and drills sound like alarms.",
      "zh-Hans": "用来说“报警”或“演习”的变量，如 kind；不填则模板没有变量，演习听起来和报警一样。",
      "zh-Hant": "用來說「警報」或「演習」的變數，如 kind；不填則範本沒有變數，演習聽起來和警報一樣。",
    },
    required: false,
    pattern: "[A-Za-z][0-9A-Za-z_]{0,29}",
    maxLength: 30,
  },
  {
    name: "showNumber",
    kind: "text",
    label: { en: "Number of your own", "zh-Hans": "自购号码", "zh-Hant": "自購號碼" },
    help: {
      en: "Only in the dedicated mode; empty: a number of the common pool calls.",
      "zh-Hans": "专属模式才填；不填则用公共号码外呼。",
      "zh-Hant": "專屬模式才填；不填則用公共號碼外呼。",
    },
    required: false,
    pattern: "[0-9]{5,20}",
    maxLength: 20,
  },
];

export const TARGET: readonly ChannelField[] = [
  {
    name: "phone",
    kind: "phone",
    label: { en: "Mobile number", "zh-Hans": "手机号", "zh-Hant": "手機號" },
    help: {
      en: "In mainland China, as +8613800000000.",
      "zh-Hans": "中国大陆手机号，如 +8613800000000。",
      "zh-Hant": "中國大陸手機號，如 +8613800000000。",
    },
    required: true,
    pattern: "\\+861[3-9]\\d{9}",
    maxLength: 14,
  },
];

export const STEPS: readonly Texts[] = [
  {
    en: "With a company's account: open the voice service, have qualification and template approved, buy calls.",
    "zh-Hans": "用企业账号开通语音服务，通过资质和模板审核，购买套餐。",
    "zh-Hant": "用企業帳號開通語音服務，通過資質和範本審核，購買套餐。",
  },
  {
    en: "Save the calling number as contact and favourite; switch off the spam filter for it.",
    "zh-Hans": "把来电号码存入通讯录并设为收藏，关掉对它的骚扰拦截。",
    "zh-Hant": "把來電號碼存入通訊錄並設為收藏，關掉對它的騷擾攔截。",
  },
  {
    en: "Prove it at three in the morning, with each carrier: some do not call at night.",
    "zh-Hans": "在凌晨三点对每个运营商各实测一次：有的线路夜里不外呼。",
    "zh-Hant": "在凌晨三點對每個電信商各實測一次：有的線路夜裡不外呼。",
  },
];
