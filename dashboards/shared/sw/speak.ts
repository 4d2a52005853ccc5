import { isLanguage, type Language } from "../../../src/domain/person.ts";
import { evening as enEvening } from "../../../src/words/en/evening.ts";
import { push as en } from "../../../src/words/en/push.ts";
import type { Words } from "../../../src/words/en.ts";
import { evening as zhHansEvening } from "../../../src/words/zh-hans/evening.ts";
import { push as zhHans } from "../../../src/words/zh-hans/push.ts";
import { evening as zhHantEvening } from "../../../src/words/zh-hant/evening.ts";
import { push as zhHant } from "../../../src/words/zh-hant/push.ts";
import { languageOf, WORKER_LANGUAGE_PATH, WORKER_SETTINGS_CACHE } from "../language.ts";

/** The words for notifications, and the language they are in. */
export type WorkerWords = Words["push"] & {
  readonly lang: Language;
  /** Of an evening check or a loud drill. */
  readonly check: Words["evening"]["push"];
};

/** In the language that was chosen on this phone, else in the browser's. */
export async function speak(worker: ServiceWorkerGlobalScope): Promise<WorkerWords> {
  const lang = (await chosenLanguage()) ?? browserLanguage(worker) ?? "en";
  const words: { readonly [language in Language]: Omit<WorkerWords, "lang"> } = {
    en: { ...en, check: enEvening.push },
    "zh-Hans": { ...zhHans, check: zhHansEvening.push },
    "zh-Hant": { ...zhHant, check: zhHantEvening.push },
  };
  return { ...words[lang], lang };
}

async function chosenLanguage(): Promise<Language | undefined> {
  const cache = await caches.open(WORKER_SETTINGS_CACHE);
  const stored = await (await cache.match(WORKER_LANGUAGE_PATH))?.text();
  return stored !== undefined && isLanguage(stored) ? stored : undefined;
}

const browserLanguage = (worker: ServiceWorkerGlobalScope): Language | undefined =>
  worker.navigator.languages.map(languageOf).find((language) => language !== undefined);
