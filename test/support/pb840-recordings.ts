import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { decodeLine } from "../../devices/puritan-bennett-840-waveform/codec.ts";
import { portBytes } from "../../devices/puritan-bennett-840-waveform/log-file.ts";
import type { BreathWave } from "../../src/domain/breath.ts";
import { createLineFramer } from "../../src/wire/line.ts";

/** A gzipped recording's bytes. */
export const unzipped = (file: string): Uint8Array => gunzipSync(readFileSync(file));

/** A gzipped CSV as rows of cells, without its header; cells hold no commas. */
export const csvRows = (file: string): string[][] =>
  Buffer.from(unzipped(file))
    .toString("latin1")
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.split(","));

export interface RecordedBreath extends BreathWave {
  readonly number: number;
}

/** The samples between BS and BE of a log file, breath by breath: the plain reading that drivers are held against. */
export function breathsOf(log: Uint8Array): readonly RecordedBreath[] {
  const breaths: RecordedBreath[] = [];
  let open: { number: number; flow: number[]; pressure: number[] } | undefined;
  const framer = createLineFramer({
    end: "lf",
    maxBytes: 64,
    onNoise: () => undefined,
    onLine(bytes) {
      const line = decodeLine(bytes, true);
      if (typeof line === "string") return;
      if (line.kind === "start") open = { number: line.breath, flow: [], pressure: [] };
      else if (line.kind === "sample") {
        open?.flow.push(line.flow);
        open?.pressure.push(line.pressure);
      } else {
        if (open !== undefined) breaths.push({ rateHz: 50, ...open });
        open = undefined;
      }
    },
  });
  for (const chunk of portBytes(log)) framer.push(chunk.bytes);
  return breaths;
}
