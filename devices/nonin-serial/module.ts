import { HOUR_MS } from "../../src/domain/time.ts";
import type { BytesModule, OptionValues } from "../../src/driver/contract.ts";
import { FORMAT_2, FORMAT_8, FRAMES_PER_SECOND } from "./codec.ts";
import { NONIN_OPTIONS, observeNonin } from "./driver.ts";
import { simulateNonin } from "./simulator.ts";

/** Nonin oximeters with a serial port, USB serial cable or Bluetooth Classic serial port. */
export const noninSerial: BytesModule = {
  id: "nonin-serial",
  vendor: "Nonin",
  model: "OEM III, Xpod, Onyx II 9560, WristOx2 3150 (data formats 2, 7, 8, 13)",
  role: "oximeter",
  link: "bytes",
  timeliness: "live",
  evidence: "real_bytes",
  facts: {
    connection: "USB or serial cable, Bluetooth serial port",
    averaging: "4 beats (formats 2 and 7); 8 and 13 send display values, held up to 10 s after finger out",
    power: {},
    night: { suited: "yes", reason: "wired sensors and WristOx2 stay on; an Onyx clip switches itself off" },
    evidence:
      "Format 2 compared with a packet of a real oximeter; 7, 8 and 13 follow the maker's specification and have seen " +
      "no independent bytes.",
  },
  options: NONIN_OPTIONS,
  serial: () => ({ baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1, rtscts: false }),
  quietMs,
  signals: () => ["spo2", "pulse_rate"],
  waves: ["pleth"],
  observe: observeNonin,
  simulate: simulateNonin,
  bytesPerSecond,
};

/** Formats 2 and 7 never pause; 8 speaks once a second; a spot check (13) may be hours away. */
function quietMs(options: OptionValues): number {
  switch (String(options["format"])) {
    case "2":
    case "7":
      return 3_000;
    case "8":
      return 5_000;
    case "13":
      return 12 * HOUR_MS;
    default:
      return 6_000;
  }
}

/** 75 frames of 5 bytes, or one of 4, in each second; spot checks have no rate, so they come at the line's speed. */
function bytesPerSecond(options: OptionValues): number {
  switch (String(options["format"])) {
    case "8":
      return FORMAT_8.lengthBytes;
    case "13":
      return 960;
    default:
      return FRAMES_PER_SECOND * FORMAT_2.lengthBytes;
  }
}
