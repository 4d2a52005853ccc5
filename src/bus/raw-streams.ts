import type { Actor } from "../domain/alarm.ts";
import { messageOf } from "../domain/fault.ts";
import type { DeviceId } from "../domain/ids.ts";
import { MINUTE_MS, type Mono, mono, SECOND_MS, wall } from "../domain/time.ts";
import type { Bus } from "../port/bus.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { RawFrame } from "./bed-schemas.ts";
import type { CommandAnswer } from "./commands.ts";
import { write } from "./messages.ts";
import { deviceTopic, type Place } from "./topics.ts";

/** A frame as the edge has it. */
export interface FrameSeen {
  readonly at: number;
  readonly direction: "in" | "out" | "rejected";
  readonly hex: string;
  readonly meaning: string;
}

export interface RawStreamsOptions extends Place {
  /** Never closed here. */
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly edgeEpoch: string;
  /** The newest frames of a device of this bed; undefined for another. */
  frames(device: DeviceId): readonly FrameSeen[] | undefined;
  /** Writes down who looks at what a device says, when it begins. Must not throw. */
  audit(by: Actor, detail: string): void;
}

/** The edge's end of raw frames: sent for a time to a technician who asked, and then no more. */
export interface RawStreams {
  /** Begins, or goes on for so long from now; 10 min at most, then it is another looking, and written down again. */
  begin(device: DeviceId, forMs: number, by: Actor): CommandAnswer;
  stop(): void;
}

const EVERY_MS = 1 * SECOND_MS;
const FOR_MS_MAX = 10 * MINUTE_MS;
/** One technician looks at one device; a second may look at another. */
const STREAMS_MAX = 4;
const FRAMES_MAX = 50;
const HEX_MAX = 512;
const MEANING_MAX = 500;

interface Stream {
  readonly since: Mono;
  until: Mono;
  readonly askers: Set<string>;
  readonly cancel: () => void;
}

export function createRawStreams(options: RawStreamsOptions): RawStreams {
  const { bus, clock, log, home, bed, edgeEpoch } = options;
  const streams = new Map<DeviceId, Stream>();

  const end = (device: DeviceId): void => {
    streams.get(device)?.cancel();
    streams.delete(device);
  };

  const send = (device: DeviceId): void => {
    const stream = streams.get(device);
    if (stream === undefined) return;
    if (clock.mono() >= stream.until) return end(device);
    const frames = (options.frames(device) ?? []).slice(-FRAMES_MAX).map(shortened);
    const payload = write({ epoch: edgeEpoch, frames });
    if (!bus.connected) return;
    bus
      .publish(deviceTopic(home, bed, "raw", device), payload, { retain: false })
      .catch((error: unknown) => log.note("raw.unsent", { device, detail: messageOf(error) }, "debug"));
  };

  return {
    begin(device, forMs, by) {
      if (options.frames(device) === undefined) {
        return { accepted: false, code: "NOT_FOUND", reason: "There is no such device at this bed." };
      }
      const begun = streams.get(device);
      if (begun !== undefined && clock.mono() - begun.since >= FOR_MS_MAX) end(device);
      const known = streams.get(device);
      if (known === undefined && streams.size >= STREAMS_MAX) {
        return {
          accepted: false,
          code: "RATE_LIMITED",
          reason: "Other devices of this bed are being looked at.",
        };
      }
      const stream = known ?? {
        ...{ since: clock.mono(), until: clock.mono(), askers: new Set<string>() },
        cancel: clock.every(EVERY_MS, () => send(device)),
      };
      const lasting = Math.min(forMs, FOR_MS_MAX);
      stream.until = mono(clock.mono() + lasting);
      streams.set(device, stream);
      if (!stream.askers.has(by.id)) {
        stream.askers.add(by.id);
        options.audit(by, `frames of ${device} for ${Math.ceil(lasting / SECOND_MS)} s`);
      }
      send(device);
      return { accepted: true };
    },
    stop() {
      for (const device of streams.keys()) end(device);
    },
  };
}

const shortened = ({ at, direction, hex, meaning }: FrameSeen): RawFrame => ({
  at: wall(at),
  direction,
  hex: hex.slice(0, HEX_MAX),
  meaning: meaning.slice(0, MEANING_MAX),
});
