import type { SignalId } from "../../src/domain/signal.ts";
import { DAY_MS } from "../../src/domain/time.ts";
import type { DeviceFacts, FilesModule, GattModule, ReportsModule } from "../../src/driver/contract.ts";
import { EB_OPTIONS, observeEb } from "./driver.ts";
import { behindGatt, EB_GATT, overGatt, overReports, REPORT_BYTES } from "./links.ts";
import { observeMakerFiles, simulateMakerFiles } from "./maker-files.ts";
import { storedRecords } from "./memory.ts";
import { simulateEb } from "./simulator.ts";
import { storedSpotChecks } from "./spot-check.ts";

/** Readings come once a second, wave frames sixty times; both pause never. */
const QUIET_MS = 5_000;
/** A reading stands in every twentieth report. */
const REPORTS_PER_SECOND = 20;

const SIGNALS: readonly SignalId[] = ["spo2", "pulse_rate", "perfusion_index"];

const SHARED = {
  folder: "contec-eb",
  vendor: "Contec",
  role: "oximeter",
  timeliness: "live",
  evidence: "real_bytes",
  options: EB_OPTIONS,
  quietMs: () => QUIET_MS,
  signals: () => SIGNALS,
  waves: ["pleth"],
} as const;

const FACTS = {
  power: {},
  night: {
    suited: "yes",
    reason:
      "streams for as long as it is asked to; whether the cable charges it while it measures is to be tried",
  },
} as const satisfies Partial<DeviceFacts>;

/** Contec CMS50E and CMS50F with hardware 2.0.0 on a USB cable, and the same under other names. */
export const contecEbHid: ReportsModule = {
  ...SHARED,
  id: "contec-eb-hid",
  model: "CMS50E, CMS50F (hardware 2.0.0), Beurer PO80, Pulox PO-400",
  link: "reports",
  usb: [{ vendorId: 0x28e9, productId: 0x028a }],
  facts: {
    ...FACTS,
    connection: "USB cable",
    evidence:
      "A real CMS50E: 212 s of live reports and a manual record of 2050 s equal the maker's own files, value for value; " +
      "a pulse above 127, finger out in a reading, perfusion index and automatic records have seen no independent bytes.",
  },
  observe: (context) => observeEb({ ...context, link: overReports(context.link) }),
  stored: (context) => storedRecords({ ...context, link: overReports(context.link) }),
  // A file of bare reports is replayed at the rate at which the device sends them.
  bytesPerSecond: () => REPORTS_PER_SECOND * REPORT_BYTES,
  simulate: (context) => simulateEb(context, "reports"),
};

/** Contec CMS50D-BT, and the memory of a Beurer PO60. */
export const contecEbBle: GattModule = {
  ...SHARED,
  id: "contec-eb-ble",
  model: "CMS50D-BT; Beurer PO60 (its memory)",
  link: "gatt",
  gatt: EB_GATT,
  facts: {
    ...FACTS,
    connection: "Bluetooth",
    night: { suited: "doubtful", reason: "a fingertip clip on its own battery, made for minutes" },
    evidence:
      "Four frames that a user captured of a real CMS50D-BT; the same frames as over USB, where long recordings were " +
      "compared. The memory of the PO60 is written after other people's programs and has seen no independent bytes.",
  },
  observe: (context) => observeEb({ ...context, link: overGatt(context.link) }),
  stored: (context) => storedSpotChecks({ ...context, link: overGatt(context.link) }),
  simulate: (context) => simulateEb({ ...context, link: behindGatt(context.link) }, "notifications"),
};

/** What the maker's Windows program saved. */
export const contecEbFile: FilesModule = {
  ...SHARED,
  id: "contec-eb-file",
  model: "Smart Device Assistant: .SpO2 files",
  link: "files",
  timeliness: "late",
  facts: {
    connection: "files that the maker's program saved",
    power: {},
    night: { suited: "no", reason: "the files come after the night: they fill charts and never ring" },
    evidence:
      "Two files of the maker's own program equal its CSV files, row for row: 212 s of live data and a record of 2050 s.",
  },
  options: {},
  quietMs: () => DAY_MS,
  signals: () => ["spo2", "pulse_rate"],
  waves: [],
  observe: observeMakerFiles,
  simulate: simulateMakerFiles,
};
