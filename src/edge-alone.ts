import { DEVICES } from "../devices/index.ts";
import { createOfflineBus } from "./bus/offline.ts";
import type { SettingsBody } from "./bus/settings.ts";
import type { HomeConfig } from "./config/config.ts";
import { type HomeIdentity, readIdentity } from "./config/identity.ts";
import { originOf } from "./config/origin.ts";
import { keptGrant, leaveEstate } from "./config/pairing.ts";
import { ensureEdgeKey } from "./crypt/edge-key.ts";
import { type Fault, messageOf } from "./domain/fault.ts";
import type { HomeId } from "./domain/ids.ts";
import { MINUTE_MS } from "./domain/time.ts";
import { createFamilies } from "./driver/families.ts";
import { composeEdge, type Edge } from "./edge.ts";
import { composePages } from "./edge-app.ts";
import { applySettings } from "./edge-settings.ts";
import { createStanding } from "./edge-standing.ts";
import { createToldNights } from "./edge-told.ts";
import type { HomeOptions } from "./home.ts";
import { openHubSigns } from "./hub-signs.ts";
import { createVapidKeys } from "./notify/web-push/vapid.ts";
import type { HubFacts } from "./ops/health.ts";
import { persist } from "./ops/persist.ts";
import type { HubPost, PairingGrant } from "./port/registry.ts";
import type { ServerCertificate, World } from "./port/world.ts";
import type { App } from "./server/context.ts";
import { listen, renewCertificate } from "./server/listen.ts";
import { createAckKey } from "./watch/ack-token.ts";

/** The bedside in a process of its own: devices, alarms, sounder, phones and pages here, everything kept at a hub. */
export interface LoneEdge {
  readonly edge: Edge;
  readonly app: App;
  readonly home: HomeId;
  readonly url?: string;
  readonly troubles: readonly Fault[];
  /** The pages show another certificate from now on. */
  renew(pair: ServerCertificate): void;
  readonly ownerCode?: string;
  /** What the hub granted; absent: no hub has taken this box in. It watches all the same. */
  readonly grant?: PairingGrant;
  stop(): Promise<void>;
}

/** What was left with the hub is compared so often: a phone that was just set up here is to be known there tonight. */
const ESTATE_MS = MINUTE_MS;
const ESTATE_FIRST_MS = MINUTE_MS / 4;

/** Composes and starts a bedside. Rejects with the Fault of whatever cannot be had; nothing is left running then. */
export async function composeLoneEdge(
  world: World,
  config: HomeConfig,
  { post, ...options }: HomeOptions & { readonly post: HubPost },
): Promise<LoneEdge> {
  const { clock, random, log, state } = world;
  const insisting = { clock, log, insist: true };
  const closers: (() => Promise<void> | void)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  try {
    const grant = await keptGrant(state);
    const own = await readIdentity({
      ...{ state, random, config, origin: originOf(config), now: clock.wall() },
      makeAckKey: () => createAckKey(random),
      makeVapidKeys: () => createVapidKeys(random),
    });
    // Phones away from home reach the hub, not this box.
    const isLed = (): boolean => grant !== undefined && standing.putOut() === undefined;
    const identity = grant === undefined ? own : { ...own, links: linksOf(own.links, linksAt(grant), isLed) };
    const standing = await createStanding({
      ...{ world, post, grant },
      isConnected: () => edge.uplinks().some(({ connected }) => connected),
      onPutOut: () => edge.look(),
    });
    closers.push(standing.stop);
    const { families = createFamilies(DEVICES) } = options;
    const here = grant === undefined ? { ...world, bus: createOfflineBus() } : world;
    const pairingKey = Buffer.from(grant?.pairingKey ?? "", "base64url");
    const signs = await openHubSigns({ state, log, pairingKeyOf: () => pairingKey });
    const hub =
      grant === undefined
        ? undefined
        : {
            pairingKey,
            signs: { known: () => signs.signs(grant.home), note: () => signs.onSigned(grant.home) },
            async applySettings(body: SettingsBody) {
              await applySettings(state, body, clock.wall());
              await edge.targets.refresh();
              await pages.limitsChanged();
            },
            onPutOut: standing.take,
          };
    const edge = await composeEdge(here, config, identity, busOf(grant), {
      ...{ families, putOut: standing.putOut },
      ...(hub === undefined ? {} : { hub }),
    });
    closers.push(() => edge.stop());
    const pages = await composePages(here, config, identity, edge, {
      ...{ ...options, families },
      hub: () => hubFacts(grant, standing.putOut(), edge),
      ...(grant === undefined ? {} : { ledBy: grant.hub }),
    });
    closers.push(() => pages.stop());

    edge.start();
    pages.start();
    standing.start();
    if (grant !== undefined) {
      const key = await ensureEdgeKey(state, random);
      const beds = config.beds.map(({ id }) => id);
      const leave = (): void => {
        if (!isLed()) return;
        leaveEstate({ post, state, key, grant, beds }).catch((error: unknown) =>
          log.note("estate.not_left", { why: messageOf(error) }, "warn"),
        );
      };
      closers.push(clock.after(ESTATE_FIRST_MS, leave), clock.every(ESTATE_MS, leave));
      const toldNights = createToldNights({ world, config, nights: edge.nights });
      toldNights.start();
      closers.push(toldNights.stop);
    }
    const where = world.listen;
    if (where === undefined) await pages.app.ready();
    const listening =
      where === undefined
        ? undefined
        : await persist(insisting, async () => ({
            ...(await listen(pages.app, where)),
            close: async () => undefined,
          }));
    if (listening !== undefined) closers.push(listening.close);
    log.note("edge.started", { beds: config.beds.length, paired: grant !== undefined });
    const { app, ownerCode } = pages;
    return {
      ...{ edge, app, stop, home: identity.home },
      renew: (pair) => renewCertificate(app, pair),
      ...(where === undefined ? {} : { url: listening?.opened?.url ?? originOf(config) }),
      troubles: listening?.trouble === undefined ? [] : [listening.trouble],
      ...(ownerCode === undefined ? {} : { ownerCode }),
      ...(grant === undefined ? {} : { grant }),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What health says of the hub; nothing for a box that never had one. */
function hubFacts(
  grant: PairingGrant | undefined,
  putOut: string | undefined,
  edge: Pick<Edge, "uplinks">,
): HubFacts | undefined {
  const hears = edge.uplinks().every((uplink) => uplink.hears);
  if (putOut !== undefined) return { hears, putOut };
  return grant === undefined ? undefined : { hears };
}

type Links = HomeIdentity["links"];

/** Where messages lead: to the hub while it counts this box as its own, else here. */
const linksOf = (own: Links, atHub: Links, isLed: () => boolean): Links => ({
  page: (bed, occurrence) => (isLed() ? atHub : own).page(bed, occurrence),
  acknowledge: (token) => (isLed() ? atHub : own).acknowledge(token),
  shown: (token) => (isLed() ? atHub : own).shown(token),
});

const linksAt = ({ hub, home }: PairingGrant) => ({
  page: (bed: string, occurrence: string): string =>
    `${hub}/?bed=${home}~${bed}&occurrence=${encodeURIComponent(occurrence)}`,
  acknowledge: (token: string): string => `${hub}/api/a/${home}.${token}`,
  shown: (token: string): string => `${hub}/api/r/${home}.${token}`,
});

function busOf(grant: PairingGrant | undefined): Parameters<typeof composeEdge>[3] {
  if (grant === undefined) return { url: "mqtt://unpaired" };
  const { broker, ca } = grant;
  return { ...broker, shared: true, ...(ca === undefined ? {} : { tls: { ca } }) };
}
