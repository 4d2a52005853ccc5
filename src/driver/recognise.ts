import type { GattProfile } from "../port/link.ts";
import { fitsUuid, plainUuid } from "../wire/gatt-uuid.ts";
import type { DeviceModule } from "./contract.ts";

/** What a Bluetooth device says of itself before anybody connects. */
export interface Advertisement {
  /** Absent: it tells none, or its answer to a scan has not come. */
  readonly name?: string;
  /** UUIDs in any spelling. */
  readonly services: readonly string[];
  /** Company number of its manufacturer data. */
  readonly manufacturer?: number;
}

/**
 * The families that an oximeter may be of, as ids, best first; empty where it looks like none. It goes by the GATT
 * profiles alone:
 *
 *   1  a service of the SIG's own          one driver for many brands: begin with it
 *   2  a service of the family and a name
 *   3  a name
 *   4  a service of the family             rebrands carry other names
 *   5  the maker's number                  where no name contradicts
 *   6  a stock service                     proves nothing: only the characteristics will tell; with a name that is
 *                                          none of the family's it is not the family
 */
export function recogniseOximeter(
  advertisement: Advertisement,
  modules: readonly DeviceModule[],
): readonly string[] {
  const services = advertisement.services.map(plainUuid);
  return modules
    .flatMap((module) => {
      if (module.link !== "gatt" || module.role !== "oximeter") return [];
      const rank = rankOf(module.gatt, advertisement, services);
      return rank === undefined ? [] : [{ id: module.id, rank }];
    })
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ id }) => id);
}

/** Undefined: not this family. */
function rankOf(
  profile: GattProfile,
  { name, manufacturer }: Advertisement,
  services: readonly string[],
): number | undefined {
  const offered = profile.services.filter((wanted) => services.some((uuid) => fitsUuid(uuid, wanted)));
  const isNamed = name !== undefined && profile.names.some((pattern) => pattern.test(name));
  // A family without names of its own is contradicted by none.
  const isOtherwiseNamed = name !== undefined && profile.names.length > 0 && !isNamed;
  if (offered.some(isStandard)) return 1;
  const own = offered.filter((uuid) => !STOCK_SERVICES.has(uuid));
  if (isNamed) return own.length > 0 ? 2 : 3;
  if (own.length > 0) return 4;
  if (isOtherwiseNamed) return undefined;
  if (manufacturer !== undefined && profile.manufacturers?.includes(manufacturer) === true) return 5;
  return offered.length > 0 ? 6 : undefined;
}

/** Services that radio modules come with, whatever they are built into: Nordic UART, ISSC and the HM-10's like. */
const STOCK_SERVICES: ReadonlySet<string> = new Set([
  "6e400001b5a3f393e0a9e50e24dcca9e",
  "49535343fe7d4ae58fa99fafd205e455",
  "ffe0",
  "fff0",
  "ffb0",
]);

/** Assigned by the SIG to a kind of device, not to a company or to nobody. */
const isStandard = (uuid: string): boolean => /^18[\da-f]{2}$/.test(uuid);
