import type { Priority } from "../../src/domain/alarm.ts";
import type { Absence } from "../../src/domain/sample.ts";
import type { SignalId } from "../../src/domain/signal.ts";

/** An alarm of the device whose code is known. */
export interface AlarmCode {
  readonly page: 1 | 2;
  readonly code: string;
  /** What it is called in observations. */
  readonly id: string;
  readonly name: string;
  /** Numbers that the device itself says are none while the alarm is active. */
  readonly denies?: { readonly signals: readonly SignalId[]; readonly reason: Absence };
}

const alarm = (
  page: 1 | 2,
  code: string,
  id: string,
  name: string,
  denies?: AlarmCode["denies"],
): AlarmCode => ({ page, code, id, name, ...(denies !== undefined && { denies }) });

const OXIMETER: readonly SignalId[] = ["spo2", "pulse_rate"];
const VOLUMES: readonly SignalId[] = ["tidal_volume_insp", "tidal_volume_exp", "minute_volume", "leak"];

export const ALARM_CODES: readonly AlarmCode[] = [
  alarm(1, "00", "apnea", "apnea"),
  alarm(1, "01", "spo2_no_pulse", "oximeter finds no pulse", { signals: OXIMETER, reason: "no_pulse" }),
  alarm(1, "02", "pulse_low", "pulse low"),
  alarm(1, "07", "spo2_low", "oxygen saturation low"),
  alarm(1, "08", "oxygen_low", "inspired oxygen low"),
  alarm(1, "0D", "apnea_co2", "apnea, by CO2"),
  alarm(1, "0E", "apnea_volume", "apnea, by volume"),
  alarm(1, "0F", "apnea_pressure", "apnea, by pressure"),
  alarm(1, "10", "pressure_high", "airway pressure high"),
  alarm(1, "13", "oxygen_supply", "oxygen supply low"),
  alarm(1, "19", "minute_volume_low", "minute volume low"),
  alarm(1, "1E", "pulse_high", "pulse high"),
  alarm(1, "22", "spo2_high", "oxygen saturation high"),
  alarm(1, "27", "etco2_low", "end-tidal CO2 low"),
  alarm(1, "28", "etco2_high", "end-tidal CO2 high"),
  alarm(1, "33", "volume_not_constant", "volume not constant"),
  alarm(1, "35", "spo2_sensor", "oximeter's sensor", { signals: OXIMETER, reason: "sensor_off" }),
  alarm(1, "37", "oxygen_high", "inspired oxygen high"),
  alarm(1, "3A", "support_time_limited", "pressure support ended by time"),
  alarm(1, "42", "flow_sensor", "flow sensor", { signals: VOLUMES, reason: "invalid" }),
  alarm(1, "4B", "battery_low", "battery low"),
  alarm(1, "5B", "alarm_disabled_5b", "an alarm has been switched off"),
  alarm(1, "5E", "alarm_disabled_5e", "an alarm has been switched off"),
  alarm(1, "68", "spo2_fault", "oximeter does not work", { signals: OXIMETER, reason: "invalid" }),
  alarm(1, "78", "serial_port_error", "serial port error"),
  alarm(1, "7C", "internal_communication", "internal communication lost"),
  alarm(1, "90", "rate_high", "rate high"),
  alarm(1, "98", "apnea_rate", "apnea, by rate"),
  alarm(1, "9A", "pressure_low", "airway pressure low or disconnected"),
  alarm(1, "9B", "minute_volume_high", "minute volume high"),
  alarm(1, "9F", "ventilator_fault", "ventilator fault"),
  alarm(1, "A0", "internal_communication_a0", "internal communication lost"),
  alarm(1, "A3", "pressure_negative", "airway pressure negative"),
  alarm(1, "A9", "leak_valve_blocked", "leak valve blocked"),
  alarm(1, "AC", "alarm_disabled_ac", "an alarm has been switched off"),
  alarm(1, "B0", "expiratory_valve", "expiratory valve"),
  alarm(1, "B7", "over_temperature", "too hot"),
  alarm(1, "BD", "oxygen_supply_bd", "oxygen supply"),
  alarm(1, "C0", "oxygen_limit", "inspired oxygen outside its limits"),
  alarm(1, "C4", "pressure_limited", "pressure limited"),
  alarm(1, "C7", "failure_to_cycle", "failure to cycle"),
  alarm(1, "C9", "over_temperature_c9", "too hot"),
  alarm(1, "CA", "fan", "fan"),
  alarm(1, "DA", "peep_high", "PEEP high"),
  alarm(1, "E8", "tidal_volume_high", "tidal volume high"),
  alarm(1, "E9", "alarm_disabled_e9", "an alarm has been switched off"),
  alarm(1, "EF", "power_failed", "power failed"),
  alarm(1, "F2", "system_fault", "system fault"),
  alarm(1, "F8", "pressure_continuously_high", "airway pressure stays high"),
  alarm(1, "FD", "battery_fault", "battery fault"),
  alarm(1, "FF", "disconnect", "disconnected"),
  alarm(2, "59", "no_internal_battery", "no internal battery"),
  alarm(2, "5A", "on_battery", "on battery"),
  alarm(2, "5C", "battery_under_2_min", "battery: less than 2 minutes left"),
  alarm(2, "5D", "battery_under_5_min", "battery: less than 5 minutes left"),
  alarm(2, "66", "apnea_alarm_off", "apnea alarm is switched off"),
  alarm(2, "67", "minute_volume_alarm_off", "alarm for low minute volume is switched off"),
  alarm(2, "68", "tidal_volume_alarm_off", "alarm for high tidal volume is switched off"),
  alarm(2, "6A", "tube_obstructed", "tube obstructed"),
  alarm(2, "6D", "external_dc", "on external direct current"),
  alarm(2, "7F", "check_patient", "check the patient"),
  alarm(2, "8D", "system_disconnected", "system disconnected"),
  alarm(2, "93", "apnea_ventilation", "apnea ventilation runs"),
  alarm(2, "95", "standby", "standby"),
  alarm(2, "96", "peep_control", "PEEP control"),
  alarm(2, "9C", "leakage", "leakage"),
  alarm(2, "9D", "backup_ventilation", "backup ventilation runs"),
  alarm(2, "A1", "power_supply", "power supply"),
  alarm(2, "A7", "tidal_volume_not_attained", "tidal volume not attained"),
  alarm(2, "C6", "alarms_suspended", "all alarms are suspended"),
  alarm(2, "CC", "peep_low", "PEEP low"),
  alarm(2, "CD", "pressure_not_attained", "inspiratory pressure not attained"),
  alarm(2, "CE", "hose_kinked", "hose kinked"),
  alarm(2, "F8", "tidal_volume_low", "tidal volume low"),
  alarm(2, "FB", "tidal_volume_limited", "tidal volume limited"),
  alarm(2, "FD", "pause_exceeded", "ventilation pause exceeded"),
  alarm(2, "FE", "on_internal_battery", "on internal battery"),
];

/** Page 3 has no table that anybody published. */
export type AlarmPage = 1 | 2 | 3;

export const alarmCode = (page: AlarmPage, code: string): AlarmCode | undefined =>
  ALARM_CODES.find((one) => one.page === page && one.code === code);

/** What the device calls advisory, caution and warning. */
export function alarmPriority(priority: number): Priority {
  if (priority >= 25) return "high";
  return priority >= 11 ? "medium" : "low";
}

/** The table for README.md, in Markdown. */
export function alarmTable(): string {
  const rows = ALARM_CODES.map(({ page, code, id, name, denies }) => [
    `CP${page} ${code}`,
    name,
    `\`${id}\``,
    denies === undefined
      ? ""
      : `${denies.signals.map((signal) => `\`${signal}\``).join(", ")}: ${denies.reason}`,
  ]);
  const head = [
    ["code", "meaning", "own alarm", "makes absent"],
    ["---", "---", "---", "---"],
  ];
  return [...head, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
