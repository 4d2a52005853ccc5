import { signal } from "@preact/signals";
import type { WatchRequest } from "../../src/server/contract.ts";
import type { Trouble } from "../shared/api.ts";
import { listen, type Page } from "../shared/page.ts";
import { type PushOutcome, renewPush, subscribeToPush } from "../shared/push-subscription.ts";
import { WakeLock } from "../shared/wake-lock.ts";

/** This phone tonight: does it ring, does the screen stay on, do notifications reach it, was the watch started. */
export class Tonight {
  /** Whether the card is shown. */
  readonly open = signal(false);
  /** Whether somebody has made this page ready since it was opened. */
  readonly prepared = signal(false);
  readonly watch = signal<"idle" | "busy" | "on" | { readonly trouble: Trouble }>("idle");
  /** Whether the person says that they heard the tone; undefined: not asked or not answered. */
  readonly heard = signal<boolean | undefined>(undefined);
  readonly push = signal<PushOutcome | { readonly kind: "idle" } | { readonly kind: "asking" }>({
    kind: "idle",
  });
  readonly wakeLock = new WakeLock();
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** "Start the night", inside the tap: the watch first, then everything that makes this phone ring. */
  begin(bedPath: string): void {
    this.#page.handOver(this.#startWatch(bedPath));
    this.prepare();
  }

  /** Makes this phone ready without starting anything. Call it inside a tap. */
  prepare(): void {
    this.open.value = true;
    this.prepared.value = true;
    this.playTone();
    this.#page.handOver(this.wakeLock.hold());
    const who = this.#page.who.value;
    if (who.kind !== "known") return;
    this.push.value = { kind: "asking" };
    this.#page.handOver(
      subscribeToPush(this.#page, who.me).then((outcome) => {
        this.push.value = outcome;
      }),
    );
  }

  /** Unlocks the sound and plays a tone, to be confirmed by `answerHeard`. Call it inside a tap. */
  playTone(): void {
    this.heard.value = undefined;
    this.#page.handOver(this.#page.sound.unlock());
  }

  answerHeard(heard: boolean): void {
    this.heard.value = heard;
    this.#page.preferences.set("heard", heard ? "yes" : "no");
  }

  end(): void {
    this.open.value = false;
    this.prepared.value = false;
    this.watch.value = "idle";
    this.wakeLock.release();
  }

  /** Where notifications are already allowed, tells the server the subscription again: it may have been renewed. */
  renewQuietly(): void {
    const who = this.#page.who.value;
    if (who.kind !== "known" || !("Notification" in globalThis) || Notification.permission !== "granted")
      return;
    this.#page.handOver(renewPush(this.#page, who.me));
  }

  reviveSoundOnTouch(): () => void {
    if (this.#page.preferences.get("heard") !== "yes") return () => undefined;
    const revive = () => this.#page.handOver(this.#page.sound.revive());
    const stops = ["pointerdown", "keydown"].map((name) => listen(document, name, revive));
    return () => {
      for (const stop of stops) stop();
    };
  }

  async #startWatch(bedPath: string): Promise<void> {
    this.watch.value = "busy";
    const request: WatchRequest = { on: true };
    const answer = await this.#page.api.tell(`${bedPath}/watch`, request);
    this.watch.value = answer.ok ? "on" : { trouble: answer.problem };
  }
}
