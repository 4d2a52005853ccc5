import type { GattModule } from "../../src/driver/contract.ts";
import { RECORD_CHANNEL } from "./codec.ts";
import { observeNoninBle } from "./driver.ts";
import { simulateNoninBle } from "./simulator.ts";

const gatt = {
  services: ["46a970e00d5f11e28b5e0002a5d5c51b"],
  notify: [RECORD_CHANNEL],
  notifyIfThere: [],
  read: [],
  write: {},
} as const;

const evidence =
  "Two independent programs describe the record, one of them after the maker's document; no bytes of a real " +
  "oximeter were seen.";

const nonin = {
  vendor: "Nonin",
  role: "oximeter",
  link: "gatt",
  timeliness: "live",
  evidence: "inferred",
  options: {},
  quietMs: () => 10_000,
  signals: () => ["spo2", "pulse_rate", "perfusion_index"],
  waves: [],
  observe: observeNoninBle,
  simulate: simulateNoninBle,
} as const satisfies Partial<GattModule>;

/** The fingertip clip. */
export const noninBle: GattModule = {
  ...nonin,
  id: "nonin-ble",
  model: "3230",
  facts: {
    connection: "Bluetooth",
    power: {},
    night: { suited: "no", reason: "a fingertip clip for spot checks: it switches itself off" },
    evidence,
  },
  gatt: { ...gatt, names: [/^Nonin3230_/], bonded: false },
};

/** The wrist oximeter with a wired sensor. */
export const noninBle3150: GattModule = {
  ...nonin,
  id: "nonin-ble-3150",
  folder: "nonin-ble",
  model: "WristOx2 3150 BLE",
  facts: {
    connection: "Bluetooth",
    power: {},
    night: { suited: "yes", reason: "worn on the wrist, with a wired sensor that stays on" },
    evidence: `${evidence} The name that it advertises is a guess after the 3230's.`,
  },
  gatt: { ...gatt, names: [/^Nonin3150_/], bonded: true },
};
