import type { ChannelField, ChannelModule } from "../../port/channel.ts";

export const NTFY_SERVER = "https://ntfy.sh";

const ACCESS: readonly ChannelField[] = [
  {
    name: "server",
    kind: "address",
    label: { en: "ntfy server", "zh-Hans": "ntfy 服务器", "zh-Hant": "ntfy 伺服器" },
    help: {
      en: "The public one, or the address of a server of your own; in mainland China better your own.",
      "zh-Hans": "公共服务器，或您自建服务器的地址；在中国大陆最好自建。",
      "zh-Hant": "公共伺服器，或您自行架設的伺服器位址；在中國大陸最好自行架設。",
    },
    required: true,
    fallback: NTFY_SERVER,
    maxLength: 300,
  },
  {
    name: "token",
    kind: "secret",
    label: { en: "Access token", "zh-Hans": "访问令牌", "zh-Hant": "存取權杖" },
    help: {
      en: "Begins with tk_; made in the account page of the server. Leave it empty where the server asks for none.",
      "zh-Hans": "以 tk_ 开头，在服务器的账户页面生成；服务器不要求时留空。",
      "zh-Hant": "以 tk_ 開頭，在伺服器的帳號頁面產生；伺服器不要求時留空。",
    },
    required: false,
    pattern: "[A-Za-z0-9_]{8,64}",
    maxLength: 64,
  },
];

const TARGET: readonly ChannelField[] = [
  {
    name: "topic",
    kind: "secret",
    label: { en: "Topic", "zh-Hans": "主题", "zh-Hant": "主題" },
    help: {
      en: "Long and random, at least 16 letters and digits: whoever knows it can read along and send false alarms.",
      "zh-Hans": "要长而且随机，至少 16 个字母和数字：知道它的人就能偷看，也能发假警报。",
      "zh-Hant": "要長而且隨機，至少 16 個字母和數字：知道它的人就能偷看，也能發假警報。",
    },
    required: true,
    pattern: "[A-Za-z0-9_-]{16,64}",
    maxLength: 64,
  },
];

const STEPS: ChannelModule["steps"] = [
  {
    en: "Install ntfy (Android: from F-Droid or Google Play), tap +, type in the topic, and your server if it is your own.",
    "zh-Hans": "安装 ntfy（安卓：F-Droid 或 Google Play），点 +，填入主题；自建服务器的话再填服务器地址。",
    "zh-Hant":
      "安裝 ntfy（Android：F-Droid 或 Google Play），點 +，填入主題；自行架設伺服器的話再填伺服器位址。",
  },
  {
    en: "In ntfy's settings: instant delivery on, and Keep alerting for the highest priority on.",
    "zh-Hans": "在 ntfy 设置里：打开“即时送达”，并为最高优先级打开“持续提醒”。",
    "zh-Hant": "在 ntfy 設定裡：打開「即時送達」，並為最高優先級打開「持續提醒」。",
  },
  {
    en: "In the phone's settings for ntfy's notifications, Max priority: override Do Not Disturb, and choose a long sound.",
    "zh-Hans": "在手机的 ntfy 通知设置里，对“最高优先级”允许覆盖勿扰模式，并选一个长的铃声。",
    "zh-Hant": "在手機的 ntfy 通知設定裡，對「最高優先級」允許覆蓋勿擾模式，並選一個長的鈴聲。",
  },
  {
    en: "Take ntfy out of battery saving, then run a drill with the phone as it lies at night.",
    "zh-Hans": "把 ntfy 移出省电限制，再按夜里手机的样子做一次演习。",
    "zh-Hant": "把 ntfy 移出省電限制，再按夜裡手機的樣子做一次演習。",
  },
];

/** What a person reads and fills in. */
export const NTFY_FORM = {
  name: { en: "ntfy", "zh-Hans": "ntfy", "zh-Hant": "ntfy" },
  summary: {
    en: "Rings Android phones through “do not disturb”, with a button to answer; runs on a server of your own too.",
    "zh-Hans": "让安卓手机在勿扰模式下也响，带应答按钮；也可以用自建服务器。",
    "zh-Hant": "讓 Android 手機在勿擾模式下也響，附回應按鈕；也可以用自行架設的伺服器。",
  },
  access: ACCESS,
  target: TARGET,
  steps: STEPS,
} as const;
