import { wall } from "../../src/domain/time.ts";
import type { DeviceReading, FilesModule, OptionValues } from "../../src/driver/contract.ts";
import { fillOptions } from "../../src/driver/options.ts";
import type { FileLink } from "../../src/port/link.ts";
import { createVirtualClock } from "../../src/rehearsal/clock.ts";

/** A folder that does not change, with the most bytes that were asked for at once. */
export function createFolder(files: {
  readonly [path: string]: Uint8Array;
}): FileLink & { largestRead(): number } {
  let largest = 0;
  return {
    growing: false,
    list: async () =>
      Object.keys(files)
        .toSorted()
        .map((path) => ({ path, bytes: files[path]?.length ?? 0 })),
    async read(path, from, to) {
      largest = Math.max(largest, to - from);
      return files[path]?.slice(from, to) ?? new Uint8Array(0);
    },
    close: async () => undefined,
    largestRead: () => largest,
  };
}

/** What a family made of a folder. */
export interface FolderRead {
  readonly readings: readonly DeviceReading[];
  readonly frames: number;
  readonly rejects: readonly string[];
  readonly largestRead: number;
}

/** Reads a folder to its end; `zone` is that of the bed. */
export async function readFolder(
  module: FilesModule,
  files: { readonly [path: string]: Uint8Array },
  { options = {}, zone = "UTC" }: { readonly options?: OptionValues; readonly zone?: string } = {},
): Promise<FolderRead> {
  const link = createFolder(files);
  const readings: DeviceReading[] = [];
  const rejects: string[] = [];
  let frames = 0;
  const stream = module.observe({
    link,
    clock: createVirtualClock(wall(Date.UTC(2030, 0, 1))),
    options: fillOptions(module.options, options),
    zone,
    signal: new AbortController().signal,
    trace: {
      frame: (_bytes, meaning) => {
        if (meaning() === "") throw new Error("a frame without a meaning");
        frames += 1;
      },
      reject: (_bytes, reason) => rejects.push(reason),
      sent: () => undefined,
    },
  });
  for await (const reading of stream) readings.push(reading);
  return { readings, frames, rejects, largestRead: link.largestRead() };
}

/** An instant as UTC text, and the body, for short expectations. */
export const plain = ({ body, deviceAt }: DeviceReading): readonly [string, DeviceReading["body"]] => [
  deviceAt === undefined ? "" : new Date(deviceAt).toISOString(),
  body,
];
