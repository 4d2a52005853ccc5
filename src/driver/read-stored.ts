import { Fault } from "../domain/fault.ts";
import { plainWords } from "../domain/plain-words.ts";
import { isPresent } from "../domain/sample.ts";
import type { FileEntry, FileLink, Links } from "../port/link.ts";
import { type AttachOptions, attach, type Surroundings } from "./attach.ts";
import type { DeviceModule, DeviceReading, OptionValues, Trace } from "./contract.ts";
import { plainBody } from "./plain-words.ts";

/** What somebody brings: a card, a file, or a device that kept something. */
export interface StoredSource {
  readonly module: DeviceModule;
  /** Complete: see fillOptions(). */
  readonly options: OptionValues;
  readonly links: Links;
  /** A folder, zip, file or Wi-Fi card; for other families than files the device itself. */
  readonly address: string;
}

/** How far the reading of files has come. Nothing of it is known of a device's own memory. */
export interface FilesRead {
  /** Files of which something was read. */
  readonly files: number;
  readonly of: number;
  /** 0 to 99: of the bytes that the card holds. Drivers need not read all of them. */
  readonly percent: number;
}

/** One reading and the link it came over. */
export interface StoredReading {
  readonly reading: DeviceReading;
  readonly simulated: boolean;
}

/**
 * Everything that a card, a file or a device's own memory holds, oldest first as far as the family does that; then it
 * ends. Rejects as the link does, with the driver's fault, with INPUT_INVALID for a family that keeps nothing, or with
 * the signal's reason.
 */
export async function* readStored(
  source: StoredSource,
  surroundings: Pick<Surroundings, "clock" | "zone" | "trace">,
  signal: AbortSignal,
  onFiles: (progress: FilesRead) => void = () => undefined,
): AsyncGenerator<StoredReading> {
  const { module, options } = source;
  if (!keepsReadings(module)) {
    throw new Fault("INPUT_INVALID", `${module.id} keeps nothing that could be fetched afterwards.`, {
      fix: "Read it while it measures: name its port in the configuration.",
      permanent: true,
    });
  }
  const tap: NonNullable<AttachOptions["tap"]> = {
    link: (link) => link,
    packets: (link) => link,
    files: (link) => counted(link, onFiles),
  };
  // Reasons hold names and texts of the files.
  const trace: Trace = {
    ...surroundings.trace,
    reject: (bytes, reason) => surroundings.trace.reject(bytes, plainWords(reason)),
  };
  const attached = await attach({ ...source, signal, tap });
  try {
    const read = attached.stored ?? attached.observe;
    for await (const { body, ...reading } of read({ ...surroundings, trace, options, signal })) {
      signal.throwIfAborted();
      yield { reading: { ...reading, body: plainBody(body) }, simulated: attached.simulated };
    }
    signal.throwIfAborted();
  } finally {
    await attached.close();
  }
}

/** Whether a family has something to fetch: files, or a memory that it knows how to ask. */
export const keepsReadings = (module: DeviceModule): boolean =>
  module.link === "files" || module.stored !== undefined;

/** The same files as they are now, whoever still writes to them, and what was read of them. */
function counted(link: FileLink, onFiles: (progress: FilesRead) => void): FileLink {
  const sizes = new Map<string, number>();
  const reached = new Map<string, number>();
  let total = 0;
  let read = 0;
  const tell = (): void =>
    onFiles({
      files: reached.size,
      of: sizes.size,
      percent: total === 0 ? 0 : Math.min(99, Math.floor((100 * read) / total)),
    });
  return {
    growing: false,
    async list() {
      const files: readonly FileEntry[] = await link.list();
      for (const { path, bytes } of files) {
        total += bytes - (sizes.get(path) ?? 0);
        sizes.set(path, bytes);
      }
      tell();
      return files;
    },
    async read(path, from, to) {
      const bytes = await link.read(path, from, to);
      const before = reached.get(path) ?? 0;
      const now = Math.max(before, from + bytes.length);
      reached.set(path, now);
      read += now - before;
      tell();
      return bytes;
    },
    close: () => link.close(),
  };
}

/** Families are tried one after the other, each until its first number; a card holds no more than this to find it. */
const MOST_TRIED_READINGS = 2_000;

/**
 * The families, of those given, that find numbers in these files: to tell somebody what the wrong card may be. Never
 * rejects but with the signal's reason.
 */
export async function recogniseFiles(
  modules: readonly DeviceModule[],
  source: Omit<StoredSource, "module" | "options">,
  surroundings: Pick<Surroundings, "clock" | "zone"> & {
    readonly optionsOf: (module: DeviceModule) => OptionValues;
  },
  signal: AbortSignal,
): Promise<readonly DeviceModule[]> {
  const found: DeviceModule[] = [];
  const trace: Trace = { frame: () => undefined, reject: () => undefined, sent: () => undefined };
  for (const module of modules) {
    if (module.link !== "files") continue;
    const options = surroundings.optionsOf(module);
    let tried = 0;
    try {
      for await (const { reading } of readStored(
        { ...source, module, options },
        { ...surroundings, trace },
        signal,
      )) {
        const { body } = reading;
        if (body.kind === "samples" && Object.values(body.samples).some(isPresent)) {
          found.push(module);
          break;
        }
        tried += 1;
        if (tried >= MOST_TRIED_READINGS) break;
      }
    } catch {
      // Not this one: what it did not understand is no news.
      signal.throwIfAborted();
    }
  }
  return found;
}
