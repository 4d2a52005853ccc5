import { isLanguage, type Language } from "../../src/domain/person.ts";
import { languageOf, WORKER_LANGUAGE_PATH, WORKER_SETTINGS_CACHE } from "./language.ts";

/** What this phone remembers. A browser that forbids storage remembers nothing, and the page works all the same. */
export class Preferences {
  readonly #storage: Storage | undefined;

  constructor() {
    this.#storage = usableStorage();
  }

  get(name: string): string | undefined {
    return this.#storage?.getItem(`breathwatch.${name}`) ?? undefined;
  }

  /** A full or forbidden storage is no reason to stop: the choice then lasts until the page is closed. */
  set(name: string, value: string): void {
    try {
      this.#storage?.setItem(`breathwatch.${name}`, value);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
    }
  }

  /** The language chosen on this phone, else the first one of the browser that we have, else English. */
  language(): Language {
    const chosen = this.get("language");
    if (chosen !== undefined && isLanguage(chosen)) return chosen;
    return navigator.languages.map(languageOf).find((language) => language !== undefined) ?? "en";
  }

  /** Hands the language to the service worker, which speaks while no page is open. */
  tellWorker(language: Language): void {
    if (!("caches" in globalThis)) return;
    caches
      .open(WORKER_SETTINGS_CACHE)
      .then((cache) => cache.put(WORKER_LANGUAGE_PATH, new Response(language)))
      .catch(() => {
        // Without it the worker's own messages come in the browser's language.
      });
  }
}

function usableStorage(): Storage | undefined {
  try {
    return globalThis.localStorage;
  } catch (error) {
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}
