import { absent, measured, type Sample, type Samples } from "../../src/domain/sample.ts";
import type { SignalId } from "../../src/domain/signal.ts";
import type { OptionValues } from "../../src/driver/contract.ts";
import type { AlarmCode } from "./alarm-codes.ts";
import { type CodeSet, codesOf, RATIO_CODES } from "./measured-codes.ts";
import type { RecordValue } from "./records.ts";
import { SIMULATION, STANDBY } from "./text-codes.ts";

/** A page of measured data by code. */
export type Page = ReadonlyMap<string, RecordValue>;

/** What the ventilator itself measures: in standby none of it is measured. */
const VENTILATION: readonly SignalId[] = [
  "resp_rate",
  "tidal_volume_insp",
  "tidal_volume_exp",
  "minute_volume",
  "leak",
  "pressure_peak",
  "pressure_mean",
  "pressure_insp",
  "pressure_exp",
  "fio2",
  "insp_time",
  "ie_ratio",
  "apnea_duration",
];

/** What a device with these options can tell: an oximeter and a CO2 sensor are extras that not every one has. */
export const signalsOf = (options: OptionValues): readonly SignalId[] => [
  ...VENTILATION,
  "therapy",
  "battery_percent",
  ...(options["spo2"] === true ? (["spo2", "pulse_rate"] as const) : []),
  ...(options["co2"] === true ? (["etco2"] as const) : []),
];

/** Everything that decides about the numbers of one moment. */
export interface Moment {
  readonly signals: readonly SignalId[];
  readonly set: CodeSet;
  /** Page 2 is absent where it did not come since the last page 1: its numbers are not spoken of then. */
  readonly pages: { readonly 1: Page; readonly 2: Page | undefined };
  /** What active alarms make absent. */
  readonly denials: readonly NonNullable<AlarmCode["denies"]>[];
  /** States that the texts and alarms tell. */
  readonly states: ReadonlySet<string>;
  /** Fresh texts tell whether there is therapy; undefined where there are none. */
  readonly therapy: boolean | undefined;
}

export function samplesOf(moment: Moment): Samples {
  const samples: { [id in SignalId]?: Sample } = {};
  for (const signal of moment.signals) {
    const sample = vouched(signal, spoken(signal, moment), moment);
    if (sample !== undefined) samples[signal] = sample;
  }
  return samples;
}

/** A number leaves only when nothing that the device says of itself is against it. */
function vouched(signal: SignalId, sample: Sample | undefined, moment: Moment): Sample | undefined {
  if (moment.states.has(SIMULATION)) return absent("invalid");
  if (moment.states.has(STANDBY) && VENTILATION.includes(signal)) return absent("device_off");
  const denial = moment.denials.find(({ signals }) => signals.includes(signal));
  return sample !== undefined && denial !== undefined ? absent(denial.reason) : sample;
}

/** What the pages say of a signal; undefined where a page that could say it did not come. */
function spoken(signal: SignalId, moment: Moment): Sample | undefined {
  if (signal === "therapy") {
    return moment.therapy === undefined ? absent("not_measured") : Number(moment.therapy);
  }
  if (signal === "ie_ratio") return ratioOf(moment.pages[1]);
  let found: Sample | undefined = absent("not_measured");
  for (const { page, code, signal: use } of codesOf(signal, moment.set)) {
    const value = moment.pages[page]?.get(code);
    if (typeof value === "number") return measured(signal, value * (use?.factor ?? 1));
    if (value === "unreadable") found = absent("invalid");
    else if (moment.pages[page] === undefined) found = undefined;
  }
  return found;
}

/** 1 : x */
function ratioOf(page: Page): Sample {
  const [inspiration, expiration] = RATIO_CODES.map((code) => page.get(code));
  if (inspiration === "unreadable" || expiration === "unreadable") return absent("invalid");
  if (typeof inspiration !== "number" || typeof expiration !== "number") return absent("not_measured");
  return inspiration > 0 ? measured("ie_ratio", expiration / inspiration) : absent("invalid");
}
