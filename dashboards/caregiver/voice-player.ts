import { signal } from "@preact/signals";
import type { Sound } from "../../src/sound/wav.ts";
import { bufferOf } from "../shared/page-ringing.ts";

/** Plays one sound at a time, for somebody who wants to hear what an alarm says. */
export class VoicePlayer {
  /** Which one plays; undefined: none. */
  readonly playing = signal<string | undefined>(undefined);
  #context: AudioContext | undefined;
  #source: AudioBufferSourceNode | undefined;
  /** Grows with every tap: what was begun before is old. */
  #turn = 0;

  /**
   * Call it inside a tap: phones play nothing else. `sound` may take its time; undefined: there is none to play. True:
   * it began, or somebody has stopped it meanwhile.
   */
  async play(name: string, sound: () => Promise<Sound | undefined>): Promise<boolean> {
    this.stop();
    this.#context ??= new AudioContext();
    const context = this.#context;
    const resumed = context.resume();
    this.playing.value = name;
    const turn = this.#turn;
    const found = await sound();
    await resumed;
    if (this.#turn !== turn) return true;
    if (found === undefined) {
      this.playing.value = undefined;
      return false;
    }
    const source = context.createBufferSource();
    source.buffer = bufferOf(context, found.pcm, found.sampleRateHz);
    source.connect(context.destination);
    source.addEventListener("ended", () => {
      if (this.#source === source) this.stop();
    });
    this.#source = source;
    source.start();
    return true;
  }

  stop(): void {
    this.#turn += 1;
    this.#source?.stop();
    this.#source?.disconnect();
    this.#source = undefined;
    this.playing.value = undefined;
  }

  /** Silence, and nothing held any more. */
  async close(): Promise<void> {
    this.stop();
    const context = this.#context;
    this.#context = undefined;
    await context?.close();
  }
}
