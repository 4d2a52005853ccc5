import type { ChannelField, ChannelModule } from "../../port/channel.ts";

const ADDRESS = '[^\\s@<>()\\[\\]",:;\\\\]{1,64}@[A-Za-z0-9.-]{3,180}';

const ACCESS: readonly ChannelField[] = [
  {
    name: "host",
    kind: "text",
    label: { en: "Mail server (SMTP)", "zh-Hans": "发信服务器（SMTP）", "zh-Hant": "寄信伺服器（SMTP）" },
    help: {
      en: "As your mail provider names it for outgoing mail, for example smtp.example.com.",
      "zh-Hans": "邮箱服务商给出的发信服务器，例如 smtp.example.com。",
      "zh-Hant": "信箱服務商提供的寄信伺服器，例如 smtp.example.com。",
    },
    required: true,
    pattern: "[A-Za-z0-9.-]{1,253}",
    maxLength: 253,
  },
  {
    name: "port",
    kind: "choice",
    label: { en: "Port", "zh-Hans": "端口", "zh-Hant": "連接埠" },
    help: {
      en: "465 with most providers; both are encrypted.",
      "zh-Hans": "大多数服务商用 465；两种都加密。",
      "zh-Hant": "多數服務商用 465；兩種都加密。",
    },
    required: true,
    fallback: "465",
    choices: [
      { value: "465", label: { en: "465 (TLS)", "zh-Hans": "465（TLS）", "zh-Hant": "465（TLS）" } },
      {
        value: "587",
        label: { en: "587 (STARTTLS)", "zh-Hans": "587（STARTTLS）", "zh-Hant": "587（STARTTLS）" },
      },
    ],
    maxLength: 3,
  },
  {
    name: "user",
    kind: "text",
    label: { en: "User", "zh-Hans": "用户名", "zh-Hant": "使用者名稱" },
    help: {
      en: "Mostly the whole mail address.",
      "zh-Hans": "一般就是完整的邮箱地址。",
      "zh-Hant": "一般就是完整的電子郵件地址。",
    },
    required: true,
    maxLength: 254,
  },
  {
    name: "password",
    kind: "secret",
    label: { en: "Password", "zh-Hans": "密码", "zh-Hant": "密碼" },
    help: {
      en: "Better an app password (in China: authorization code) than that of the mailbox.",
      "zh-Hans": "请用授权码或应用专用密码，不要用邮箱本身的密码。",
      "zh-Hant": "請用應用程式密碼或授權碼，不要用信箱本身的密碼。",
    },
    required: true,
    maxLength: 200,
  },
  {
    name: "from",
    kind: "text",
    label: { en: "Sender", "zh-Hans": "发件人", "zh-Hant": "寄件人" },
    help: {
      en: "The mail address that it comes from; mostly the same as the user.",
      "zh-Hans": "发件邮箱地址，一般和用户名相同。",
      "zh-Hant": "寄件的電子郵件地址，一般和使用者名稱相同。",
    },
    required: true,
    pattern: ADDRESS,
    maxLength: 245,
  },
];

const TARGET: readonly ChannelField[] = [
  {
    name: "address",
    kind: "text",
    label: { en: "Mail address", "zh-Hans": "邮箱地址", "zh-Hant": "電子郵件地址" },
    help: {
      en: "One address; whoever reads there gets the messages.",
      "zh-Hans": "只填一个地址，能看这个邮箱的人都会收到。",
      "zh-Hant": "只填一個地址，能看這個信箱的人都會收到。",
    },
    required: true,
    pattern: ADDRESS,
    maxLength: 245,
  },
];

const STEPS: ChannelModule["steps"] = [
  {
    en: "Mail wakes nobody. Enter it as a record, or for somebody who should read about it in the morning.",
    "zh-Hans": "邮件叫不醒人。它只适合留记录，或给早上才需要知道的人。",
    "zh-Hant": "電子郵件叫不醒人。它只適合留紀錄，或給早上才需要知道的人。",
  },
  {
    en: "Run a drill, look into the spam folder as well, and mark the sender as known.",
    "zh-Hans": "做一次演习，也看看垃圾邮件箱，把发件人设为联系人。",
    "zh-Hant": "做一次演習，也看看垃圾郵件匣，把寄件人設為聯絡人。",
  },
];

/** What a person reads and fills in. */
export const EMAIL_FORM = {
  name: { en: "E-mail", "zh-Hans": "电子邮件", "zh-Hant": "電子郵件" },
  summary: {
    en: "A mail when something happened and when it is over; a record, it wakes nobody.",
    "zh-Hans": "出事和结束时各发一封邮件；只作记录，叫不醒人。",
    "zh-Hant": "出事和結束時各發一封郵件；只作紀錄，叫不醒人。",
  },
  access: ACCESS,
  target: TARGET,
  steps: STEPS,
} as const;
