import { createHash, timingSafeEqual } from "node:crypto";
import { brokerUser, HUB_USER } from "./bus/acl.ts";
import type { HomeConfig } from "./config/config.ts";
import { remember } from "./config/remember.ts";
import { Fault } from "./domain/fault.ts";
import type { Opened } from "./ops/persist.ts";
import type { BrokerUsers } from "./port/bus.ts";
import type { Registry } from "./port/registry.ts";
import type { Broker, ServerCertificate, World } from "./port/world.ts";

/** How the hub reaches its broker, and how boxes do. */
export interface HubBroker {
  readonly access: { readonly url: string; readonly username: string; readonly password: string };
  /** The embedded one, to be opened; absent: it runs elsewhere. */
  readonly open?: () => Promise<Opened>;
  /** Users of the embedded one; absent: those of the outside one are managed over the bus. */
  readonly users?: BrokerUsers;
  /** As boxes reach it. */
  url(): string;
  /** Boxes that connect from now on are shown this one; an outside broker reads its own files. */
  renew(pair: ServerCertificate): Promise<void>;
}

/**
 * The outside broker of the configuration, or the embedded one with a listener for boxes. Boxes that the registry
 * knows are let in whether or not anybody told the broker of them.
 */
export async function hubBroker(
  { broker, random, state, listen }: World,
  registry: Registry,
  { bus, hub, web }: HomeConfig,
): Promise<HubBroker> {
  const boxes = hub?.boxes ?? { host: "127.0.0.1", port: 0 };
  const made = (): string => Buffer.from(random.bytes(24)).toString("base64url");
  const password = bus.password ?? (await remember(state, "broker_password", made));
  const username = bus.username ?? HUB_USER;
  if (bus.url !== undefined) {
    const url = bus.url;
    return {
      access: { url, username, password },
      url: () => boxes.url ?? url,
      renew: async () => undefined,
    };
  }
  let running: Broker | undefined;
  const users = (): BrokerUsers => {
    if (running !== undefined) return running.users;
    throw new Fault("BUS_UNREACHABLE", "The broker is not there yet.", { fix: "Wait a moment." });
  };
  const tls = listen?.tls;
  return {
    access: { url: `mqtt://${bus.host}:${bus.port}`, username, password },
    async open() {
      running = await broker.start({
        ...{ host: bus.host, port: bus.port, username, password },
        ...(tls === undefined ? {} : { tls: { ...tls, host: boxes.host, port: boxes.port } }),
        async knows(user, given) {
          const who = brokerUser(user);
          if (who?.kind !== "box") return false;
          const inUse = await registry.inUse();
          const known = inUse.find(({ box }) => box.id === who.box && box.home === who.home);
          return known !== undefined && isSame(known.secrets.brokerPassword, given);
        },
      });
      return running;
    },
    users: {
      put: async (user, secret) => users().put(user, secret),
      remove: async (user) => users().remove(user),
      list: async () => users().list(),
    },
    renew: async (pair) => running?.setCertificate(pair),
    url: () =>
      boxes.url ??
      (running?.tlsPort === undefined
        ? (running?.url ?? `mqtt://${bus.host}:${bus.port}`)
        : `mqtts://${web.name}:${running.tlsPort}`),
  };
}

/** Takes the same time for every wrong answer. */
function isSame(wanted: string, given: string): boolean {
  const hash = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(wanted), hash(given));
}
