import { signal } from "@preact/signals";
import { listen } from "./page.ts";

/** Keeps the screen on while it is wanted and the browser can; asks again when the page comes back to the front. */
export class WakeLock {
  /** `on`: the screen stays on now. `may`: it may go dark. */
  readonly state = signal<"on" | "may">("may");
  #sentinel: WakeLockSentinel | undefined;
  #stopListening: (() => void) | undefined;

  async hold(): Promise<void> {
    this.#stopListening ??= listen(document, "visibilitychange", () => {
      if (document.visibilityState === "visible") this.#request().catch(() => this.#lose());
    });
    await this.#request();
  }

  release(): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
    this.#sentinel?.release().catch(() => {
      // Already gone: the wish is fulfilled.
    });
    this.#lose();
  }

  async #request(): Promise<void> {
    if (!("wakeLock" in navigator) || this.#sentinel?.released === false) return;
    try {
      const sentinel = await navigator.wakeLock.request("screen");
      this.#sentinel = sentinel;
      this.state.value = "on";
      sentinel.addEventListener("release", () => this.#lose());
    } catch (error) {
      // Refused on a low battery or without TLS: the page says that the screen may go dark.
      if (!(error instanceof DOMException)) throw error;
      this.#lose();
    }
  }

  #lose(): void {
    this.#sentinel = undefined;
    this.state.value = "may";
  }
}
