import type { HomeConfig } from "./config/config.ts";
import type { HomeIdentity } from "./config/identity.ts";
import { originOf } from "./config/origin.ts";
import { SECOND_MS } from "./domain/time.ts";
import { CHANNEL_MODULES } from "./notify/modules.ts";
import { createWebPush } from "./notify/web-push/web-push.ts";
import { createWebhook } from "./notify/webhook/webhook.ts";
import type { Channel, ChannelMessage, SendResult } from "./port/channel.ts";
import type { TargetRecord } from "./port/state.ts";
import type { World } from "./port/world.ts";
import { answerWithin } from "./watch/answer-within.ts";
import { composeTrial } from "./watch/message.ts";
import type { Reach } from "./watch/reach.ts";
import type { TargetBook } from "./watch/target-book.ts";

/** Every way in which a box reaches people outside of the room. */
export interface EdgeChannels {
  readonly all: readonly Channel[];
  /** One message marked as a drill, now; how the provider took it. Never rejects. */
  tryPhone(target: TargetRecord): Promise<SendResult & { readonly tookMs: number }>;
  /** One message as it is; how the provider took it. Never rejects. */
  tell(target: TargetRecord, message: ChannelMessage): Promise<SendResult>;
}

/** A provider that is slower is not for an alarm. */
const TRY_MS = 20 * SECOND_MS;

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
    ...CHANNEL_MODULES.map(({ id, create }) =>
      create({ clock, random, log, http, links, mail, access: () => parts.targets().access(id) }),
    ),
  ];
  const all = made.map((channel) => parts.reach.listening(channel));
  const tell: EdgeChannels["tell"] = async (target, message) => {
    const channel = all.find(({ id }) => id === target.channel);
    return channel === undefined
      ? { outcome: "refused", detail: "there is no such channel here", gone: false }
      : answerWithin(clock, TRY_MS, () => channel.send(target, message));
  };
  return {
    ...{ all, tell },
    async tryPhone(target) {
      const began = clock.mono();
      const language = parts.targets().find(target.id)?.language ?? config.language;
      const message = composeTrial(
        { ...target, language },
        { home: identity.home, url: `${originOf(config)}/` },
        clock.wall(),
      );
      const result = await tell(target, message);
      return { ...result, tookMs: clock.mono() - began };
    },
  };
}
