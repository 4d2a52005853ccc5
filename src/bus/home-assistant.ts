import type { BedId, DeviceId, HomeId } from "../domain/ids.ts";
import type { Language } from "../domain/person.ts";
import { SIGNALS, type SignalId } from "../domain/signal.ts";
import { MINUTE_MS } from "../domain/time.ts";
import type { Bus } from "../port/bus.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { Random } from "../port/random.ts";
import { wordsIn } from "../words/index.ts";
import { bedTopic, deviceTopic } from "./topics.ts";

/** A bed as Home Assistant is to see it. */
export interface AnnouncedBed {
  readonly home: HomeId;
  readonly bed: BedId;
  readonly label: string;
  readonly devices: readonly {
    readonly id: DeviceId;
    readonly label: string;
    readonly signals: readonly SignalId[];
  }[];
}

export interface HomeAssistantOptions {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Where Home Assistant looks for announcements: `homeassistant` unless somebody changed it there. */
  readonly prefix: string;
  readonly language: Language;
  readonly version: string;
  readonly beds: readonly AnnouncedBed[];
}

/** Announces beds to Home Assistant; idle until start. */
export interface HomeAssistant {
  start(): void;
  stop(): void;
}

/** A number is worth nothing there either after so long without another (greyed at 10 s, gone at 30 s). */
const EXPIRE_S = 30;
/** After its birth message everybody announces at once: spread, as its documentation asks. */
const SPREAD_MS = 5_000;

/**
 * MQTT discovery (home-assistant.io, "MQTT discovery", device payload): one device a bed with a sensor for each signal
 * and binary sensors for open alarms. It reads our own topics; nothing is taken from it, and it is no alarm channel:
 * its name says so.
 */
export function createHomeAssistant(options: HomeAssistantOptions): HomeAssistant {
  const { bus, clock, random, log, prefix } = options;
  const stops: (() => void)[] = [];
  let waiting: (() => void) | undefined;

  const announce = (): void => {
    if (!bus.connected) return;
    for (const bed of options.beds) {
      const topic = `${prefix}/device/breathwatch_${bed.home}_${bed.bed}/config`;
      bus.publish(topic, JSON.stringify(homeAssistantDevice(bed, options)), { retain: true }).catch(() => {
        // The next connection announces again.
        log.note("home_assistant.not_announced", { topic }, "debug");
      });
    }
  };

  return {
    start() {
      stops.push(
        bus.onConnected((connected) => connected && announce()),
        bus.subscribe(`${prefix}/status`, (_topic, payload) => {
          if (payload !== "online") return;
          waiting?.();
          waiting = clock.after(random.uniform() * SPREAD_MS, announce);
        }),
        // A broker that keeps retained messages in memory forgets them with every restart.
        clock.every(60 * MINUTE_MS, announce),
      );
      announce();
    },
    stop() {
      waiting?.();
      for (const stop of stops.splice(0)) stop();
    },
  };
}

/** The announcement of one bed. */
export function homeAssistantDevice(
  { home, bed, label, devices }: AnnouncedBed,
  { language, version }: Pick<HomeAssistantOptions, "language" | "version">,
): { readonly [field: string]: unknown } {
  const { terms, pages } = wordsIn(language);
  const id = `breathwatch_${home}_${bed}`;
  const components: { [name: string]: object } = {};
  for (const device of devices) {
    for (const signal of device.signals) {
      const name = devices.length > 1 ? `${terms.signals[signal]} (${device.label})` : terms.signals[signal];
      const unique = `${id}_${device.id}_${signal}`;
      const state = { state_topic: deviceTopic(home, bed, "observation", device.id), expire_after: EXPIRE_S };
      components[unique] = isSwitch(signal)
        ? { p: "binary_sensor", unique_id: unique, name, ...state, value_template: onOff(signal) }
        : {
            ...{ p: "sensor", unique_id: unique, name, ...state, value_template: numberOf(signal) },
            ...{ state_class: "measurement", unit_of_measurement: unitOf(signal) },
          };
    }
  }
  for (const priority of ["high", "medium", "low"] as const) {
    const unique = `${id}_alarm_${priority}`;
    components[unique] = {
      ...{ p: "binary_sensor", unique_id: unique, name: terms.priorities[priority], device_class: "problem" },
      state_topic: bedTopic(home, bed, "alarm"),
      value_template: `{{ 'ON' if value_json.open | selectattr('priority', 'eq', '${priority}') | list | count > 0 else 'OFF' }}`,
    };
  }
  return {
    device: {
      ...{ identifiers: [id], name: `${terms.product} · ${label}`, sw_version: version },
      model: pages.common.notAnAlarm,
    },
    origin: { name: "Breathwatch", sw_version: version },
    components,
    availability: [
      {
        topic: bedTopic(home, bed, "state"),
        value_template: "{{ 'online' if value_json.online else 'offline' }}",
      },
    ],
    qos: 1,
  };
}

const isSwitch = (signal: SignalId): boolean => SIGNALS[signal].unit === "on/off";

/** An observation that does not name the signal leaves it as it is; one that says why there is none makes it unknown. */
const numberOf = (signal: SignalId): string =>
  `{% set s = value_json.get('samples', {}) %}{% if '${signal}' not in s %}{{ this.state }}{% elif s.${signal} is number %}{{ s.${signal} }}{% else %}None{% endif %}`;

const onOff = (signal: SignalId): string =>
  `{% set s = value_json.get('samples', {}) %}{% if '${signal}' not in s %}{{ this.state | upper }}{% elif s.${signal} is number %}{{ 'ON' if s.${signal} > 0 else 'OFF' }}{% else %}None{% endif %}`;

/** As people write them; UCUM's brackets and bare fractions mean nothing in a home. */
const UNITS: { readonly [unit: string]: string | undefined } = {
  "1": undefined,
  "/min": "1/min",
  "cm[H2O]": "cmH₂O",
  "mm[Hg]": "mmHg",
};

const unitOf = (signal: SignalId): string | undefined => {
  const { unit } = SIGNALS[signal];
  return unit in UNITS ? UNITS[unit] : unit;
};
