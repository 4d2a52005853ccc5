import type { Actor } from "../domain/alarm.ts";
import { Fault, messageOf } from "../domain/fault.ts";
import { type DeviceId, type HomeId, qualifiedBed } from "../domain/ids.ts";
import { MINUTE_MS, type Mono, SECOND_MS } from "../domain/time.ts";
import type { Bus } from "../port/bus.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { RawFrame } from "./bed-schemas.ts";
import type { Commander } from "./commander.ts";
import { readRaw } from "./messages.ts";
import { allHomesFilter, createTopicReader, type Place } from "./topics.ts";

export interface RawViewOptions {
  /** Never closed here. */
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly isKnown: (home: HomeId) => boolean;
  readonly look: Commander["look"];
}

/** What is seen of a device's frames. */
export interface FramesSeen {
  /** Newest last; none while they do not come. */
  readonly frames: readonly RawFrame[];
  /** `over`: after ten minutes in one sitting, until somebody looks on purpose. */
  readonly state: "asking" | "live" | "over" | "refused";
  /** With `refused`. */
  readonly refusal?: Fault;
}

/** The hub's end of raw frames: kept for as long as somebody looks. */
export interface RawView {
  start(): void;
  /**
   * Looking asks the box to send them, for as long as looking goes on; the first look finds none yet. `anew`: somebody
   * says that they look again, after a sitting is over. Throws RATE_LIMITED where too many are looked at.
   */
  frames(place: Place, device: DeviceId, by: Actor, anew?: boolean): FramesSeen;
  stop(): void;
}

/** So long each ask lasts; asked again after half of it. */
const ASK_MS = 1 * MINUTE_MS;
/** Nobody has looked for so long. */
const UNSEEN_MS = 30 * SECOND_MS;
/** Older frames are not what goes over the link now. */
const OLD_MS = 15 * SECOND_MS;
/** In one sitting; then a person has to look again on purpose. */
const SITTING_MS = 10 * MINUTE_MS;
const VIEWS_MAX = 100;
const ASKERS_MAX = 32;

interface View {
  readonly begunAt: Mono;
  /** When each person asked last: the box writes down everybody who looks. */
  readonly asked: Map<string, Mono>;
  seenAt: Mono;
  heardAt: Mono | undefined;
  frames: readonly RawFrame[];
  refusal: Fault | undefined;
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

  const isOver = ({ begunAt }: View): boolean => clock.mono() - begunAt >= SITTING_MS;

  const ask = (view: View, place: Place, device: DeviceId, by: Actor): void => {
    const now = clock.mono();
    const askedAt = view.asked.get(by.id);
    if ((askedAt !== undefined && now - askedAt < ASK_MS / 2) || isOver(view)) return;
    if (view.asked.size >= ASKERS_MAX) view.asked.clear();
    view.asked.set(by.id, now);
    const forMs = Math.ceil(Math.min(ASK_MS, view.begunAt + SITTING_MS - now));
    options.look(place, { kind: "raw", device, forMs }, by).then(
      ({ accepted, reason, code }) => {
        view.refusal = accepted
          ? undefined
          : new Fault(code ?? "CONFLICT", reason ?? "The box does not send them.");
      },
      (error: unknown) => {
        log.note("raw.unasked", { home: place.home, detail: messageOf(error) }, "debug");
        view.refusal = error instanceof Fault ? error : new Fault("EDGE_SILENT", messageOf(error));
      },
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
    frames(place, device, by, anew = false) {
      const key = keyOf(place, device);
      const now = clock.mono();
      const known = views.get(key);
      if (known !== undefined && anew && isOver(known)) views.delete(key);
      if (!views.has(key) && views.size >= VIEWS_MAX) {
        throw new Fault("RATE_LIMITED", "Too many devices are looked at.", { fix: "Try again in a minute." });
      }
      const view: View = views.get(key) ?? {
        ...{ begunAt: now, asked: new Map<string, Mono>(), seenAt: now, heardAt: undefined, frames: [] },
        refusal: undefined,
      };
      views.set(key, view);
      view.seenAt = now;
      ask(view, place, device, by);
      if (isOver(view)) return { frames: [], state: "over" };
      if (view.heardAt !== undefined && now - view.heardAt < OLD_MS) {
        return { frames: view.frames, state: "live" };
      }
      const { refusal } = view;
      return refusal === undefined
        ? { frames: [], state: "asking" }
        : { frames: [], state: "refused", refusal };
    },
    stop() {
      for (const stop of stops.splice(0)) stop();
      views.clear();
    },
  };
}
