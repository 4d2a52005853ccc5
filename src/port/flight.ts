import type { Wall } from "../domain/time.ts";

/** What goes over one device's link, kept for whoever has to find out afterwards what happened. */
export interface FlightRecorder {
  /** Bytes that were received or sent, now. Copied before this returns. */
  chunk(direction: "in" | "out", bytes: Uint8Array, channel?: string): void;
  /** What happened to the link, now: a remark in the recording. */
  remark(text: string): void;
  /** The recording of [from, to) as a transcript; empty but for its head where nothing was kept. */
  between(from: Wall, to: Wall): Promise<string>;
  /** What is kept: bytes on disk, and the time of the oldest. */
  kept(): { readonly bytes: number; readonly since?: Wall };
  stop(): Promise<void>;
}
