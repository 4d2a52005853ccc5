import type { Actor } from "../domain/alarm.ts";
import { messageOf } from "../domain/fault.ts";
import { type DeviceId, type HomeId, qualifiedBed } from "../domain/ids.ts";
import { MINUTE_MS, type Mono, SECOND_MS } from "../domain/time.ts";
import type { Bus } from "../port/bus.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { RawFrame } from "./bed-schemas.ts";
import type { CommandAnswer } from "./commands.ts";
import { readRaw } from "./messages.ts";
import { allHomesFilter, createTopicReader, type Place } from "./topics.ts";

export interface RawViewOptions {
  /** Never closed here. */
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly isKnown: (home: HomeId) => boolean;
  /** Commander.raw. */
  ask(
    place: Place,
    ask: { readonly device: DeviceId; readonly forMs: number },
    by: Actor,
  ): Promise<CommandAnswer>;
}

/** The hub's end of raw frames: kept for as long as somebody looks. */
export interface RawView {
  start(): void;
  /**
   * The newest frames, newest last. Looking asks the box to send them, for as long as looking goes on; the first look
   * finds none yet. Undefined where too many are looked at.
   */
  frames(place: Place, device: DeviceId, by: Actor): readonly RawFrame[] | undefined;
  stop(): void;
}

/** So long each ask lasts; asked again after half of it. */
const ASK_MS = 1 * MINUTE_MS;
/** Nobody has looked for so long. */
const UNSEEN_MS = 30 * SECOND_MS;
/** Older frames are not what goes over the link now. */
const OLD_MS = 15 * SECOND_MS;
/** In one sitting, as the issue says; then a person has to look again on purpose. */
const SITTING_MS = 10 * MINUTE_MS;
const VIEWS_MAX = 100;

interface View {
  readonly begunAt: Mono;
  askedAt: Mono | undefined;
  seenAt: Mono;
  heardAt: Mono | undefined;
  frames: readonly RawFrame[];
}

/** Idle until `start`. */
export function createRawView(options: RawViewOptions): RawView {
  const { bus, clock, log } = options;
  const views = new Map<string, View>();
  const readTopic = createTopicReader();
  const stops: (() => void)[] = [];
  const keyOf = ({ home, bed }: Place, device: DeviceId): string => `${qualifiedBed(home, bed)} ${device}`;

  const onRaw = (topic: string, payload: string): void => {
    const place = readTopic(topic);
    if (place === undefined || !("device" in place) || !options.isKnown(place.home)) return;
    const view = views.get(keyOf(place, place.device));
    const read = readRaw(payload);
    if (view === undefined || !read.ok) return;
    view.frames = read.message.frames;
    view.heardAt = clock.mono();
  };

  const ask = (view: View, place: Place, device: DeviceId, by: Actor): void => {
    const now = clock.mono();
    const isAsked = view.askedAt !== undefined && now - view.askedAt < ASK_MS / 2;
    if (isAsked || now - view.begunAt >= SITTING_MS) return;
    view.askedAt = now;
    options.ask(place, { device, forMs: ASK_MS }, by).then(
      ({ accepted, reason }) => {
        if (!accepted) log.note("raw.refused", { home: place.home, device, reason: reason ?? "" }, "warn");
      },
      (error: unknown) => log.note("raw.unasked", { home: place.home, detail: messageOf(error) }, "warn"),
    );
  };

  return {
    start() {
      stops.push(
        bus.subscribe(allHomesFilter("raw"), onRaw),
        clock.every(UNSEEN_MS, () => {
          for (const [key, { seenAt }] of views) if (clock.mono() - seenAt >= UNSEEN_MS) views.delete(key);
        }),
      );
    },
    frames(place, device, by) {
      const key = keyOf(place, device);
      const now = clock.mono();
      if (!views.has(key) && views.size >= VIEWS_MAX) return undefined;
      const view: View = views.get(key) ?? {
        ...{ begunAt: now, askedAt: undefined, seenAt: now, heardAt: undefined, frames: [] },
      };
      views.set(key, view);
      view.seenAt = now;
      ask(view, place, device, by);
      return view.heardAt !== undefined && now - view.heardAt < OLD_MS ? view.frames : [];
    },
    stop() {
      for (const stop of stops.splice(0)) stop();
      views.clear();
    },
  };
}
