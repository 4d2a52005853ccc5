import { rehearsalConfig } from "../../src/cli/nights.ts";
import type { HomeConfig } from "../../src/config/config.ts";
import { pairWith, takeGrant } from "../../src/config/pairing.ts";
import { ensureEdgeKey } from "../../src/crypt/edge-key.ts";
import { type BedId, qualifiedBed } from "../../src/domain/ids.ts";
import { wall } from "../../src/domain/time.ts";
import { composeLoneEdge, type LoneEdge } from "../../src/edge-alone.ts";
import { composeHub, type Hub } from "../../src/hub.ts";
import type { PushPayload } from "../../src/port/channel.ts";
import type { HubPost, PairingGrant } from "../../src/port/registry.ts";
import type { Timeseries } from "../../src/port/timeseries.ts";
import type { ListenOptions, World } from "../../src/port/world.ts";
import { createMemoryDisk } from "../../src/rehearsal/disk.ts";
import type { RehearsalWorld } from "../../src/rehearse.ts";
import { createMemoryStores, type Stores } from "../../src/store/state/state.ts";
import { createMemoryTimeseries } from "../../src/store/timeseries/sqlite/timeseries.ts";
import { createPushReceiver } from "./push-receiver.ts";

export const MEI = { id: "p-mei", name: "Mei", role: "caregiver", language: "en" } as const;
export const BA = { id: "p-ba", name: "Ba", role: "caregiver", language: "zh-Hans" } as const;
const receivers = { mei: createPushReceiver(), ba: createPushReceiver() };
export type Phone = keyof typeof receivers;

/** A hub of its own files in a world; `at` what differs from that world. */
export const composeClinic = (
  world: World,
  stores: Stores,
  config: HomeConfig,
  {
    pagesFolder = "/nonexistent",
    ...at
  }: Pick<World, "disk" | "timeseries"> & Partial<World> & { readonly pagesFolder?: string },
): Promise<Hub> =>
  composeHub(
    {
      ...{ ...world, ...at },
      ...{ state: stores.state, accounts: stores.accounts, homes: stores.homes, registry: stores.registry },
      key: new Uint8Array(32).fill(7),
    },
    {
      ...config,
      beds: [],
      hub: { name: "City Clinic", boxes: { url: "mqtt://127.0.0.1:1883", host: "127.0.0.1", port: 0 } },
    },
    {
      ...{ pagesFolder, certificate: () => ({}), keep: () => config.keep },
      secret: async () => "",
      metricsToken: () => undefined,
    },
  );

/** How a box asks a hub in the same process; rejects while it is away. */
export const postTo =
  (hub: () => Hub | undefined): HubPost =>
  async ({ method, url, body }) => {
    const there = hub();
    if (there === undefined) throw new Error("the hub is away");
    const { pathname } = new URL(url);
    const answer = await there.app.inject({ method, url: pathname, payload: body as object });
    return { status: answer.statusCode, body: answer.body === "" ? undefined : answer.json() };
  };

/** Makes the box of a world one of a hub's new home. */
export async function pairBox(
  world: Pick<World, "state" | "random">,
  stores: Stores,
  hub: Hub | undefined,
  post: HubPost,
): Promise<PairingGrant> {
  const { state, random } = world;
  const organisation = (await stores.accounts.organisations())[0]?.id ?? "";
  const made = await hub?.pairing.makeCode({ label: "Mei's home", organisation, by: "someone" });
  const key = await ensureEdgeKey(state, random);
  const grant = await pairWith({ post, hub: "https://hub.example", code: made?.code ?? "", key, random });
  await takeGrant(state, grant);
  return grant;
}

/** A home with two phones whose pages are on a hub: both machines in one world, each with its own files. */
export interface HubHome {
  readonly stores: Stores;
  /** What the hub's ingest writes. */
  readonly numbers: Timeseries;
  readonly grant: PairingGrant;
  /** As the hub calls it. */
  readonly bed: BedId;
  /** Undefined: it is away. */
  hub: Hub | undefined;
  edge: LoneEdge | undefined;
  startHub(): Promise<void>;
  startEdge(): Promise<void>;
  stopHub(): Promise<void>;
  stopEdge(): Promise<void>;
  /** What a phone was pushed, decrypted. */
  got(phone: Phone): readonly PushPayload[];
}

/** `listen`: where the hub's pages are; absent: by injection only. */
export async function startHubHome(
  world: World & Pick<RehearsalWorld, "http">,
  {
    listen,
    pagesFolder = "/nonexistent",
  }: { readonly listen?: ListenOptions; readonly pagesFolder?: string } = {},
): Promise<HubHome> {
  const stores = createMemoryStores();
  const base = rehearsalConfig("B");
  // Nothing at it is simulated, so that people are called.
  const config: HomeConfig = {
    ...base,
    demo: false,
    beds: base.beds.map((one) => ({ ...one, devices: [] })),
  };
  const { clock, log } = world;
  const numbers = createMemoryTimeseries(clock, log);
  const disk = createMemoryDisk();
  const at = { disk, timeseries: numbers, pagesFolder, ...(listen === undefined ? {} : { listen }) };
  const compose = () => composeClinic(world, stores, config, at);
  const post = postTo(() => home.hub);
  const home: HubHome = {
    ...{ stores, numbers, hub: await compose(), edge: undefined },
    ...{ grant: undefined as unknown as PairingGrant, bed: "" },
    async startHub() {
      home.hub = await compose();
    },
    async startEdge() {
      home.edge = await composeLoneEdge(world, config, { pagesFolder: "/nonexistent", post });
    },
    async stopHub() {
      await home.hub?.stop();
      home.hub = undefined;
    },
    async stopEdge() {
      await home.edge?.stop();
      home.edge = undefined;
    },
    got: (phone) =>
      world.http.requests
        .filter(({ url, method }) => method === "POST" && url.endsWith(`/send/${phone}`))
        .map(({ body }) => JSON.parse(receivers[phone].decrypt(body as Uint8Array)) as PushPayload),
  };
  const grant = await pairBox(world, stores, home.hub, post);
  Object.assign(home, { grant, bed: qualifiedBed(grant.home, "b1") });
  // Set up on the box's own page, before the hub.
  for (const [id, person] of [
    ["mei", MEI],
    ["ba", BA],
  ] as const) {
    const { p256dh, auth } = receivers[id];
    await world.state.putPerson(person);
    await world.state.putTarget({
      ...{ id, channel: "web-push", person: person.id, label: `${person.name}'s phone` },
      settings: { endpoint: `https://push.example.org/send/${id}`, p256dh, auth },
      addedAt: wall(clock.wall()),
    });
  }
  await home.startEdge();
  return home;
}

/** The address that a phone posts to when its newest asking message is tapped. */
export function tapAddress(home: HubHome, phone: Phone): URL {
  const asking = home.got(phone).findLast(({ acknowledgeUrl }) => acknowledgeUrl !== undefined);
  return new URL(asking?.acknowledgeUrl ?? "");
}
