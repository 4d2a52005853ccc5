import { type LocalClock, localClock } from "../../src/domain/local-clock.ts";
import { slept } from "../../src/domain/ticks.ts";
import type { DeviceReading, DriverContext, OptionSpecs } from "../../src/driver/contract.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { command, DO } from "./codec.ts";
import { createLiveDecoder, type LiveDecoder } from "./live-decoder.ts";

export const V7_OPTIONS = {
  clock: {
    kind: "choice",
    values: ["set", "leave"],
    default: "set",
    help: "Whether the oximeter's clock is set when it is connected, where it has one; sessions of its memory carry its time.",
  },
  undated: {
    kind: "choice",
    values: ["skip", "ended_now"],
    default: "skip",
    help: "Sessions of a model without a clock: left out, or taken to have ended when they are fetched.",
  },
} as const satisfies OptionSpecs;

const COMMAND_GAP_MS = 200;
/** "One second without an answer is a failure": then the command is sent again. */
const ANSWER_MS = 1_000;
const KEEP_ALIVE_ROUNDS = 5;

/** Reads the live stream. */
export async function* observeV7(context: DriverContext): AsyncGenerator<DeviceReading> {
  const ready: DeviceReading[] = [];
  const decoder = createLiveDecoder((reading) => ready.push(reading), context.trace);
  const own = new AbortController();
  const signal = AbortSignal.any([context.signal, own.signal]);
  let failed: { readonly cause: unknown } | undefined;
  const talking = talk(context, decoder, signal).catch((cause: unknown) => {
    failed = { cause };
    own.abort();
  });
  try {
    for await (const chunk of chunksUntil(context.link.chunks, signal)) {
      decoder.push(chunk);
      yield* ready.splice(0);
    }
  } finally {
    own.abort();
    await talking;
  }
  if (failed !== undefined && !context.signal.aborted) throw failed.cause;
}

/** Starts the stream, again every second while nothing comes, and keeps it alive; returns when the signal aborts. */
async function talk(context: DriverContext, decoder: LiveDecoder, signal: AbortSignal): Promise<void> {
  // A download that was left half finished, and a stream, are ended first.
  const before = [command(DO.stopSegment), command(DO.stopLive), ...clockCommands(context)];
  for (const bytes of before) {
    await say(context, bytes, "prepare");
    if (!(await slept(context.clock, COMMAND_GAP_MS, signal))) return;
  }
  let seen = decoder.packets;
  await say(context, command(DO.startLive), "send live data");
  for (let round = 1; await slept(context.clock, ANSWER_MS, signal); round++) {
    if (decoder.packets === seen) await say(context, command(DO.startLive), "send live data");
    seen = decoder.packets;
    if (round % KEEP_ALIVE_ROUNDS === 0) await say(context, KEEP_ALIVE, "keep on");
  }
}

/** Sends the keepalive until the signal aborts. Throws the link's Fault. */
export async function keepAlive(context: DriverContext, signal: AbortSignal): Promise<void> {
  do await say(context, KEEP_ALIVE, "keep on");
  while (await slept(context.clock, KEEP_ALIVE_ROUNDS * ANSWER_MS, signal));
}

const KEEP_ALIVE = command(DO.keepAlive);

/** The date goes before the time. */
function clockCommands({ clock, options, zone }: DriverContext): readonly Uint8Array[] {
  if (options["clock"] !== "set" || !clock.trusted()) return [];
  const now: LocalClock = localClock(clock.wall(), zone);
  const weekday = new Date(Date.UTC(now.year, now.month - 1, now.day)).getUTCDay();
  const year = [Math.floor(now.year / 100), now.year % 100];
  return [
    command(DO.setDate, [...year, now.month, now.day, weekday]),
    command(DO.setTime, [now.hour, now.minute, now.second]),
  ];
}

async function say({ link, trace }: DriverContext, bytes: Uint8Array, meaning: string): Promise<void> {
  trace.sent(bytes, () => meaning);
  await link.write(bytes);
}
