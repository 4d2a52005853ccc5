import type { Language } from "../domain/person.ts";
import { en, type Words } from "./en.ts";
import { zhHans } from "./zh-hans.ts";
import { zhHant } from "./zh-hant.ts";

const languages: { readonly [language in Language]: Words } = { "zh-Hans": zhHans, "zh-Hant": zhHant, en };

/** The words of a language: screens, notifications, spoken alarms, reports. */
export const wordsIn = (language: Language): Words => languages[language];
