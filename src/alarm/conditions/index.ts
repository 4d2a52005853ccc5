import type { Condition } from "../condition.ts";
import { alarmOffReminder } from "./alarm-off-reminder.ts";
import { boxPutOut } from "./box-put-out.ts";
import { callDeviceOffline } from "./call-device-offline.ts";
import { careDue } from "./care-due.ts";
import { certificateEnding } from "./certificate-ending.ts";
import { certificateExpired } from "./certificate-expired.ts";
import { clockDrift } from "./clock-drift.ts";
import { dataFrozen } from "./data-frozen.ts";
import { dataNever } from "./data-never.ts";
import { dataStale } from "./data-stale.ts";
import { dbWriteFail } from "./db-write-fail.ts";
import { devBattery } from "./dev-battery.ts";
import { deviceOwn } from "./device-own.ts";
import { deviceSwapped } from "./device-swapped.ts";
import { edgeOffline } from "./edge-offline.ts";
import { escalationExhausted } from "./escalation-exhausted.ts";
import { journalDamaged } from "./journal-damaged.ts";
import { keyMissing } from "./key-missing.ts";
import { leakDesat } from "./leak-desat.ts";
import { limitsWidened } from "./limits-widened.ts";
import { netDown } from "./net-down.ts";
import { nobodyOnCall } from "./nobody-on-call.ts";
import { oxiPoorSignal } from "./oxi-poor-signal.ts";
import { oxiSensorOff } from "./oxi-sensor-off.ts";
import { oxiVentPrMismatch } from "./oxi-vent-pr-mismatch.ts";
import { patientCall } from "./patient-call.ts";
import { phoneUnreachable } from "./phone-unreachable.ts";
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
import { stateDamaged } from "./state-damaged.ts";
import { storageFull } from "./storage-full.ts";
import { tcco2High } from "./tcco2-high.ts";
import { testOverdue } from "./test-overdue.ts";
import { ventApnea } from "./vent-apnea.ts";
import { ventBattCrit } from "./vent-batt-crit.ts";
import { ventBattLow } from "./vent-batt-low.ts";
import { ventDisconnect } from "./vent-disconnect.ts";
import { ventLeakHigh } from "./vent-leak-high.ts";
import { ventLeakWarn } from "./vent-leak-warn.ts";
import { ventMainsLost } from "./vent-mains-lost.ts";
import { ventMvLow } from "./vent-mv-low.ts";
import { ventObstruction } from "./vent-obstruction.ts";
import { ventOffExpected } from "./vent-off-expected.ts";
import { ventOwn } from "./vent-own.ts";
import { ventPressureHigh } from "./vent-pressure-high.ts";
import { ventPressureLow } from "./vent-pressure-low.ts";
import { ventRemoteAlarm } from "./vent-remote-alarm.ts";
import { ventRrHigh } from "./vent-rr-high.ts";
import { ventRrLow } from "./vent-rr-low.ts";
import { ventSettingsChanged } from "./vent-settings-changed.ts";
import { ventVteLow } from "./vent-vte-low.ts";
import { watchRearm } from "./watch-rearm.ts";

/**
 * The one list, in the order of judging: conditions about the data come after those about the person, because they
 * inherit the priority of a condition that violated when its data stopped.
 */
export const CONDITIONS: readonly Condition[] = [
  spo2Low,
  spo2LowUncertain,
  spo2Crit,
  spo2Rapid,
  spo2Integral,
  spo2Sustained,
  spo2Relative,
  spo2UnderRange,
  spo2Warn,
  spo2HighOnO2,
  prLow,
  prHigh,
  pulseLost,
  tcco2High,
  ventOwn,
  ventRemoteAlarm,
  ventApnea,
  ventDisconnect,
  ventObstruction,
  ventPressureLow,
  ventPressureHigh,
  ventLeakHigh,
  ventLeakWarn,
  leakDesat,
  ventMvLow,
  ventVteLow,
  ventRrLow,
  ventRrHigh,
  ventOffExpected,
  ventMainsLost,
  ventBattLow,
  ventBattCrit,
  ventSettingsChanged,
  oxiSensorOff,
  deviceOwn,
  dataStale,
  dataFrozen,
  dataNever,
  oxiPoorSignal,
  oxiVentPrMismatch,
  devBattery,
  deviceSwapped,
  callDeviceOffline,
  clockDrift,
  patientCall,
  dbWriteFail,
  ruleError,
  storageFull,
  journalDamaged,
  stateDamaged,
  keyMissing,
  boxPutOut,
  certificateEnding,
  certificateExpired,
  edgeOffline,
  netDown,
  phoneUnreachable,
  nobodyOnCall,
  escalationExhausted,
  testOverdue,
  alarmOffReminder,
  limitsWidened,
  watchRearm,
  careDue,
];
