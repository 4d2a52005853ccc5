import type { Language } from "../domain/person.ts";

/** A sentence as the voice rendered it, or why there is none. */
export type Rendered =
  | { readonly ok: true; readonly pcm: Int16Array; readonly sampleRateHz: number }
  | { readonly ok: false; readonly detail: string };

/** The house's voice. Nothing that sounds ever waits for it. */
export interface Speech {
  /** Renders a sentence of at most 200 characters as 16-bit mono; answers within 10 s, never rejects. */
  say(text: string, language: Language): Promise<Rendered>;
}
