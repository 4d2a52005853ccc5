import { signal } from "@preact/signals";
import type { Clock } from "../../src/port/clock.ts";
import type { Choice } from "../../src/sound/choice.ts";
import type { Sentence } from "../../src/sound/speech.ts";
import { createVoice, type Voice } from "../../src/sound/synthesis.ts";
import { bufferOf, PageRinging } from "./page-ringing.ts";
import type { PageSentence, PageSpeech } from "./page-speech.ts";

/** Enough for the highest harmonic of an alarm; the browser resamples. */
export const PAGE_RATE_HZ = 24_000;
const CONFIRM_MS = 1_500;

/**
 * The page's loudspeaker. Browsers keep a page silent until it was tapped, and may take the sound away again (a phone
 * call, a tablet that slept): `state` says what is true now, and pages show anything but "ready" loudly.
 */
export class PageSound {
  /** `locked`: needs a tap. `blocked`: was tapped, and the browser still does not play. */
  readonly state = signal<"locked" | "ready" | "blocked">("locked");
  readonly #clock: Clock;
  readonly #speech: PageSpeech;
  #voice: Voice | undefined;
  #context: AudioContext | undefined;
  #wanted: Choice["ring"];
  #ringing: PageRinging | undefined;
  /** The silence in which the browser spoke last. */
  #spokenIn: string | undefined;

  constructor(clock: Clock, speech: PageSpeech) {
    this.#clock = clock;
    this.#speech = speech;
  }

  /** Call it inside a tap. Resolves to whether sound really flows: the audio clock moves and the tone arrives. */
  async unlock(): Promise<boolean> {
    const context = this.#open();
    if (context === undefined) {
      this.state.value = "blocked";
      return false;
    }
    const resumed = context.resume();
    const before = context.currentTime;
    const heard = this.#play(context, this.#tones().burst("medium"));
    const deadline = this.#clock.mono() + CONFIRM_MS;
    await Promise.race([resumed, this.#clock.sleep(CONFIRM_MS)]);
    let flowing = false;
    while (!flowing && this.#clock.mono() < deadline) {
      await this.#clock.sleep(50);
      flowing = context.state === "running" && context.currentTime > before && heard.level() > 0.01;
    }
    if (!flowing) heard.stop();
    this.state.value = flowing ? "ready" : "blocked";
    this.#follow();
    return flowing;
  }

  /**
   * Call it inside any tap or key of somebody who had unlocked the sound before: brings it back after a reload without
   * a tone.
   */
  async revive(): Promise<void> {
    if (this.state.value !== "locked") return;
    await this.#open()?.resume();
  }

  /**
   * Rings until told otherwise; undefined is silence. Waits in vain, and visibly, while the page is locked. Called again
   * and again, at least once a second, so that what is spoken can follow.
   */
  ring(wanted: Choice["ring"]): void {
    this.#wanted = wanted;
    this.#follow();
  }

  /** One burst of the low sound; silent where sound is not unlocked. */
  ask(): void {
    if (this.#context === undefined || this.state.value !== "ready") return;
    this.#play(this.#context, this.#tones().burst("low"));
  }

  /** A short tick that confirms an action, as at the end of a dwell; silent where sound is not unlocked. */
  tick(): void {
    if (this.#context === undefined || this.state.value !== "ready") return;
    this.#play(this.#context, this.#tones().tick());
  }

  /** Made when it is first needed: a page that never rings does not work it out. */
  #tones(): Voice {
    this.#voice ??= createVoice(PAGE_RATE_HZ);
    return this.#voice;
  }

  #open(): AudioContext | undefined {
    if (this.#context !== undefined) return this.#context;
    if (!("AudioContext" in globalThis)) return undefined;
    const context = new AudioContext({ latencyHint: "playback" });
    context.addEventListener("statechange", () => {
      if (context.state !== "running" && this.state.value === "ready") this.state.value = "locked";
      else if (context.state === "running" && this.state.value === "locked") this.state.value = "ready";
    });
    this.#context = context;
    return context;
  }

  #follow(): void {
    const wanted = this.state.value === "ready" ? this.#wanted : undefined;
    if (this.#ringing !== undefined && this.#ringing.kind !== wanted?.kind) {
      this.#ringing.stop();
      this.#ringing = undefined;
      this.#speech.hush();
    }
    if (wanted === undefined || this.#context === undefined) return;
    const spoken = wanted.spoken.flatMap((key) => this.#speech.sentence(key) ?? []);
    const sentences: readonly Sentence[] = spoken.map(({ sentence }) => sentence);
    if (this.#ringing === undefined)
      this.#ringing = new PageRinging(this.#context, this.#tones(), wanted.kind, sentences);
    else this.#ringing.speak(sentences);
    this.#sayByBrowser(this.#ringing, spoken);
  }

  #sayByBrowser(ringing: PageRinging, spoken: readonly PageSentence[]): void {
    const beginning = ringing.beginning();
    if (beginning === undefined || beginning.silence === this.#spokenIn) return;
    const text = spoken.find(({ sentence }) => sentence === beginning.sentence)?.text;
    if (text === undefined) return;
    this.#spokenIn = beginning.silence;
    this.#speech.say(text);
  }

  #play(context: AudioContext, pcm: Int16Array): { stop(): void; level(): number } {
    const source = context.createBufferSource();
    const meter = context.createAnalyser();
    meter.fftSize = 2048;
    source.buffer = bufferOf(context, pcm, PAGE_RATE_HZ);
    source.connect(meter).connect(context.destination);
    source.start();
    const wave = new Float32Array(meter.fftSize);
    return {
      stop: () => {
        source.stop();
        source.disconnect();
        meter.disconnect();
      },
      level: () => {
        meter.getFloatTimeDomainData(wave);
        return wave.reduce((highest, value) => Math.max(highest, Math.abs(value)), 0);
      },
    };
  }
}
