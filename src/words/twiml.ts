import type { Language } from "../domain/person.ts";

/** A voice of Twilio's <Say> with the language that belongs to it. */
export interface Voice {
  readonly voice: string;
  readonly language: string;
}

/** One that speaks each of our languages; `zh-Hant` is Mandarin as in Taiwan. */
export const VOICES: { readonly [language in Language]: Voice } = {
  en: { voice: "Polly.Joanna", language: "en-US" },
  "zh-Hans": { voice: "Polly.Zhiyu", language: "cmn-CN" },
  "zh-Hant": { voice: "Google.cmn-TW-Standard-A", language: "cmn-TW" },
};

export const CANTONESE: Voice = { voice: "Google.yue-HK-Standard-A", language: "yue-HK" };

/** A whole document of verbs. */
export const twiml = (verbs: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?><Response>${verbs}</Response>`;

export const say = (text: string, { voice, language }: Voice): string =>
  `<Say voice="${voice}" language="${language}">${xmlText(text)}</Say>`;

export const hangUp = (): string => "<Hangup/>";

/** Text for XML: escaped, without characters that XML 1.0 does not have. */
export const xmlText = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, " ")
    .replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? "");

const ESCAPES: { readonly [character: string]: string } = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};
