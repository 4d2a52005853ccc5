import type { DeviceView } from "../../src/server/contract/technician.ts";

/** The address of a device, here or behind a hub. */
export const devicePath = ({ bed, device }: Pick<DeviceView, "bed" | "device">): string =>
  `/api/beds/${encodeURIComponent(bed)}/devices/${encodeURIComponent(device)}`;
