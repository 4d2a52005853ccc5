import type { ChannelField, ChannelModule, Texts } from "../../port/channel.ts";

/** What the person who pressed the button reads. */
export const PRESSED_TEXTS: { readonly heard: Texts; readonly late: Texts } = {
  heard: {
    en: "Thank you. The others are told.",
    "zh-Hans": "谢谢，已告诉其他人。",
    "zh-Hant": "謝謝，已告訴其他人。",
  },
  late: {
    en: "This button is too old. Please open the page.",
    "zh-Hans": "这个按钮已过期，请打开页面。",
    "zh-Hant": "這個按鈕已過期，請打開頁面。",
  },
};

const ACCESS: readonly ChannelField[] = [
  {
    name: "token",
    kind: "secret",
    label: { en: "Bot token", "zh-Hans": "机器人令牌", "zh-Hant": "機器人權杖" },
    help: {
      en: "Write /newbot to @BotFather in Telegram; it answers with the token. Use this bot for nothing else.",
      "zh-Hans": "在 Telegram 里给 @BotFather 发 /newbot，它会回复令牌。这个机器人不要再作他用。",
      "zh-Hant": "在 Telegram 裡傳 /newbot 給 @BotFather，它會回覆權杖。這個機器人不要再作他用。",
    },
    required: true,
    pattern: "[0-9]{5,15}:[A-Za-z0-9_-]{30,60}",
    maxLength: 80,
  },
];

const TARGET: readonly ChannelField[] = [
  {
    name: "chat",
    kind: "text",
    label: { en: "Chat id", "zh-Hans": "聊天 ID", "zh-Hant": "聊天室 ID" },
    help: {
      en: "A number: write to @userinfobot to learn yours; that of a group begins with a minus.",
      "zh-Hans": "一个数字：给 @userinfobot 发消息就能看到自己的；群组的以减号开头。",
      "zh-Hant": "一個數字：傳訊息給 @userinfobot 就能看到自己的；群組的以減號開頭。",
    },
    required: true,
    pattern: "-?[0-9]{1,20}",
    maxLength: 21,
  },
];

const STEPS: ChannelModule["steps"] = [
  {
    en: "On the phone: open the chat with your bot and press Start, or add the bot to the family's group.",
    "zh-Hans": "在手机上打开和机器人的聊天，点“开始”；或把机器人加进家庭群。",
    "zh-Hant": "在手機上打開和機器人的聊天，點「開始」；或把機器人加進家庭群組。",
  },
  {
    en: "Give this chat a long, loud sound of its own, and take Telegram out of battery saving.",
    "zh-Hans": "给这个聊天单独设一个长而响的提示音，并把 Telegram 移出省电限制。",
    "zh-Hant": "給這個聊天單獨設一個長而響的提示音，並把 Telegram 移出省電限制。",
  },
  {
    en: "It does not ring on silent: have another way that wakes you. Then run a drill and press the button.",
    "zh-Hans": "手机静音时它不会响：请另备一种能叫醒您的方式。然后做一次演习并点按钮。",
    "zh-Hant": "手機靜音時它不會響：請另備一種能叫醒您的方式。然後做一次演習並點按鈕。",
  },
];

/** What a person reads and fills in. */
export const TELEGRAM_FORM = {
  name: { en: "Telegram", "zh-Hans": "Telegram", "zh-Hant": "Telegram" },
  summary: {
    en: "A message with a button, to one person or the family's group; does not ring on silent, not in mainland China.",
    "zh-Hans": "带按钮的消息，发给一个人或家庭群；静音时不响，在中国大陆不可用。",
    "zh-Hant": "附按鈕的訊息，發給一個人或家庭群組；靜音時不響，在中國大陸不可用。",
  },
  access: ACCESS,
  target: TARGET,
  steps: STEPS,
} as const;
