import { Fault, messageOf } from "../domain/fault.ts";
import { type HomeId, qualifiedBed } from "../domain/ids.ts";
import type { Bus } from "../port/bus.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
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
   * why; the same is not sent again), or `sent`. Throws INPUT_INVALID for a body that no edge takes, CONFLICT where no
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
  let stopListening: (() => void) | undefined;

  const topicOf = ({ home, bed }: Place): string => bedTopic(home, bed, "settings");

  const send = ({ place, payload }: Pick<Sent, "place" | "payload">): void => {
    if (!bus.connected) return;
    bus.publish(topicOf(place), payload, { retain: true }).catch((error: unknown) => {
      log.note("settings.unsent", { home: place.home, bed: place.bed, detail: messageOf(error) }, "debug");
    });
  };

  return {
    start() {
      stopListening ??= bus.onConnected((connected) => {
        if (connected) for (const one of unconfirmed.values()) send(one);
      });
      for (const one of unconfirmed.values()) send(one);
    },
    ensure(place, body, { author, reported: { applied, refused } }) {
      const key = qualifiedBed(place.home, place.bed);
      const hash = hashOf(body);
      if (applied?.hash === hash) {
        unconfirmed.delete(key);
        return "in_force";
      }
      if (refused?.hash === hash) {
        unconfirmed.delete(key);
        return "refused";
      }
      const before = unconfirmed.get(key);
      if (before?.hash === hash) return "sent";
      const pairingKey = options.pairingKeyOf(place.home);
      if (pairingKey === undefined) throw notPaired();
      const checked = checkSettings(body);
      if (!checked.ok) throw notPossible(checked.reason);
      // Times are good versions: they grow over restarts of the hub and over a backup that was put back.
      const at = clock.wall();
      const version =
        1 + Math.max(at - 1, applied?.version ?? 0, refused?.version ?? 0, before?.version ?? 0);
      const signed = { version, author, at, hash };
      const payload = write({ ...signed, mac: signSettings(pairingKey, place, signed), body: { ...body } });
      if (payload.length > PAYLOAD_CHARS_MAX) throw notPossible("They are too long for one message.");
      const sent = { place, hash, version, payload };
      unconfirmed.set(key, sent);
      if (stopListening !== undefined) send(sent);
      return "sent";
    },
    forget(place) {
      unconfirmed.delete(qualifiedBed(place.home, place.bed));
      send({ place, payload: "" });
    },
    get waiting() {
      return unconfirmed.size;
    },
    stop() {
      stopListening?.();
      stopListening = undefined;
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
