import { DEVICES } from "../devices/index.ts";
import { type BaselinesDesk, createBaselinesDesk } from "./alarm/baselines-desk.ts";
import { createLimitsDesks, type LimitsDesks } from "./alarm/limits-desk.ts";
import { createWhatIfDesk, type WhatIfDesk } from "./alarm/what-if-desk.ts";
import type { HomeConfig } from "./config/config.ts";
import { type HomeIdentity, readIdentity } from "./config/identity.ts";
import { remember } from "./config/remember.ts";
import type { Baselines } from "./domain/alarm.ts";
import { Fault } from "./domain/fault.ts";
import type { BedId } from "./domain/ids.ts";
import { inSlices } from "./domain/slices.ts";
import type { Night } from "./domain/time.ts";
import { createCardImports } from "./driver/card-imports.ts";
import { createFamilies, type Families } from "./driver/families.ts";
import { composeEdge, type Edge } from "./edge.ts";
import { composeHub, type Hub } from "./hub.ts";
import { createVapidKeys } from "./notify/web-push/vapid.ts";
import type { Uploads } from "./port/upload.ts";
import type { ListenOptions, World } from "./port/world.ts";
import { createApp } from "./server/app.ts";
import type { App } from "./server/context.ts";
import type { ServerDeps, SimulatedBed } from "./server/deps.ts";
import { listen } from "./server/listen.ts";
import { ensureOwnerCode } from "./server/owner-code.ts";
import {
  BASELINE_INPUTS,
  BASELINE_NIGHTS,
  baselinesOf,
  type NightMedians,
  nightMedians,
} from "./trends/baseline.ts";
import { pastNights, type RecordedNight, recordedNight } from "./trends/recorded.ts";
import { createAckKey } from "./watch/ack-token.ts";

export const VERSION = "0.1.0";

export interface HomeOptions {
  /** Folder of the built pages. */
  readonly pagesFolder: string;
  /** Default: the families that come along. */
  readonly families?: Families;
  /** Where cards and files that people bring are kept until they are read; absent: none can be brought. */
  readonly uploads?: Uploads;
  /** The virtual patient of a bed, where it has one; absent where nothing is simulated here. */
  readonly simulation?: (bed: BedId) => SimulatedBed | undefined;
}

/** Everything in one process: bedside, broker, hub, pages. */
export interface Home {
  readonly edge: Edge;
  readonly hub: Hub;
  readonly app: App;
  /** Address of the pages; absent where none is listened on (rehearsal). */
  readonly url?: string;
  /** Where the broker is, with what it wants to be told: for tools on this machine. */
  readonly broker: { readonly url: string; readonly username?: string; readonly password?: string };
  /** What could not be had at the start and is tried again and again while the watch goes on. */
  readonly troubles: readonly Fault[];
  /** To print beside the address; absent when an owner has signed in and the code stays valid. */
  readonly ownerCode?: string;
  readonly identity: HomeIdentity;
  stop(): Promise<void>;
}

/** Composes and starts a home. Rejects with the Fault of whatever cannot be had; nothing is left running then. */
export async function composeHome(world: World, config: HomeConfig, options: HomeOptions): Promise<Home> {
  const { clock, random, log, state, timeseries } = world;
  const closers: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  try {
    const identity = await readIdentity({
      ...{ state, random, config },
      origin: originOf(config),
      now: clock.wall(),
      makeAckKey: () => createAckKey(random),
      makeVapidKeys: () => createVapidKeys(random),
    });
    const broker = await brokerOf(world, config);
    const opening = broker.open === undefined ? undefined : await persist(world, config, broker.open);
    if (opening !== undefined) closers.push(opening.close);

    const access = { ...broker.access, url: opening?.opened?.url ?? broker.access.url };
    const hub = composeHub(world, config, identity.home, access);
    closers.push(() => hub.stop());
    const { families = createFamilies(DEVICES), uploads } = options;
    const edge = await composeEdge(world, config, identity, access, families);
    closers.push(() => edge.stop());
    const limits = createLimitsDesks({
      ...{ state, clock, log },
      beds: config.beds.map(({ id, dependencyClass }) => ({ bed: id, dependencyClass })),
      engineVersion: (bed) => edge.live.fold(bed)?.limits.version,
      command: async (bed, command) => edge.command(bed, command).accepted,
    });
    closers.push(() => limits.stop());
    const past = pastOf(world, config, edge);
    const baselines = createBaselinesDesk({
      ...{ clock, log, find: past.baselines },
      beds: config.beds.map(({ id }) => ({ bed: id, zone: config.zone })),
      command: async (bed, command) => edge.command(bed, command).accepted,
    });
    closers.push(() => baselines.stop());
    const whatIf = createWhatIfDesk({
      ...{ clock, limits: limits.of },
      ...{ nights: past.nights, read: past.read, simulated: past.simulated },
      baselines: (bed) => baselines.of(bed).baselines,
    });
    const imports =
      uploads === undefined
        ? undefined
        : createCardImports({
            ...{ families, uploads, clock, log, timeseries, links: world.links },
            zone: config.zone,
            waveDays: config.keep.waveDays,
          });
    if (imports !== undefined) closers.push(() => imports.stop());

    const app = await createApp({
      ...serverDeps(world, config, options, identity, edge),
      ...limitsDeps(limits, whatIf, baselines, past),
      ...(imports === undefined ? {} : { imports }),
    });
    closers.push(() => app.close());
    const ownerCode = await ensureOwnerCode({ state, random, renew: config.demo });

    // The watch comes first: a page server that cannot start must not keep it from watching.
    hub.start();
    edge.start();
    limits.start();
    baselines.start();
    const where = world.listen;
    if (where === undefined) await app.ready();
    const pages =
      where === undefined
        ? undefined
        : await persist(world, config, async () => ({
            ...(await listen(app, where)),
            close: async () => undefined,
          }));
    if (pages !== undefined) closers.push(pages.close);
    log.note("home.started", {
      beds: config.beds.length,
      demo: config.demo,
      store: (await timeseries.health()).ok,
    });
    return {
      ...{ edge, hub, app, identity, broker: access, stop },
      ...(where === undefined ? {} : { url: pages?.opened?.url ?? addressOf(where) }),
      troubles: [opening?.trouble, pages?.trouble].filter((fault) => fault !== undefined),
      ...(ownerCode === undefined ? {} : { ownerCode }),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The address that phones open: the configured name, or this machine. */
function originOf({ web }: HomeConfig): string {
  const scheme = web.tls === undefined ? "http" : "https";
  return `${scheme}://${web.name}${web.port === 0 ? "" : `:${web.port}`}`;
}

/** Address of pages that will be there once their port is free. */
const addressOf = ({ host, port, tls }: ListenOptions): string =>
  `${tls === undefined ? "http" : "https"}://${host}:${port}`;

interface Opened {
  readonly url: string;
  close(): Promise<void>;
}

const RETRY_MS = 5_000;

/**
 * Opens something that the watch can do without (law 4: broker and pages): what fails for now is tried again every 5 s
 * until it works. The demo, which somebody is looking at, fails instead, and so does what can never work.
 */
async function persist(
  { clock, log }: World,
  { demo }: HomeConfig,
  open: () => Promise<Opened>,
): Promise<{ readonly opened?: Opened; readonly trouble?: Fault; close(): Promise<void> }> {
  try {
    const opened = await open();
    return { opened, close: () => opened.close() };
  } catch (error) {
    if (demo || !(error instanceof Fault) || error.permanent) throw error;
    log.note("home.waiting", { code: error.code, why: error.message, fix: error.fix }, "error");
    let later: Opened | undefined;
    let stopped = false;
    let cancel = (): void => undefined;
    const again = (): void => {
      cancel = clock.after(RETRY_MS, () => {
        open().then(
          async (opened) => {
            later = opened;
            log.note("home.opened", { url: opened.url });
            if (stopped) await opened.close();
          },
          () => {
            if (!stopped) again();
          },
        );
      });
    };
    again();
    return {
      trouble: error,
      async close() {
        stopped = true;
        cancel();
        await later?.close();
      },
    };
  }
}

interface BrokerAccess {
  readonly access: Home["broker"];
  readonly open?: () => Promise<Opened>;
}

async function brokerOf({ broker, random, state }: World, { bus }: HomeConfig): Promise<BrokerAccess> {
  if (bus.url !== undefined) {
    const { url, username, password } = bus;
    return { access: { url, ...(username && { username }), ...(password && { password }) } };
  }
  const username = bus.username ?? "breathwatch";
  const made = (): string => Buffer.from(random.bytes(24)).toString("base64url");
  const password = bus.password ?? (await remember(state, "broker_password", made));
  const { host, port } = bus;
  return {
    access: { url: `mqtt://${host}:${port}`, username, password },
    open: () => broker.start({ host, port, username, password }),
  };
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
  options: HomeOptions,
  identity: HomeIdentity,
  edge: Edge,
): Omit<ServerDeps, "limits" | "whatIf" | "baselines"> {
  const { clock, random, log, state, timeseries, listen: where } = world;
  const { grantOf } = edge.answers;
  return {
    ...{ clock, random, log, state, timeseries, pagesFolder: options.pagesFolder },
    live: edge.live,
    about: { home: identity.home, demo: config.demo, version: VERSION, pushKey: identity.vapid.publicKey },
    ...(where?.tls === undefined ? {} : { tls: where.tls }),
    ...(config.relay === undefined ? {} : { relayOrigin: new URL(config.relay.server).origin }),
    allowPrivateEndpoints: config.webPush.allowPrivateEndpoints,
    command: async (bed, command) => edge.command(bed, command),
    verifyToken: grantOf,
    // A tap or an answer is a person; that a phone showed something is not (law 2).
    proven: (token) => {
      const grant = grantOf(token);
      if (grant !== undefined) edge.targets.prove(grant.target);
    },
    receipt: (token) => grantOf(token) !== undefined,
    devices: edge.devices,
    frames: edge.frames,
    bindSerial: edge.bindSerial,
    recording: edge.recording,
    auditRecord: edge.auditRecord,
    speech: edge.speech,
    simulation: (bed) => options.simulation?.(bed),
    targetsChanged: () => {
      edge.targets
        .refresh()
        .catch((error: unknown) => log.note("targets.unread", { why: String(error) }, "error"));
    },
  };
}
