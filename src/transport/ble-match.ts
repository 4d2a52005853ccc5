import { fitsUuid, plainUuid } from "../wire/gatt-uuid.ts";
import type { Wanted } from "./ble-messages.ts";

/** What an advertisement says. */
export interface Advertised {
  /** As the system writes it. */
  readonly address: string;
  readonly name: string;
  readonly services: readonly string[];
}

/** Whether this is the very device that the address of the link names; one name may be written in either case. */
export function isWanted({ address, name }: Advertised, wanted: Wanted): boolean {
  if (wanted.address !== undefined) return address.toLowerCase() === wanted.address;
  return wanted.name !== undefined && name.trim().toLowerCase() === wanted.name.trim().toLowerCase();
}

/** Whether it is of the family, by a service or a name that it advertises. */
export const isOfFamily = ({ name, services }: Advertised, wanted: Wanted): boolean =>
  services.some((uuid) => wanted.services.some((each) => fitsUuid(plainUuid(uuid), each))) ||
  wanted.names.some((each) => each.test(name));

/** The first characteristic that a profile's name stands for; a `*` at its end stands for any rest. */
export const uuidFor = (characteristic: string, uuids: readonly string[]): string | undefined =>
  uuids.find((uuid) => fitsUuid(uuid, characteristic));
