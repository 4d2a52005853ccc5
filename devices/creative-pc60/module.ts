import type { SignalId } from "../../src/domain/signal.ts";
import type { BytesModule, DeviceFacts, GattModule } from "../../src/driver/contract.ts";
import { observePc60, observePc60Ble, PC60_CHANNELS, PC60_OPTIONS } from "./driver.ts";
import { simulatePc60, simulatePc60Ble } from "./simulator.ts";

const vendor = "Creative Medical/Lepu";
const SIGNALS: readonly SignalId[] = ["spo2", "pulse_rate", "perfusion_index"];

const night: DeviceFacts["night"] = {
  suited: "doubtful",
  reason:
    "fingertip models switch themselves off when the finger leaves; models with a probe on a cable may last",
};

/** Values come once a second, whatever else does. */
const quietMs = (): number => 5_000;

/** Oximeters of Creative Medical with Bluetooth LE. */
export const creativePc60Ble: GattModule = {
  id: "creative-pc60-ble",
  folder: "creative-pc60",
  vendor,
  model: "PC-60FW, OxySmart, PC-60NW-1, POD-1, POD-2, SP-20, AP-20",
  role: "oximeter",
  link: "gatt",
  gatt: {
    // The service is the Nordic UART, which anything may offer: only the name tells.
    services: [],
    names: [/^(?:PC-60F|OxySmart|POD-|PC-60NW-1|SP-20|AP-20)/i],
    notify: [PC60_CHANNELS.from],
    notifyIfThere: [],
    read: [],
    write: { [PC60_CHANNELS.to]: "without_response" },
    bonded: false,
  },
  timeliness: "live",
  evidence: "real_bytes",
  facts: {
    connection: "Bluetooth",
    power: {},
    night,
    evidence:
      "Compared with 311 frames of a real OxySmart, with the finger taken out at the end; the other models are said by " +
      "two other programs to speak alike.",
  },
  options: PC60_OPTIONS,
  quietMs,
  signals: () => SIGNALS,
  waves: ["pleth"],
  observe: observePc60Ble,
  simulate: simulatePc60Ble,
};

/** The same on a Bluetooth serial port (PC-60NW). */
export const creativePc60Serial: BytesModule = {
  id: "creative-pc60-serial",
  folder: "creative-pc60",
  vendor,
  model: "PC-60NW on a Bluetooth serial port",
  role: "oximeter",
  link: "bytes",
  timeliness: "live",
  evidence: "real_bytes",
  facts: {
    connection: "Bluetooth serial port",
    power: {},
    night,
    evidence: "Two frames of values of a real PC-60NW; wave and state as on an OxySmart.",
  },
  options: PC60_OPTIONS,
  serial: () => ({ baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1, rtscts: false }),
  quietMs,
  signals: () => SIGNALS,
  waves: ["pleth"],
  // Values, state and battery, and ten wave frames.
  bytesPerSecond: () => 139,
  observe: observePc60,
  simulate: simulatePc60,
};
