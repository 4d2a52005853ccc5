import { createLimitsDesks } from "../../../src/alarm/limits-desk.ts";
import type { AlarmCommand, AlarmFold, Occurrence } from "../../../src/domain/alarm.ts";
import { splitBed } from "../../../src/domain/ids.ts";
import type { Person, Role } from "../../../src/domain/person.ts";
import type { Sample } from "../../../src/domain/sample.ts";
import type { SignalId } from "../../../src/domain/signal.ts";
import { mono, type Night, wall } from "../../../src/domain/time.ts";
import type { WhatIfLine } from "../../../src/domain/what-if.ts";
import type { Accounts } from "../../../src/port/accounts.ts";
import type { ChannelModule } from "../../../src/port/channel.ts";
import type { Clock } from "../../../src/port/clock.ts";
import type { EveningDesk } from "../../../src/port/evening.ts";
import type { State } from "../../../src/port/state.ts";
import type { Bucket, Point, Timeseries } from "../../../src/port/timeseries.ts";
import { createVirtualClock, type VirtualClock } from "../../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { createApp } from "../../../src/server/app.ts";
import type { App } from "../../../src/server/context.ts";
import type { CommandOutcome, ServerDeps } from "../../../src/server/deps.ts";
import { createLiveModel, type LiveBed, type LiveModel } from "../../../src/server/live-model.ts";
import { ensureOwnerCode } from "../../../src/server/owner-code.ts";
import { createMemoryStores, type Stores } from "../../../src/store/state/state.ts";
import { deviceView, frameLines, oximeter, simulationView } from "../../support/pages-beds.ts";
import { addMember, addSignIn } from "../../support/sign-in.ts";

/** 2026-01-10 22:00 in Shanghai: in the night of 2026-01-10. */
export const NOW = wall(Date.parse("2026-01-10T22:00:00+08:00"));

export const BED: LiveBed = {
  bed: "b1",
  label: "Living room",
  zone: "Asia/Shanghai",
  sources: [
    { device: "oxiaaaaaaa", family: "nonin-serial", label: "Finger", role: "oximeter", simulated: true },
    { device: "ventaaaaaa", family: "pb840", label: "Ventilator", role: "ventilator", simulated: false },
  ],
};

/** The one home of the box. */
export const HOME = "homeaaaaaa";
export const TOKEN = "token-for-the-first-alarm-0001";
export const OCCURRENCE = "b1-abcdefghij-1";

/** The finger sensor of the bed as the bench shows it. */
export const DEVICE = deviceView({ ...oximeter, device: "oxiaaaaaaa" });

/** A server on virtual time, in memory, with everything that it did to the world written down. */
export interface Harness {
  readonly app: App;
  readonly clock: VirtualClock;
  readonly state: State;
  readonly accounts: Accounts;
  readonly live: LiveModel;
  readonly commands: { readonly bed: string; readonly command: AlarmCommand }[];
  readonly notes: { readonly event: string; readonly fields: object }[];
  readonly receipts: string[];
  readonly proofs: string[];
  readonly simulated: object[];
  /** Devices whose serial number somebody bound; what the device had told. */
  readonly boundDevices: string[];
  serialFound: string | undefined;
  readonly recordings: { readonly device: string; readonly from: number; readonly to: number }[];
  readonly exports: {
    readonly bed: string;
    readonly format: string;
    readonly from: number;
    readonly to: number;
  }[];
  /** What the audit record has, in pieces. */
  auditPieces: Iterable<string> | AsyncIterable<string>;
  /** What the flight recorder has. */
  recording: string;
  /** Sentences that pages asked for: language and key. */
  readonly spoken: string[];
  /** What the box says to all of them; undefined: it has no voice. */
  voice: Uint8Array | undefined;
  /** No virtual patient at any bed. */
  isReal: boolean;
  readonly targetChanges: { count: number };
  /** Limits that were tried on the last nights, with what ends it. */
  readonly tried: { readonly limits: unknown; readonly signal: AbortSignal }[];
  /** What the nights say to them. */
  whatIfLines: () => AsyncIterable<WhatIfLine>;
  readonly store: FakeTimeseries;
  readonly ownerCode: string;
  /** What the next command answers. */
  outcome: CommandOutcome;
  /** Adds a person of this role and returns the cookie header of a new sign-in. */
  signIn(role: Role, name?: string): Promise<string>;
  person(role: Role, name?: string): Promise<Person>;
  /** Notes of level error or about answers that do not fit their schema. */
  complaints(): string[];
  close(): Promise<void>;
}

export interface HarnessOptions {
  readonly imports?: NonNullable<ServerDeps["imports"]>;
  /** What the family speaks itself; absent: as on a hub. */
  readonly voices?: NonNullable<ServerDeps["voices"]>;
  /** What the box speaks; absent: `voice` to everything. */
  readonly speech?: ServerDeps["speech"];
  readonly pairing?: NonNullable<ServerDeps["pairing"]>;
  readonly authority?: NonNullable<ServerDeps["authority"]>;
  readonly forgetHome?: NonNullable<ServerDeps["forgetHome"]>;
  readonly metrics?: NonNullable<ServerDeps["metrics"]>;
  readonly owner?: ServerDeps["ownerOf"];
  readonly passkeyHost?: string;
  readonly oidc?: (tools: Pick<ServerDeps, "clock" | "log">) => NonNullable<ServerDeps["oidc"]>;
  /** Host names that it is known by. */
  readonly names?: readonly string[];
  readonly health?: NonNullable<ServerDeps["health"]>;
  readonly pagesFolder?: string;
  /** Makes an owner code, which takes a while on purpose. */
  readonly withOwnerCode?: boolean;
  readonly allowPrivateEndpoints?: boolean;
  readonly channels?: readonly ChannelModule[];
  readonly deadMen?: NonNullable<ServerDeps["deadMen"]>;
  /** The box of a bed, on a hub. */
  readonly box?: NonNullable<ServerDeps["box"]>;
  /** The evening check; absent: phones are called elsewhere. */
  readonly evening?: EveningDesk;
  /** Address of the hub that leads the box. */
  readonly ledBy?: string;
  /** What the box writes down of nights; absent: it keeps none. */
  readonly nights?: NonNullable<ServerDeps["nights"]>;
  readonly offers?: NonNullable<ServerDeps["offers"]>;
  readonly clock?: Clock;
  readonly stores?: Stores;
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly beds?: readonly LiveBed[];
}

export async function startHarness(options: HarnessOptions = {}): Promise<Harness> {
  const virtual = createVirtualClock(NOW);
  const clock = options.clock ?? virtual;
  let counter = 0;
  let made = 0;
  const random = createSeededRandom(7);
  const stores = options.stores ?? createMemoryStores();
  const { state, accounts } = stores;
  const notes: Harness["notes"] = [];
  const bad: string[] = [];
  const log: ServerDeps["log"] = {
    note: (event, fields = {}, level = "info") => {
      notes.push({ event, fields });
      if (level === "error") bad.push(`${event} ${JSON.stringify(fields)}`);
    },
  };
  const live = createLiveModel({ clock, log, beds: options.beds ?? [BED] });
  const store = new FakeTimeseries();
  const ownerCode =
    options.withOwnerCode === true
      ? ((await ensureOwnerCode({ state, accounts, random, renew: false })) ?? "")
      : "";
  const harness: Omit<Harness, "app"> = {
    clock: virtual,
    state,
    accounts,
    live,
    commands: [],
    notes,
    receipts: [],
    proofs: [],
    simulated: [],
    recordings: [],
    exports: [],
    auditPieces: ['{"n":1}\n', '{"n":2}\n'],
    spoken: [],
    voice: undefined,
    boundDevices: [],
    serialFound: undefined,
    recording: "device: nonin-serial\n\n0.000 < 01 80\n",
    isReal: false,
    targetChanges: { count: 0 },
    tried: [],
    whatIfLines: async function* () {},
    store,
    ownerCode,
    outcome: { accepted: true },
    async person(role, name = `A ${role}`) {
      const people = await accounts.members(HOME);
      const known = people.find((one) => one.name === name && one.role === role);
      if (known !== undefined) return known;
      made += 1;
      const person: Person = { id: `person-${made}`, name, role, language: "en" };
      await addMember(stores, HOME, person);
      return person;
    },
    async signIn(role, name) {
      const person = await harness.person(role, name);
      const secret = `${role}-${counter++}`.padEnd(43, "x");
      await addSignIn({ accounts, clock }, person.id, secret);
      return `${options.tls === undefined ? "" : "__Host-"}breathwatch=${secret}`;
    },
    complaints: () => bad,
    async close() {
      await app.close();
      await state.close();
    },
  };
  let engineVersion = 0;
  const desks = createLimitsDesks({
    ...{ state, clock, log },
    beds: (options.beds ?? [BED]).map(({ bed }) => ({ bed, dependencyClass: "B" })),
    engineVersion: () => engineVersion,
    command: async (bed, command) => {
      harness.commands.push({ bed, command });
      if (command.kind === "limits" && harness.outcome.accepted) engineVersion = command.version;
      return harness.outcome.accepted;
    },
  });
  const app = await createApp({
    clock,
    random,
    log,
    state,
    accounts,
    timeseries: store,
    live,
    homes: { of: () => state },
    homeOf: (bed) => splitBed(bed)?.home ?? HOME,
    names: () => options.names ?? ["box.example"],
    ownerOf: options.owner ?? { home: HOME, role: "owner" },
    about: () => ({ home: HOME, demo: true, version: "0.1.0", pushKey: "BKey" }),
    pagesFolder: options.pagesFolder ?? "/nonexistent/pages",
    channels: options.channels ?? [],
    ...(options.box === undefined ? {} : { box: options.box }),
    ...(options.evening === undefined ? {} : { evening: () => options.evening }),
    allowPrivateEndpoints: options.allowPrivateEndpoints ?? false,
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    ...(options.passkeyHost === undefined ? {} : { passkeyHost: options.passkeyHost }),
    ...(options.oidc === undefined ? {} : { oidc: options.oidc({ clock, log }) }),
    ...(options.ledBy === undefined ? {} : { ledBy: options.ledBy }),
    ...(options.deadMen === undefined ? {} : { deadMen: options.deadMen }),
    ...(options.nights === undefined ? {} : { nights: options.nights }),
    ...(options.offers === undefined ? {} : { offers: options.offers }),
    ...(options.imports === undefined ? {} : { imports: options.imports }),
    ...(options.voices === undefined ? {} : { voices: options.voices }),
    ...(options.pairing === undefined ? {} : { pairing: options.pairing }),
    ...(options.authority === undefined ? {} : { authority: options.authority }),
    ...(options.forgetHome === undefined ? {} : { forgetHome: options.forgetHome }),
    ...(options.metrics === undefined ? {} : { metrics: options.metrics }),
    ...(options.health === undefined ? {} : { health: options.health }),
    command: async (bed, command) => {
      harness.commands.push({ bed, command });
      return harness.outcome;
    },
    verifyToken: (token) =>
      token === TOKEN
        ? {
            bed: "b1",
            occurrence: OCCURRENCE,
            by: { id: "pabcdefghi", name: "<b>Aunt</b>" },
            language: "zh-Hant",
            worsened: 3,
            commandId: "ack-of-this-token",
          }
        : undefined,
    proven: (token) => {
      harness.proofs.push(token);
    },
    receipt: (token) => {
      harness.receipts.push(token);
      return token === TOKEN;
    },
    devices: () => [DEVICE],
    frames: () => ({ frames: frameLines() }),
    bindSerial: (device) => {
      harness.boundDevices.push(device);
      return harness.serialFound;
    },
    async *auditRecord({ bed, format, from, to }) {
      harness.exports.push({ bed, format, from, to });
      yield* harness.auditPieces;
    },
    recording: async ({ device, from, to }) => {
      harness.recordings.push({ device, from, to });
      return harness.recording;
    },
    speech:
      options.speech ??
      (async (key, language) => {
        harness.spoken.push(`${language} ${key}`);
        return harness.voice;
      }),
    limits: (bed) => desks.of(bed),
    whatIf: async (bed, limits, signal) => {
      await desks.of(bed).preview(limits);
      harness.tried.push({ limits, signal });
      return harness.whatIfLines();
    },
    baselines: () => ({
      baselines: { minute_volume: { median: 7.2, nights: 18 } },
      least: 5,
      simulated: false,
    }),
    simulation: (bed) =>
      harness.isReal
        ? undefined
        : {
            view: simulationView,
            act(request) {
              harness.simulated.push({ bed, ...request });
              return harness.outcome;
            },
          },
    targetsChanged: () => {
      harness.targetChanges.count += 1;
    },
  });
  return Object.assign(harness, { app });
}

/** An open alarm for folds and nights. */
export function occurrence(changes: Partial<Occurrence> = {}): Occurrence {
  return {
    id: OCCURRENCE,
    bed: "b1",
    condition: "SPO2_LOW",
    priority: "high",
    state: "holds",
    raisedAt: NOW,
    values: { spo2: 84 },
    simulated: false,
    drill: false,
    ...changes,
  };
}

export function fold(open: readonly Occurrence[], revision = 1): AlarmFold {
  const watch = { on: true, reason: "person", since: NOW } as const;
  const nothing = { unknown: [], cards: [], past: [], pauses: [], limits: { version: 0, off: [] } } as const;
  return { bed: "b1", revision, at: NOW, watch, open, ...nothing };
}

/** Samples of one device as an observation that arrives now. */
export function samples(
  clock: Clock,
  device: string,
  values: { readonly [id in SignalId]?: Sample },
  changes: object = {},
): Parameters<LiveModel["observe"]>[0] {
  return {
    device,
    bed: "b1",
    epoch: "epochaaaaa",
    seq: 0,
    at: clock.wall(),
    mono: mono(clock.mono()),
    simulated: false,
    timeliness: "live",
    body: { kind: "samples", samples: values },
    ...changes,
  };
}

/** A store that answers from plain lists, and can be made to fail. */
export class FakeTimeseries implements Timeseries {
  points: { [id in SignalId]?: Point[] } = {};
  eventList: Awaited<ReturnType<Timeseries["events"]>> = [];
  nightList: readonly Night[] = [];
  isSimulated = false;
  /** What the store says of every range; undefined: it cannot tell. */
  revisionText: string | undefined;
  failure: Error | undefined;
  readonly widths: number[] = [];

  #check(): void {
    if (this.failure !== undefined) throw this.failure;
  }
  revision(): string | undefined {
    return this.revisionText;
  }
  async write(): Promise<undefined> {}
  async range({ from, to, signal }: Parameters<Timeseries["range"]>[0]): Promise<readonly Point[]> {
    this.#check();
    return (this.points[signal] ?? []).filter(({ at }) => at >= from && at < to);
  }
  async buckets({ from, to, signals, bucketMs }: Parameters<Timeseries["buckets"]>[0]): Promise<{
    readonly [id in SignalId]?: readonly Bucket[];
  }> {
    this.#check();
    const count = Math.ceil((to - from) / bucketMs);
    this.widths.push(count);
    const answer: { [id in SignalId]?: Bucket[] } = {};
    for (const signal of signals) {
      const series = Array.from({ length: count }, (_, i): Bucket => {
        const start = from + i * bucketMs;
        const numbers = (this.points[signal] ?? []).flatMap(({ at, sample }) =>
          at >= start && at < start + bucketMs && typeof sample === "number" ? [sample] : [],
        );
        if (numbers.length === 0) return { at: wall(start), count: 0 };
        const mean = numbers.reduce((a, b) => a + b, 0) / numbers.length;
        return {
          at: wall(start),
          count: numbers.length,
          mean,
          min: Math.min(...numbers),
          max: Math.max(...numbers),
        };
      });
      answer[signal] = series;
    }
    return answer;
  }
  async waves(): Promise<readonly never[]> {
    return [];
  }
  async events(): ReturnType<Timeseries["events"]> {
    this.#check();
    return this.eventList;
  }
  async nights(): Promise<readonly Night[]> {
    this.#check();
    return this.nightList;
  }
  async simulated(): Promise<boolean> {
    this.#check();
    return this.isSimulated;
  }
  async series(): ReturnType<Timeseries["series"]> {
    return {};
  }
  async summaries(): ReturnType<Timeseries["summaries"]> {
    return [];
  }
  async beds(): ReturnType<Timeseries["beds"]> {
    return [];
  }
  async page(_query: Parameters<Timeseries["page"]>[0]): ReturnType<Timeseries["page"]> {
    return { batch: { rows: [], waves: [], settings: [], events: [] } };
  }
  async remove(): Promise<void> {}
  async backup(): Promise<void> {}
  async retain(): Promise<void> {}
  async health(): ReturnType<Timeseries["health"]> {
    return { ok: true, detail: "", bytes: 0 };
  }
  async close(): Promise<void> {}
}
