import { signal } from "@preact/signals";
import type { Clock } from "../../src/port/clock.ts";
import type { SoundKind } from "../../src/sound/pattern.ts";
import { alarmSound } from "../../src/sound/synthesis.ts";

/** Enough for the highest harmonic of an alarm; the browser resamples. */
const SAMPLE_RATE_HZ = 24_000;
const CONFIRM_MS = 1_500;

/**
 * The page's loudspeaker. Browsers keep a page silent until it was tapped, and may take the sound away again (a phone
 * call, a tablet that slept): `state` says what is true now, and pages show anything but "ready" loudly.
 */
export class PageSound {
  /** `locked`: needs a tap. `blocked`: was tapped, and the browser still does not play. */
  readonly state = signal<"locked" | "ready" | "blocked">("locked");
  readonly #clock: Clock;
  #context: AudioContext | undefined;
  #wanted: SoundKind | undefined;
  #playing: { readonly kind: SoundKind; readonly stop: () => void } | undefined;
  readonly #buffers = new Map<SoundKind, AudioBuffer>();

  constructor(clock: Clock) {
    this.#clock = clock;
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
    const heard = this.#play(context, "medium", false);
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

  /** Rings until told otherwise; undefined is silence. Waits in vain, and visibly, while the page is locked. */
  ring(kind: SoundKind | undefined): void {
    this.#wanted = kind;
    this.#follow();
  }

  /** A short tick that confirms an action, as at the end of a dwell; silent where sound is not unlocked. */
  tick(): void {
    if (this.#context === undefined || this.state.value !== "ready") return;
    const tone = this.#context.createOscillator();
    const level = this.#context.createGain();
    level.gain.value = 0.2;
    tone.frequency.value = 480;
    tone.connect(level).connect(this.#context.destination);
    tone.start();
    tone.stop(this.#context.currentTime + 0.12);
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
    const kind = this.state.value === "ready" ? this.#wanted : undefined;
    if (this.#playing?.kind === kind) return;
    this.#playing?.stop();
    this.#playing = undefined;
    if (kind === undefined || this.#context === undefined) return;
    this.#playing = { kind, stop: this.#play(this.#context, kind, true).stop };
  }

  #play(context: AudioContext, kind: SoundKind, loop: boolean): { stop(): void; level(): number } {
    const source = context.createBufferSource();
    const meter = context.createAnalyser();
    meter.fftSize = 2048;
    source.buffer = this.#buffer(context, kind);
    source.loop = loop;
    source.connect(meter).connect(context.destination);
    source.start();
    if (!loop) source.stop(context.currentTime + 2);
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

  #buffer(context: AudioContext, kind: SoundKind): AudioBuffer {
    const known = this.#buffers.get(kind);
    if (known !== undefined) return known;
    const pcm = alarmSound(kind, SAMPLE_RATE_HZ);
    const buffer = context.createBuffer(1, pcm.length, SAMPLE_RATE_HZ);
    buffer.getChannelData(0).set(Float32Array.from(pcm, (value) => value / 32_768));
    this.#buffers.set(kind, buffer);
    return buffer;
  }
}
