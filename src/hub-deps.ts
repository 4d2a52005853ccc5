import type { HomeConfig } from "./config/config.ts";
import { Fault } from "./domain/fault.ts";
import { type BedId, splitBed } from "./domain/ids.ts";
import { VERSION } from "./edge-app.ts";
import { hubHealth, refusedIn } from "./edge-health.ts";
import type { HubWorld } from "./hub.ts";
import type { HubDesks } from "./hub-desks.ts";
import type { HubDevices } from "./hub-devices.ts";
import type { HubEvening } from "./hub-evening.ts";
import type { HubHomes } from "./hub-homes.ts";
import type { HubNights } from "./hub-nights.ts";
import type { HubShown } from "./hub-shown.ts";
import { channelModulesOf } from "./notify/modules.ts";
import type { HealthFacts } from "./ops/health.ts";
import type { OrganisationId } from "./port/accounts.ts";
import type { ServerDeps } from "./server/deps.ts";
import type { LiveModel } from "./server/live-model.ts";
import type { PairingDesk } from "./server/pairing-desk.ts";
import { passkeysAt } from "./server/passkeys.ts";
import { BASELINE_NIGHTS } from "./trends/baseline.ts";

/** What the pages of a hub act on, but for what people do at a bed. */
export function hubDeps(
  world: HubWorld,
  config: HomeConfig,
  pagesFolder: string,
  parts: {
    readonly organisation: OrganisationId;
    readonly live: LiveModel;
    readonly homes: HubHomes;
    readonly desks: HubDesks;
    readonly devices: HubDevices;
    readonly shown: Pick<HubShown, "receipt">;
    readonly evening: Pick<HubEvening, "of">;
    readonly nights: Pick<HubNights, "toldOf">;
    readonly offers: NonNullable<ServerDeps["offers"]>;
    readonly pairing: PairingDesk;
    /** How the way from the boxes into the store is. */
    readonly bus: () => NonNullable<HealthFacts["bus"]>;
    /** Why this process does not work as it should; undefined: it does. */
    readonly stuck: () => string | undefined;
  },
): Omit<ServerDeps, "command" | "targetsChanged"> {
  const { clock, random, log, state, accounts, homes: states, timeseries, listen: where } = world;
  const { organisation, live, homes, desks, devices, pairing } = parts;
  return {
    ...{ clock, random, log, state, accounts, timeseries, pagesFolder, live, homes: states, pairing },
    homeOf: (bed) => splitBed(bed)?.home,
    ownerOf: { organisation, role: "owner" },
    about(account) {
      const keys = homes.pushKeysOf(account);
      return {
        ...{ home: config.hub?.name ?? "", demo: false, version: VERSION },
        pushKey: keys[0]?.pushKey ?? "",
        ...(keys.length > 1 ? { pushHomes: keys } : {}),
      };
    },
    names: () => where?.names?.() ?? [],
    ...(where?.tls === undefined ? {} : { tls: where.tls }),
    ...passkeysAt(config.web.name, where?.tls !== undefined),
    allowPrivateEndpoints: config.webPush.allowPrivateEndpoints,
    channels: channelModulesOf(world),
    verifyToken: homes.grantOf,
    proven(token) {
      const grant = homes.grantOf(token);
      if (grant === undefined) return;
      const proof = states.of(grant.home).proveTarget(grant.target, clock.wall());
      proof.catch((error: unknown) => log.note("proof.unwritten", { why: String(error) }, "warn"));
    },
    receipt: parts.shown.receipt,
    evening: parts.evening.of,
    toldNight: parts.nights.toldOf,
    offers: parts.offers,
    // Devices, their bytes and the box's own record lie at the bedside: the box is asked for them.
    devices(bed) {
      if (bed !== undefined) return devices.devices(bed);
      throw new Fault("NOT_FOUND", "A hub tells of devices bed by bed.", {
        fix: "Ask for /api/beds/BED/devices.",
        permanent: true,
      });
    },
    ...{ box: devices.box, frames: devices.frames },
    ...{ recording: devices.recording, auditRecord: devices.auditRecord },
    bindSerial: () => {
      throw atTheBox("The serial number of a device");
    },
    speech: async () => undefined,
    simulation: () => undefined,
    health: hubHealth(world, { startedAt: clock.mono(), version: VERSION }, () => {
      const stuck = parts.stuck();
      return {
        ...{ bus: parts.bus(), refusedSettings: refusedIn(live) },
        ...(stuck === undefined ? {} : { stuck }),
      };
    }),
    limits: (bed) => desks.limits(bed),
    whatIf: desks.whatIf.run,
    baselines: (bed: BedId) => ({
      ...desks.baselines(bed),
      least: BASELINE_NIGHTS.least,
      simulated: desks.simulated(bed),
    }),
  };
}

const atTheBox = (what: string): Fault =>
  new Fault("NOT_FOUND", `${what} lies on the box at the bedside.`, {
    fix: "Open the box's own page in the house.",
  });
