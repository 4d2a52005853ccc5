import { messageOf } from "../domain/fault.ts";
import { type BedId, base32Id, type HomeId } from "../domain/ids.ts";
import { type Mono, SECOND_MS, type Wall } from "../domain/time.ts";
import type { Bus } from "../port/bus.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { Random } from "../port/random.ts";
import type { Batch, Timeseries } from "../port/timeseries.ts";
import { createCommits } from "./commits.ts";
import { createMarks, type Stream } from "./marks.ts";
import { readAlarmEvent, readHealth, readState, write } from "./messages.ts";
import { decodeObservation, type ReceivedIdentity, type ReceivedObservation } from "./observation.ts";
import { doneWithin } from "./patience.ts";
import { bedTopic, homeFilter, type ParsedTopic, parseTopic } from "./topics.ts";
import { ALARM_STREAM } from "./uplink.ts";

export interface IngestOptions {
  /** The ingest never closes it. */
  readonly bus: Bus;
  readonly timeseries: Timeseries;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly home: HomeId;
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

/**
 * Brings what the edges of one home send into the store and tells them when it is safe. A store that stalls or
 * fails holds up nothing but its own line, up to 20,000 messages or 32 Mi characters; what is turned away then is sent again.
 */
export interface Ingest {
  start(): void;
  status(): IngestStatus;
  /** Commits what waits, for a second at most; the rest is still with its senders. */
  stop(): Promise<void>;
}

const STOP_MS = 1 * SECOND_MS;
const COMPLAINT_MS = 10 * SECOND_MS;
const PLACES_MAX = 1_000;

/** Idle until `start`. */
export function createIngest(options: IngestOptions): Ingest {
  const { bus, clock, log, random, home } = options;
  const marks = createMarks(options);
  const stops: (() => void)[] = [];
  const places = new Map<string, ParsedTopic>();
  let stored = 0;
  let repeats = 0;
  let rejected = 0;
  let turnedAway = 0;
  let complainedAt: Mono | undefined;
  /** New with every connection: what the broker delivered to the one before may be lost. */
  let session = "";

  const commits = createCommits({ ...options, onCommitted: marks.publish });

  const newSession = (): void => {
    session = base32Id(random.bytes(10));
  };

  const reject = (topic: string, reason: string): void => {
    rejected++;
    if (complainedAt !== undefined && clock.mono() - complainedAt < COMPLAINT_MS) return;
    complainedAt = clock.mono();
    log.note("ingest.rejected", { topic, reason, rejected }, "warn");
  };

  /** A repeat brings nothing new, but its sender waits for the mark, or says that the numbers before are gone. */
  const arrive = (
    stream: Stream,
    { seq, after }: ReceivedIdentity,
    { data, chars }: { readonly data: Partial<Batch>; readonly chars: number },
  ): void => {
    const key = `${stream.bed} ${stream.device} ${stream.epoch} ${seq}`;
    const isRepeat = marks.has(stream, seq) || commits.waitsFor(key);
    if (isRepeat) repeats++;
    const settle = (): void => {
      marks.settle(stream, after + 1, seq);
      if (!isRepeat) stored++;
    };
    const taken = commits.add({ key, at: clock.mono(), chars, data: isRepeat ? {} : data, settle });
    if (!taken) turnedAway++;
  };

  const onObservation = (topic: string, payload: string): void => {
    const place = placeOf(topic);
    if (place === undefined || !("device" in place)) return reject(topic, "not a topic of this home");
    const { bed, device } = place;
    const decoded = decodeObservation(bed, device, payload);
    if (!decoded.ok) reject(topic, decoded.reason);
    else if (decoded.observation.unsynced) return;
    // What can be told apart but not read would otherwise be sent for ever.
    const data = decoded.ok ? toBatch(decoded.observation) : {};
    if (decoded.identity !== undefined) {
      arrive({ bed, device, epoch: decoded.identity.epoch }, decoded.identity, {
        data,
        chars: payload.length,
      });
    }
  };

  const onAlarmEvent = (topic: string, payload: string): void => {
    const place = placeOf(topic);
    const read = readAlarmEvent(payload);
    if (place === undefined || !read.ok)
      return reject(topic, read.ok ? "not a topic of this home" : read.reason);
    const { epoch, seq, after = seq - 1, event } = read.message;
    const { bed } = place;
    const stream = { bed, device: ALARM_STREAM, epoch };
    const data = { events: [{ bed, key: `${epoch}-${seq}`, event }] };
    arrive(stream, { epoch, seq, after }, { data, chars: payload.length });
  };

  /** Answers an edge, from this end of the whole way: proof that more than the broker hears it. */
  const echo = (bed: BedId, nonce: string): void => {
    if (!bus.connected) return;
    bus
      .publish(bedTopic(home, bed, "health/echo"), write({ nonce, session }), { retain: false })
      .catch((error: unknown) => {
        log.note("ingest.echo_failed", { bed, detail: messageOf(error) }, "debug");
      });
  };

  const onHealth = (topic: string, payload: string): void => {
    const place = placeOf(topic);
    const health = readHealth(payload);
    if (place === undefined || !health.ok)
      return reject(topic, health.ok ? "not a topic of this home" : health.reason);
    echo(place.bed, health.message.nonce);
  };

  /** The retained state tells a hub that comes up which edges to greet, long before their next heartbeat. */
  const onState = (topic: string, payload: string): void => {
    const place = placeOf(topic);
    const state = readState(payload);
    if (place === undefined || !state.ok)
      return reject(topic, state.ok ? "not a topic of this home" : state.reason);
    if (state.message.online) echo(place.bed, "state");
  };

  /** Undefined for topics that are not of this home. The few that come are remembered: each costs a hash. */
  const placeOf = (topic: string): ParsedTopic | undefined => {
    const known = places.get(topic);
    if (known !== undefined) return known;
    const place = parseTopic(topic);
    if (place?.home !== home) return undefined;
    if (places.size >= PLACES_MAX) places.clear();
    places.set(topic, place);
    return place;
  };

  return {
    start() {
      newSession();
      stops.push(
        bus.onConnected((connected) => {
          if (!connected) return;
          newSession();
          marks.publishAll();
        }),
        bus.subscribe(homeFilter(home, "observation"), onObservation),
        bus.subscribe(homeFilter(home, "wave"), onObservation),
        bus.subscribe(homeFilter(home, "alarm/event"), onAlarmEvent),
        bus.subscribe(homeFilter(home, "health"), onHealth),
        bus.subscribe(homeFilter(home, "state"), onState),
      );
    },
    status: () => ({
      stored,
      repeats,
      rejected: rejected + commits.refused,
      turnedAway,
      waiting: commits.waiting,
      ...(commits.oldestAt === undefined ? {} : { waitingMs: clock.mono() - commits.oldestAt }),
      ...(commits.trouble === undefined ? {} : { trouble: commits.trouble }),
    }),
    async stop() {
      for (const stop of stops.splice(0)) stop();
      await doneWithin(clock, STOP_MS, commits.flush());
      commits.stop();
    },
  };
}

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
