import type { SignalId } from "../../src/domain/signal.ts";
import type { BytesModule, OptionValues } from "../../src/driver/contract.ts";
import type { SerialSettings } from "../../src/port/link.ts";
import { LIVE } from "./codec.ts";
import { FIRST_OPTIONS, observeFirst } from "./driver.ts";
import { RATE_HZ } from "./live-decoder.ts";
import { storedRecord } from "./memory.ts";
import { simulateFirst } from "./simulator.ts";

const SIGNALS: readonly SignalId[] = ["spo2", "pulse_rate"];
/** Sixty frames a second, always. */
const QUIET_MS = 5_000;

/** Contec's first serial protocol, and boards that took it over. */
export const contecFirst: BytesModule = {
  id: "contec-first",
  vendor: "Contec",
  model: "CMS50D+ (before firmware 4.6), CMS50E, CMS50F (cable with a serial converter)",
  role: "oximeter",
  link: "bytes",
  timeliness: "live",
  evidence: "inferred",
  facts: {
    connection: "USB serial cable",
    power: {},
    night: {
      suited: "yes",
      reason: "streams by itself for as long as it is on; on its battery with the CMS50D+",
    },
    evidence:
      "Written after other people's programs. The head and four values of a real memory were compared; no live stream of " +
      "a real device was seen.",
  },
  options: FIRST_OPTIONS,
  serial,
  quietMs: () => QUIET_MS,
  signals: () => SIGNALS,
  waves: ["pleth"],
  observe: observeFirst,
  stored: storedRecord,
  simulate: simulateFirst,
  bytesPerSecond: () => RATE_HZ * LIVE.lengthBytes,
};

function serial(options: OptionValues): SerialSettings {
  const line = { dataBits: 8, stopBits: 1, rtscts: false } as const;
  return options["line"] === "board"
    ? { ...line, baudRate: 4_800, parity: "none" }
    : { ...line, baudRate: 19_200, parity: "odd" };
}
