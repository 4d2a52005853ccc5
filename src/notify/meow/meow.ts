import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../domain/time.ts";
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
import { cutCharacters } from "../text.ts";
import {
  badSetting,
  GONE,
  LEFT_OUT,
  MEND,
  readAnswer,
  TRY_AGAIN,
  tooOften,
  type Verdicts,
  waitFor,
} from "../verdict.ts";

const ID = "meow";
const ADDRESS = "https://api.chuckfang.com/";
const TITLE_LENGTH_MAX = 100;
const TEXT_LENGTH_MAX = 2_000;
/** Whoever knows it can write to the phone: it is a secret, and long. */
const NICKNAME = "[0-9A-Za-z_-]{10,40}";
/** Three wrong names within a day, and the house is shut out. */
const UNKNOWN = "404";

/** chuckfang.com/MeoW/api_doc.html, without membership. */
const LIMITS: readonly CallLimit[] = [
  { most: 1, withinMs: 3 * SECOND_MS },
  { most: 15, withinMs: MINUTE_MS },
  { most: 60, withinMs: HOUR_MS },
  { most: 1_000, withinMs: DAY_MS },
];

const VERDICTS: Verdicts = {
  who: "MeoW",
  code: "status",
  success: 200,
  words: ["msg", "message"],
  codes: {
    "400": MEND,
    "403": MEND,
    [UNKNOWN]: GONE,
    "429": waitFor(3 * SECOND_MS),
    "500": TRY_AGAIN,
  },
};

const CAPABILITIES: ChannelCapabilities = {
  breaksDndIos: "not_applicable",
  breaksDndAndroid: "not_applicable",
  mainlandChina: "yes",
  acknowledges: false,
  endToEndEncrypted: false,
  maxBytes: TEXT_LENGTH_MAX,
  ratePerMinute: 15,
  sounds: "notification",
  phones: ["harmonyos"],
  onlyAlarms: true,
  perTarget: LIMITS,
};

const TARGET: readonly ChannelField[] = [
  {
    name: "nickname",
    kind: "secret",
    label: { en: "Nickname", "zh-Hans": "昵称", "zh-Hant": "暱稱" },
    help: {
      en: "Choose a long random one in the app (10 letters and digits or more): it is the only lock.",
      "zh-Hans": "在应用里设一个又长又随机的昵称（10 位以上字母数字）：它就是唯一的密码。",
      "zh-Hant": "在應用裡設一個又長又隨機的暱稱（10 位以上字母數字）：它就是唯一的密碼。",
    },
    required: true,
    pattern: NICKNAME,
    maxLength: 40,
  },
];

const STEPS: readonly Texts[] = [
  {
    en: "Install MeoW from Huawei's store on a phone with HarmonyOS 5 or later, set a long random nickname.",
    "zh-Hans": "在鸿蒙 5 及以上的手机的应用市场安装 MeoW，设置又长又随机的昵称。",
    "zh-Hant": "在鴻蒙 5 及以上的手機的應用市場安裝 MeoW，設定又長又隨機的暱稱。",
  },
  {
    en: "Allow its notifications with sound. Whether it is heard at night must be proved: add a call as well.",
    "zh-Hans": "允许它发通知并开启声音。夜里能否听见必须实测：请另外再加电话。",
    "zh-Hant": "允許它發通知並開啟聲音。夜裡能否聽見必須實測：請另外再加電話。",
  },
];

/** MeoW: the push for phones with HarmonyOS NEXT, which have no other. */
export const meow: ChannelModule = {
  id: ID,
  name: { en: "MeoW", "zh-Hans": "MeoW", "zh-Hant": "MeoW" },
  summary: {
    en: "A notice on a Huawei phone with HarmonyOS 5 or later, free; an ordinary notification.",
    "zh-Hans": "在鸿蒙 5 及以上的华为手机上收通知，免费；普通通知。",
    "zh-Hant": "在鴻蒙 5 及以上的華為手機上收通知，免費；普通通知。",
  },
  access: [],
  target: TARGET,
  steps: STEPS,
  capabilities: CAPABILITIES,
  place: "anywhere",
  create: createMeow,
};

function createMeow({ http, clock }: ChannelDeps): Channel {
  const limits = createCallLimits(clock, LIMITS);
  const unknown = createHolds(clock);
  return {
    id: ID,
    capabilities: CAPABILITIES,
    async send({ settings }, { kind, title, body, url }) {
      const { nickname = "" } = settings;
      if (!new RegExp(`^${NICKNAME}$`).test(nickname))
        return badSetting("the MeoW nickname has another form");
      // News would sound like an alarm here.
      if (kind !== "alarm") return LEFT_OUT;
      const waitMs = Math.max(limits.waitMs(nickname), unknown.waitMs(nickname));
      if (waitMs > 0) return tooOften(VERDICTS.who, waitMs);
      limits.note(nickname);
      const exchanged = await postJson(http, `${ADDRESS}${nickname}`, {
        title: cutCharacters(title, TITLE_LENGTH_MAX) || " ",
        msg: cutCharacters(body, TEXT_LENGTH_MAX) || " ",
        url,
      });
      const answer = readAnswer(exchanged, VERDICTS, clock, [nickname]);
      if ("members" in answer) return { outcome: "accepted", reference: "" };
      if (answer.code === UNKNOWN) unknown.hold(nickname, DAY_MS);
      return answer.result;
    },
    service: () => ADDRESS,
  };
}
