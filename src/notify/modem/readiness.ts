import type { Language } from "../../domain/person.ts";
import type { Clock } from "../../port/clock.ts";
import type { Links } from "../../port/link.ts";
import type { Log } from "../../port/log.ts";
import { type Credit, type CreditSettings, creditOf } from "./credit.ts";
import type { StickSettings } from "./open-port.ts";
import { type ModemHealth, openStick } from "./stick.ts";
import { troubleSentence } from "./trouble.ts";

/** Below this calls begin to fail; the stick wants a better place. */
const WEAK_DBM = -105;

interface Words {
  readonly ready: string;
  readonly noCalls: string;
  readonly noKeys: string;
  readonly weak: string;
  readonly roaming: string;
  readonly says: string;
  readonly low: string;
  readonly noCredit: string;
  readonly end: string;
}

const WORDS: { readonly [language in Language]: Words } = {
  en: {
    ready: "The 4G stick is ready",
    noCalls: "It can send text messages only, no calls.",
    noKeys: "It does not hear keys: picking up does not count as an answer.",
    weak: "The signal is weak. Move it to a window.",
    roaming: "It is roaming: calls may cost more.",
    says: "The SIM card says: “{text}”",
    low: "⚠ Its credit is low. Top it up: without credit it calls nobody.",
    noCredit: "The network does not tell the credit for the code that was entered.",
    end: ".",
  },
  "zh-Hans": {
    ready: "4G 上网卡已就绪",
    noCalls: "它只能发短信，不能打电话。",
    noKeys: "它听不到按键：接起电话不算有人处理。",
    weak: "信号弱。请移到窗边。",
    roaming: "正在漫游：通话可能更贵。",
    says: "SIM 卡说：“{text}”",
    low: "⚠ 话费余额不多了，请充值：没有话费就打不出电话。",
    noCredit: "用填写的代码查不到话费余额。",
    end: "。",
  },
  "zh-Hant": {
    ready: "4G 網卡已就緒",
    noCalls: "它只能發簡訊，不能打電話。",
    noKeys: "它聽不到按鍵：接起電話不算有人處理。",
    weak: "訊號弱。請移到窗邊。",
    roaming: "正在漫遊：通話可能更貴。",
    says: "SIM 卡說：「{text}」",
    low: "⚠ 餘額不多了，請儲值：沒有餘額就打不出電話。",
    noCredit: "用填寫的代碼查不到餘額。",
    end: "。",
  },
};

/** How ready the stick is, in a few sentences for the family: first whether, then what to know. */
export function readinessSentence(health: ModemHealth, language: Language): string {
  if (!health.ready) return troubleSentence(health.trouble, language);
  const words = WORDS[language];
  const { operator, signalDbm } = health;
  const facts = [operator, signalDbm === undefined ? undefined : `${signalDbm} dBm`].filter(
    (fact) => fact !== undefined,
  );
  const sentences = [
    facts.length === 0 ? `${words.ready}${words.end}` : `${words.ready}: ${facts.join(", ")}${words.end}`,
    health.calls ? undefined : words.noCalls,
    health.calls && !health.keys ? words.noKeys : undefined,
    signalDbm !== undefined && signalDbm < WEAK_DBM ? words.weak : undefined,
    health.network === "roaming" ? words.roaming : undefined,
    ...creditSentences(health.credit, words),
  ].filter((sentence) => sentence !== undefined);
  return sentences.join(language === "en" ? " " : "");
}

function creditSentences(credit: Credit | undefined, words: Words): readonly (string | undefined)[] {
  if (credit === undefined) return [];
  if (credit.kind === "unavailable") return [words.noCredit];
  return [credit.isLow ? words.low : undefined, words.says.replace("{text}", () => credit.text)];
}

/**
 * Opens the stick, asks how it is and closes it again: for a command line that runs beside nothing else. A running box
 * has the port open; its own channel tells (`ModemChannel.health`).
 * @param credit where the credit is to be asked for too: somebody asks by hand, and nobody can be called meanwhile
 */
export async function checkModem(
  deps: { readonly links: Links; readonly clock: Clock; readonly log: Log },
  settings: StickSettings,
  signal: AbortSignal,
  credit?: CreditSettings,
): Promise<ModemHealth> {
  const stick = await openStick({ ...deps, settings, tried: new Set(), signal });
  if ("trouble" in stick) return { ready: false, trouble: stick.trouble };
  try {
    const health = await stick.health();
    const said = health.ready && credit !== undefined ? await stick.ussd(credit.code, signal) : undefined;
    if (!health.ready || credit === undefined || said === undefined) return health;
    return { ...health, credit: creditOf(said, credit) };
  } finally {
    await stick.close();
  }
}
