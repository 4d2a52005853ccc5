import { type BaselinesDesk, createBaselinesDesk } from "./alarm/baselines-desk.ts";
import { createLimitsDesks, type LimitsDesks } from "./alarm/limits-desk.ts";
import { createOfferDesk } from "./alarm/offer-desk.ts";
import { createWhatIfDesk, type WhatIfDesk } from "./alarm/what-if-desk.ts";
import type { HomeConfig } from "./config/config.ts";
import type { HomeIdentity } from "./config/identity.ts";
import type { Baselines } from "./domain/alarm.ts";
import { Fault } from "./domain/fault.ts";
import { type BedId, base32Id } from "./domain/ids.ts";
import { inSlices } from "./domain/slices.ts";
import type { Night } from "./domain/time.ts";
import { createCardImports } from "./driver/card-imports.ts";
import type { Families } from "./driver/families.ts";
import type { Edge } from "./edge.ts";
import { edgeHealth, refusedIn } from "./edge-health.ts";
import { createMornings } from "./edge-mornings.ts";
import { DEAD_MEN } from "./notify/dead-men.ts";
import { channelModulesOf } from "./notify/modules.ts";
import type { HubFacts } from "./ops/health.ts";
import { createProcessMeter } from "./ops/process-load.ts";
import type { LimitsDesk } from "./port/limits.ts";
import type { IngestCounts, UplinkCounts } from "./port/metrics.ts";
import type { Uploads } from "./port/upload.ts";
import type { World } from "./port/world.ts";
import { createApp } from "./server/app.ts";
import type { App } from "./server/context.ts";
import type { ServerDeps, SimulatedBed } from "./server/deps.ts";
import { ensureOwnerCode } from "./server/owner-code.ts";
import { passkeysAt } from "./server/passkeys.ts";
import {
  BASELINE_INPUTS,
  BASELINE_NIGHTS,
  baselinesOf,
  type NightMedians,
  nightMedians,
} from "./trends/baseline.ts";
import { pastNights, type RecordedNight, recordedNight } from "./trends/recorded.ts";

export const VERSION = "0.1.0";

export interface PagesOptions {
  /** Folder of the built pages. */
  readonly pagesFolder: string;
  readonly families: Families;
  /** Where cards and files that people bring are kept until they are read; absent: none can be brought. */
  readonly uploads?: Uploads;
  /** How the way into the store is, where it is in this process. */
  readonly ingest?: () => IngestCounts;
  /** This machine's own authority, for phones to take over. */
  readonly authority?: NonNullable<ServerDeps["authority"]>;
  /** The token of programs that read /metrics, now; default: as configured. */
  readonly metricsToken?: () => string | undefined;
  /** How this box stands to its hub; undefined where it never had one. */
  readonly hub?: () => HubFacts | undefined;
  /** Address of the hub that leads this box: limits are set there; absent: the box leads itself. */
  readonly ledBy?: string;
  /** The virtual patient of a bed, where it has one; absent where nothing is simulated here. */
  readonly simulation?: (bed: BedId) => SimulatedBed | undefined;
}

/** The pages of one box with what works behind them: limits, usual values, what if, cards. */
export interface Pages {
  readonly app: App;
  /** To print beside the address; absent when an owner has signed in and the code stays valid. */
  readonly ownerCode?: string;
  /** Limits came from elsewhere into the state: the engines are given what they are owed. */
  limitsChanged(): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}

/** Composes the pages of a box around its edge; nothing listens and nothing runs before start(). */
export async function composePages(
  world: World,
  config: HomeConfig,
  identity: HomeIdentity,
  edge: Edge,
  options: PagesOptions,
): Promise<Pages> {
  const { clock, random, log, state, accounts, timeseries } = world;
  const command = async (...given: Parameters<Edge["command"]>) => edge.command(...given).accepted;
  const limits = createLimitsDesks({
    ...{ state, clock, log, command, follows: options.ledBy !== undefined },
    beds: config.beds.map(({ id, dependencyClass }) => ({ bed: id, dependencyClass })),
    engineVersion: (bed) => edge.live.fold(bed)?.limits.version,
  });
  const past = pastOf(world, config, edge);
  const baselines = createBaselinesDesk({
    ...{ clock, log, find: past.baselines, command },
    beds: config.beds.map(({ id }) => ({ bed: id, zone: config.zone })),
  });
  const whatIf = createWhatIfDesk({
    ...{ clock, limits: limits.of },
    ...{ nights: past.nights, read: past.read, simulated: past.simulated },
    baselines: (bed) => baselines.of(bed).baselines,
  });
  const offers = createOfferDesk({
    ...{ clock, state, limits: limits.of, whatIf: whatIf.run },
    newId: () => base32Id(random.bytes(10)),
  });
  const scheduleOf = (bed: BedId) => config.beds.find(({ id }) => id === bed)?.schedule;
  // Where the store is fed in this process, nights can be read here.
  const keepsNights = options.ingest !== undefined;
  const mornings = createMornings({
    ...{ world, config, identity, edge, scheduleOf },
    ...(keepsNights ? { offers } : {}),
  });
  const { families, uploads } = options;
  const imports =
    uploads === undefined
      ? undefined
      : createCardImports({
          ...{ families, uploads, clock, log, timeseries, links: world.links },
          zone: config.zone,
          waveDays: config.keep.waveDays,
        });
  const meter = createProcessMeter();
  const app = await createApp({
    ...serverDeps(world, config, options, identity, edge),
    ...limitsDeps(limits, whatIf, baselines, past),
    ...(options.ledBy === undefined
      ? {}
      : { ledBy: options.ledBy, limits: (bed) => ledLimits(limits.of(bed), options.ledBy) }),
    metrics: {
      token: options.metricsToken ?? (() => config.metrics?.token),
      load: () => meter.read(),
      uplink: () => uplinkOf(edge),
      ...(options.ingest === undefined ? {} : { ingest: options.ingest }),
    },
    health: edgeHealth(world, edge, { startedAt: clock.mono(), version: VERSION }, () => {
      const { connected, held } = uplinkOf(edge);
      const hub = options.hub?.();
      return {
        bus: { connected, waiting: held },
        ...(hub === undefined ? {} : { hub, refusedSettings: refusedIn(edge.live) }),
      };
    }),
    ...(imports === undefined ? {} : { imports }),
    ...(keepsNights ? { nights: { schedule: scheduleOf, entries: edge.nights.read }, offers } : {}),
  });
  const ownerCode = await ensureOwnerCode({ state, accounts, random, renew: config.demo });
  return {
    app,
    ...(ownerCode === undefined ? {} : { ownerCode }),
    limitsChanged: limits.reconcile,
    start() {
      meter.start();
      limits.start();
      baselines.start();
      // There is something to look at: here, or at the hub.
      if (keepsNights || options.ledBy !== undefined) mornings.start();
    },
    async stop() {
      meter.stop();
      await app.close();
      await imports?.stop();
      await mornings.stop();
      await baselines.stop();
      await limits.stop();
    },
  };
}

/** All beds of the box together. */
function uplinkOf(edge: Edge): UplinkCounts {
  const uplinks = edge.uplinks();
  const sum = (of: "held" | "dropped" | "resent"): number =>
    uplinks.reduce((total, status) => total + status[of], 0);
  return {
    connected: uplinks.every(({ connected }) => connected),
    ...{ held: sum("held"), dropped: sum("dropped"), resent: sum("resent") },
  };
}

/** Limits can be looked at here and are changed at the hub, so that there is one place that counts their versions. */
function ledLimits(desk: LimitsDesk, hub = ""): LimitsDesk {
  const elsewhere = async (): Promise<never> => {
    throw new Fault("NOT_ALLOWED", `Limits of this bed are set at ${hub}.`, {
      fix: "Open the hub's page; alarms can be paused here.",
    });
  };
  return { ...desk, set: elsewhere, restore: elsewhere, applyCode: elsewhere };
}

/** The nights in the store, as limits and usual values are worked out from them. */
interface Past {
  simulated(bed: BedId): boolean;
  nights(bed: BedId, count: number): Promise<readonly Night[]>;
  read(bed: BedId, night: Night, signal: AbortSignal): Promise<RecordedNight | undefined>;
  baselines(bed: BedId, signal: AbortSignal): Promise<Baselines>;
}

function pastOf({ timeseries, clock }: World, { zone }: HomeConfig, edge: Edge): Past {
  // A real bed with one simulated device on trial has no simulated past.
  const simulated = (bed: BedId): boolean => {
    const sources = edge.live.states().find((state) => state.bed === bed)?.sources ?? [];
    return sources.length > 0 && sources.every((source) => source.simulated);
  };
  const nights = (bed: BedId, count: number): Promise<readonly Night[]> =>
    pastNights(timeseries, { bed, zone, simulated: simulated(bed) }, count);
  return {
    ...{ simulated, nights },
    read: (bed, night, signal) => recordedNight(timeseries, { bed, zone }, night, { clock, signal }),
    async baselines(bed, signal) {
      const pace = { clock, signal };
      const medians: NightMedians[] = [];
      for (const night of await nights(bed, BASELINE_NIGHTS.looked)) {
        const read = await recordedNight(timeseries, { bed, zone }, night, pace, BASELINE_INPUTS);
        if (read !== undefined) medians.push(await inSlices(nightMedians(read), pace));
      }
      return baselinesOf(medians);
    },
  };
}

const limitsDeps = (
  limits: LimitsDesks,
  whatIf: WhatIfDesk,
  baselines: BaselinesDesk,
  past: Past,
): Pick<ServerDeps, "limits" | "whatIf" | "baselines"> => ({
  limits: limits.of,
  whatIf: whatIf.run,
  baselines: (bed) => ({
    ...baselines.of(bed),
    least: BASELINE_NIGHTS.least,
    simulated: past.simulated(bed),
  }),
});

function serverDeps(
  world: World,
  config: HomeConfig,
  options: PagesOptions,
  identity: HomeIdentity,
  edge: Edge,
): Omit<ServerDeps, "limits" | "whatIf" | "baselines"> {
  const { clock, random, log, state, accounts, timeseries, listen: where } = world;
  const { grantOf } = edge.answers;
  const { publicKey: pushKey } = identity.vapid;
  const about = { home: identity.home, demo: config.demo, version: VERSION, pushKey };
  return {
    ...{ clock, random, log, state, accounts, timeseries, pagesFolder: options.pagesFolder },
    live: edge.live,
    homes: { of: () => state },
    homeOf: () => identity.home,
    ownerOf: { home: identity.home, role: "owner" },
    about: () => about,
    names: () => where?.names?.() ?? [],
    ...(where?.tls === undefined ? {} : { tls: where.tls }),
    ...passkeysAt(config.web.name, where?.tls !== undefined),
    ...(options.authority === undefined ? {} : { authority: options.authority }),
    ...(config.relay === undefined ? {} : { relayOrigin: new URL(config.relay.server).origin }),
    allowPrivateEndpoints: config.webPush.allowPrivateEndpoints,
    channels: channelModulesOf(world),
    deadMen: { modules: DEAD_MEN, states: edge.deadMen.states, drill: edge.deadMen.drill },
    evening: () => edge.evening,
    command: edge.obey,
    verifyToken: grantOf,
    // A tap or an answer is a person; that a phone showed something is not (law 2).
    proven: (token) => {
      const grant = grantOf(token);
      if (grant !== undefined) edge.targets.prove(grant.target);
    },
    receipt: edge.shown,
    devices: (bed) => edge.devices().filter((device) => bed === undefined || device.bed === bed),
    frames: (_bed, device) => ({ frames: edge.frames(device) ?? [] }),
    bindSerial: edge.bindSerial,
    recording: ({ device, from, to }) => edge.recording(device, from, to),
    auditRecord: ({ bed, format, from, to }) => edge.auditRecord(bed, format, from, to),
    ...{ speech: edge.speech, voices: edge.voices },
    simulation: (bed) => options.simulation?.(bed),
    targetsChanged: () => {
      edge.targets
        .refresh()
        .then(edge.deadMen.look)
        .catch((error: unknown) => log.note("targets.unread", { why: String(error) }, "error"));
    },
  };
}
