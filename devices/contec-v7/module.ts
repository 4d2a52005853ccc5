import type { SignalId } from "../../src/domain/signal.ts";
import type { BytesModule } from "../../src/driver/contract.ts";
import { LIVE } from "./codec.ts";
import { observeV7, V7_OPTIONS } from "./driver.ts";
import { RATE_HZ } from "./live-decoder.ts";
import { storedSessions } from "./memory.ts";
import { simulateV7 } from "./simulator.ts";

const SIGNALS: readonly SignalId[] = ["spo2", "pulse_rate", "perfusion_index"];
/** Sixty packets a second; a start that is not answered is sent again every second before that. */
const QUIET_MS = 5_000;

/** Contec oximeters that speak protocol V7.0 over a serial cable or a Bluetooth serial port. */
export const contecV7: BytesModule = {
  id: "contec-v7",
  vendor: "Contec",
  model: "CMS50D+ (firmware 4.6 and up), CMS50F (3.7), CMS50EW, CMS50I, CMS50H, Pulox PO-250",
  role: "oximeter",
  link: "bytes",
  timeliness: "live",
  evidence: "maker_document",
  facts: {
    connection: "USB serial cable, Bluetooth serial port",
    power: {},
    night: {
      suited: "yes",
      reason:
        "streams for as long as it is asked to; whether the cable charges it while it measures is to be tried",
    },
    evidence:
      "Written after the maker's document. Framing and the packets of the memory compared with packets of real devices; " +
      "no live stream of a real device was seen.",
  },
  options: V7_OPTIONS,
  serial: () => ({ baudRate: 115_200, dataBits: 8, parity: "none", stopBits: 1, rtscts: false }),
  quietMs: () => QUIET_MS,
  signals: () => SIGNALS,
  waves: ["pleth"],
  observe: observeV7,
  stored: storedSessions,
  simulate: simulateV7,
  bytesPerSecond: () => RATE_HZ * LIVE.lengthBytes,
};
