import type { Condition } from "../condition.ts";
import { dataFrozen } from "./data-frozen.ts";
import { dataNever } from "./data-never.ts";
import { dataStale } from "./data-stale.ts";
import { dbWriteFail } from "./db-write-fail.ts";
import { oxiSensorOff } from "./oxi-sensor-off.ts";
import { patientCall } from "./patient-call.ts";
import { prHigh } from "./pr-high.ts";
import { prLow } from "./pr-low.ts";
import { ruleError } from "./rule-error.ts";
import { spo2Crit } from "./spo2-crit.ts";
import { spo2Low } from "./spo2-low.ts";
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
  prLow,
  prHigh,
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
