import type { AlarmEvent } from "../domain/alarm.ts";
import { messageOf } from "../domain/fault.ts";
import { type BedId, base32Id, type HomeId } from "../domain/ids.ts";
import { type Mono, SECOND_MS, type Wall } from "../domain/time.ts";
import type { Bus } from "../port/bus.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { Random } from "../port/random.ts";
import type { Batch, Timeseries } from "../port/timeseries.ts";
import { type CommitBounds, createCommits } from "./commits.ts";
import { createGreeter } from "./greeter.ts";
import { createMarks, type Stream } from "./marks.ts";
import {
  type AlarmEventMessage,
  readAlarmEvent,
  readAlarmEventIdentity,
  readHealth,
  readState,
  write,
} from "./messages.ts";
import { decodeObservation, type ReceivedIdentity, type ReceivedObservation } from "./observation.ts";
import { doneWithin } from "./patience.ts";
import { createPeers } from "./peers.ts";
import { signSaid } from "./said.ts";
import { bedTopic, createTopicReader, type ParsedTopic, type Place, type TopicKind } from "./topics.ts";
import { ALARM_STREAM } from "./uplink.ts";

/** Which homes come in, what their beds are called in the store, and how much of it at once. */
export interface IntakeScope {
  /** What is stored; where several hubs share the work, each message goes to one of them. */
  filter(kind: TopicKind): string;
  /** Retained states, which every hub hears. */
  readonly states: string;
  isOurs(home: HomeId): boolean;
  nameOf(place: Place): BedId;
  readonly bounds: CommitBounds;
  readonly markEveryMs: number;
  readonly devicesMax: number;
  /** Hubs of this name share the work, and tell one another what they stored. */
  readonly share?: string;
  /** What echoes to a home's box are signed with; absent, or undefined: unsigned. */
  pairingKeyOf?(home: HomeId): Uint8Array | undefined;
  /** Everything that was said for the first time, also what waits for a clock to be set right. Must not throw. */
  onObservation?(place: Place, observation: ReceivedObservation): void;
}

export interface IntakeOptions {
  /** The ingest never closes it. */
  readonly bus: Bus;
  readonly timeseries: Timeseries;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly scope: IntakeScope;
}

/** How the way into the store is doing. */
export interface IngestStatus {
  /** Messages settled since the start, without repeats. */
  readonly stored: number;
  readonly repeats: number;
  /** Messages that no schema fits, or that the store will never take. */
  readonly rejected: number;
  /** Turned away because too many wait; their senders keep them. */
  readonly turnedAway: number;
  readonly waiting: number;
  /** Since the oldest of them came; over a few seconds the store is in trouble. Absent: none waits. */
  readonly waitingMs?: number;
  /** Why the store refused the last commit; absent when it took it. */
  readonly trouble?: string;
}

/** What one home did, since it was first heard. */
export type HomeIngestStatus = Omit<IngestStatus, "waitingMs" | "trouble">;

/**
 * Brings what edges send into the store and tells them when it is safe. A store that stalls or fails holds up nothing
 * but its own line, which is bounded in all and for each home; what is turned away then is sent again.
 */
export interface Intake {
  start(): void;
  status(): IngestStatus;
  /** What echoes name now: new with every connection. */
  session(): string;
  ofHome(home: HomeId): HomeIngestStatus | undefined;
  forget(home: HomeId): void;
  /** Commits what waits, for a second at most; the rest is still with its senders. */
  stop(): Promise<void>;
}

const STOP_MS = 1 * SECOND_MS;
const COMPLAINT_MS = 10 * SECOND_MS;
const HOMES_MAX = 50_000;

interface Counts {
  stored: number;
  repeats: number;
  rejected: number;
  turnedAway: number;
}

const noCounts = (): Counts => ({ stored: 0, repeats: 0, rejected: 0, turnedAway: 0 });

/** Idle until `start`. */
export function createIntake(options: IntakeOptions): Intake {
  const { bus, clock, log, random, scope } = options;
  const { bounds, markEveryMs, devicesMax } = scope;
  const marks = createMarks({ bus, clock, log, everyMs: markEveryMs, devicesMax });
  const peers = scope.share === undefined ? undefined : createPeers({ bus, log, group: scope.share });
  const stops: (() => void)[] = [];
  const read = createTopicReader();
  const all = noCounts();
  const homes = new Map<HomeId, Counts>();
  let complainedAt: Mono | undefined;
  /** New with every connection: what the broker delivered to the one before may be lost. */
  let session = "";
  /** Of what was signed. */
  let echoes = 0;

  const commits = createCommits({
    ...options,
    bounds,
    onCommitted() {
      marks.publish();
      peers?.tell(session);
    },
  });

  const newSession = (): void => {
    session = base32Id(random.bytes(10));
  };

  const count = (home: HomeId, what: keyof Counts): void => {
    all[what]++;
    const counts = homes.get(home) ?? noCounts();
    if (homes.size >= HOMES_MAX && !homes.has(home)) homes.clear();
    homes.set(home, counts);
    counts[what]++;
  };

  const reject = (topic: string, reason: string, home?: HomeId): void => {
    if (home === undefined) all.rejected++;
    else count(home, "rejected");
    if (complainedAt !== undefined && clock.mono() - complainedAt < COMPLAINT_MS) return;
    complainedAt = clock.mono();
    log.note("ingest.rejected", { topic, reason, rejected: all.rejected }, "warn");
  };

  const settle = (stream: Stream, from: number, to: number): void => {
    marks.settle(stream, from, to);
    peers?.add(stream, from, to);
  };

  /** A repeat brings nothing new, but its sender waits for the mark, or says that the numbers before are gone. */
  const arrive = (
    stream: Stream,
    { seq, after }: ReceivedIdentity,
    { data, chars }: { readonly data: Partial<Batch>; readonly chars: number },
  ): { readonly isNew: boolean } => {
    const { home } = stream;
    const key = `${home} ${stream.bed} ${stream.device} ${stream.epoch} ${seq}`;
    const isRepeat = marks.has(stream, seq) || commits.waitsFor(key);
    if (isRepeat) count(home, "repeats");
    const taken = commits.add({
      ...{ key, home, at: clock.mono(), chars, data: isRepeat ? {} : data },
      settle() {
        settle(stream, after + 1, seq);
        if (!isRepeat) count(home, "stored");
      },
    });
    if (!taken) count(home, "turnedAway");
    return { isNew: !isRepeat };
  };

  const onObservation = (topic: string, payload: string): void => {
    const place = placeOf(topic);
    if (place === undefined || !("device" in place)) return reject(topic, NOT_OURS);
    const { home, bed, device } = place;
    if (!commits.hasRoom(home, payload.length)) return count(home, "turnedAway");
    const decoded = decodeObservation(scope.nameOf(place), device, payload);
    if (!decoded.ok) reject(topic, decoded.reason, home);
    else if (decoded.observation.unsynced) return scope.onObservation?.(place, decoded.observation);
    // What can be told apart but not read would otherwise be sent for ever.
    const data = decoded.ok ? toBatch(decoded.observation) : {};
    if (decoded.identity === undefined) return;
    const stream = { home, bed, device, epoch: decoded.identity.epoch };
    const { isNew } = arrive(stream, decoded.identity, { data, chars: payload.length });
    if (isNew && decoded.ok) scope.onObservation?.(place, decoded.observation);
  };

  const onAlarmEvent = (topic: string, payload: string): void => {
    const place = placeOf(topic);
    if (place === undefined) return reject(topic, NOT_OURS);
    const { home, bed } = place;
    if (!commits.hasRoom(home, payload.length)) return count(home, "turnedAway");
    const identity = readAlarmEventIdentity(payload);
    if (!identity.ok) return reject(topic, identity.reason, home);
    const { epoch, seq, after = seq - 1 } = identity.message;
    const message = readAlarmEvent(payload);
    const named = scope.nameOf(place);
    // A newer box may say what this hub cannot read. Left unsettled it would hold up every event after it.
    const data = message.ok
      ? { events: [{ bed: named, key: `${epoch}-${seq}`, event: atBed(message.message.event, named) }] }
      : {};
    const stream = { home, bed, device: ALARM_STREAM, epoch };
    const { isNew } = arrive(stream, { epoch, seq, after }, { data, chars: payload.length });
    if (isNew && !message.ok) reject(topic, `alarm event ${epoch}-${seq}: ${message.reason}`, home);
  };

  /** Answers an edge, from this end of the whole way: proof that more than the broker hears it. */
  const echo = ({ home, bed }: Place, nonce: string): void => {
    if (!bus.connected) return;
    const key = scope.pairingKeyOf?.(home);
    const plain = write({ nonce, session });
    const said = { epoch: session, count: echoes++, sessions: [] };
    const payload = key === undefined ? plain : signSaid(key, { home, bed }, "health/echo", plain, said);
    bus.publish(bedTopic(home, bed, "health/echo"), payload, { retain: false }).catch((error: unknown) => {
      log.note("ingest.echo_failed", { home, bed, detail: messageOf(error) }, "debug");
    });
  };

  const greeter = createGreeter({ clock, greet: (place) => echo(place, "state") });

  const onHealth = (topic: string, payload: string): void => {
    const place = placeOf(topic);
    const health = readHealth(payload);
    if (place === undefined || !health.ok)
      return reject(topic, health.ok ? NOT_OURS : health.reason, place?.home);
    echo(place, health.message.nonce);
  };

  /** The retained state tells a hub that comes up which edges to greet, long before their next heartbeat. */
  const onState = (topic: string, payload: string): void => {
    const place = placeOf(topic);
    if (payload === "" && place !== undefined) return;
    const state = readState(payload);
    if (place === undefined || !state.ok)
      return reject(topic, state.ok ? NOT_OURS : state.reason, place?.home);
    if (state.message.online) greeter.add(place);
  };

  /** Undefined for topics that are not of homes that come in here. */
  const placeOf = (topic: string): ParsedTopic | undefined => {
    const place = read(topic);
    return place !== undefined && scope.isOurs(place.home) ? place : undefined;
  };

  return {
    start() {
      newSession();
      if (peers !== undefined) stops.push(peers.start((stream, from, to) => marks.settle(stream, from, to)));
      stops.push(
        bus.onConnected((connected) => {
          if (!connected) return;
          newSession();
          marks.publishAll();
        }),
        bus.subscribe(scope.filter("observation"), onObservation),
        bus.subscribe(scope.filter("wave"), onObservation),
        bus.subscribe(scope.filter("alarm/event"), onAlarmEvent),
        bus.subscribe(scope.filter("health"), onHealth),
        bus.subscribe(scope.states, onState),
      );
    },
    status: () => ({
      ...all,
      rejected: all.rejected + commits.refused,
      waiting: commits.waiting,
      ...(commits.oldestAt === undefined ? {} : { waitingMs: clock.mono() - commits.oldestAt }),
      ...(commits.trouble === undefined ? {} : { trouble: commits.trouble }),
    }),
    session: () => session,
    ofHome(home) {
      const counts = homes.get(home);
      const waiting = commits.waitingOf(home);
      return counts === undefined && waiting === 0 ? undefined : { ...noCounts(), ...counts, waiting };
    },
    forget(home) {
      homes.delete(home);
      marks.forget(home);
    },
    async stop() {
      for (const stop of stops.splice(0)) stop();
      greeter.stop();
      await doneWithin(clock, STOP_MS, commits.flush());
      commits.stop();
      marks.stop();
    },
  };
}

const NOT_OURS = "not a topic of a home that is known here";

/** An event as the bed is called here. */
const atBed = ({ occurrence, ...event }: AlarmEventMessage["event"], bed: BedId): AlarmEvent => ({
  ...event,
  occurrence: { ...occurrence, bed },
});

/** A card's numbers belong to when they were measured, not to when they were read; never to the future. */
const measuredAt = ({ at, timeliness, deviceAt }: ReceivedObservation): Wall =>
  timeliness === "live" || deviceAt === undefined || deviceAt > at ? at : deviceAt;

/** What the store keeps of an observation; the other kinds live in the journal and the device log. */
function toBatch(observation: ReceivedObservation): Partial<Batch> {
  const { bed, device, epoch, seq, simulated, body } = observation;
  const base = { bed, device, epoch, seq, at: measuredAt(observation), simulated };
  switch (body.kind) {
    case "samples":
      return { rows: [{ ...base, samples: body.samples }] };
    case "wave":
      return { waves: [{ ...base, rateHz: body.rateHz, channels: body.channels }] };
    case "settings":
      return { settings: [{ ...base, settings: body.settings }] };
    case "ownAlarm":
    case "identity":
    case "breath":
    case "status":
      return {};
  }
}
