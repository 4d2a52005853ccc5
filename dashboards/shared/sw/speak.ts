import { isLanguage, type Language } from "../../../src/domain/person.ts";
import { push as en } from "../../../src/words/en/push.ts";
import type { Words } from "../../../src/words/en.ts";
import { push as zhHans } from "../../../src/words/zh-hans/push.ts";
import { push as zhHant } from "../../../src/words/zh-hant/push.ts";
import { languageOf, WORKER_LANGUAGE_PATH, WORKER_SETTINGS_CACHE } from "../language.ts";

/** The words for notifications, and the language they are in. */
export type WorkerWords = Words["push"] & { readonly lang: Language };

/** In the language that was chosen on this phone, else in the browser's. */
export async function speak(worker: ServiceWorkerGlobalScope): Promise<WorkerWords> {
  const lang = (await chosenLanguage()) ?? browserLanguage(worker) ?? "en";
  const words: { readonly [language in Language]: Words["push"] } = {
    en,
    "zh-Hans": zhHans,
    "zh-Hant": zhHant,
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
