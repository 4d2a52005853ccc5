import { Fault, messageOf } from "../../domain/fault.ts";
import type { DeviceReading, Trace } from "../../driver/contract.ts";
import { within } from "../../driver/watchdog.ts";
import type { Clock } from "../../port/clock.ts";
import type { ByteLink, Links, OpenLink } from "../../port/link.ts";
import { createChunkQueue } from "../../transport/chunk-queue.ts";
import type { Line, Trial } from "./trials.ts";

/** What one family made of a port. */
export interface Outcome {
  readonly trial: Trial;
  frames: number;
  understoodBytes: number;
  refusedBytes: number;
  readings: number;
  /** It wanted to send something. */
  wantedToAsk: boolean;
  /** What the last frame said, in words. */
  lastFrame: () => string;
  /** Why it gave up before the time was over. */
  problem: string | undefined;
}

/** What was heard with one setting of the line. */
export interface Hearing {
  readonly line: Line;
  readonly outcomes: readonly Outcome[];
  readonly bytes: number;
  /** The first bytes. */
  readonly head: Uint8Array;
  readonly simulated: boolean;
  /** The stable name of the port, where it has one. */
  readonly resolved: string;
}

export interface Listening {
  readonly links: Links;
  readonly address: string;
  readonly clock: Clock;
  readonly zone: string;
  readonly forMs: number;
  /** How often opening is tried. */
  readonly attempts: number;
  /** Whether what the families want to ask is sent. */
  readonly mayAsk: boolean;
  readonly signal: AbortSignal;
}

const HEAD_BYTES = 24;
/** A driver that does not end when it is asked to is left behind with its closed port. */
const ENDING_MS = 3_000;
/** A port that was just closed may take a moment until it is there again. */
const AGAIN_MS = 500;

/**
 * Opens a port once and lets every family of the line look at what comes. Rejects with the Fault of opening, with
 * LINK_LOST when the port goes away, or with the signal's reason.
 */
export async function listenTo(line: Line, listening: Listening): Promise<Hearing> {
  try {
    return await listenOnce(line, listening);
  } catch (error) {
    // The far end may need a moment between two openings: a serial server, a pseudo-terminal.
    if (!(error instanceof Fault) || error.code !== "LINK_LOST") throw error;
    await listening.clock.sleep(AGAIN_MS, listening.signal);
    return listenOnce(line, listening);
  }
}

async function listenOnce(line: Line, listening: Listening): Promise<Hearing> {
  const { clock, forMs, signal } = listening;
  const { link, simulated, resolved } = await openAgain(line, listening);
  const over = new AbortController();
  const ears = line.trials.map((trial) => createEar(trial, link, { ...listening, signal: over.signal }));
  const head: number[] = [];
  let bytes = 0;
  const hear = async (): Promise<void> => {
    for await (const chunk of link.chunks) {
      bytes += chunk.length;
      if (head.length < HEAD_BYTES) head.push(...chunk.subarray(0, HEAD_BYTES - head.length));
      for (const { queue } of ears) queue.push(chunk.slice());
    }
  };
  const hearing = hear();
  // Whoever waits below is told; until then nobody may be waiting.
  hearing.catch(() => undefined);
  const waiting = clock.sleep(forMs, AbortSignal.any([signal, over.signal]));
  try {
    // A link that ends without a fault is a recording that is over.
    await Promise.race([waiting, hearing.then(() => waiting)]);
  } finally {
    over.abort();
    await within(clock, ENDING_MS, Promise.all(ears.map(({ ended }) => ended)));
    await link.close();
    await Promise.allSettled([waiting, hearing]);
  }
  const outcomes = ears.map(({ outcome }) => outcome);
  return { line, outcomes, bytes, head: Uint8Array.from(head), simulated, resolved };
}

async function openAgain(
  { serial }: Line,
  { links, address, attempts, clock, signal }: Listening,
): Promise<OpenLink> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await links.open(address, { kind: "bytes", serial }, signal);
    } catch (error) {
      if (!(error instanceof Fault) || error.permanent || attempt >= attempts) throw error;
      await clock.sleep(AGAIN_MS, signal);
    }
  }
}

interface Ear {
  readonly outcome: Outcome;
  readonly queue: ReturnType<typeof createChunkQueue>;
  /** Never rejects. */
  readonly ended: Promise<void>;
}

/** One family's driver, on what the port says. What it wants to send is held back unless it may ask. */
function createEar(
  trial: Trial,
  link: ByteLink,
  { clock, zone, mayAsk, signal }: Pick<Listening, "clock" | "zone" | "mayAsk" | "signal">,
): Ear {
  const queue = createChunkQueue();
  const outcome: Outcome = {
    trial,
    frames: 0,
    understoodBytes: 0,
    refusedBytes: 0,
    readings: 0,
    wantedToAsk: false,
    lastFrame: () => "",
    problem: undefined,
  };
  const trace: Trace = {
    frame(bytes, meaning) {
      outcome.frames += 1;
      outcome.understoodBytes += bytes.length;
      outcome.lastFrame = meaning;
    },
    reject(bytes) {
      outcome.refusedBytes += bytes.length;
    },
    sent: () => undefined,
  };
  const own: ByteLink = {
    chunks: queue.chunks,
    async write(bytes) {
      outcome.wantedToAsk = true;
      if (mayAsk) await link.write(bytes);
    },
    close: () => Promise.resolve(),
  };
  const context = { link: own, clock, options: trial.options, zone, trace, signal };
  const ended = (async () => {
    try {
      for await (const _reading of readingsOf(trial, context)) outcome.readings += 1;
    } catch (error) {
      outcome.problem = messageOf(error);
    }
  })();
  return { outcome, queue, ended };
}

const readingsOf = (
  { module }: Trial,
  context: Parameters<Trial["module"]["observe"]>[0],
): AsyncIterable<DeviceReading> => module.observe(context);

/** Of the bytes that a family said anything about, the share that it understood. */
export const share = ({ understoodBytes, refusedBytes }: Outcome): number =>
  understoodBytes === 0 ? 0 : understoodBytes / (understoodBytes + refusedBytes);

/** Noise has a frame in it now and then; a device that is understood is little else. */
const CLEAR_SHARE = 0.8;

/** Whether a family understands the port for certain. */
export const isClear = (outcome: Outcome): boolean => outcome.frames > 0 && share(outcome) >= CLEAR_SHARE;
