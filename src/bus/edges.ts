import type { AlarmFold } from "../domain/alarm.ts";
import { messageOf } from "../domain/fault.ts";
import { type BedId, type HomeId, qualifiedBed } from "../domain/ids.ts";
import type { Observation } from "../domain/observation.ts";
import { type Mono, mono, SECOND_MS } from "../domain/time.ts";
import type { Bus } from "../port/bus.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { DeviceFacts, EdgeAbout, EdgeLink, EdgeReadiness } from "./bed-schemas.ts";
import { createEdgeClock, type EdgeClock } from "./edge-clock.ts";
import { type EdgeEvening, readEvening } from "./evening-schemas.ts";
import {
  type CalledMessage,
  type HealthMessage,
  readAlarm,
  readCalled,
  readHealth,
  readState,
  type StateMessage,
} from "./messages.ts";
import type { ReceivedObservation } from "./observation.ts";
import { createSaidGuard, type SaidGuard } from "./said.ts";
import { allHomesFilter, createTopicReader, type Place, type TopicKind } from "./topics.ts";
import type { SettingsReport } from "./uplink.ts";

/** A bed as its edge says that it is. */
export interface EdgeStatus extends Place {
  /** Its broker connection stands, and a heartbeat came within the grace. */
  readonly online: boolean;
  /** Since the newest heartbeat; absent: none since this hub began. */
  readonly heardMs?: number;
  /** Of the run that its retained state names; absent: never heard. */
  readonly epoch?: string;
  readonly simulated: boolean;
  readonly clockTrusted?: boolean;
  /** How far its wall clock is ahead of the hub's, ms. */
  readonly clockAheadMs?: number;
  readonly spoolHeld?: number;
  readonly spoolDropped?: number;
  readonly settings: SettingsReport;
  readonly about?: EdgeAbout;
  /** What its devices are, as far as it has told. */
  readonly devices?: readonly DeviceFacts[];
  /** How they were with the newest heartbeat. */
  readonly links?: readonly EdgeLink[];
}

/** A bed that the hub has not heard for longer than the grace: what EDGE_OFFLINE is about. */
export interface SilentBed extends Place {
  readonly forMs: number;
  /** `never`: since this hub began. `offline`: its connection ended. `broker`: the hub itself hears nobody. */
  readonly why: "never" | "offline" | "quiet" | "broker";
}

export interface EdgesOptions {
  /** Never closed here. */
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  /** What others say is dropped. Asked at every message. */
  readonly isKnown: (home: HomeId) => boolean;
  /** What boxes say of themselves is signed; absent: nothing is judged. */
  readonly signed?: {
    readonly keyOf: (home: HomeId) => Uint8Array | undefined;
    /** Of this hub's echoes now. */
    readonly session: () => string;
    /** The home's box has signed before. */
    readonly signs: (home: HomeId) => boolean;
    readonly onSigned: (home: HomeId) => void;
  };
  /** A bed is there, or is another one now; beds are called `<home>~<bed>` from here on. None of these may throw. */
  onAbout(bed: BedId, about: EdgeAbout): void;
  /** `anew`: of another run, whose revisions may begin again. */
  onFold(fold: AlarmFold, anew: boolean): void;
  /**
   * What the box has told people's phones, by its own name of the bed; `aheadMs`: its wall clock, of the hub's, where that
   * is known.
   */
  onCalled(bed: BedId, sends: CalledMessage["sends"], aheadMs: number | undefined): void;
  /** With the hub's monotonic time at which it was measured; only what came within seconds. */
  onObservation(observation: Observation): void;
  onLink(bed: BedId, link: EdgeLink): void;
  onReadiness(bed: BedId, readiness: EdgeReadiness): void;
  /** How the evening check of the bed's home stands; undefined: its box says nothing of it. */
  onEvening?(bed: BedId, evening: EdgeEvening | undefined): void;
  /** Came, went, began anew, or runs on other settings. */
  onChange(edge: EdgeStatus): void;
}

/** Everything that a hub knows of the bedsides, from their retained messages and heartbeats. */
export interface Edges {
  start(): void;
  /** What the ingest read: the hub reads it once. */
  heard(place: Place, observation: ReceivedObservation): void;
  /** A bed that belongs to a home and may never have been heard: it is silent too. */
  expect(place: Place): void;
  forget(home: HomeId): void;
  of(place: Place): EdgeStatus | undefined;
  /** Without a walk over the beds of other homes: asked whenever one of them comes or goes. */
  ofHome(home: HomeId): readonly EdgeStatus[];
  /** `away`: its connection ended or it is silent. `unsure`: so may this hub be, or it only just began to hear. */
  there(place: Place): "heard" | "away" | "unsure";
  /** Silent for longer than the grace, longest first. */
  silent(): readonly SilentBed[];
  stop(): void;
}

/** Clinical facts 3.3, EDGE_OFFLINE: heartbeats come every 10 s. */
export const EDGE_GRACE_MS = 30 * SECOND_MS;
const LOOK_MS = 5 * SECOND_MS;
/** A box whose connection ended together with the hub's is back as soon as the hub is. */
const SETTLE_MS = 10 * SECOND_MS;
/** Older is history, for charts alone; a page calls a number gone at this age too. */
const LIVE_MS_MAX = 30 * SECOND_MS;
const BEDS_MAX = 50_000;
const BEDS_OF_HOME_MAX = 32;

interface Bed extends Place {
  readonly name: BedId;
  readonly clock: EdgeClock;
  readonly guard: SaidGuard | undefined;
  /** When it began to be waited for, or its newest heartbeat. */
  since: Mono;
  heardAt: Mono | undefined;
  /** The run that was heard last. */
  epoch: string | undefined;
  /** It said goodbye, or the broker did in its name, and was not heard since. */
  isGone: boolean;
  state: StateMessage | undefined;
  health: HealthMessage | undefined;
  fold: AlarmFold | undefined;
  /** The next fold is the first of its run. */
  isAnew: boolean;
  /** As onChange was last told. */
  told: string;
}

/** Idle until `start`. */
export function createEdges(options: EdgesOptions): Edges {
  const { bus, clock, log } = options;
  /** By name, those unheard for longest first. */
  const beds = new Map<BedId, Bed>();
  const perHome = new Map<HomeId, Bed[]>();
  const readTopic = createTopicReader();
  const stops: (() => void)[] = [];
  /** Silence counts from here: while the hub is cut off nobody can be heard. */
  let hearsSince: Mono = clock.mono();

  const guardOf = (place: Place): SaidGuard | undefined => {
    const { signed } = options;
    if (signed === undefined) return undefined;
    return createSaidGuard({
      ...{ place, session: signed.session },
      key: () => signed.keyOf(place.home),
      signs: () => signed.signs(place.home),
      onSigned: () => signed.onSigned(place.home),
    });
  };

  const find = (place: Place): Bed | undefined => {
    const name = qualifiedBed(place.home, place.bed);
    const known = beds.get(name);
    if (known !== undefined) return known;
    const own = perHome.get(place.home) ?? [];
    if (beds.size >= BEDS_MAX || own.length >= BEDS_OF_HOME_MAX) return undefined;
    const bed: Bed = {
      ...{ home: place.home, bed: place.bed, name, clock: createEdgeClock(), since: clock.mono() },
      guard: guardOf({ home: place.home, bed: place.bed }),
      ...{ heardAt: undefined, epoch: undefined, isGone: false, state: undefined, health: undefined },
      ...{ fold: undefined, isAnew: true, told: "" },
    };
    beds.set(name, bed);
    perHome.set(place.home, [...own, bed]);
    return bed;
  };

  const isOnline = ({ isGone, heardAt }: Bed): boolean =>
    !isGone && heardAt !== undefined && clock.mono() - heardAt < EDGE_GRACE_MS;

  const statusOf = (bed: Bed): EdgeStatus => {
    const { home, state, health, heardAt } = bed;
    const ahead = bed.clock.aheadOf(clock);
    return {
      ...{ home, bed: bed.bed, online: isOnline(bed), simulated: state?.simulated ?? false },
      ...(heardAt === undefined ? {} : { heardMs: clock.mono() - heardAt }),
      ...(ahead === undefined ? {} : { clockAheadMs: ahead }),
      ...(bed.epoch === undefined ? {} : { epoch: bed.epoch }),
      ...(state?.about === undefined ? {} : { about: state.about }),
      ...(state?.devices === undefined ? {} : { devices: state.devices }),
      ...(health?.links === undefined ? {} : { links: health.links }),
      ...(health === undefined
        ? {}
        : {
            clockTrusted: health.clockTrusted,
            spoolHeld: health.spoolHeld,
            spoolDropped: health.spoolDropped,
          }),
      settings: settingsOf(state),
    };
  };

  const tellChange = (bed: Bed): void => {
    const status = statusOf(bed);
    const { online, epoch, settings } = status;
    const now = JSON.stringify({ online, epoch, settings });
    if (now === bed.told) return;
    bed.told = now;
    options.onChange(status);
  };

  const onState = (bed: Bed, payload: string): string | undefined => {
    const read = readState(payload);
    if (!read.ok) return read.reason;
    const { message } = read;
    // A connection that died late says goodbye for a run that is over: its successor is there already.
    if (!message.online && bed.epoch !== undefined && bed.epoch !== message.epoch) return undefined;
    begin(bed, message.epoch);
    bed.isGone = !message.online;
    const before = bed.state?.about;
    const about = message.about ?? before;
    // The last will tells less.
    const devices = message.devices ?? bed.state?.devices;
    bed.state = {
      ...message,
      ...(about === undefined ? {} : { about }),
      ...(devices === undefined ? {} : { devices }),
    };
    if (about !== undefined && JSON.stringify(about) !== JSON.stringify(before)) {
      options.onAbout(bed.name, about);
      // What is open may have come before anybody knew whose it is.
      if (before === undefined && bed.fold !== undefined) options.onFold(bed.fold, true);
    }
    tellChange(bed);
    return undefined;
  };

  /** Unsigned, in the name of a box that signs: the broker's word that its connection died. Never that it is there. */
  const onGoodbye = (bed: Bed, payload: string): string | undefined => {
    const read = readState(payload);
    if (!read.ok) return read.reason;
    if (read.message.online || bed.epoch !== read.message.epoch) return "unsigned";
    bed.isGone = true;
    tellChange(bed);
    return undefined;
  };

  const begin = (bed: Bed, epoch: string): void => {
    if (bed.epoch === epoch) return;
    bed.epoch = epoch;
    bed.isAnew = true;
    bed.clock.forget();
  };

  const onHealth = (bed: Bed, payload: string): string | undefined => {
    const read = readHealth(payload);
    if (!read.ok) return read.reason;
    begin(bed, read.message.epoch);
    bed.isGone = false;
    bed.health = read.message;
    bed.since = clock.mono();
    bed.heardAt = bed.since;
    bed.clock.heard(read.message.at, bed.since);
    beds.delete(bed.name);
    beds.set(bed.name, bed);
    for (const link of read.message.links ?? []) options.onLink(bed.name, link);
    if (read.message.readiness !== undefined) options.onReadiness(bed.name, read.message.readiness);
    options.onEvening?.(bed.name, readEvening(read.message.evening));
    tellChange(bed);
    return undefined;
  };

  const onAlarm = (bed: Bed, payload: string): string | undefined => {
    const read = readAlarm(payload);
    if (!read.ok) return read.reason;
    bed.fold = foldAt(read.message, bed.name);
    options.onFold(bed.fold, bed.isAnew);
    bed.isAnew = false;
    return undefined;
  };

  const onCalled = (bed: Bed, payload: string): string | undefined => {
    const read = readCalled(payload);
    if (!read.ok) return read.reason;
    options.onCalled(bed.name, read.message.sends, bed.clock.aheadOf(clock));
    return undefined;
  };

  const judged = (
    kind: "state" | "health" | "alarm" | "called",
    take: (bed: Bed, payload: string) => string | undefined,
  ): ((bed: Bed, payload: string) => string | undefined) => {
    return (bed, payload) => {
      const verdict = bed.guard?.judge(kind, payload) ?? true;
      if (verdict === true) return take(bed, payload);
      return verdict === "hint" ? onGoodbye(bed, payload) : verdict;
    };
  };

  const listen = (kind: TopicKind, take: (bed: Bed, payload: string) => string | undefined): void => {
    stops.push(
      bus.subscribe(allHomesFilter(kind), (topic, payload) => {
        const place = readTopic(topic);
        // An empty one takes a retained message back.
        if (place === undefined || payload === "" || !options.isKnown(place.home)) return;
        const bed = find(place);
        const reason = bed === undefined ? "more beds than a home has" : take(bed, payload);
        if (reason !== undefined) log.note("edges.rejected", { topic, reason }, "debug");
      }),
    );
  };

  /** Those unheard for longest come first, so this ends at the first that is well. */
  const overdue = function* (): IterableIterator<Bed> {
    const before = clock.mono() - EDGE_GRACE_MS;
    for (const bed of beds.values()) {
      if (bed.since > before) return;
      yield bed;
    }
  };

  const look = (): void => {
    for (const bed of overdue()) tellChange(bed);
  };

  const silenceOf = (bed: Bed): SilentBed | undefined => {
    const { home, heardAt, since } = bed;
    const forMs = clock.mono() - since;
    const place = { home, bed: bed.bed, forMs };
    if (!bus.connected) return { ...place, why: "broker" };
    // After the hub itself was cut off everybody gets the grace again.
    if (clock.mono() - hearsSince < EDGE_GRACE_MS) return undefined;
    if (heardAt === undefined) return { ...place, why: "never" };
    return { ...place, why: bed.isGone ? "offline" : "quiet" };
  };

  return {
    start() {
      hearsSince = clock.mono();
      listen("state", judged("state", onState));
      listen("health", judged("health", onHealth));
      listen("alarm", judged("alarm", onAlarm));
      listen("called", judged("called", onCalled));
      stops.push(
        clock.every(LOOK_MS, look),
        bus.onConnected((connected) => {
          if (connected) hearsSince = clock.mono();
        }),
      );
    },
    heard(place, received) {
      const bed = beds.get(qualifiedBed(place.home, place.bed));
      const at = bed?.clock.monoOf(received.at);
      // Before its first heartbeat nobody can say how old it is.
      if (bed === undefined || at === undefined || clock.mono() - at > LIVE_MS_MAX) return;
      if (received.epoch !== bed.epoch) return;
      try {
        options.onObservation(observationAt(received, bed.name, mono(Math.min(at, clock.mono()))));
      } catch (error) {
        log.note("edges.failed", { bed: bed.name, detail: messageOf(error) }, "error");
      }
    },
    expect(place) {
      find(place);
    },
    forget(home) {
      for (const { name } of perHome.get(home) ?? []) beds.delete(name);
      perHome.delete(home);
    },
    of(place) {
      const bed = beds.get(qualifiedBed(place.home, place.bed));
      return bed === undefined ? undefined : statusOf(bed);
    },
    ofHome: (home) => (perHome.get(home) ?? []).map(statusOf),
    there(place) {
      const bed = beds.get(qualifiedBed(place.home, place.bed));
      const hearsForMs = clock.mono() - hearsSince;
      if (bed === undefined || !bus.connected || hearsForMs < SETTLE_MS) return "unsure";
      if (bed.isGone) return "away";
      if (isOnline(bed)) return "heard";
      return hearsForMs < EDGE_GRACE_MS ? "unsure" : "away";
    },
    silent: () =>
      [...overdue()]
        .map(silenceOf)
        .filter((one) => one !== undefined)
        .toSorted((a, b) => b.forMs - a.forMs),
    stop() {
      for (const stop of stops.splice(0)) stop();
    },
  };
}

const settingsOf = (state: StateMessage | undefined): SettingsReport => ({
  ...(state?.settingsHash === undefined
    ? {}
    : { applied: { version: state.settingsVersion ?? 0, hash: state.settingsHash } }),
  ...(state?.settingsRefused === undefined ? {} : { refused: state.settingsRefused }),
});

/** A fold with the bed as it is called here. */
const foldAt = (fold: AlarmFold, bed: BedId): AlarmFold => ({
  ...fold,
  bed,
  open: fold.open.map((occurrence) => ({ ...occurrence, bed })),
  past: fold.past.map((past) => ({ ...past, occurrence: { ...past.occurrence, bed } })),
});

/** An observation on the hub's own monotonic clock. */
function observationAt(received: ReceivedObservation, bed: BedId, at: Mono): Observation {
  const { unsynced, body, ...rest } = received;
  const mark = unsynced ? { unsynced: true as const } : {};
  if (body.kind !== "breath") return { ...rest, ...mark, body, bed, mono: at };
  const { startAt, endAt, ...values } = body.breath;
  const breath = {
    ...values,
    start: mono(at - (received.at - startAt)),
    end: mono(at - (received.at - endAt)),
  };
  return { ...rest, ...mark, body: { kind: "breath", breath }, bed, mono: at };
}
