import type { HomeConfig } from "./config/config.ts";
import { type HomeIdentity, readIdentity } from "./config/identity.ts";
import { remember } from "./config/remember.ts";
import type { BedId } from "./domain/ids.ts";
import { composeEdge, type Edge } from "./edge.ts";
import { composeHub, type Hub } from "./hub.ts";
import { createVapidKeys } from "./notify/web-push/vapid.ts";
import type { World } from "./port/world.ts";
import type { PatientEvent } from "./rehearsal/patient.ts";
import { createApp } from "./server/app.ts";
import type { App } from "./server/context.ts";
import type { ServerDeps, TokenGrant } from "./server/deps.ts";
import { listen } from "./server/listen.ts";
import { ensureOwnerCode } from "./server/owner-code.ts";
import { createAckKey, verifyAckToken } from "./watch/ack-token.ts";

export const VERSION = "0.1.0";

export interface HomeOptions {
  /** Folder of the built pages. */
  readonly pagesFolder: string;
  /** Makes something happen to the virtual patient of a bed; absent where nothing is simulated here. */
  readonly simulate?: (bed: BedId, event: PatientEvent) => boolean;
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
    if (broker.close !== undefined) closers.push(broker.close);

    const hub = composeHub(world, config, identity.home, broker.access);
    closers.push(() => hub.stop());
    const edge = await composeEdge(world, config, identity, broker.access);
    closers.push(() => edge.stop());

    const app = await createApp(serverDeps(world, config, options, identity, edge));
    closers.push(() => app.close());
    const ownerCode = await ensureOwnerCode({ state, random, renew: config.demo });

    // The watch comes first: a page server that cannot start must not keep it from watching.
    hub.start();
    edge.start();
    if (world.listen === undefined) await app.ready();
    const url = world.listen === undefined ? undefined : (await listen(app, world.listen)).url;
    log.note("home.started", {
      beds: config.beds.length,
      demo: config.demo,
      store: (await timeseries.health()).ok,
    });
    return {
      ...{ edge, hub, app, identity, broker: broker.access, stop },
      ...(url === undefined ? {} : { url }),
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

interface BrokerAccess {
  readonly access: Home["broker"];
  readonly close?: () => Promise<void>;
}

async function brokerOf({ broker, random, state }: World, { bus }: HomeConfig): Promise<BrokerAccess> {
  if (bus.url !== undefined) {
    const { url, username, password } = bus;
    return { access: { url, ...(username && { username }), ...(password && { password }) } };
  }
  const username = bus.username ?? "breathwatch";
  const made = (): string => Buffer.from(random.bytes(24)).toString("base64url");
  const password = bus.password ?? (await remember(state, "broker_password", made));
  const { url, close } = await broker.start({ host: bus.host, port: bus.port, username, password });
  return { access: { url, username, password }, close };
}

function serverDeps(
  world: World,
  config: HomeConfig,
  options: HomeOptions,
  identity: HomeIdentity,
  edge: Edge,
): ServerDeps {
  const { clock, random, log, state, timeseries, listen: where } = world;
  const grantOf = (token: string): (TokenGrant & { readonly target: string }) | undefined => {
    const verdict = verifyAckToken(identity.ackKey, token, clock.wall());
    const target = verdict.ok ? edge.targets.find(verdict.claim.target) : undefined;
    if (!verdict.ok || target === undefined) return undefined;
    const { occurrence } = verdict.claim;
    return {
      bed: occurrence.split("-", 1)[0] ?? "",
      occurrence,
      by: { id: target.person, name: target.personName },
      language: target.language,
      target: target.id,
    };
  };
  return {
    ...{ clock, random, log, state, timeseries, pagesFolder: options.pagesFolder },
    live: edge.live,
    about: { home: identity.home, demo: config.demo, version: VERSION, pushKey: identity.vapid.publicKey },
    ...(where?.tls === undefined ? {} : { tls: where.tls }),
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
    simulate: (bed, event) =>
      options.simulate?.(bed, event) === true
        ? { accepted: true }
        : { accepted: false, reason: "There is no virtual patient at this bed." },
    targetsChanged: () => {
      edge.targets
        .refresh()
        .catch((error: unknown) => log.note("targets.unread", { why: String(error) }, "error"));
    },
  };
}
