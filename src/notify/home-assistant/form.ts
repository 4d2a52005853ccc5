import type { ChannelField, ChannelModule } from "../../port/channel.ts";

const ACCESS: readonly ChannelField[] = [
  {
    name: "server",
    kind: "address",
    label: { en: "Home Assistant", "zh-Hans": "Home Assistant 地址", "zh-Hant": "Home Assistant 位址" },
    help: {
      en: "Its address in the house, for example http://homeassistant.local:8123.",
      "zh-Hans": "它在家里的地址，例如 http://homeassistant.local:8123。",
      "zh-Hant": "它在家裡的位址，例如 http://homeassistant.local:8123。",
    },
    required: true,
    maxLength: 300,
  },
  {
    name: "token",
    kind: "secret",
    label: { en: "Long-lived access token", "zh-Hans": "长期访问令牌", "zh-Hant": "長期存取權杖" },
    help: {
      en: "In Home Assistant, your profile, Security; signed in as an administrator, else the button is not heard.",
      "zh-Hans": "在 Home Assistant 的个人资料“安全”里生成；要用管理员登录，否则收不到按钮的应答。",
      "zh-Hant": "在 Home Assistant 的個人資料「安全性」裡產生；要用管理員登入，否則收不到按鈕的回應。",
    },
    required: true,
    pattern: "[A-Za-z0-9._-]{20,500}",
    maxLength: 500,
  },
];

const TARGET: readonly ChannelField[] = [
  {
    name: "service",
    kind: "text",
    label: { en: "Phone", "zh-Hans": "手机", "zh-Hant": "手機" },
    help: {
      en: "Its action in Home Assistant without “notify.”: mobile_app_ and the name of the phone.",
      "zh-Hans": "它在 Home Assistant 里的动作名，去掉“notify.”：mobile_app_ 加手机名。",
      "zh-Hant": "它在 Home Assistant 裡的動作名，去掉「notify.」：mobile_app_ 加手機名。",
    },
    required: true,
    pattern: "mobile_app_[a-z0-9_]{1,80}",
    maxLength: 91,
  },
  {
    name: "spoken",
    kind: "choice",
    label: { en: "Say it aloud too", "zh-Hans": "同时念出来", "zh-Hant": "同時唸出來" },
    help: {
      en: "Android only: the phone reads the alarm aloud at full alarm volume.",
      "zh-Hans": "仅限安卓：手机用最大的闹钟音量念出警报。",
      "zh-Hant": "僅限 Android：手機用最大的鬧鐘音量唸出警報。",
    },
    required: true,
    fallback: "no",
    choices: [
      { value: "no", label: { en: "No", "zh-Hans": "否", "zh-Hant": "否" } },
      { value: "yes", label: { en: "Yes (Android)", "zh-Hans": "是（安卓）", "zh-Hant": "是（Android）" } },
    ],
    maxLength: 3,
  },
];

const STEPS: ChannelModule["steps"] = [
  {
    en: "On the phone: install the Home Assistant app, sign in at home, allow notifications.",
    "zh-Hans": "在手机上安装 Home Assistant 应用，在家里登录，允许通知。",
    "zh-Hant": "在手機上安裝 Home Assistant 應用程式，在家裡登入，允許通知。",
  },
  {
    en: "iPhone: allow critical alerts for it, in the app and in the iPhone's settings, Notifications.",
    "zh-Hans": "iPhone：在应用里和 iPhone 设置的“通知”里，都允许“重要警告”。",
    "zh-Hant": "iPhone：在應用程式裡和 iPhone 設定的「通知」裡，都允許「重要警示」。",
  },
  {
    en: "Android: turn the alarm volume up; take the app out of battery saving; let its alarm channel override Do Not Disturb.",
    "zh-Hans": "安卓：调高闹钟音量，把应用移出省电限制，并允许它的闹钟通知覆盖勿扰模式。",
    "zh-Hant": "Android：調高鬧鐘音量，把應用程式移出省電限制，並允許它的鬧鐘通知覆蓋勿擾模式。",
  },
  {
    en: "Run a drill with the phone as it lies at night, and answer with the button on the notification.",
    "zh-Hans": "按夜里手机的样子做一次演习，并用通知上的按钮应答。",
    "zh-Hant": "按夜裡手機的樣子做一次演習，並用通知上的按鈕回應。",
  },
];

/** What a person reads and fills in. */
export const HOME_ASSISTANT_FORM = {
  name: { en: "Home Assistant", "zh-Hans": "Home Assistant", "zh-Hant": "Home Assistant" },
  summary: {
    en: "For homes that have it: rings phones like an alarm, with a button to answer.",
    "zh-Hans": "适合已有它的家庭：让手机像闹钟一样响，带应答按钮。",
    "zh-Hant": "適合已有它的家庭：讓手機像鬧鐘一樣響，附回應按鈕。",
  },
  access: ACCESS,
  target: TARGET,
  steps: STEPS,
} as const;
