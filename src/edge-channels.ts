import type { HomeConfig } from "./config/config.ts";
import type { HomeIdentity } from "./config/identity.ts";
import { CHANNEL_MODULES } from "./notify/modules.ts";
import { createWebPush } from "./notify/web-push/web-push.ts";
import { createWebhook } from "./notify/webhook/webhook.ts";
import type { Channel } from "./port/channel.ts";
import type { World } from "./port/world.ts";
import type { Reach } from "./watch/reach.ts";
import type { TargetBook } from "./watch/target-book.ts";

/** Every way in which a box reaches people outside of the room. */
export function createEdgeChannels(
  world: World,
  config: HomeConfig,
  identity: HomeIdentity,
  parts: { readonly reach: Reach; readonly targets: () => TargetBook },
): readonly Channel[] {
  const { clock, random, log, http, links, mail } = world;
  const made: readonly Channel[] = [
    createWebPush({ http, clock, keys: identity.vapid, ...config.webPush }),
    createWebhook({ http, clock }),
    ...CHANNEL_MODULES.map(({ id, create }) =>
      create({ clock, random, log, http, links, mail, access: () => parts.targets().access(id) }),
    ),
  ];
  return made.map((channel) => parts.reach.listening(channel));
}
