import { messageOf } from "../domain/fault.ts";
import type { BedId, DeviceId, HomeId } from "../domain/ids.ts";
import type { Bus } from "../port/bus.ts";
import type { Log } from "../port/log.ts";
import { write } from "./messages.ts";
import { createSettled, type Settled } from "./settled.ts";
import { deviceTopic } from "./topics.ts";

/** A numbered series of messages: of one device, or of the alarm events, of one edge run. */
export interface Stream {
  readonly bed: BedId;
  readonly device: DeviceId;
  readonly epoch: string;
}

/** What the hub has settled, and the retained messages that tell the edges. */
export interface Marks {
  has(stream: Stream, seq: number): boolean;
  /** Both included; told with the next `publish`, also when it changes nothing. */
  settle(stream: Stream, from: number, to: number): void;
  /** Tells what changed. Nothing while disconnected. */
  publish(): void;
  /** Tells everything: the broker may have forgotten. */
  publishAll(): void;
}

/** Edge runs of one device that can still have something outstanding; older ones are forgotten. */
const EPOCHS_MAX = 8;
const DEVICES_MAX = 1_000;

interface DeviceMarks {
  readonly bed: BedId;
  readonly device: DeviceId;
  /** In the order of their last change. */
  readonly epochs: Map<string, Settled>;
}

/** Knows nothing at first: after a hub's restart the edges send what they still hold, and it learns from that. */
export function createMarks(options: { readonly bus: Bus; readonly log: Log; readonly home: HomeId }): Marks {
  const { bus, log, home } = options;
  const devices = new Map<string, DeviceMarks>();
  const untold = new Set<string>();

  const keyOf = ({ bed, device }: Stream): string => `${bed} ${device}`;

  const find = (stream: Stream): Settled | undefined => devices.get(keyOf(stream))?.epochs.get(stream.epoch);

  const findOrMake = (stream: Stream): Settled => {
    const key = keyOf(stream);
    const known = devices.get(key) ?? {
      bed: stream.bed,
      device: stream.device,
      epochs: new Map<string, Settled>(),
    };
    devices.set(key, known);
    dropOldest(devices, DEVICES_MAX);
    const settled = known.epochs.get(stream.epoch) ?? createSettled();
    known.epochs.delete(stream.epoch);
    known.epochs.set(stream.epoch, settled);
    dropOldest(known.epochs, EPOCHS_MAX);
    return settled;
  };

  const tell = (key: string): void => {
    const known = devices.get(key);
    untold.delete(key);
    const marks = [...(known?.epochs ?? [])].map(([epoch, settled]) => ({ epoch, seq: settled.mark }));
    const told = marks.filter(({ seq }) => seq >= 0);
    if (known === undefined || told.length === 0) return;
    const topic = deviceTopic(home, known.bed, "stored", known.device);
    bus.publish(topic, write({ marks: told }), { retain: true }).catch((error: unknown) => {
      untold.add(key);
      log.note("ingest.mark_failed", { topic, detail: messageOf(error) }, "debug");
    });
  };

  const publish = (): void => {
    if (!bus.connected) return;
    for (const key of untold) tell(key);
  };

  return {
    has: (stream, seq) => find(stream)?.has(seq) === true,
    settle(stream, from, to) {
      findOrMake(stream).add(from, to);
      untold.add(keyOf(stream));
    },
    publish,
    publishAll() {
      for (const key of devices.keys()) untold.add(key);
      publish();
    },
  };
}

function dropOldest(map: Map<string, unknown>, max: number): void {
  for (const key of map.keys()) {
    if (map.size <= max) return;
    map.delete(key);
  }
}
