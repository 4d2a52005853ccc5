import type { ChannelField, ChannelModule } from "../../port/channel.ts";

export const BARK_SERVER = "https://api.day.app";

const ACCESS: readonly ChannelField[] = [
  {
    name: "server",
    kind: "address",
    label: { en: "Bark server", "zh-Hans": "Bark 服务器", "zh-Hant": "Bark 伺服器" },
    help: {
      en: "Leave it as it is, unless you run a Bark server of your own.",
      "zh-Hans": "除非您自建了 Bark 服务器，否则不用改。",
      "zh-Hant": "除非您自行架設了 Bark 伺服器，否則不用改。",
    },
    required: true,
    fallback: BARK_SERVER,
    maxLength: 300,
  },
];

const TARGET: readonly ChannelField[] = [
  {
    name: "key",
    kind: "secret",
    label: { en: "Key of this iPhone", "zh-Hans": "这部 iPhone 的 key", "zh-Hant": "這支 iPhone 的 key" },
    help: {
      en: "In Bark, on the first page: the letters between the server and the next slash.",
      "zh-Hans": "在 Bark 首页的网址里，服务器地址后面、下一个斜杠前面的那串字母。",
      "zh-Hant": "在 Bark 首頁的網址裡，伺服器位址後面、下一個斜線前面的那串字母。",
    },
    required: true,
    pattern: "[A-Za-z0-9_-]{8,64}",
    maxLength: 64,
  },
  {
    name: "encryption",
    kind: "choice",
    label: { en: "Encryption", "zh-Hans": "加密", "zh-Hant": "加密" },
    help: {
      en: "With it, neither Bark's server nor Apple can read the message.",
      "zh-Hans": "加密后，Bark 服务器和苹果都读不到消息内容。",
      "zh-Hant": "加密後，Bark 伺服器和蘋果都讀不到訊息內容。",
    },
    required: true,
    fallback: "aes-256-gcm",
    choices: [
      {
        value: "aes-256-gcm",
        label: { en: "AES256, GCM", "zh-Hans": "AES256，GCM", "zh-Hant": "AES256，GCM" },
      },
      { value: "none", label: { en: "None", "zh-Hans": "不加密", "zh-Hant": "不加密" } },
    ],
    maxLength: 20,
  },
  {
    name: "secret",
    kind: "secret",
    label: { en: "Encryption key", "zh-Hans": "加密密钥", "zh-Hant": "加密金鑰" },
    help: {
      en: "32 letters and digits that you make up; the same as in Bark under Push Encryption.",
      "zh-Hans": "自己编的 32 个字母和数字，要和 Bark 的“推送加密”里填的一样。",
      "zh-Hant": "自己編的 32 個字母和數字，要和 Bark 的「推送加密」裡填的一樣。",
    },
    required: false,
    pattern: "[!-~]{32}",
    maxLength: 32,
  },
];

const STEPS: ChannelModule["steps"] = [
  {
    en: "On the iPhone: install Bark from the App Store, open it and allow notifications and critical alerts.",
    "zh-Hans": "在 iPhone 上从 App Store 安装 Bark，打开后允许“通知”和“重要警告”。",
    "zh-Hant": "在 iPhone 上從 App Store 安裝 Bark，打開後允許「通知」和「重要警示」。",
  },
  {
    en: "In Bark, Push Encryption: AES256, GCM, no padding; type in 32 letters and digits as the key and 12 as the IV.",
    "zh-Hans": "在 Bark 的“推送加密”里选 AES256、GCM、noPadding，密钥填 32 个字母和数字，IV 填 12 个。",
    "zh-Hant": "在 Bark 的「推送加密」裡選 AES256、GCM、noPadding，金鑰填 32 個字母和數字，IV 填 12 個。",
  },
  {
    en: "In the iPhone's settings, Notifications, Bark: Critical Alerts on, Sounds on, Lock Screen on.",
    "zh-Hans": "在 iPhone 设置的“通知”里找到 Bark：打开“重要警告”、“声音”和“锁定屏幕”。",
    "zh-Hant": "在 iPhone 設定的「通知」裡找到 Bark：打開「重要警示」、「聲音」和「鎖定畫面」。",
  },
  {
    en: "Run a drill with the phone on silent. If it shows “Decryption Failed”, the two keys are not the same.",
    "zh-Hans": "把手机调成静音做一次演习。如果显示“Decryption Failed”，就是两边的密钥不一样。",
    "zh-Hant": "把手機調成靜音做一次演習。如果顯示「Decryption Failed」，就是兩邊的金鑰不一樣。",
  },
];

/** What a person reads and fills in. */
export const BARK_FORM = {
  name: { en: "Bark", "zh-Hans": "Bark", "zh-Hant": "Bark" },
  summary: {
    en: "Rings an iPhone like an alarm, even on silent; works in mainland China.",
    "zh-Hans": "让 iPhone 像闹钟一样响，静音时也响；在中国大陆可用。",
    "zh-Hant": "讓 iPhone 像鬧鐘一樣響，靜音時也響；在中國大陸可用。",
  },
  access: ACCESS,
  target: TARGET,
  steps: STEPS,
} as const;
