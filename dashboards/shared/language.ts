import { isLanguage, type Language } from "../../src/domain/person.ts";

/** Where the service worker finds the language of this phone: it has no local storage. */
export const WORKER_SETTINGS_CACHE = "breathwatch-settings";
export const WORKER_LANGUAGE_PATH = "/settings/language";

/** Our language for a BCP 47 tag of a browser; undefined for languages that we do not have. */
export function languageOf(tag: string): Language | undefined {
  if (isLanguage(tag)) return tag;
  const { language, script } = localeOf(tag)?.maximize() ?? {};
  if (language === "en") return "en";
  if (language !== "zh" && language !== "yue") return undefined;
  return script === "Hant" ? "zh-Hant" : "zh-Hans";
}

function localeOf(tag: string): Intl.Locale | undefined {
  try {
    return new Intl.Locale(tag);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
