import type { Condition } from "../condition.ts";
import { dataFrozen } from "./data-frozen.ts";
import { dataNever } from "./data-never.ts";
import { dataStale } from "./data-stale.ts";
import { dbWriteFail } from "./db-write-fail.ts";
import { oxiSensorOff } from "./oxi-sensor-off.ts";
import { patientCall } from "./patient-call.ts";
import { prHigh } from "./pr-high.ts";
import { prLow } from "./pr-low.ts";
import { pulseLost } from "./pulse-lost.ts";
import { ruleError } from "./rule-error.ts";
import { spo2Crit } from "./spo2-crit.ts";
import { spo2HighOnO2 } from "./spo2-high-on-o2.ts";
import { spo2Integral } from "./spo2-integral.ts";
import { spo2Low } from "./spo2-low.ts";
import { spo2LowUncertain } from "./spo2-low-uncertain.ts";
import { spo2Rapid } from "./spo2-rapid.ts";
import { spo2Relative } from "./spo2-relative.ts";
import { spo2Sustained } from "./spo2-sustained.ts";
import { spo2UnderRange } from "./spo2-under-range.ts";
import { spo2Warn } from "./spo2-warn.ts";
import { tcco2High } from "./tcco2-high.ts";
import { ventApnea } from "./vent-apnea.ts";
import { ventDisconnect } from "./vent-disconnect.ts";
import { ventPressureLow } from "./vent-pressure-low.ts";

/**
 * The one list, in the order of judging: conditions about the data come after those about the person, because they
 * inherit the priority of a condition that violated when its data stopped.
 */
export const CONDITIONS: readonly Condition[] = [
  spo2Low,
  spo2Crit,
  spo2Rapid,
  spo2Integral,
  spo2Sustained,
  spo2Relative,
  spo2UnderRange,
  spo2LowUncertain,
  spo2Warn,
  spo2HighOnO2,
  prLow,
  prHigh,
  pulseLost,
  tcco2High,
  ventApnea,
  ventDisconnect,
  ventPressureLow,
  oxiSensorOff,
  dataStale,
  dataFrozen,
  dataNever,
  patientCall,
  dbWriteFail,
  ruleError,
];
