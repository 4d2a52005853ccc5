import { lineBytes, lineText } from "../../src/wire/line.ts";
import type { TranscriptChunk } from "../../src/wire/transcript.ts";
import { RATE_HZ } from "./codec.ts";

/** A logger's time stamp at the front of a line, with what separates it from the port's own text. */
const STAMP = /^\d{4}-\d\d-\d\d[-T ]\d\d[:-]\d\d[:-]\d\d(?:[.,]\d+)?(?: *, *|(?=\r?\n?$))/;

/**
 * What the port sent, from a file in which a logger kept it: lines that hold only a time stamp are left out, stamps
 * at the front of lines taken off, everything else stays as it is, damage included. Timing is the port's: 50 lines a
 * second, BS and BE take none. One chunk is one such line, with the BS before it and the BE after it.
 */
export function* portBytes(file: Uint8Array): Generator<TranscriptChunk, void, void> {
  let timed = 0;
  let gathered = "";
  let complete = false;
  for (const line of linesOf(lineText(file))) {
    const own = line.replace(STAMP, "");
    if (own !== line && /^\r?\n?$/.test(own)) continue;
    const takesTime = !/^\0*B[SE]\b/.test(own);
    if (complete && (takesTime || own.includes("BS"))) {
      yield chunkAt(timed - 1, gathered);
      gathered = "";
      complete = false;
    }
    gathered += own;
    if (takesTime) {
      complete = true;
      timed += 1;
    }
  }
  if (gathered !== "") yield chunkAt(Math.max(0, timed - 1), gathered);
}

const chunkAt = (line: number, text: string): TranscriptChunk => ({
  offsetMs: (line * 1000) / RATE_HZ,
  direction: "in",
  bytes: lineBytes(text),
});

/** The lines of a text with their ends, the last perhaps without one. */
function* linesOf(text: string): Generator<string, void, void> {
  let from = 0;
  while (from < text.length) {
    const at = text.indexOf("\n", from);
    const to = at < 0 ? text.length : at + 1;
    yield text.slice(from, to);
    from = to;
  }
}
