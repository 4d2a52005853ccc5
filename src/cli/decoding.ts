import { messageOf } from "../domain/fault.ts";
import { attach } from "../driver/attach.ts";
import type { DeviceReading, DriverContext } from "../driver/contract.ts";
import { settle, type VirtualClock } from "../rehearsal/clock.ts";
import { createLinks } from "../transport/links.ts";
import { createMemoryLinks } from "../transport/memory.ts";
import type { TimedBytes } from "../transport/replay.ts";
import type { Recording } from "./recording.ts";

/** A driver that still waits for a reply when the recording has ended gets this much virtual time. */
const LAST_WAIT_MS = 30_000;

interface Decoding extends Pick<DriverContext, "zone" | "trace" | "signal"> {
  /** Moves with the recording; a fresh one. */
  readonly clock: VirtualClock;
  onReading(reading: DeviceReading): void;
  /** After each piece of the recording was taken. */
  onChunk?(chunk: TimedBytes): Promise<void>;
}

/**
 * What the real driver makes of a recording, on virtual time. A driver that gave up is started again with the next
 * bytes, as on a port that is opened again. Rejects with the signal's reason.
 */
export async function decodeRecording(recording: Recording, decoding: Decoding): Promise<void> {
  const { clock, signal, onChunk } = decoding;
  let session: Session | undefined;
  for await (const chunk of recording.chunks) {
    signal.throwIfAborted();
    // Before time moves on, everything that came so far has been taken.
    await clock.advance(Math.max(0, chunk.offsetMs - clock.mono()));
    session = session?.running === true ? session : await startSession(recording, decoding);
    await session.send(chunk);
    await onChunk?.(chunk);
  }
  if (session === undefined) return;
  await settle();
  await session.end();
  await settle();
  if (session.running) await clock.advance(LAST_WAIT_MS);
  await session.stop();
}

interface Session {
  readonly running: boolean;
  send(chunk: TimedBytes): Promise<void>;
  /** Nothing more comes. */
  end(): Promise<void>;
  stop(): Promise<void>;
}

const CABLE = "recording";

/** One driver from its start to its end. A fault ends it, and is counted like anything else that was refused. */
async function startSession(
  { device, options }: Recording,
  { clock, zone, trace, onReading }: Decoding,
): Promise<Session> {
  const memory = createMemoryLinks();
  const cable = memory.cable(CABLE);
  const links = createLinks({ clock, memory });
  const stopping = new AbortController();
  const { signal } = stopping;
  const attached = await attach({ module: device, options, links, address: `memory:${CABLE}`, signal });
  let running = true;
  const observe = async (): Promise<void> => {
    try {
      const context = { clock, options, zone, trace, signal };
      for await (const reading of attached.observe(context)) onReading(reading);
    } catch (error) {
      if (!signal.aborted) trace.reject(new Uint8Array(0), messageOf(error));
    } finally {
      running = false;
    }
  };
  const observing = observe();
  return {
    get running() {
      return running;
    },
    send: ({ channel, bytes }) =>
      channel === undefined ? cable.device.write(bytes) : cable.packets.write({ channel, bytes }),
    end: () => attached.close(),
    async stop() {
      stopping.abort();
      await observing;
    },
  };
}
