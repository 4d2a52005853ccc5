import { localClock } from "../../src/domain/local-clock.ts";
import { slept } from "../../src/domain/ticks.ts";
import type { DeviceReading, DriverContext, OptionSpecs } from "../../src/driver/contract.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { ASK_MODEL, KEEP_ALIVE, SET_CLOCK, START_READINGS, START_WAVE } from "./codec.ts";
import { createLiveDecoder } from "./live-decoder.ts";

export const EB_OPTIONS = {
  clock: {
    kind: "choice",
    values: ["set", "leave"],
    default: "set",
    help: "Whether the oximeter's clock is set when it is connected; records of its memory carry the time that it shows.",
  },
} as const satisfies OptionSpecs;

/** Between two commands at the start, for devices that take one at a time. */
const COMMAND_GAP_MS = 200;
const KEEP_ALIVE_MS = 5_000;

/** Reads the live streams; `context.link` carries bare commands and frames (links.ts). */
export async function* observeEb(context: DriverContext): AsyncGenerator<DeviceReading> {
  const { link, trace } = context;
  const ready: DeviceReading[] = [];
  const decoder = createLiveDecoder((reading) => ready.push(reading), trace);
  const own = new AbortController();
  const signal = AbortSignal.any([context.signal, own.signal]);
  let failed: { readonly cause: unknown } | undefined;
  const talking = talk(context, signal).catch((cause: unknown) => {
    failed = { cause };
    own.abort();
  });
  try {
    for await (const chunk of chunksUntil(link.chunks, signal)) {
      decoder.push(chunk);
      yield* ready.splice(0);
    }
  } finally {
    own.abort();
    await talking;
  }
  if (failed !== undefined && !context.signal.aborted) throw failed.cause;
}

/** Starts the streams, then keeps them alive; returns when the signal aborts. */
async function talk(context: DriverContext, signal: AbortSignal): Promise<void> {
  const start: readonly (readonly [Uint8Array, string])[] = [
    [ASK_MODEL, "which model?"],
    ...setClock(context),
    [START_WAVE, "send the wave"],
    [START_READINGS, "send readings"],
  ];
  for (const [bytes, meaning] of start) {
    await say(context, bytes, meaning);
    if (!(await slept(context.clock, COMMAND_GAP_MS, signal))) return;
  }
  await keepAlive(context, signal);
}

/** Sends the keepalive until the signal aborts. Throws the link's Fault. */
export async function keepAlive(context: DriverContext, signal: AbortSignal): Promise<void> {
  do await say(context, KEEP_ALIVE, "keep on");
  while (await slept(context.clock, KEEP_ALIVE_MS, signal));
}

function setClock({ clock, options, zone }: DriverContext): readonly (readonly [Uint8Array, string])[] {
  if (options["clock"] !== "set" || !clock.trusted()) return [];
  const now = localClock(clock.wall(), zone);
  return [[SET_CLOCK.encode({ ...now, year: now.year % 100 }), "set the clock"]];
}

async function say({ link, trace }: DriverContext, bytes: Uint8Array, meaning: string): Promise<void> {
  trace.sent(bytes, () => meaning);
  await link.write(bytes);
}
