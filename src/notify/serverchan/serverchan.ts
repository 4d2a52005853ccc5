import { HOUR_MS, MINUTE_MS } from "../../domain/time.ts";
import type {
  CallLimit,
  Channel,
  ChannelCapabilities,
  ChannelDeps,
  ChannelField,
  ChannelModule,
  Texts,
} from "../../port/channel.ts";
import { createCallLimits } from "../call-limits.ts";
import { postJson } from "../exchange.ts";
import { createHolds } from "../holds.ts";
import { cutBytes, cutCharacters } from "../text.ts";
import { badSetting, LEFT_OUT, MEND, readAnswer, TRY_AGAIN, tooOften, type Verdicts } from "../verdict.ts";

const ID = "serverchan";
const TITLE_LENGTH_MAX = 32;
const TEXT_BYTES_MAX = 4_000;
/** The day's messages are used up: asking again helps only tomorrow. */
const USED_UP_MS = HOUR_MS;
const RATE: CallLimit = { most: 5, withinMs: MINUTE_MS };

/** As the service answers: 40001 stands for a wrong key as well as for a day that is used up. */
const VERDICTS: Verdicts = {
  who: "ServerChan",
  code: "code",
  success: 0,
  words: ["message", "info"],
  codes: { "40001": MEND, "471": TRY_AGAIN },
};

const CAPABILITIES: ChannelCapabilities = {
  breaksDndIos: "no",
  breaksDndAndroid: "no",
  mainlandChina: "yes",
  acknowledges: false,
  endToEndEncrypted: false,
  maxBytes: TEXT_BYTES_MAX,
  ratePerMinute: RATE.most,
  sounds: "notification",
  onlyAlarms: true,
};

const TARGET: readonly ChannelField[] = [
  {
    name: "key",
    kind: "secret",
    label: { en: "SendKey", "zh-Hans": "SendKey", "zh-Hant": "SendKey" },
    help: {
      en: "From sct.ftqq.com (begins with SCT, arrives in WeChat) or sc3.ft07.com (sctp, arrives in its own app).",
      "zh-Hans": "sct.ftqq.com（SCT 开头，发到微信）或 sc3.ft07.com（sctp 开头，发到它的应用）。",
      "zh-Hant": "sct.ftqq.com（SCT 開頭，發到微信）或 sc3.ft07.com（sctp 開頭，發到它的應用）。",
    },
    required: true,
    pattern: "(?:SCT[0-9A-Za-z]{10,80}|sctp[0-9]{1,12}t[0-9A-Za-z]{4,80})",
    maxLength: 100,
  },
];

const STEPS: readonly Texts[] = [
  {
    en: "Sign in with WeChat, copy the SendKey. Free keys send only a few messages a day.",
    "zh-Hans": "微信登录后复制 SendKey。免费账号每天只能发几条。",
    "zh-Hant": "用微信登入後複製 SendKey。免費帳號每天只能發幾則。",
  },
  {
    en: "Allow notifications with sound. At night this wakes nobody: add a call as well.",
    "zh-Hans": "允许通知并开启声音。夜里叫不醒人：请另外再加电话。",
    "zh-Hant": "允許通知並開啟聲音。夜裡叫不醒人：請另外再加電話。",
  },
];

/** ServerChan, Turbo (WeChat) or version 3 (an app), as the key says. */
export const serverchan: ChannelModule = {
  id: ID,
  name: { en: "ServerChan", "zh-Hans": "Server酱", "zh-Hant": "Server醬" },
  summary: {
    en: "A notice in WeChat or its own app, a few a day for free; an ordinary notification that wakes nobody.",
    "zh-Hans": "在微信或它的应用里收通知，免费账号每天几条；普通通知，叫不醒人。",
    "zh-Hant": "在微信或它的應用裡收通知，免費帳號每天幾則；普通通知，叫不醒人。",
  },
  access: [],
  target: TARGET,
  steps: STEPS,
  capabilities: CAPABILITIES,
  place: "anywhere",
  create: createServerchan,
};

function createServerchan({ http, clock }: ChannelDeps): Channel {
  const limits = createCallLimits(clock, [RATE]);
  const usedUp = createHolds(clock);
  return {
    id: ID,
    capabilities: CAPABILITIES,
    async send({ settings }, { kind, title, body, url }) {
      const { key = "" } = settings;
      const host = hostOf(key);
      if (host === undefined) return badSetting("the SendKey has another form");
      // News would sound like an alarm here, and use up the day.
      if (kind !== "alarm") return LEFT_OUT;
      const waitMs = Math.max(limits.waitMs(key), usedUp.waitMs(key));
      if (waitMs > 0) return tooOften(VERDICTS.who, waitMs);
      limits.note(key);
      const exchanged = await postJson(http, `${host}${key}.send`, {
        title: cutCharacters(title.replaceAll(/\s+/g, " "), TITLE_LENGTH_MAX) || " ",
        desp: `${cutBytes(plain(body), TEXT_BYTES_MAX)}\n\n<${url}>`,
        noip: 1,
      });
      const answer = readAnswer(exchanged, VERDICTS, clock, [key]);
      if ("members" in answer) return { outcome: "accepted", reference: "" };
      const { result } = answer;
      if (!/次数/.test(result.detail)) return result;
      usedUp.hold(key, USED_UP_MS);
      return { outcome: "failed", detail: result.detail, retryAfterMs: USED_UP_MS };
    },
    service({ settings }) {
      const host = hostOf(settings["key"] ?? "");
      return host === undefined ? undefined : "https://sctapi.ftqq.com/";
    },
  };
}

/** Where a key belongs: its form says which of the two services it is of. */
function hostOf(key: string): string | undefined {
  if (/^SCT[0-9A-Za-z]{10,80}$/.test(key)) return "https://sctapi.ftqq.com/";
  const user = /^sctp(\d{1,12})t[0-9A-Za-z]{4,80}$/.exec(key)?.[1];
  return user === undefined ? undefined : `https://${user}.push.ft07.com/send/`;
}

/** Characters that Markdown would take for something else. */
const plain = (text: string): string => text.replaceAll(/[\\`*_{}[\]<>#|!~]/g, String.raw`\$&`);
