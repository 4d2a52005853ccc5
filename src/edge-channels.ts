import type { HomeConfig } from "./config/config.ts";
import type { HomeIdentity } from "./config/identity.ts";
import { SECOND_MS } from "./domain/time.ts";
import { channelModulesOf } from "./notify/modules.ts";
import { createWebPush } from "./notify/web-push/web-push.ts";
import { createWebhook } from "./notify/webhook/webhook.ts";
import type { Channel, ChannelMessage, SendResult } from "./port/channel.ts";
import type { TargetRecord } from "./port/state.ts";
import type { World } from "./port/world.ts";
import { answerWithin } from "./watch/answer-within.ts";
import type { Reach } from "./watch/reach.ts";
import type { TargetBook } from "./watch/target-book.ts";

/** Every way in which a box reaches people outside of the room. */
export interface EdgeChannels {
  readonly all: readonly Channel[];
  /** One message as it is; how the provider took it. Never rejects. */
  tell(target: TargetRecord, message: ChannelMessage): Promise<SendResult>;
}

const TELL_MS = 20 * SECOND_MS;

export function createEdgeChannels(
  world: World,
  config: HomeConfig,
  identity: HomeIdentity,
  parts: { readonly reach: Reach; readonly targets: () => TargetBook },
): EdgeChannels {
  const { clock, random, log, http, links, mail } = world;
  const made: readonly Channel[] = [
    createWebPush({ http, clock, keys: identity.vapid, ...config.webPush }),
    createWebhook({ http, clock }),
    ...channelModulesOf(world).map(({ id, create }) =>
      create({
        clock,
        random,
        log,
        http,
        links,
        mail,
        zone: config.zone,
        access: () => parts.targets().access(id),
      }),
    ),
  ];
  const all = made.map((channel) => parts.reach.listening(channel));
  return {
    all,
    async tell(target, message) {
      const channel = all.find(({ id }) => id === target.channel);
      return channel === undefined
        ? { outcome: "refused", detail: "there is no such channel here", gone: false }
        : answerWithin(clock, TELL_MS, () => channel.send(target, message));
    },
  };
}
