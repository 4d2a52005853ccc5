import type { AlarmEvent, AlarmFold } from "../domain/alarm.ts";
import { messageOf } from "../domain/fault.ts";
import { type BedId, base32Id, type HomeId } from "../domain/ids.ts";
import type { Observation } from "../domain/observation.ts";
import { MINUTE_MS, type Mono, SECOND_MS, type Wall } from "../domain/time.ts";
import type { Bus } from "../port/bus.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { Random } from "../port/random.ts";
import type { Spool, SpoolItem } from "../port/record.ts";
import type {
  DeviceFacts,
  DeviceReading,
  EdgeAbout,
  EdgeLink,
  EdgeReadiness,
  SettingsRefused,
} from "./bed-schemas.ts";
import { type EdgeEvening, readEvening } from "./evening-schemas.ts";
import { createLanes, type Lanes } from "./lanes.ts";
import { type CalledMessage, readEcho, readStored, write } from "./messages.ts";
import { acceptTime, encodeObservation, restamp } from "./observation.ts";
import { doneWithin } from "./patience.ts";
import { readSaid, type SaidKind, signSaid } from "./said.ts";
import { bedTopic, deviceTopic, parseTopic, storedFilter } from "./topics.ts";

/** The device name under which alarm events are numbered and marked as stored. */
export const ALARM_STREAM = "alarm";

export interface UplinkOptions {
  /** Its will must be `lastWill`; the uplink never closes it. */
  readonly bus: Bus;
  /** Of this bed alone; the uplink never closes it. */
  readonly spool: Spool;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly home: HomeId;
  readonly bed: BedId;
  /** Of this run, the same as in its observations. */
  readonly epoch: string;
  /** Any source of this bed is. */
  readonly simulated: boolean;
  /** What box and hub share: what the box says of itself is signed with it. Absent: unsigned, in one process. */
  readonly pairingKey?: Uint8Array;
  /** Whether this hub signs its echoes; once it has, no other counts. Absent: they are in one process. */
  readonly hubSigns?: { known(): boolean; note(): void };
  /** What a hub shows of the bed; absent: only its numbers. */
  readonly about?: EdgeAbout;
  /** What its devices are; not in the last will, which is short. */
  readonly devices?: readonly DeviceFacts[];
  /** How a device is read now; asked with each heartbeat. */
  reading?(device: string): DeviceReading | undefined;
}

/** What became of the newest settings from the hub. */
export interface SettingsReport {
  /** What the edge runs on; absent before the first. */
  readonly applied?: { readonly version: number; readonly hash: string };
  /** Newer ones that it did not take, and why. */
  readonly refused?: SettingsRefused;
}

/** What technicians see of the uplink. */
export interface UplinkStatus {
  readonly connected: boolean;
  /** The hub itself answered a heartbeat within 30 s: a broker that answers says nothing of the hub behind it. */
  readonly hears: boolean;
  /** Since the hub answered a heartbeat; absent: never. */
  readonly echoAgeMs?: number;
  readonly held: number;
  readonly dropped: number;
  /** Items that were sent again after a loss. */
  readonly resent: number;
}

/** Sends what one bed says to the hub, at least once and in order, and keeps it until the hub has stored it. */
export interface Uplink {
  start(): void;
  /** On the bus before it returns, while connected; kept in the spool in any case. */
  observe(observation: Observation): void;
  alarmEvent(event: AlarmEvent): void;
  /** Retained; only the newest counts. */
  alarmFold(fold: AlarmFold): void;
  /** What people are being told about the alarms; retained, only the newest counts. */
  called(sends: CalledMessage["sends"]): void;
  /** For the retained state. */
  settings(report: SettingsReport): void;
  /** How a source's link is now; told with a heartbeat within a second. */
  link(link: EdgeLink): void;
  /** What this bed is called and has, anew. */
  about(about: EdgeAbout): void;
  /** How this house would wake somebody now; told like a link. */
  readiness(readiness: EdgeReadiness): void;
  /** How the evening check of the home stands; told like a link, and left out where it is too much. */
  evening(evening: EdgeEvening): void;
  status(): UplinkStatus;
  /** Says goodbye and lets go of timers and subscriptions; the spool keeps the rest. */
  stop(): Promise<void>;
}

const HEARTBEAT_MS = 10 * SECOND_MS;
/** So long after its last answer the hub counts as there (design, 6). */
const HUB_HEARD_MS = 30 * SECOND_MS;
const GOODBYE_MS = 1 * SECOND_MS;
/** So long a clock may take to be set right before its time is taken as it is. */
const UNSYNCED_MS_MAX = 10 * MINUTE_MS;
const RESEND_MS_MIN = 30 * SECOND_MS;
const RESEND_MS_MAX = 10 * MINUTE_MS;
const NONCES_MAX = 8;
/** Hubs that share a broker answer in turn, each with its own session. */
const SESSIONS_MAX = 8;
/** What changed is told so soon, together with what changes meanwhile. */
const NEWS_MS = 1 * SECOND_MS;
const LINKS_MAX = 100;

/** What the broker publishes for an edge whose connection died. */
export function lastWill(
  options: Pick<UplinkOptions, "home" | "bed" | "epoch" | "simulated" | "about"> & { readonly at: Wall },
): {
  readonly topic: string;
  readonly payload: string;
} {
  const { home, bed, epoch, simulated, at, about } = options;
  const state = { epoch, online: false, at, simulated, ...(about === undefined ? {} : { about }) };
  return { topic: bedTopic(home, bed, "state"), payload: write(state) };
}

/** Idle until `start`. */
export function createUplink(options: UplinkOptions): Uplink {
  const { bus, spool, clock, random, log, home, bed, epoch } = options;
  const topics = new Map<string, string>();
  const stops: (() => void)[] = [];
  const resend = createResendWatch(spool, clock);
  let lanes: Lanes | undefined;
  let startedAt: Mono = clock.mono();
  let alarmSeq = 0;
  /** Newest number given out in this run, by stream. */
  const newest = new Map<string, number>();
  let fold: AlarmFold | undefined;
  /** Nothing as long as nothing is told: what an earlier run has left there is over. */
  let called: CalledMessage["sends"] = [];
  let settings: SettingsReport = {};
  const links = new Map<string, EdgeLink>();
  let readiness: EdgeReadiness | undefined;
  let evening: EdgeEvening | undefined;
  let { about } = options;
  let cancelNews: (() => void) | undefined;
  let heardAt: Mono | undefined;
  let sessions: readonly string[] = [];
  let nonces: readonly string[] = [];
  /** Of what is signed in this run. */
  let said = 0;
  /** Observations of this run wait in the spool for their true time. */
  let hasUnsynced = false;
  let retainedLost = false;

  const topicOf = (kind: "observation" | "wave", device: string): string => {
    const name = `${kind} ${device}`;
    const topic = topics.get(name) ?? deviceTopic(home, bed, kind, device);
    topics.set(name, topic);
    return topic;
  };

  /** The clock is as right as it will get. */
  const isTimeFinal = (): boolean => clock.trusted() || clock.mono() - startedAt > UNSYNCED_MS_MAX;

  /** Times of earlier runs cannot be mended any more: their monotonic clock is gone. */
  const prepare = (item: SpoolItem): string | undefined => {
    if (item.epoch !== epoch) return acceptTime(item.payload);
    if (clock.trusted()) return restamp(item.payload, clock.wall() - clock.mono());
    return isTimeFinal() || !isUnsynced(item.payload) ? acceptTime(item.payload) : undefined;
  };

  /** Before the start and after the end the spool still takes everything. */
  const send = (item: SpoolItem): void => {
    newest.set(item.device, Math.max(item.seq, newest.get(item.device) ?? -1));
    if (lanes === undefined) spool.add(item);
    else lanes.send(item);
  };

  const publish = (topic: string, payload: string, retain: boolean): void => {
    if (!bus.connected) return;
    bus.publish(topic, payload, { retain }).catch((error: unknown) => {
      log.note("uplink.publish_failed", { topic, detail: messageOf(error) }, "debug");
      // A new connection begins with them anyway; on a standing one the next heartbeat brings them.
      retainedLost ||= retain;
    });
  };

  const signed = (kind: SaidKind, payload: string): string =>
    options.pairingKey === undefined
      ? payload
      : signSaid(options.pairingKey, options, kind, payload, { epoch, count: said++, sessions });

  const publishFold = (): void => {
    if (fold !== undefined) publish(bedTopic(home, bed, "alarm"), signed("alarm", write(fold)), true);
  };

  const publishCalled = (): void =>
    publish(bedTopic(home, bed, "called"), signed("called", write({ sends: called })), true);

  const stateOf = (online: boolean): string => signed("state", stateText(online));

  const stateText = (online: boolean): string =>
    write({
      epoch,
      online,
      at: clock.wall(),
      simulated: options.simulated,
      ...(about === undefined ? {} : { about }),
      ...(options.devices === undefined ? {} : { devices: options.devices }),
      ...(settings.applied === undefined
        ? {}
        : { settingsHash: settings.applied.hash, settingsVersion: settings.applied.version }),
      ...(settings.refused === undefined ? {} : { settingsRefused: settings.refused }),
    });

  const publishRetained = (): void => {
    retainedLost = false;
    publish(bedTopic(home, bed, "state"), stateOf(true), true);
    publishFold();
    publishCalled();
  };

  const withReading = (link: EdgeLink): EdgeLink => {
    const reading = options.reading?.(link.device);
    return reading === undefined ? link : { ...link, reading };
  };

  const hears = (withinMs: number): boolean => heardAt !== undefined && clock.mono() - heardAt < withinMs;

  const beat = (): void => {
    const nonce = base32Id(random.bytes(10));
    nonces = [...nonces, nonce].slice(-NONCES_MAX);
    const health = { epoch, nonce, at: clock.wall(), clockTrusted: clock.trusted() };
    const payload = write({
      ...{ ...health, spoolHeld: spool.size, spoolDropped: spool.dropped },
      ...(links.size === 0 ? {} : { links: [...links.values()].map(withReading) }),
      ...(readiness === undefined ? {} : { readiness }),
      ...(evening === undefined ? {} : { evening }),
    });
    publish(bedTopic(home, bed, "health"), signed("health", payload), false);
    if (retainedLost) publishRetained();
    if (hasUnsynced && isTimeFinal()) {
      hasUnsynced = false;
      lanes?.restart();
    }
    if (!hears(2 * HEARTBEAT_MS) || lanes?.busy === true) return;
    resend.isDue().then(
      (due) => due && lanes?.restart(),
      (error: unknown) => {
        log.note("uplink.spool_failed", { code: "DISK_FAILED", detail: messageOf(error) }, "error");
      },
    );
  };

  const news = (): void => {
    if (lanes === undefined || !bus.connected) return;
    cancelNews ??= clock.after(NEWS_MS, () => {
      cancelNews = undefined;
      beat();
    });
  };

  const onEcho = (_topic: string, payload: string): void => {
    const echo = readEcho(payload);
    if (!echo.ok) return log.note("uplink.rejected", { kind: "echo", reason: echo.reason }, "warn");
    const signed = isSigned(payload);
    if (signed === undefined) return;
    const isAnswer = nonces.includes(echo.message.nonce);
    if (isAnswer) heardAt = clock.mono();
    const { session } = echo.message;
    if (sessions.includes(session)) return;
    // A greeting names nothing of ours, and may be an old one told again: the answer to a heartbeat is of now.
    if (signed && !isAnswer) return news();
    // A hub that began anew has not seen what was acknowledged by the broker before.
    sessions = [...sessions, session].slice(-SESSIONS_MAX);
    lanes?.restart();
    beat();
    // What was signed before it was known of now; with this heartbeat it is.
    if (options.pairingKey !== undefined) publishRetained();
  };

  /** Whether the hub of the pairing signed an echo; undefined: it counts for nothing. */
  const isSigned = (payload: string): boolean | undefined => {
    const { pairingKey, hubSigns } = options;
    const said =
      pairingKey === undefined ? "unsigned" : readSaid(pairingKey, options, "health/echo", payload);
    if (said === "forged" || (said === "unsigned" && hubSigns?.known() === true)) {
      log.note("uplink.rejected", { kind: "echo", reason: said }, "warn");
      return undefined;
    }
    if (said !== "unsigned") hubSigns?.note();
    return said !== "unsigned";
  };

  const onStored = (topic: string, payload: string): void => {
    const parsed = parseTopic(topic);
    const stored = readStored(payload);
    if (parsed?.kind !== "stored" || !stored.ok) {
      log.note("uplink.rejected", { kind: "stored", reason: stored.ok ? topic : stored.reason }, "warn");
      return;
    }
    for (const mark of stored.message.marks) {
      // Nobody can have stored what was not said yet: believed once, it would let go of all that is still to come.
      if (mark.epoch === epoch && mark.seq > (newest.get(parsed.device) ?? -1)) {
        log.note("uplink.rejected", { kind: "stored", reason: "a number that was never sent" }, "warn");
      } else {
        spool.release(parsed.device, mark.epoch, mark.seq);
        lanes?.settled(parsed.device, mark.epoch, mark.seq);
      }
    }
  };

  return {
    start() {
      startedAt = clock.mono();
      stops.push(
        bus.subscribe(storedFilter(home, bed), onStored),
        bus.subscribe(bedTopic(home, bed, "health/echo"), onEcho),
        clock.every(HEARTBEAT_MS, beat),
        bus.onConnected((connected) => {
          if (!connected) return;
          publishRetained();
          beat();
        }),
      );
      lanes = createLanes({ bus, spool, clock, log, prepare });
      if (bus.connected) {
        publishRetained();
        beat();
      }
    },
    observe(observation) {
      const { device, seq, body } = observation;
      let payload = encodeObservation(observation);
      if (observation.unsynced === true && isTimeFinal()) payload = acceptTime(payload);
      else hasUnsynced ||= observation.unsynced === true;
      const topic = topicOf(body.kind === "wave" ? "wave" : "observation", device);
      send({ device, epoch: observation.epoch, seq, kind: body.kind, topic, payload });
    },
    alarmEvent(event) {
      const seq = alarmSeq++;
      const payload = write({ epoch, seq, event });
      const topic = bedTopic(home, bed, "alarm/event");
      send({ device: ALARM_STREAM, epoch, seq, kind: "alarm", topic, payload });
    },
    alarmFold(next) {
      fold = next;
      publishFold();
    },
    called(sends) {
      called = sends;
      publishCalled();
    },
    settings(report) {
      settings = report;
      publish(bedTopic(home, bed, "state"), stateOf(true), true);
    },
    about(next) {
      about = next;
      publish(bedTopic(home, bed, "state"), stateOf(true), true);
    },
    link(link) {
      if (!links.has(link.device) && links.size >= LINKS_MAX) return;
      links.set(link.device, link);
      news();
    },
    readiness(next) {
      readiness = next;
      news();
    },
    evening(next) {
      evening = readEvening(next);
      news();
    },
    status: () => ({
      connected: bus.connected,
      hears: hears(HUB_HEARD_MS),
      ...(heardAt === undefined ? {} : { echoAgeMs: clock.mono() - heardAt }),
      held: spool.size,
      dropped: spool.dropped,
      resent: lanes?.resent ?? 0,
    }),
    async stop() {
      for (const stop of stops.splice(0)) stop();
      cancelNews?.();
      cancelNews = undefined;
      await lanes?.stop();
      lanes = undefined;
      if (bus.connected) await sayGoodbye(options, stateOf(false));
    },
  };
}

/** Leaves the state as the will would. */
async function sayGoodbye({ bus, clock, log, home, bed }: UplinkOptions, payload: string): Promise<void> {
  const goodbye = bus.publish(bedTopic(home, bed, "state"), payload, { retain: true });
  try {
    await doneWithin(clock, GOODBYE_MS, goodbye);
  } catch (error) {
    // The broker publishes the will instead.
    log.note("uplink.no_goodbye", { detail: messageOf(error) }, "debug");
  }
}

const isUnsynced = (payload: string): boolean => payload.includes('"unsynced":');

/**
 * The last net: when the hub hears heartbeats but the oldest item stays where it is, something was lost on the way.
 * The wait doubles each time, so that a store that is down for hours is not flooded.
 */
function createResendWatch(spool: Spool, clock: Clock): { isDue(): Promise<boolean> } {
  let oldest: { readonly position: number; readonly since: Mono } | undefined;
  let waitMs = RESEND_MS_MIN;
  return {
    async isDue() {
      const [item] = await spool.read(0, 1);
      if (item === undefined || item.position !== oldest?.position) {
        oldest = item === undefined ? undefined : { position: item.position, since: clock.mono() };
        waitMs = RESEND_MS_MIN;
        return false;
      }
      if (clock.mono() - oldest.since < waitMs) return false;
      oldest = { position: item.position, since: clock.mono() };
      waitMs = Math.min(RESEND_MS_MAX, 2 * waitMs);
      return true;
    },
  };
}
