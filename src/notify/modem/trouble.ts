import type { Language } from "../../domain/person.ts";
import type { SendResult, Texts } from "../../port/channel.ts";
import { errorOf } from "./at-reply.ts";

/** Why the stick can do nothing, or not this. */
export const TROUBLES = [
  "no_stick",
  "port_refused",
  "silent",
  "no_sim",
  "pin_wanted",
  "pin_wrong",
  "puk",
  "no_network",
  "denied",
  "texts_only",
  "no_voice",
  "not_taken",
] as const;

export type TroubleCode = (typeof TROUBLES)[number];

export interface Trouble {
  readonly code: TroubleCode;
  /** The modem's or the network's own words; never a number that was called. */
  readonly said?: string;
}

/** What mends each of them, for the family. */
const SENTENCES: { readonly [code in TroubleCode]: Texts } = {
  no_stick: {
    en: "The 4G stick is not there. Plug it in.",
    "zh-Hans": "找不到 4G 上网卡。请把它插好。",
    "zh-Hant": "找不到 4G 網卡。請把它插好。",
  },
  port_refused: {
    en: "The 4G stick is there but cannot be opened: another program has it, or the port is not the right one.",
    "zh-Hans": "4G 上网卡插着，但打不开：被别的程序占用，或端口填错了。",
    "zh-Hant": "4G 網卡插著，但打不開：被別的程式占用，或連接埠填錯了。",
  },
  silent: {
    en: "The 4G stick does not answer. Pull it out and plug it in again; if that does not help, try its other port.",
    "zh-Hans": "4G 上网卡没有回应。请拔下再插上；还不行就换它的另一个端口。",
    "zh-Hant": "4G 網卡沒有回應。請拔下再插上；還不行就換它的另一個連接埠。",
  },
  no_sim: {
    en: "The 4G stick finds no SIM card. Put it in again.",
    "zh-Hans": "4G 上网卡读不到 SIM 卡。请重新插好卡。",
    "zh-Hant": "4G 網卡讀不到 SIM 卡。請重新插好卡。",
  },
  pin_wanted: {
    en: "The SIM card wants its PIN. Enter it in the settings, or switch the PIN off in a phone.",
    "zh-Hans": "SIM 卡需要 PIN 码。请在设置里填写，或用手机关掉 PIN 码。",
    "zh-Hant": "SIM 卡需要 PIN 碼。請在設定裡填寫，或用手機關掉 PIN 碼。",
  },
  pin_wrong: {
    en: "The PIN in the settings is wrong. It is not tried again, so that the SIM card does not lock.",
    "zh-Hans": "设置里的 PIN 码不对。为免锁卡，不会再试。",
    "zh-Hant": "設定裡的 PIN 碼不對。為免鎖卡，不會再試。",
  },
  puk: {
    en: "The SIM card is locked. Put it into a phone and enter its PUK.",
    "zh-Hans": "SIM 卡已被锁。请放进手机输入 PUK 码解锁。",
    "zh-Hant": "SIM 卡已被鎖。請放進手機輸入 PUK 碼解鎖。",
  },
  no_network: {
    en: "The 4G stick has no mobile network. Move it to a window or use a USB extension cable.",
    "zh-Hans": "4G 上网卡没有信号。请移到窗边，或用 USB 延长线。",
    "zh-Hant": "4G 網卡沒有訊號。請移到窗邊，或用 USB 延長線。",
  },
  denied: {
    en: "The network refuses this SIM card: not active, or its credit has run out.",
    "zh-Hans": "运营商拒绝了这张 SIM 卡：未激活，或已欠费。",
    "zh-Hant": "電信公司拒絕了這張 SIM 卡：未啟用，或餘額用完。",
  },
  texts_only: {
    en: "Here the network takes only text messages from this SIM card, no calls.",
    "zh-Hans": "这里的网络只让这张卡发短信，不能打电话。",
    "zh-Hant": "這裡的網路只讓這張卡發簡訊，不能打電話。",
  },
  no_voice: {
    en: "This 4G stick can send text messages but cannot call. Choose text messages, or use another stick.",
    "zh-Hans": "这个 4G 上网卡只能发短信，不能打电话。请改选短信，或换一个上网卡。",
    "zh-Hant": "這個 4G 網卡只能發簡訊，不能打電話。請改選簡訊，或換一個網卡。",
  },
  not_taken: {
    en: "The network did not take it. The most frequent reason is a SIM card without credit.",
    "zh-Hans": "运营商没有接受。最常见的原因是 SIM 卡欠费。",
    "zh-Hant": "電信公司沒有接受。最常見的原因是 SIM 卡餘額不足。",
  },
};

/** What is wrong and what helps, in one or two sentences. */
export const troubleSentence = ({ code }: Trouble, language: Language): string => SENTENCES[code][language];

/** A person has to do something before it can work again. */
const FOR_A_PERSON: readonly TroubleCode[] = ["no_sim", "pin_wanted", "pin_wrong", "puk", "no_voice"];

/** A send that came to nothing. */
export function troubleResult(trouble: Trouble): Exclude<SendResult, { outcome: "accepted" }> {
  const { code, said } = trouble;
  const sentence = troubleSentence(trouble, "en");
  const detail = said === undefined ? sentence : `${sentence} (${said.slice(0, 120)})`;
  return FOR_A_PERSON.includes(code)
    ? { outcome: "refused", detail, gone: false }
    : { outcome: "failed", detail };
}

/** What an error of the modem means (27.007, 9.2; 27.005, 3.2.5; 24.011, annex E). */
export function troubleOf(said: string): Trouble {
  const error = errorOf(said);
  if (error === undefined) return { code: "not_taken", said };
  const { of, code } = error;
  const known = (of === "CME" ? CME : CMS)[code];
  return { code: known ?? "not_taken", said };
}

const CME: { readonly [code: number]: TroubleCode } = {
  10: "no_sim",
  11: "pin_wanted",
  12: "puk",
  13: "no_sim",
  15: "no_sim",
  16: "pin_wrong",
  30: "no_network",
  31: "no_network",
  32: "denied",
};

const CMS: { readonly [code: number]: TroubleCode } = {
  310: "no_sim",
  311: "pin_wanted",
  313: "no_sim",
  315: "no_sim",
  316: "puk",
  331: "no_network",
  332: "no_network",
};
