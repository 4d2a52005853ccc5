import { Fault, messageOf } from "../domain/fault.ts";
import { type HomeId, qualifiedBed } from "../domain/ids.ts";
import { HOUR_MS, MINUTE_MS, type Mono, mono, SECOND_MS } from "../domain/time.ts";
import type { Bus } from "../port/bus.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { SettingsRefused } from "./bed-schemas.ts";
import { PAYLOAD_CHARS_MAX, write } from "./messages.ts";
import { checkSettings, type SettingsBody } from "./settings.ts";
import { hashOf, signSettings } from "./signing.ts";
import { bedTopic, type Place } from "./topics.ts";
import type { SettingsReport } from "./uplink.ts";

export interface SettingsPublisherOptions {
  /** Never closed here. */
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly pairingKeyOf: (home: HomeId) => Uint8Array | undefined;
}

/** Puts what edges are to run on on the bus, retained, until they say that they do. */
export interface SettingsPublisher {
  start(): void;
  /**
   * Compares with what the edge reports and publishes what differs: `in_force`, `refused` by the edge (its report says
   * why; the same is sent again later, less and less often), or `sent`. Throws INPUT_INVALID for a body that no edge takes, CONFLICT where no
   * box is paired.
   */
  ensure(
    place: Place,
    body: SettingsBody,
    about: { readonly author: string; readonly reported: SettingsReport },
  ): "in_force" | "refused" | "sent";
  /** Of a home that is no longer here; what is retained is taken back. */
  forget(place: Place): void;
  /** Beds that have not said yet that they run on what was sent. */
  readonly waiting: number;
  stop(): void;
}

/** What stood in the way may be gone: limits that were changed at the box, a full disk. */
const RETRY_MS_MIN = MINUTE_MS;
const RETRY_MS_MAX = HOUR_MS;
const LOOK_MS = 15 * SECOND_MS;

/** Settings that an edge refused, and when they are sent again. */
interface Refused {
  readonly body: SettingsBody;
  readonly author: string;
  readonly hash: string;
  /** Of the refusal that was counted last. */
  readonly version: number;
  readonly waitMs: number;
  readonly dueAt: Mono;
}

interface Sent {
  readonly place: Place;
  readonly hash: string;
  readonly version: number;
  readonly payload: string;
}

/** Idle until `start`; `ensure` keeps what it is given until then. */
export function createSettingsPublisher(options: SettingsPublisherOptions): SettingsPublisher {
  const { bus, clock, log } = options;
  const unconfirmed = new Map<string, Sent>();
  const refusals = new Map<string, Refused & { readonly place: Place }>();
  const stops: (() => void)[] = [];

  const topicOf = ({ home, bed }: Place): string => bedTopic(home, bed, "settings");

  const send = ({ place, payload }: Pick<Sent, "place" | "payload">): void => {
    if (!bus.connected) return;
    bus.publish(topicOf(place), payload, { retain: true }).catch((error: unknown) => {
      log.note("settings.unsent", { home: place.home, bed: place.bed, detail: messageOf(error) }, "debug");
    });
  };

  /** Throws like `ensure`. `above`: versions that its edge knows of already. */
  const sendAnew = (place: Place, body: SettingsBody, author: string, above: number): void => {
    const key = qualifiedBed(place.home, place.bed);
    const pairingKey = options.pairingKeyOf(place.home);
    if (pairingKey === undefined) throw notPaired();
    const checked = checkSettings(body);
    if (!checked.ok) throw notPossible(checked.reason);
    // Times are good versions: they grow over restarts of the hub and over a backup that was put back.
    const at = clock.wall();
    const version = 1 + Math.max(at - 1, above, unconfirmed.get(key)?.version ?? 0);
    const hash = hashOf(body);
    const signed = { version, author, at, hash };
    const payload = write({ ...signed, mac: signSettings(pairingKey, place, signed), body: { ...body } });
    if (payload.length > PAYLOAD_CHARS_MAX) throw notPossible("They are too long for one message.");
    const sent = { place, hash, version, payload };
    unconfirmed.set(key, sent);
    if (stops.length > 0) send(sent);
  };

  /** Each refusal makes the next try wait twice as long. */
  const noteRefusal = (place: Place, body: SettingsBody, author: string, refused: SettingsRefused): void => {
    const key = qualifiedBed(place.home, place.bed);
    const { hash, version } = refused;
    const before = refusals.get(key);
    const isSame = before?.hash === hash;
    if (isSame && version <= before.version) return;
    const waitMs = isSame ? Math.min(2 * before.waitMs, RETRY_MS_MAX) : RETRY_MS_MIN;
    refusals.set(key, { place, body, author, hash, version, waitMs, dueAt: mono(clock.mono() + waitMs) });
  };

  const retry = (): void => {
    for (const [key, { place, body, author, version, dueAt }] of refusals) {
      // One that is away finds what is retained when it comes back.
      if (clock.mono() < dueAt || unconfirmed.has(key) || !bus.connected) continue;
      try {
        sendAnew(place, body, author, version);
      } catch (error) {
        refusals.delete(key);
        log.note("settings.not_retried", { ...place, detail: messageOf(error) }, "warn");
      }
    }
  };

  return {
    start() {
      if (stops.length > 0) return;
      stops.push(
        clock.every(LOOK_MS, retry),
        bus.onConnected((connected) => {
          if (connected) for (const one of unconfirmed.values()) send(one);
        }),
      );
      for (const one of unconfirmed.values()) send(one);
    },
    ensure(place, body, { author, reported: { applied, refused } }) {
      const key = qualifiedBed(place.home, place.bed);
      const hash = hashOf(body);
      if (refusals.get(key)?.hash !== hash || applied?.hash === hash) refusals.delete(key);
      if (applied?.hash === hash) {
        unconfirmed.delete(key);
        return "in_force";
      }
      const before = unconfirmed.get(key);
      // A report of before the newest try says nothing of it.
      const isNews = before?.hash !== hash || (refused?.version ?? 0) >= before.version;
      if (refused?.hash === hash && isNews) {
        unconfirmed.delete(key);
        noteRefusal(place, body, author, refused);
        return "refused";
      }
      if (before?.hash === hash) return "sent";
      sendAnew(place, body, author, Math.max(applied?.version ?? 0, refused?.version ?? 0));
      return "sent";
    },
    forget(place) {
      const key = qualifiedBed(place.home, place.bed);
      unconfirmed.delete(key);
      refusals.delete(key);
      send({ place, payload: "" });
    },
    get waiting() {
      return unconfirmed.size;
    },
    stop() {
      for (const stop of stops.splice(0)) stop();
    },
  };
}

const notPaired = (): Fault =>
  new Fault("CONFLICT", "No bedside box is paired with this home.", {
    fix: "Pair the box, then try again.",
    permanent: true,
  });

const notPossible = (reason: string): Fault =>
  new Fault("INPUT_INVALID", `No bedside box would take these settings: ${reason}`, { permanent: true });
