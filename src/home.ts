import { DEVICES } from "../devices/index.ts";
import { createHomeAssistant, type HomeAssistant } from "./bus/home-assistant.ts";
import type { HomeConfig } from "./config/config.ts";
import { type HomeIdentity, readIdentity } from "./config/identity.ts";
import { originOf } from "./config/origin.ts";
import { remember } from "./config/remember.ts";
import type { Fault } from "./domain/fault.ts";
import { base32Id } from "./domain/ids.ts";
import { createFamilies, type Families } from "./driver/families.ts";
import { composeEdge, type Edge } from "./edge.ts";
import { composePages, type PagesOptions, VERSION } from "./edge-app.ts";
import { composeHubStore, type HubStore } from "./hub-store.ts";
import { createVapidKeys } from "./notify/web-push/vapid.ts";
import { type Opened, persist } from "./ops/persist.ts";
import type { ListenOptions, ServerCertificate, World } from "./port/world.ts";
import type { App } from "./server/context.ts";
import { listen, renewCertificate } from "./server/listen.ts";
import { createAckKey } from "./watch/ack-token.ts";

export interface HomeOptions extends Omit<PagesOptions, "families"> {
  /** Default: the families that come along. */
  readonly families?: Families;
  /** How long numbers are kept, now; default: as configured. */
  readonly keep?: () => HomeConfig["keep"];
}

/** Everything in one process: bedside, broker, hub, pages. */
export interface Home {
  readonly edge: Edge;
  readonly hub: HubStore;
  readonly app: App;
  /** Address of the pages; absent where none is listened on (rehearsal). */
  readonly url?: string;
  /** Where the broker is, with what it wants to be told: for tools on this machine. */
  readonly broker: { readonly url: string; readonly username?: string; readonly password?: string };
  /** What could not be had at the start and is tried again and again while the watch goes on. */
  readonly troubles: readonly Fault[];
  /** The pages show another certificate from now on. */
  renew(pair: ServerCertificate): void;
  /** To print beside the address; absent when an owner has signed in and the code stays valid. */
  readonly ownerCode?: string;
  readonly identity: HomeIdentity;
  stop(): Promise<void>;
}

/** Composes and starts a home. Rejects with the Fault of whatever cannot be had; nothing is left running then. */
export async function composeHome(world: World, config: HomeConfig, options: HomeOptions): Promise<Home> {
  const { clock, random, log, state, timeseries } = world;
  const insisting = { clock, log, insist: !config.demo };
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
    const opening = broker.open === undefined ? undefined : await persist(insisting, broker.open);
    if (opening !== undefined) closers.push(opening.close);

    const access = { ...broker.access, url: opening?.opened?.url ?? broker.access.url };
    const hub = composeHubStore(world, options.keep ?? (() => config.keep), identity.home, access);
    closers.push(() => hub.stop());
    const { families = createFamilies(DEVICES) } = options;
    const edge = await composeEdge(world, config, identity, access, { families });
    closers.push(() => edge.stop());
    const pages = await composePages(world, config, identity, edge, {
      ...{ ...options, families },
      ingest: () => hub.status(),
    });
    closers.push(() => pages.stop());
    const { app, ownerCode } = pages;

    const assistant = homeAssistantOf(world, config, identity, edge, access);
    if (assistant !== undefined) closers.push(assistant.stop);

    // The watch comes first: a page server that cannot start must not keep it from watching.
    hub.start();
    edge.start();
    pages.start();
    assistant?.start();
    const where = world.listen;
    if (where === undefined) await app.ready();
    const listening =
      where === undefined
        ? undefined
        : await persist(insisting, async () => ({
            ...(await listen(app, where)),
            close: async () => undefined,
          }));
    if (listening !== undefined) closers.push(listening.close);
    log.note("home.started", {
      beds: config.beds.length,
      demo: config.demo,
      store: (await timeseries.health()).ok,
    });
    return {
      ...{ edge, hub, app, identity, broker: access, stop },
      renew: (pair) => renewCertificate(app, pair),
      ...(where === undefined ? {} : { url: listening?.opened?.url ?? addressOf(where) }),
      troubles: [opening?.trouble, listening?.trouble].filter((fault) => fault !== undefined),
      ...(ownerCode === undefined ? {} : { ownerCode }),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Announces the beds to Home Assistant over a connection of its own; undefined where nobody asked for it. */
function homeAssistantOf(
  { bus, clock, random, log }: World,
  config: HomeConfig,
  { home }: HomeIdentity,
  edge: Edge,
  access: Home["broker"],
): { start: HomeAssistant["start"]; stop(): Promise<void> } | undefined {
  if (config.homeAssistant === undefined) return undefined;
  const connection = bus.connect({ ...access, clientId: `assistant-${home}-${base32Id(random.bytes(10))}` });
  const devices = edge.devices();
  const assistant = createHomeAssistant({
    ...{ bus: connection, clock, random, log, version: VERSION, language: config.language },
    prefix: config.homeAssistant.prefix,
    beds: config.beds.map(({ id, label }) => ({
      ...{ home, bed: id, label },
      devices: devices
        .filter(({ bed }) => bed === id)
        .map(({ device, label: name, signals }) => ({ id: device, label: name, signals })),
    })),
  });
  return {
    start: assistant.start,
    async stop() {
      assistant.stop();
      await connection.close();
    },
  };
}

/** Address of pages that will be there once their port is free. */
const addressOf = ({ host, port, tls }: ListenOptions): string =>
  `${tls === undefined ? "http" : "https"}://${host}:${port}`;

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
