import type { ChannelField, ChannelModule } from "../../port/channel.ts";

const ACCESS: readonly ChannelField[] = [
  {
    name: "token",
    kind: "secret",
    label: { en: "API token", "zh-Hans": "API 令牌", "zh-Hant": "API 權杖" },
    help: {
      en: "On pushover.net, “Create an Application”: the 30 letters and digits of API Token/Key.",
      "zh-Hans": "在 pushover.net 点“Create an Application”，得到 30 个字母和数字的 API Token/Key。",
      "zh-Hant": "在 pushover.net 點「Create an Application」，得到 30 個字母和數字的 API Token/Key。",
    },
    required: true,
    pattern: "[A-Za-z0-9]{30}",
    maxLength: 30,
  },
];

const TARGET: readonly ChannelField[] = [
  {
    name: "user",
    kind: "secret",
    label: { en: "User key", "zh-Hans": "用户 key", "zh-Hant": "使用者 key" },
    help: {
      en: "In the Pushover app, under settings: 30 letters and digits; or the key of a group.",
      "zh-Hans": "在 Pushover 应用的设置里：30 个字母和数字；也可以填群组的 key。",
      "zh-Hant": "在 Pushover 應用程式的設定裡：30 個字母和數字；也可以填群組的 key。",
    },
    required: true,
    pattern: "[A-Za-z0-9]{30}",
    maxLength: 30,
  },
  {
    name: "device",
    kind: "text",
    label: { en: "Only this device", "zh-Hans": "只发到这台设备", "zh-Hant": "只發到這台裝置" },
    help: {
      en: "The name of the device in Pushover; empty: all of this user's devices.",
      "zh-Hans": "设备在 Pushover 里的名字；留空则发到这个用户的所有设备。",
      "zh-Hant": "裝置在 Pushover 裡的名字；留空則發到這個使用者的所有裝置。",
    },
    required: false,
    pattern: "[A-Za-z0-9_-]{1,25}",
    maxLength: 25,
  },
  {
    name: "sound",
    kind: "text",
    label: { en: "Sound", "zh-Hans": "铃声", "zh-Hant": "鈴聲" },
    help: {
      en: "Name of a Pushover sound or of one that you uploaded there; siren, alien and echo are long.",
      "zh-Hans": "Pushover 的铃声名，或您上传的铃声名；siren、alien、echo 比较长。",
      "zh-Hant": "Pushover 的鈴聲名，或您上傳的鈴聲名；siren、alien、echo 比較長。",
    },
    required: false,
    fallback: "siren",
    pattern: "[a-z0-9_-]{1,20}",
    maxLength: 20,
  },
];

const STEPS: ChannelModule["steps"] = [
  {
    en: "On the phone: install Pushover, sign in, and copy the user key from its settings.",
    "zh-Hans": "在手机上安装 Pushover 并登录，从设置里复制用户 key。",
    "zh-Hant": "在手機上安裝 Pushover 並登入，從設定裡複製使用者 key。",
  },
  {
    en: "iPhone: in Pushover's settings, switch on Critical Alerts for emergency and high priority.",
    "zh-Hans": "iPhone：在 Pushover 设置里，为紧急和高优先级打开“Critical Alerts”（重要警告）。",
    "zh-Hant": "iPhone：在 Pushover 設定裡，為緊急和高優先級打開「Critical Alerts」（重要警示）。",
  },
  {
    en: "Android: in Pushover's settings, let high priority override Do Not Disturb, and take it out of battery saving.",
    "zh-Hans": "安卓：在 Pushover 设置里允许高优先级覆盖勿扰模式，并移出省电限制。",
    "zh-Hant": "Android：在 Pushover 設定裡允許高優先級覆蓋勿擾模式，並移出省電限制。",
  },
  {
    en: "Run a drill with the phone as it lies at night; Acknowledge on the phone must stop the calling.",
    "zh-Hans": "按夜里手机的样子做一次演习；在手机上点 Acknowledge 后应停止呼叫。",
    "zh-Hant": "按夜裡手機的樣子做一次演習；在手機上點 Acknowledge 後應停止呼叫。",
  },
];

/** What a person reads and fills in. */
export const PUSHOVER_FORM = {
  name: { en: "Pushover", "zh-Hans": "Pushover", "zh-Hant": "Pushover" },
  summary: {
    en: "Rings every 30 seconds until somebody answers, even on silent; the best way outside mainland China.",
    "zh-Hans": "每 30 秒响一次，直到有人应答，静音时也响；在中国大陆以外最可靠。",
    "zh-Hant": "每 30 秒響一次，直到有人回應，靜音時也響；在中國大陸以外最可靠。",
  },
  access: ACCESS,
  target: TARGET,
  steps: STEPS,
} as const;
