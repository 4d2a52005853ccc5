import { answersOf } from "./alarm/answers.ts";
import type { EdgeAbout } from "./bus/bed-schemas.ts";
import { createCommander } from "./bus/commander.ts";
import { createEdges, type Edges } from "./bus/edges.ts";
import { emptyRetained } from "./bus/forget-home.ts";
import { createHomesIngest } from "./bus/homes-ingest.ts";
import type { IngestStatus } from "./bus/ingest.ts";
import { createMosquittoUsers } from "./bus/mosquitto-users.ts";
import { createOneHub } from "./bus/one-hub.ts";
import type { SettingsBody } from "./bus/settings.ts";
import { createSettingsPublisher } from "./bus/settings-publisher.ts";
import type { Place } from "./bus/topics.ts";
import type { HomeConfig } from "./config/config.ts";
import { originOf } from "./config/origin.ts";
import { rememberId } from "./config/remember.ts";
import { accessesIn } from "./domain/channel-access.ts";
import { Fault, messageOf } from "./domain/fault.ts";
import { type BedId, base32Id, type HomeId, qualifiedBed, splitBed } from "./domain/ids.ts";
import { createHubAlarms } from "./hub-alarms.ts";
import { createHubBeds } from "./hub-beds.ts";
import { type HubBroker, hubBroker } from "./hub-broker.ts";
import { hubDeps } from "./hub-deps.ts";
import { createHubDesks } from "./hub-desks.ts";
import { createHubDevices } from "./hub-devices.ts";
import { createHubEvening } from "./hub-evening.ts";
import { createHubHomes } from "./hub-homes.ts";
import { createHubNights } from "./hub-nights.ts";
import { tellPutOut } from "./hub-notice.ts";
import { createHubOffers } from "./hub-offers.ts";
import { hubOidc } from "./hub-oidc.ts";
import { keepRetaining } from "./hub-retention.ts";
import { createHubShown } from "./hub-shown.ts";
import { openHubSigns } from "./hub-signs.ts";
import { createHubTaps } from "./hub-taps.ts";
import { channelModulesOf } from "./notify/modules.ts";
import { forgetHome } from "./ops/forget-home.ts";
import { type Persisted, persist } from "./ops/persist.ts";
import { createProcessMeter } from "./ops/process-load.ts";
import { createPulse } from "./ops/pulse.ts";
import type { OrganisationId } from "./port/accounts.ts";
import type { Registry } from "./port/registry.ts";
import type { ServerCertificate, World } from "./port/world.ts";
import { createApp } from "./server/app.ts";
import type { App } from "./server/context.ts";
import type { ServerDeps } from "./server/deps.ts";
import { listen, renewCertificate } from "./server/listen.ts";
import { createLiveModel, type LiveModel } from "./server/live-model.ts";
import { ensureOwnerCode } from "./server/owner-code.ts";
import { createPairingDesk, type HubAddress, type PairingDesk } from "./server/pairing-desk.ts";

/** What a hub needs beside the world of every root. */
export interface HubWorld extends World {
  readonly registry: Registry;
  /** Of the data folder, 32 bytes. */
  readonly key: Uint8Array;
}

export interface HubOptions {
  /** Folder of the built pages. */
  readonly pagesFolder: string;
  /** Certificate facts for boxes; asked anew each time. */
  readonly certificate: () => Pick<HubAddress, "pin" | "ca">;
  /** This machine's own authority, for phones to take over. */
  readonly authority?: NonNullable<ServerDeps["authority"]>;
  /** How long numbers are kept, now. */
  readonly keep: () => HomeConfig["keep"];
  /** Reads a file of the configuration that holds a secret. */
  readonly secret: (file: string) => Promise<string>;
  /** The token of programs that read /metrics, now. */
  readonly metricsToken: () => string | undefined;
}

/** The server side of many homes: takes what boxes say, shows it to who may see it, brings back what people say. */
export interface Hub {
  readonly app: App;
  readonly live: LiveModel;
  readonly edges: Edges;
  readonly pairing: PairingDesk;
  readonly url?: string;
  readonly broker: { readonly url: string; readonly username: string; readonly password: string };
  readonly troubles: readonly Fault[];
  readonly ownerCode?: string;
  ingest(): IngestStatus;
  /** Why this process does not work as it should, which a new start may mend; undefined: it does. */
  stuck(): string | undefined;
  /** Pages and broker show another certificate from now on. */
  renew(pair: ServerCertificate): void;
  stop(): Promise<void>;
}

/** Composes and starts a hub. Rejects with the Fault of whatever cannot be had; nothing is left running then. */
export async function composeHub(world: HubWorld, config: HomeConfig, options: HubOptions): Promise<Hub> {
  const { clock, random, log, state, accounts, homes: states, timeseries, registry, key } = world;
  const insisting = { clock, log, insist: true };
  /** What goes on beside, and says itself where it fails. */
  const beside = (work: Promise<void>): void => {
    work.catch((error: unknown) => log.note("hub.failed", { why: messageOf(error) }, "error"));
  };
  const closers: (() => Promise<void> | void)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  try {
    const organisation = await ownOrganisation(world, config);
    const broker: HubBroker = await hubBroker(world, registry, config);
    const opening = broker.open === undefined ? undefined : await persist(insisting, broker.open);
    if (opening !== undefined) closers.push(opening.close);
    const access = { ...broker.access, url: opening?.opened?.url ?? broker.access.url };
    const self = `hub-${base32Id(random.bytes(10))}`;
    const bus = world.bus.connect({ ...access, clientId: self });
    closers.push(() => bus.close());
    const oneHub = createOneHub({ bus, clock, log, self });
    oneHub.start();
    closers.push(oneHub.stop);

    const desk = createPairingDesk({
      ...{ registry, key, state, clock, random, log },
      tell: (notice) => tellPutOut(bus, edges, notice),
      users: broker.users ?? createMosquittoUsers({ bus, clock, random }),
      hub: () => ({ url: originOf(config), brokerUrl: broker.url(), ...options.certificate() }),
    });
    closers.push(() => desk.stop());
    const { isKnown, pairingKeyOf } = desk;
    const { signs, onSigned } = await openHubSigns({ state, pairingKeyOf, log });
    const live = createLiveModel({ clock, log, beds: [] });
    const homes = createHubHomes({ states, clock, log, channels: channelModulesOf(world) });
    const shown = createHubShown({ homes, live, states, clock, log });
    const pairing: PairingDesk = {
      ...desk,
      async keepEstate(box, request) {
        await desk.keepEstate(box, request);
        const record = await registry.box(box);
        if (record === undefined) return;
        await homes.adopt(record.home, request.estate);
        for (const { home, bed } of edges.ofHome(record.home)) offers.look(qualifiedBed(home, bed));
        await publish(record.home);
      },
      async revoke(home, box) {
        const revoked = await desk.revoke(home, box);
        await letGo(home);
        return revoked;
      },
    };
    const commander = createCommander({
      ...{ bus, clock, random, log, pairingKeyOf, signs },
      epochOf: (place) => edges.of(place)?.epoch,
    });
    const evening = createHubEvening({ clock, live, edges: () => edges, look: commander.look });
    const taps = createHubTaps({
      random,
      openAt: (bed) => live.fold(bed)?.open ?? [],
      send: async (bed, command) => commander.send(placeOf(bed), command),
    });
    const settings = createSettingsPublisher({ bus, clock, log, pairingKeyOf });

    /** What every bed of a home is to run on; sent only where its box tells that it runs on something else. */
    const publish = async (home: HomeId): Promise<void> => {
      try {
        for (const edge of edges.ofHome(home)) {
          const body = await settingsOf(world, edge);
          settings.ensure(edge, body, { author: "hub", reported: edge.settings });
        }
      } catch (error) {
        log.note("settings.unpublished", { home, why: messageOf(error) }, "error");
      }
    };
    /** Nothing of a home is shown, judged or sent any more; the beds that it had. */
    const letGo = async (home: HomeId): Promise<readonly Place[]> => {
      const places = edges.ofHome(home);
      edges.forget(home);
      ingest.forget(home);
      for (const place of places) {
        const name = qualifiedBed(home, place.bed);
        settings.forget(place);
        abouts.delete(name);
        await alarms.forget(name);
        await desks.forget(name);
        live.removeBed(name);
      }
      homes.forget(home);
      evening.forget(home);
      return places;
    };
    const desks = createHubDesks({
      ...{ states, timeseries, live, commander, clock, log },
      publish: (bed) => publish(splitBed(bed)?.home ?? ""),
      classOf: (bed) => edges.of(placeOf(bed))?.about?.dependencyClass,
    });
    closers.push(() => desks.stop());
    const abouts = createHubBeds({ states, log });
    const nights = createHubNights({
      ...{ states, homes, clock, log, aboutOf: abouts.of },
      zoneOf: (bed) => live.bed(bed)?.zone,
      conditionOf: (bed, occurrence) => live.fold(bed)?.open.find(({ id }) => id === occurrence)?.condition,
    });
    const offers = createHubOffers({
      ...{ states, timeseries, live, desks, nights, whatIf: desks.quietWhatIf, clock, random, log },
    });
    closers.push(() => offers.stop());
    const edges = createEdges({
      ...{ bus, clock, log, isKnown },
      signed: { keyOf: pairingKeyOf, session: () => ingest.session(), signs, onSigned },
      onAbout(bed, about) {
        abouts.keep(bed, about);
        const place = placeOf(bed);
        homes.webhooksOf(place.home, place.bed, about.webhooks);
        live.putBed({ ...shownBed(about), bed });
        beside(homes.refresh(place.home));
        desks.heard(bed);
        offers.look(bed);
      },
      onFold: (fold, anew) => alarms.onFold(fold, anew),
      onCalled: (bed, sends, aheadMs) => alarms.onCalled(bed, sends, aheadMs),
      onObservation: (observation) => live.observe(observation),
      onLink: (bed, { device, ...link }) => live.link(device, link, bed),
      onReadiness: (bed, readiness) => live.readiness(shown.told(bed, readiness), bed),
      onEvening: evening.told,
      onChange(edge) {
        commander.edgeChanged(edge);
        live.refusedSettings(qualifiedBed(edge.home, edge.bed), edge.settings.refused?.reason);
        if (edge.online) beside(publish(edge.home));
      },
    });
    const alarms = createHubAlarms({
      ...{ world, config, edges, homes, live, origin: originOf(config) },
      ...{ aboutOf: abouts.of, listening: nights.listening },
      forward: (bed, command) => taps(bed, command),
    });
    const ingest = createHomesIngest({
      ...{ bus, timeseries, clock, random, log, isKnown, pairingKeyOf },
      onObservation: (place, observation) => edges.heard(place, observation),
    });

    const devices = createHubDevices({
      ...{ bus, clock, random, log, edges, live, isKnown, pairingKeyOf, look: commander.look },
    });

    const pulse = createPulse({ clock, ticking: alarms.ticking });
    const meter = createProcessMeter();
    meter.start();
    closers.push(meter.stop);
    const app = await createApp({
      ...hubDeps(world, config, options.pagesFolder, {
        ...{ organisation, live, homes, desks, devices, pairing, shown, evening, nights, offers },
        bus: () => {
          const trouble = oneHub.trouble();
          const { waiting } = ingest.status();
          return { connected: bus.connected, waiting, ...(trouble === undefined ? {} : { trouble }) };
        },
        stuck: () => pulse.trouble,
      }),
      ...hubOidc(world, config, organisation, options.secret),
      ...(options.authority === undefined ? {} : { authority: options.authority }),
      metrics: { token: options.metricsToken, load: () => meter.read(), ingest: () => ingest.status() },
      command: async (bed, command) => alarms.command(bed, command) ?? taps(bed, command),
      async forgetHome(home) {
        // Nothing more may come from it while it is taken apart.
        for (const { box } of await registry.inUse()) if (box.home === home) await desk.revoke(home, box.id);
        await letGo(home);
        await alarms.close(home);
        const forgotten = await forgetHome(world, home);
        beside(emptyRetained({ bus, clock }, home).then(() => undefined));
        return forgotten;
      },
      targetsChanged(home) {
        beside(homes.refresh(home).then(() => publish(home)));
      },
    });
    closers.push(() => app.close());
    const ownerCode = await ensureOwnerCode({ state, accounts, random, renew: false });

    await pairing.start();
    ingest.start();
    closers.push(() => ingest.stop());
    edges.start();
    closers.push(edges.stop);
    // A box that stays away after a restart of this hub is silent too.
    const stopping = new AbortController();
    closers.push(() => stopping.abort());
    beside(
      abouts.read(await registry.inUse(), stopping.signal, (place, about) => {
        edges.expect(place);
        homes.webhooksOf(place.home, place.bed, about.webhooks);
        const name = qualifiedBed(place.home, place.bed);
        if (live.bed(name) !== undefined) return;
        live.putBed({ ...shownBed(about), bed: name });
        beside(homes.refresh(place.home));
      }),
    );
    alarms.start();
    pulse.start();
    closers.push(pulse.stop);
    closers.push(() => alarms.stop());
    commander.start();
    closers.push(commander.stop);
    devices.start();
    closers.push(devices.stop);
    settings.start();
    const homeIds = async () => (await registry.homes()).map(({ id }) => id);
    closers.push(settings.stop, keepRetaining(world, options.keep, homeIds));
    const listening = await openPages(world, app, insisting);
    if (listening !== undefined) closers.push(listening.close);
    log.note("hub.started", { store: (await timeseries.health()).ok });
    return {
      ...{ app, live, edges, pairing, broker: access, stop },
      ingest: () => ingest.status(),
      stuck: () => pulse.trouble,
      renew(pair) {
        renewCertificate(app, pair);
        broker
          .renew(pair)
          .catch((error: unknown) => log.note("broker.certificate_kept", { why: messageOf(error) }, "error"));
      },
      ...(listening === undefined ? {} : { url: listening.opened?.url ?? originOf(config) }),
      troubles: [opening?.trouble, listening?.trouble].filter((fault) => fault !== undefined),
      ...(ownerCode === undefined ? {} : { ownerCode }),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The home and bed of a name as pages use it. Throws NOT_FOUND. */
function placeOf(bed: BedId): Place {
  const place = splitBed(bed);
  if (place === undefined) throw new Fault("NOT_FOUND", `There is no bed ${bed} here.`);
  return place;
}

/** The organisation that runs this hub: made once, its name follows the configuration. */
async function ownOrganisation(
  { state, accounts, random }: World,
  { hub }: HomeConfig,
): Promise<OrganisationId> {
  const id = await rememberId(state, random, "organisation_id");
  await accounts.putOrganisation({ id, name: hub?.name ?? "Breathwatch" });
  return id;
}

/** What a box is to run on for a bed, as the file of its home says. */
async function settingsOf({ homes }: World, { home, bed }: Place): Promise<SettingsBody> {
  const state = homes.of(home);
  const [people, targets, removed, clinics, [newest], duty, values] = await Promise.all([
    state.people(),
    state.targets(),
    state.removals(),
    state.trustedClinics(),
    state.limits(bed, 1),
    state.duty(bed),
    state.values(),
  ]);
  return {
    ...{ people, targets, clinics, channels: Object.fromEntries(accessesIn(values)) },
    ...(removed.length === 0 ? {} : { removed }),
    ...(newest === undefined ? {} : { limits: { [bed]: newest } }),
    ...(duty === undefined ? {} : { duty: { [bed]: duty } }),
  };
}

async function openPages(
  { listen: where }: World,
  app: App,
  insisting: Parameters<typeof persist>[0],
): Promise<Persisted | undefined> {
  if (where !== undefined) {
    return persist(insisting, async () => ({ ...(await listen(app, where)), close: async () => undefined }));
  }
  await app.ready();
  return undefined;
}

/** A bed as its box describes it. */
const shownBed = ({ label, zone, devices, dependencyClass }: EdgeAbout) => ({
  ...{ label, zone, sources: devices, dependencyClass },
  answers: answersOf(dependencyClass),
});
