/** What the bytes of a modem come to: whole lines, and the prompt that asks for a text (27.005, 3.5.1). */
export type AtEvent = { readonly kind: "line"; readonly text: string } | { readonly kind: "prompt" };

export interface AtFramer {
  push(bytes: Uint8Array): readonly AtEvent[];
  /** Bytes that belong to no line: control characters, and lines without an end. */
  readonly noise: number;
}

/** The longest line that a command of ours can bring about is far shorter. */
const LINE_MAX = 512;

const CR = 0x0d;
const LF = 0x0a;
const PROMPT = 0x3e;

/** Cuts a stream into lines, wherever its chunks are cut. Keeps at most one line in memory. */
export function createAtFramer(): AtFramer {
  let line: number[] = [];
  let isTooLong = false;
  let noise = 0;

  const take = (byte: number): AtEvent | undefined => {
    if (byte === CR || byte === LF) {
      const text = isTooLong ? "" : new TextDecoder().decode(Uint8Array.from(line)).trim();
      line = [];
      isTooLong = false;
      return text === "" ? undefined : { kind: "line", text };
    }
    if (isTooLong || byte < 0x20 || byte === 0x7f) {
      noise += 1;
      return undefined;
    }
    // No line begins like this, and no line end follows it.
    if (byte === PROMPT && line.length === 0) return { kind: "prompt" };
    line.push(byte);
    if (line.length > LINE_MAX) {
      noise += line.length;
      line = [];
      isTooLong = true;
    }
    return undefined;
  };

  return {
    push(bytes) {
      const events: AtEvent[] = [];
      for (const byte of bytes) {
        const event = take(byte);
        if (event !== undefined) events.push(event);
      }
      return events;
    },
    get noise() {
      return noise;
    },
  };
}
