import type { Language } from "../../src/domain/person.ts";
import type { PageSpeechOptions } from "./page-speech.ts";

const TAGS: { readonly [language in Language]: readonly string[] } = {
  en: ["en"],
  "zh-Hans": ["zh-cn", "zh-hans", "cmn", "zh"],
  "zh-Hant": ["zh-tw", "zh-hant", "cmn", "zh"],
};

/** The voices of this browser, which come late in some and never in others. */
export const browserVoices: PageSpeechOptions["voices"] = {
  has: (language) => voiceFor(language) !== undefined,
  say(text, language) {
    const utterance = new SpeechSynthesisUtterance(text);
    utterance.voice = voiceFor(language) ?? null;
    utterance.lang = language;
    speechSynthesis.cancel();
    speechSynthesis.speak(utterance);
  },
  hush() {
    if ("speechSynthesis" in globalThis) speechSynthesis.cancel();
  },
};

/** A voice of the device itself before one that needs the internet. */
function voiceFor(language: Language): SpeechSynthesisVoice | undefined {
  if (!("speechSynthesis" in globalThis)) return undefined;
  const voices = speechSynthesis.getVoices();
  for (const isLocal of [true, false]) {
    for (const tag of TAGS[language]) {
      const found = voices.find(
        ({ lang, localService }) =>
          localService === isLocal && lang.toLowerCase().replaceAll("_", "-").startsWith(tag),
      );
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
