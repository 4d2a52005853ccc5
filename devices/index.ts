import type { DeviceModule } from "../src/driver/contract.ts";
import { noninSerial } from "./nonin-serial/module.ts";

/** The one list of device families; pages, configuration check, tests and the table in README.md follow it. */
export const DEVICES: readonly DeviceModule[] = [noninSerial];

/** The family with this id; undefined where none is built in. */
export const findDevice = (id: string): DeviceModule | undefined =>
  DEVICES.find((device) => device.id === id);
