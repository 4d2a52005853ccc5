import type { HomeConfig } from "./config/config.ts";
import type { AlarmCommand, Occurrence } from "./domain/alarm.ts";
import type { DependencyClass } from "./domain/bed.ts";
import { Fault, messageOf } from "./domain/fault.ts";
import { type BedId, type HomeId, type OccurrenceId, qualifiedBed, splitBed } from "./domain/ids.ts";
import type { HubHomes } from "./hub-homes.ts";
import { isPrivateHost } from "./notify/address.ts";
import { channelModulesOf } from "./notify/modules.ts";
import { createWebPush } from "./notify/web-push/web-push.ts";
import { createWebhook } from "./notify/webhook/webhook.ts";
import type { Channel } from "./port/channel.ts";
import type { Mail } from "./port/mail.ts";
import type { World } from "./port/world.ts";
import { openRecordLog } from "./record/log.ts";
import type { LiveModel } from "./server/live-model.ts";
import { createHelper, type Helper } from "./watch/helper.ts";
import type { WatchTarget } from "./watch/message.ts";
import { oneListener } from "./watch/one-listener.ts";
import { decodeOutboxEntry } from "./watch/outbox.ts";
import { createWatch, type Watch } from "./watch/watch.ts";

/** The phones of one home, called from a hub. */
export interface CallingHome {
  /** What the hub itself has to say, and what it has taken over from the home's box. */
  readonly watch: Watch;
  /** Single messages that the box could not bring. */
  readonly helper: Helper;
  close(): Promise<void>;
}

export interface HubCallingOptions {
  readonly world: World;
  readonly config: HomeConfig;
  readonly homes: HubHomes;
  readonly live: LiveModel;
  /** The hub's own address, for messages. */
  readonly origin: string;
  /** Of a bed as this hub calls it. */
  readonly classOf: (bed: BedId) => DependencyClass;
  /** Somebody has answered; bed as the home calls it. Settles when the box has it, or it is too late; never rejects. */
  readonly command: (home: HomeId, bed: BedId, command: AlarmCommand) => Promise<void>;
  /** A channel with whom it called written down for the morning. */
  readonly listening?: ((home: HomeId, channel: Channel) => Channel) | undefined;
}

/** The phones of all homes that a hub ever called in this run. */
export interface HubCalling {
  /** Rejects with STATE_FAILED where the home's keys cannot be had; asked again it tries again. */
  of(home: HomeId): Promise<CallingHome>;
  /** It was asked for and may still come. */
  has(home: HomeId): boolean;
  /** Calls nobody of it any more, and lets go of its files. */
  close(home: HomeId): Promise<void>;
  stop(): Promise<void>;
}

export function createHubCalling(options: HubCallingOptions): HubCalling {
  const calling = new Map<HomeId, Promise<CallingHome>>();
  return {
    of(home) {
      const known = calling.get(home);
      if (known !== undefined) return known;
      const opened = openHome(options, home);
      calling.set(home, opened);
      // What failed once is tried again with the next question.
      opened.catch(() => calling.delete(home));
      return opened;
    },
    has: (home) => calling.has(home),
    async close(home) {
      const opened = calling.get(home);
      calling.delete(home);
      const [one] = await Promise.allSettled(opened === undefined ? [] : [opened]);
      if (one?.status === "fulfilled") await one.value.close();
    },
    async stop() {
      const opened = await Promise.allSettled(calling.values());
      await Promise.allSettled(
        opened.flatMap((one) => (one.status === "fulfilled" ? [one.value.close()] : [])),
      );
    },
  };
}

/** Homes name mail servers: from a hub none in its own house. */
const outside = (mail: Mail): Mail => ({
  send: async (server, message, timeoutMs) =>
    URL.canParse(`https://${server.host}`) && !isPrivateHost(new URL(`https://${server.host}`))
      ? mail.send(server, message, timeoutMs)
      : { outcome: "failed", detail: "this mail server is not on the internet", forGood: true },
});

/** What is open in a home, by its own names. */
const openAt = (live: LiveModel, home: HomeId): readonly Occurrence[] =>
  live.beds().flatMap((name) => {
    const place = splitBed(name);
    if (place?.home !== home) return [];
    return (live.fold(name)?.open ?? []).map((one) => ({ ...one, bed: place.bed }));
  });

/** The phones of a home, called from here with the home's own keys. */
async function openHome(
  { world, config, homes, live, origin, command, classOf, listening }: HubCallingOptions,
  home: HomeId,
): Promise<CallingHome> {
  const { clock, random, log, disk, http, links, mail } = world;
  await homes.refresh(home);
  const keys = homes.keysOf(home);
  // Made without them, it would go on calling nobody after they have come.
  if (keys === undefined) {
    throw new Fault("STATE_FAILED", "The keys of this home's phones cannot be had.", {
      fix: "Wait until its box has left them here, and look at the disk of the hub.",
    });
  }
  const outbox = await openRecordLog({
    ...{ disk, clock, random, log, decode: decodeOutboxEntry },
    path: `homes/${home}/hub-outbox.log`,
  });
  const shared = {
    ...{ clock, random, log, home },
    ackKey: keys.ackKey,
    links: {
      page: (bed: BedId, occurrence: OccurrenceId) =>
        `${origin}/?bed=${qualifiedBed(home, bed)}&occurrence=${encodeURIComponent(occurrence)}`,
      acknowledge: (token: string) => `${origin}/api/a/${home}.${token}`,
      shown: (token: string) => `${origin}/api/r/${home}.${token}`,
    },
    zone: (bed: BedId) => live.bed(qualifiedBed(home, bed))?.zone ?? "UTC",
    channels: [
      createWebPush({ http, clock, keys: keys.vapid, ...config.webPush }),
      createWebhook({ http, clock }),
      ...channelModulesOf(world)
        .filter(({ place }) => place === "anywhere")
        .map(({ id, create }) =>
          create({
            clock,
            random,
            log,
            http,
            links,
            mail: outside(mail),
            access: () => homes.accessOf(home, id),
            standsBy: true,
          }),
        ),
    ].map((channel) => oneListener(listening?.(home, channel) ?? channel)),
    targets: () => homes.targetsOf(home),
    openAlarms: () => openAt(live, home),
    onAcknowledge: (bed: BedId, answer: AlarmCommand) => command(home, bed, answer),
    onTargetGone: (target: WatchTarget, why: string) => {
      const gone = world.homes.of(home).killTarget(target.id, clock.wall(), why);
      gone.catch((error: unknown) => log.note("target.not_killed", { why: messageOf(error) }, "warn"));
    },
  };
  const watch = createWatch({
    ...{ ...shared, outbox, sharesAnswers: true },

    // What an earlier run had taken over is the box's again, and not over.
    isOwn: ({ condition }) => condition === "EDGE_OFFLINE",
    // Nobody sees the bed: everybody is called at once, whoever is on duty.
    calling: () => undefined,
    // At the box's own pace: ahead of it, the hub would use up the numbers by which providers know what they have had.
    dependencyClass: (bed) => classOf(qualifiedBed(home, bed)),
    // A leaving is the box's to tell.
    tellsLeaving: () => false,
    onDurability: () => undefined,
  });
  const helper = createHelper(shared);
  return {
    ...{ watch, helper },
    async close() {
      watch.stop();
      helper.stop();
      await outbox.close();
    },
  };
}
