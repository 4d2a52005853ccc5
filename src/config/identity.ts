import { createHash } from "node:crypto";
import { type BedId, base32Id, type DeviceId, type HomeId, type OccurrenceId } from "../domain/ids.ts";
import type { Language } from "../domain/person.ts";
import { type Wall, wall } from "../domain/time.ts";
import type { Random } from "../port/random.ts";
import type { State, TargetRecord } from "../port/state.ts";
import type { HomeConfig } from "./config.ts";
import { remember, rememberId } from "./remember.ts";

/** What a home is called by other machines and what it signs with: made once, kept in the state store. */
export interface HomeIdentity {
  readonly home: HomeId;
  /** The device on a port of a bed: the same after every restart. */
  device(bed: BedId, port: string): DeviceId;
  /** The serial number that belongs to it, once one was told. */
  serial(device: DeviceId): string | undefined;
  /** Binds a serial number to a device of a bed. Rejects with STATE_FAILED. */
  bindSerial(device: DeviceId, serial: string): Promise<void>;
  /** Key of acknowledgement tokens. */
  readonly ackKey: string;
  /** Name of this home's letter box on a relay: a secret. */
  readonly relayTopic: string;
  readonly vapid: { readonly publicKey: string; readonly privateKey: string };
  readonly links: {
    page(bed: BedId, occurrence: OccurrenceId): string;
    acknowledge(token: string): string;
    shown(token: string): string;
  };
  /** Webhooks of the configuration at the start, as targets. */
  readonly webhooks: readonly (TargetRecord & { readonly language: Language; readonly personName: string })[];
}

/**
 * Reads or makes the identity. `origin` is the address of our pages as phones open them. Rejects with STATE_FAILED.
 */
export async function readIdentity(options: {
  readonly state: State;
  readonly random: Random;
  readonly config: HomeConfig;
  readonly origin: string;
  readonly now: Wall;
  readonly makeAckKey: () => string;
  readonly makeVapidKeys: () => { readonly publicKey: string; readonly privateKey: string };
}): Promise<HomeIdentity> {
  const { state, random, config, origin } = options;
  const home = await rememberId(state, random, "home_id");
  const ackKey = await remember(state, "ack_key", options.makeAckKey);
  const relayTopic = await remember(
    state,
    "relay_topic",
    () => `breathwatch-${Array.from({ length: 4 }, () => base32Id(random.bytes(10))).join("")}`,
  );
  const keys = await remember(state, "vapid_keys", () => {
    const made = options.makeVapidKeys();
    return `${made.publicKey} ${made.privateKey}`;
  });
  const [publicKey = "", privateKey = ""] = keys.split(" ");
  const devices = new Map<string, DeviceId>();
  const serials = new Map<DeviceId, string>();
  for (const bed of config.beds) {
    for (const { port } of bed.devices) {
      const name = `${bed.id} ${port}`;
      const device = await rememberId(state, random, `device ${name}`);
      devices.set(name, device);
      const serial = await readSerial(state, device);
      if (serial !== undefined) serials.set(device, serial);
    }
  }
  return {
    home,
    device: (bed, port) => devices.get(`${bed} ${port}`) ?? "",
    serial: (device) => serials.get(device),
    async bindSerial(device, serial) {
      serials.set(device, serial);
      await state.setValue(`serial ${device}`, JSON.stringify(serial));
    },
    ackKey,
    relayTopic,
    vapid: { publicKey, privateKey },
    links: {
      page: (bed, occurrence) => `${origin}/?bed=${bed}&occurrence=${encodeURIComponent(occurrence)}`,
      acknowledge: (token) => `${origin}/api/a/${token}`,
      shown: (token) => `${origin}/api/r/${token}`,
    },
    webhooks: webhooksOf(config, options.now),
  };
}

/** Webhooks of a configuration, as targets. */
export const webhooksOf = (
  { webhooks, language }: Pick<HomeConfig, "webhooks" | "language">,
  now: Wall,
): HomeIdentity["webhooks"] =>
  webhooks.map(({ label, url, secret }) => ({
    id: `webhook-${createHash("sha256").update(url).digest("hex").slice(0, 10)}`,
    channel: "webhook",
    settings: { url, secret },
    person: "webhook",
    personName: label,
    ...{ label, language },
    addedAt: wall(now),
  }));

async function readSerial(state: State, device: DeviceId): Promise<string | undefined> {
  const stored = await state.value(`serial ${device}`);
  const serial: unknown = stored === undefined ? undefined : JSON.parse(stored);
  return typeof serial === "string" ? serial : undefined;
}
