import { DEVICES } from "../devices/index.ts";
import { createMemoryBus, type MemoryBus } from "./bus/memory.ts";
import type { BedConfig } from "./config/config.ts";
import type { BedView } from "./domain/bed.ts";
import { Fault, messageOf } from "./domain/fault.ts";
import { SECOND_MS, type Wall } from "./domain/time.ts";
import { simulateAt } from "./driver/attach.ts";
import { createFamilies, type Families } from "./driver/families.ts";
import { fillOptions } from "./driver/options.ts";
import type { Audio } from "./port/audio.ts";
import type { Clock } from "./port/clock.ts";
import type { Http, HttpLines, HttpRequest, HttpResponse } from "./port/http.ts";
import type { Log, LogFields, LogLevel } from "./port/log.ts";
import type { Mail, MailMessage, MailResult } from "./port/mail.ts";
import type { Random } from "./port/random.ts";
import type { World } from "./port/world.ts";
import { createVirtualClock, type VirtualClock } from "./rehearsal/clock.ts";
import { createMemoryDisk, type MemoryDisk } from "./rehearsal/disk.ts";
import { isPatientEvent } from "./rehearsal/events.ts";
import { damage, isLinkFault, type LinkFault } from "./rehearsal/faults.ts";
import type { Patient } from "./rehearsal/patient.ts";
import { createSeededRandom } from "./rehearsal/random.ts";
import type { Scenario } from "./rehearsal/scenario.ts";
import { createMemoryStores } from "./store/state/state.ts";
import { withRevisions } from "./store/timeseries/revisions.ts";
import { createMemoryTimeseries } from "./store/timeseries/sqlite/timeseries.ts";
import { createLinks } from "./transport/links.ts";
import { createMemoryLinks, type MemoryLinks } from "./transport/memory.ts";

const CABLE = "memory:";

/**
 * Plays the devices of a bed, byte for byte, at the far ends of the memory cables that its configuration names; what
 * they say comes from the view. Used by the demo and by rehearsals. Throws CONFIG_INVALID for another kind of port.
 */
export function simulateBed(options: {
  readonly bed: BedConfig;
  readonly view: BedView;
  /** IANA; what clocks on the devices show. */
  readonly zone: string;
  readonly memory: MemoryLinks;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Default: those that come along. */
  readonly families?: Families;
}): { stop(): Promise<void> } {
  const { bed, view, zone, memory, clock, random, log, families = createFamilies(DEVICES) } = options;
  const stopping = new AbortController();
  const playing = bed.devices.map((device) => {
    const module = families.find(device.family);
    if (module === undefined || !device.port.startsWith(CABLE)) {
      throw new Fault("CONFIG_INVALID", `${device.family} on ${device.port} cannot be simulated here`, {
        fix: `Name a built-in family and a port that begins with ${CABLE}.`,
        permanent: true,
      });
    }
    return simulateAt(module, memory.cable(device.port.slice(CABLE.length)), {
      bed: view,
      clock,
      zone,
      random,
      options: fillOptions(module.options, device.options),
      signal: stopping.signal,
    }).catch((error: unknown) => {
      if (stopping.signal.aborted) return;
      log.note("simulator.failed", { family: device.family, why: messageOf(error) }, "error");
    });
  });
  return {
    async stop() {
      stopping.abort();
      await Promise.all(playing);
    },
  };
}

/** Makes one thing happen at the bed: to the person, to a link, or to the house. */
export type Happens = (what: Scenario["events"][number]) => void;

/**
 * Lets a scenario's events happen at their times, again and again where they say so; returns how to stop it. What is
 * not for the virtual patient or a memory cable (named as the device) is handed to `elsewhere`.
 */
export function playEvents(
  events: Scenario["events"],
  bed: {
    readonly patient: Patient;
    readonly memory: MemoryLinks;
    readonly clock: Clock;
    readonly random: Random;
    readonly elsewhere: Happens;
    /** Told of everything, just before it happens. */
    readonly saw?: Happens;
  },
): () => void {
  const cancels = new Set<() => void>();
  const happen: Happens = (what) => {
    bed.saw?.(what);
    if (isPatientEvent(what.event)) bed.patient.apply(what.event);
    else if (isLinkFault(what.event)) breakLink({ ...what, event: what.event }, bed);
    else bed.elsewhere(what);
  };
  for (const what of events) {
    cancels.add(
      bed.clock.after(what.at * SECOND_MS, () => {
        happen(what);
        if (what.every !== undefined)
          cancels.add(bed.clock.every(what.every * SECOND_MS, () => happen(what)));
      }),
    );
  }
  return () => {
    for (const cancel of cancels) cancel();
  };
}

/** Does something to a device's cable; the device is named as its cable is. */
export function breakLink(
  what: {
    readonly event: LinkFault;
    readonly device?: string | undefined;
    readonly with?: string | undefined;
    readonly share?: number | undefined;
    readonly seconds?: number | undefined;
  },
  { memory, random }: { readonly memory: MemoryLinks; readonly random: Random },
): void {
  const { event, device = "", with: other = "", share = 0.01, seconds = 5 } = what;
  const cable = memory.cable(device);
  switch (event) {
    case "unplug":
      return cable.unplug();
    case "plug_in":
      return cable.plugIn();
    case "freeze":
      return cable.stall(true);
    case "thaw":
      return cable.stall(false);
    case "half_open":
      return cable.deafen(true);
    case "delay":
      return cable.delay(seconds * SECOND_MS);
    case "swap":
      return memory.swap(device, other);
    case "clean":
      cable.stall(false);
      cable.deafen(false);
      cable.delay(0);
      return cable.tamper(undefined);
    case "flip":
    case "drop":
    case "cut":
    case "wrong_baud":
      return cable.tamper(damage(event, share, random));
  }
}

/** What left the house in a rehearsal, and what the internet answers. */
export interface RehearsalHttp extends Http, HttpLines {
  readonly requests: readonly (HttpRequest & { readonly atMs: number })[];
  answer: (request: HttpRequest) => HttpResponse | Promise<HttpResponse>;
  /** Answers that are being read line by line; they say what a test says through them. */
  readonly streams: ReadonlySet<{ readonly url: string; readonly onLine: (line: string) => void }>;
}

/** What was handed in as mail in a rehearsal, and what the server answers. */
export interface RehearsalMail extends Mail {
  readonly letters: readonly MailMessage[];
  answer: (message: MailMessage) => MailResult;
}

/** The loudspeaker of a rehearsal: when it sounded, and whether it does now. */
export interface RehearsalAudio extends Audio {
  readonly playing: boolean;
  readonly starts: readonly number[];
  works: boolean;
}

export interface RehearsalLog extends Log {
  readonly notes: readonly { readonly event: string; readonly fields: LogFields; readonly level: LogLevel }[];
}

/** A world in memory on virtual time. The same seed gives the same night. */
export interface RehearsalWorld extends World {
  readonly clock: VirtualClock;
  readonly disk: MemoryDisk;
  readonly memory: MemoryLinks;
  /** What can go wrong with the broker. */
  readonly faults: MemoryBus;
  readonly http: RehearsalHttp;
  readonly mail: RehearsalMail;
  readonly audio: RehearsalAudio;
  /** One for each name, the same each time. */
  readonly audioAt: (device: string) => RehearsalAudio;
  /** Lines that are on now, as `gpiochip0/17`. */
  readonly lit: ReadonlySet<string>;
  readonly log: RehearsalLog;
  close(): Promise<void>;
}

export function createRehearsalWorld(options: {
  readonly seed: number;
  readonly startsAt: Wall;
  /** Of an earlier run, to restart with what it left. */
  readonly disk?: MemoryDisk;
}): RehearsalWorld {
  const clock = createVirtualClock(options.startsAt);
  const random = createSeededRandom(options.seed);
  const memory = createMemoryLinks(clock);
  const bus = createMemoryBus(clock);
  const links = createLinks({ clock, memory });
  const log = createRehearsalLog();
  const timeseries = withRevisions(createMemoryTimeseries(clock, log), { clock });
  const stores = createMemoryStores();
  return {
    clock,
    random,
    disk: options.disk ?? createMemoryDisk(),
    links,
    bus: bus.connector,
    broker: bus.starter,
    faults: bus,
    http: createRehearsalHttp(clock),
    mail: createRehearsalMail(),
    audio: createRehearsalAudio(clock),
    audioAt: rehearsalOutputs(clock),
    ...rehearsalGpio(),
    speech: { say: async () => ({ ok: false, detail: "rehearsed without a voice" }) },
    timeseries,
    ...{ state: stores.state, accounts: stores.accounts, homes: stores.homes },
    log,
    memory,
    async close() {
      links.stop();
      await timeseries.close();
      await stores.close();
    },
  };
}

function createRehearsalLog(): RehearsalLog {
  const notes: { event: string; fields: LogFields; level: LogLevel }[] = [];
  return {
    notes,
    note(event, fields = {}, level = "info") {
      if (level !== "debug" && notes.length < 100_000) notes.push({ event, fields, level });
    },
  };
}

function createRehearsalHttp(clock: Clock): RehearsalHttp {
  const requests: (HttpRequest & { atMs: number })[] = [];
  const streams = new Set<{ readonly url: string; readonly onLine: (line: string) => void }>();
  const http: RehearsalHttp = {
    requests,
    streams,
    answer: () => ({ status: 201, headers: {}, body: "" }),
    async request(request) {
      requests.push({ ...request, atMs: clock.mono() });
      return http.answer(request);
    },
    lines: (request, onLine, { signal }) =>
      new Promise((resolve) => {
        const stream = { url: request.url, onLine };
        streams.add(stream);
        const end = (): void => {
          streams.delete(stream);
          resolve();
        };
        signal.addEventListener("abort", end, { once: true });
      }),
  };
  return http;
}

function createRehearsalMail(): RehearsalMail {
  const letters: MailMessage[] = [];
  const mail: RehearsalMail = {
    letters,
    answer: () => ({ outcome: "taken", said: "250 rehearsed" }),
    async send(_server, message) {
      letters.push(message);
      return mail.answer(message);
    },
  };
  return mail;
}

function rehearsalGpio(): Pick<RehearsalWorld, "gpio" | "lit"> {
  const lit = new Set<string>();
  return {
    lit,
    gpio: ({ chip, line }) => ({
      async set(on) {
        if (on) lit.add(`${chip}/${line}`);
        else lit.delete(`${chip}/${line}`);
      },
      close: async () => undefined,
    }),
  };
}

function rehearsalOutputs(clock: Clock): (device: string) => RehearsalAudio {
  const outputs = new Map<string, RehearsalAudio>();
  return (device) => {
    const output = outputs.get(device) ?? createRehearsalAudio(clock);
    outputs.set(device, output);
    return output;
  };
}

function createRehearsalAudio(clock: Clock): RehearsalAudio {
  const starts: number[] = [];
  let sounding = 0;
  const audio: RehearsalAudio = {
    starts,
    works: true,
    get playing() {
      return sounding > 0;
    },
    probe: async () => (audio.works ? { ok: true, detail: "rehearsed" } : { ok: false, detail: "no output" }),
    play(_next, _rate, onFailure) {
      if (!audio.works) {
        onFailure("no output");
        return () => undefined;
      }
      starts.push(clock.mono());
      sounding += 1;
      let ended = false;
      return () => {
        if (!ended) sounding -= 1;
        ended = true;
      };
    },
  };
  return audio;
}
