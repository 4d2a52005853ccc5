import { SECOND_MS } from "../../domain/time.ts";
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
import { cutCharacters } from "../text.ts";
import { badSetting, LEFT_OUT, MEND, readAnswer, TRY_AGAIN, tooOften, type Verdicts } from "../verdict.ts";

const ID = "wxpusher";
const ADDRESS = "https://wxpusher.zjiecode.com/api/send/message/simple-push";
const SUCCESS = 1_000;
const SUMMARY_LENGTH_MAX = 100;
/** 40000 characters and 65535 bytes are taken; as HTML each may be six times as long. */
const CONTENT_LENGTH_MAX = 2_000;
const URL_LENGTH_MAX = 1_000;
const SPT = "SPT_[0-9A-Za-z]{8,64}";
const RATE: CallLimit = { most: 2, withinMs: SECOND_MS };

/** wxpusher.zjiecode.com/docs/openapi.yaml: 1001 stands for any refusal, in words. */
const VERDICTS: Verdicts = {
  who: "WxPusher",
  code: "code",
  success: SUCCESS,
  words: ["msg"],
  codes: { "1001": TRY_AGAIN, "1002": MEND },
};

const CAPABILITIES: ChannelCapabilities = {
  breaksDndIos: "no",
  breaksDndAndroid: "no",
  mainlandChina: "yes",
  acknowledges: false,
  endToEndEncrypted: false,
  maxBytes: CONTENT_LENGTH_MAX,
  ratePerMinute: 60,
  sounds: "notification",
  onlyAlarms: true,
};

const TARGET: readonly ChannelField[] = [
  {
    name: "spt",
    kind: "secret",
    label: { en: "SPT", "zh-Hans": "SPT", "zh-Hant": "SPT" },
    help: {
      en: "Shown after scanning the code at wxpusher.zjiecode.com/docs/spt.html; it begins with SPT_.",
      "zh-Hans": "扫描 wxpusher.zjiecode.com/docs/spt.html 上的二维码得到，以 SPT_ 开头。",
      "zh-Hant": "掃描 wxpusher.zjiecode.com/docs/spt.html 上的 QR 碼得到，以 SPT_ 開頭。",
    },
    required: true,
    pattern: SPT,
    maxLength: 68,
  },
];

const STEPS: readonly Texts[] = [
  {
    en: "Install the WxPusher app (Android, iPhone or HarmonyOS), scan the code for an SPT, enter it here.",
    "zh-Hans": "安装 WxPusher 应用（安卓、苹果或鸿蒙），扫码取得 SPT，填到这里。",
    "zh-Hant": "安裝 WxPusher 應用（安卓、蘋果或鴻蒙），掃碼取得 SPT，填到這裡。",
  },
  {
    en: "Allow its notifications with sound, and let it run in the background. At night it wakes nobody.",
    "zh-Hans": "允许它发通知并开启声音，允许后台运行。夜里叫不醒人，请另外再加电话。",
    "zh-Hant": "允許它發通知並開啟聲音，允許背景執行。夜裡叫不醒人，請另外再加電話。",
  },
];

/** WxPusher's simple push: a notice in its app or in WeChat, without an account of one's own. */
export const wxpusher: ChannelModule = {
  id: ID,
  name: { en: "WxPusher", "zh-Hans": "WxPusher", "zh-Hant": "WxPusher" },
  summary: {
    en: "A notice in the WxPusher app or WeChat, free; an ordinary notification that wakes nobody.",
    "zh-Hans": "在 WxPusher 应用或微信里收通知，免费；普通通知，叫不醒人。",
    "zh-Hant": "在 WxPusher 應用或微信裡收通知，免費；普通通知，叫不醒人。",
  },
  access: [],
  target: TARGET,
  steps: STEPS,
  capabilities: CAPABILITIES,
  place: "anywhere",
  create: createWxpusher,
};

function createWxpusher({ http, clock }: ChannelDeps): Channel {
  const limits = createCallLimits(clock, [RATE]);
  return {
    id: ID,
    capabilities: CAPABILITIES,
    async send({ settings }, { kind, title, body, url }) {
      const { spt = "" } = settings;
      if (!new RegExp(`^${SPT}$`).test(spt)) return badSetting("the SPT has another form");
      // News would sound like an alarm here.
      if (kind !== "alarm") return LEFT_OUT;
      // The limit is this machine's, whoever it sends to.
      const waitMs = limits.waitMs(ID);
      if (waitMs > 0) return tooOften(VERDICTS.who, waitMs);
      limits.note(ID);
      const exchanged = await postJson(http, ADDRESS, {
        content: cutCharacters(`${title}\n${body}`, CONTENT_LENGTH_MAX),
        summary: cutCharacters(title, SUMMARY_LENGTH_MAX),
        contentType: 1,
        spt,
        ...(url.length > URL_LENGTH_MAX ? {} : { url }),
      });
      const answer = readAnswer(exchanged, VERDICTS, clock, [spt]);
      if ("result" in answer) return answer.result;
      return isTaken(answer.members["data"])
        ? { outcome: "accepted", reference: "" }
        : { outcome: "failed", detail: `${VERDICTS.who} did not take it for this phone` };
    },
    service: () => "https://wxpusher.zjiecode.com/",
  };
}

/** `data: [{code, status, ...}]`, one for each receiver: the whole may succeed where the one does not. */
function isTaken(data: unknown): boolean {
  const receivers: readonly unknown[] = Array.isArray(data) ? data : [];
  const [one] = receivers;
  return typeof one === "object" && one !== null && "code" in one && one.code === SUCCESS;
}
