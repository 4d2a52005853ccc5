import { messageOf } from "../domain/fault.ts";
import type { BedId, DeviceId, HomeId } from "../domain/ids.ts";
import { type Mono, SECOND_MS } from "../domain/time.ts";
import type { Bus } from "../port/bus.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import { write } from "./messages.ts";
import { createSettled, type Settled } from "./settled.ts";
import { deviceTopic } from "./topics.ts";

/** A numbered series of messages: of one device, or of the alarm events, of one edge run. */
export interface Stream {
  readonly home: HomeId;
  readonly bed: BedId;
  readonly device: DeviceId;
  readonly epoch: string;
}

/** What the hub has settled, and the retained messages that tell the edges. */
export interface Marks {
  has(stream: Stream, seq: number): boolean;
  /** Both included; told with the next `publish`, also when it changes nothing. */
  settle(stream: Stream, from: number, to: number): void;
  /** Tells what changed, as far as it is due; the rest follows by itself. Nothing while disconnected. */
  publish(): void;
  /** Tells everything: the broker may have forgotten. */
  publishAll(): void;
  forget(home: HomeId): void;
  stop(): void;
}

export interface MarksOptions {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  /** A device's marks are told at most so often, unless they moved far; 0: after every commit. */
  readonly everyMs: number;
  /** Devices of one home; the ones that said nothing for longest are forgotten. */
  readonly devicesMax: number;
}

/** Edge runs of one device that can still have something outstanding; older ones are forgotten. */
const EPOCHS_MAX = 8;
const HOMES_MAX = 50_000;
/** So many new numbers are told at once: an edge that catches up waits for them. */
const FAR = 250;
/** Messages on their way to the broker; a fleet's marks must not fill the connection. */
const WINDOW = 256;
const LOOK_AGAIN_MS = 1 * SECOND_MS;

interface DeviceMarks {
  readonly home: HomeId;
  readonly bed: BedId;
  readonly device: DeviceId;
  /** In the order of their last change. */
  readonly epochs: Map<string, Settled>;
  toldAt: Mono | undefined;
  /** Numbers settled since. */
  fresh: number;
}

/** Knows nothing at first: after a hub's restart the edges send what they still hold, and it learns from that. */
export function createMarks(options: MarksOptions): Marks {
  const { bus, clock, log, everyMs } = options;
  const homes = new Map<HomeId, Map<string, DeviceMarks>>();
  /** Told as soon as the connection takes more. */
  const due = new Set<DeviceMarks>();
  /** Told when their time has come: looked at once a second, for a fleet has many. */
  const early = new Set<DeviceMarks>();
  let inFlight = 0;
  let cancelTimer: (() => void) | undefined;
  let stopped = false;

  const keyOf = ({ bed, device }: Stream): string => `${bed} ${device}`;

  const find = (stream: Stream): Settled | undefined =>
    homes.get(stream.home)?.get(keyOf(stream))?.epochs.get(stream.epoch);

  const findOrMake = (stream: Stream): { readonly known: DeviceMarks; readonly settled: Settled } => {
    const key = keyOf(stream);
    const { home, bed, device } = stream;
    const devices = homes.get(home) ?? new Map<string, DeviceMarks>();
    if (homes.size >= HOMES_MAX && !homes.has(home)) dropOldest(homes, HOMES_MAX - 1);
    homes.set(home, devices);
    const known = devices.get(key) ?? {
      ...{ home, bed, device, epochs: new Map<string, Settled>() },
      ...{ toldAt: undefined, fresh: 0 },
    };
    devices.delete(key);
    devices.set(key, known);
    dropOldest(devices, options.devicesMax);
    const settled = known.epochs.get(stream.epoch) ?? createSettled();
    known.epochs.delete(stream.epoch);
    known.epochs.set(stream.epoch, settled);
    dropOldest(known.epochs, EPOCHS_MAX);
    return { known, settled };
  };

  const setDue = (known: DeviceMarks): void => {
    early.delete(known);
    due.add(known);
  };

  const tell = (known: DeviceMarks): void => {
    const { home, bed, device, epochs } = known;
    due.delete(known);
    known.toldAt = clock.mono();
    known.fresh = 0;
    const marks = [...epochs].map(([epoch, settled]) => ({ epoch, seq: settled.mark }));
    const told = marks.filter(({ seq }) => seq >= 0);
    if (told.length === 0) return;
    const topic = deviceTopic(home, bed, "stored", device);
    inFlight++;
    const landed = (): void => {
      inFlight--;
      if (inFlight === WINDOW - 1) publish();
    };
    bus.publish(topic, write({ marks: told }), { retain: true }).then(landed, (error: unknown) => {
      setDue(known);
      known.toldAt = undefined;
      log.note("ingest.mark_failed", { topic, detail: messageOf(error) }, "debug");
      landed();
      lookAgain();
    });
  };

  const lookAgain = (): void => {
    if (stopped) return;
    cancelTimer ??= clock.after(LOOK_AGAIN_MS, () => {
      cancelTimer = undefined;
      const now = clock.mono();
      for (const known of early) if (now - (known.toldAt ?? -Infinity) >= everyMs) setDue(known);
      publish();
    });
  };

  function publish(): void {
    if (!bus.connected || stopped) return;
    for (const known of due) {
      if (inFlight >= WINDOW) return;
      tell(known);
    }
    if (early.size > 0) lookAgain();
  }

  return {
    has: (stream, seq) => find(stream)?.has(seq) === true,
    settle(stream, from, to) {
      const { known, settled } = findOrMake(stream);
      settled.add(from, to);
      known.fresh += 1;
      if (known.toldAt === undefined || known.fresh >= FAR || everyMs === 0) setDue(known);
      else if (!due.has(known)) early.add(known);
    },
    publish,
    publishAll() {
      for (const devices of homes.values()) {
        for (const known of devices.values()) {
          known.toldAt = undefined;
          setDue(known);
        }
      }
      publish();
    },
    forget(home) {
      for (const known of homes.get(home)?.values() ?? []) {
        due.delete(known);
        early.delete(known);
      }
      homes.delete(home);
    },
    stop() {
      stopped = true;
      cancelTimer?.();
      cancelTimer = undefined;
    },
  };
}

function dropOldest(map: Map<string, unknown>, max: number): void {
  for (const key of map.keys()) {
    if (map.size <= max) return;
    map.delete(key);
  }
}
