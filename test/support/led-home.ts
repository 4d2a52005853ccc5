// A hub and the box of one home that it leads, in one virtual world; each has a way of its own to the providers.
import { onTestFinished } from "vitest";
import { rehearsalConfig } from "../../src/cli/nights.ts";
import type { HomeConfig } from "../../src/config/config.ts";
import { accessName, type ChannelAccess } from "../../src/domain/channel-access.ts";
import { qualifiedBed } from "../../src/domain/ids.ts";
import { wall } from "../../src/domain/time.ts";
import { composeLoneEdge, type LoneEdge } from "../../src/edge-alone.ts";
import type { Hub } from "../../src/hub.ts";
import type { ChannelModule } from "../../src/port/channel.ts";
import type { Clock } from "../../src/port/clock.ts";
import type { Http, HttpLines, HttpRequest, HttpResponse } from "../../src/port/http.ts";
import type { TargetRecord } from "../../src/port/state.ts";
import { createMemoryDisk } from "../../src/rehearsal/disk.ts";
import { createRehearsalWorld, type RehearsalWorld } from "../../src/rehearse.ts";
import { createMemoryStores } from "../../src/store/state/state.ts";
import { createMemoryTimeseries } from "../../src/store/timeseries/sqlite/timeseries.ts";
import { composeClinic, pairBox, postTo } from "./hub-home.ts";

const EVENING = wall(Date.parse("2026-11-21T22:00:00+08:00"));
const HOOK = "https://hook.example.org/ring";

/** A message that a provider took. */
export interface Rung {
  readonly atMs: number;
  readonly from: "box" | "hub";
  readonly key: string;
  readonly kind: string;
  readonly acknowledgeUrl?: string;
}

export interface LedHome {
  readonly world: RehearsalWorld;
  readonly home: string;
  /** As the hub calls it. */
  readonly bed: string;
  readonly rung: readonly Rung[];
  /** Who reaches the providers now. */
  readonly reaches: { box: boolean; hub: boolean };
  box(): LoneEdge;
  hub(): Hub;
  stopBox(): Promise<void>;
  startBox(): Promise<void>;
  stopHub(): Promise<void>;
  startHub(): Promise<void>;
  /** Nothing arrives on the bus any more, and nobody is told; false: it does again. */
  cut(isCut: boolean): void;
  /** The patient calls. */
  call(): void;
}

export interface LedHomeOptions {
  readonly seed?: number;
  /** Ways from outside the tree that the configuration of each names. */
  readonly channels?: { readonly [from in "box" | "hub"]?: readonly ChannelModule[] };
  /** Set up at the hub beside Mei's webhook. */
  readonly phones?: readonly Pick<TargetRecord, "id" | "channel" | "settings">[];
  /** What the home has with providers, by channel. */
  readonly accesses?: { readonly [channel: string]: ChannelAccess };
  /** Answers requests before the rehearsal's own network does; undefined: not one of its. */
  readonly service?: (
    clock: Clock,
  ) => (from: "box" | "hub", request: HttpRequest) => Promise<HttpResponse> | undefined;
}

/** Mei's phone is a webhook; the box has been heard for 20 s. */
export async function createLedHome({
  seed = 3,
  channels = {},
  phones = [],
  accesses = {},
  service,
}: LedHomeOptions = {}): Promise<LedHome> {
  const world = createRehearsalWorld({ seed, startsAt: EVENING });
  const { clock, log } = world;
  const serve = service?.(clock);
  const stores = createMemoryStores();
  const base = rehearsalConfig("B");
  const devices = [{ family: "nonin-serial", port: "/dev/breathwatch-none", label: "Finger", options: {} }];
  const config: HomeConfig = { ...base, demo: false, beds: base.beds.map((one) => ({ ...one, devices })) };
  const hubDisk = createMemoryDisk();
  const timeseries = createMemoryTimeseries(clock, log);
  const rung: Rung[] = [];
  const reaches = { box: true, hub: true };

  const httpOf = (from: "box" | "hub"): Http & HttpLines => ({
    ...world.http,
    async request(request) {
      if (!reaches[from]) throw new Error("the network is unreachable");
      if (request.url === HOOK) {
        const said = JSON.parse(new TextDecoder().decode(request.body)) as Omit<Rung, "atMs" | "from">;
        rung.push({ ...said, from, atMs: clock.mono() });
      }
      return serve?.(from, request) ?? world.http.request(request);
    },
  });

  const composeTheHub = () =>
    composeClinic(world, stores, config, {
      ...{ http: httpOf("hub"), disk: hubDisk, timeseries, channelModules: channels.hub ?? [] },
    });
  let hub: Hub | undefined = await composeTheHub();
  const theHub = (): Hub => {
    if (hub === undefined) throw new Error("the hub is stopped");
    return hub;
  };
  const post = postTo(() => hub);
  const grant = await pairBox(world, stores, hub, post);
  const state = stores.homes.of(grant.home);
  await state.putPerson({ id: "meimeimeim", name: "Mei", role: "caregiver", language: "zh-Hans" });
  await state.putTarget({
    ...{ id: "hook", channel: "webhook", person: "meimeimeim", label: "Mei's phone", addedAt: EVENING },
    settings: { url: HOOK, secret: "correct horse battery" },
  });
  for (const phone of phones) {
    await state.putTarget({ ...phone, person: "meimeimeim", label: phone.channel, addedAt: EVENING });
  }
  for (const [channel, access] of Object.entries(accesses)) {
    await state.setValue(accessName(channel), JSON.stringify(access));
  }
  const composeTheBox = (): Promise<LoneEdge> => {
    const at = { http: httpOf("box"), channelModules: channels.box ?? [] };
    return composeLoneEdge({ ...world, ...at }, config, { pagesFolder: "/nonexistent", post });
  };
  let box: LoneEdge | undefined = await composeTheBox();
  const theBox = (): LoneEdge => {
    if (box === undefined) throw new Error("the box is stopped");
    return box;
  };
  await clock.advance(20_000);

  const led: LedHome = {
    ...{ world, rung, reaches, home: grant.home, bed: qualifiedBed(grant.home, "b1") },
    box: theBox,
    hub: theHub,
    async stopBox() {
      await box?.stop();
      box = undefined;
    },
    async startBox() {
      box ??= await composeTheBox();
    },
    async stopHub() {
      await hub?.stop();
      hub = undefined;
    },
    async startHub() {
      hub ??= await composeTheHub();
    },
    cut(isCut) {
      world.faults.setFate(() => (isCut ? "lose" : "deliver"));
    },
    call() {
      const call = { how: "touch", kind: "come" } as const;
      theBox().edge.command("b1", { kind: "call", id: `call-${clock.mono()}`, call });
    },
  };
  onTestFinished(async () => {
    await led.stopBox();
    await led.stopHub();
    await world.close();
  });
  return led;
}
