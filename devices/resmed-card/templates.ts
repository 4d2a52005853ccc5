import type { EdfHeader, EdfSignal, EdfTime } from "../../src/wire/edf.ts";
import { startdateText } from "../../src/wire/edf.ts";
import { SUM_LABEL } from "./codec.ts";
import { ANNOTATIONS_LABEL } from "./events.ts";

/** Files as an AirCurve 10 writes them: labels, units, ranges and lengths, seen on its cards. */
const channel = (
  label: string,
  dimension: string,
  [physicalMin, physicalMax]: readonly [number, number],
  [digitalMin, digitalMax]: readonly [number, number],
  samples: number,
): EdfSignal => ({ label, dimension, physicalMin, physicalMax, digitalMin, digitalMax, samples });

const WHOLE = [-32_768, 32_767] as const;
const sum = channel(SUM_LABEL, "", WHOLE, WHOLE, 1);

export const RECORD_S = 60;
export const WAVE_HZ = 25;
const WAVE = RECORD_S * WAVE_HZ;
const SLOW = RECORD_S / 2;

export const BRP_SIGNALS: readonly EdfSignal[] = [
  channel("Flow.40ms", "L/s", [-2, 3], [-1000, 1500], WAVE),
  channel("Press.40ms", "cmH2O", [0, 40], [0, 2000], WAVE),
  channel("TrigCycEvt.40ms", "", [0, 16], [0, 16], WAVE),
  sum,
];

export const PLD_SIGNALS: readonly EdfSignal[] = [
  channel("MaskPress.2s", "cmH2O", [0, 40], [0, 2000], SLOW),
  channel("Press.2s", "cmH2O", [0, 30], [0, 1500], SLOW),
  channel("EprPress.2s", "cmH2O", [0, 30], [0, 1500], SLOW),
  channel("Leak.2s", "L/s", [0, 2], [0, 100], SLOW),
  channel("RespRate.2s", "bpm", [0, 50], [0, 250], SLOW),
  channel("TidVol.2s", "L", [0, 4], [0, 200], SLOW),
  channel("MinVent.2s", "L/min", [0, 30], [0, 240], SLOW),
  channel("IERatio.2s", "%", [0, 200], [0, 200], SLOW),
  channel("Snore.2s", "", [0, 5], [0, 250], SLOW),
  channel("FlowLim.2s", "", [0, 1], [0, 100], SLOW),
  channel("B5ITime.2s", "s", [0, 10], [0, 500], SLOW),
  channel("B5ETime.2s", "s", [0, 10], [0, 500], SLOW),
  channel("Ti.2s", "s", [0, 10], [0, 500], SLOW),
  sum,
];

export const SAD_SIGNALS: readonly EdfSignal[] = [
  channel("Pulse.1s", "bpm", [18, 300], [18, 300], RECORD_S),
  channel("SpO2.1s", "%", [0, 100], [0, 100], RECORD_S),
  sum,
];

/** 38 bytes of annotations in an EVE record, 30 in a CSL record. */
export const EVE_SIGNALS: readonly EdfSignal[] = [
  channel(ANNOTATIONS_LABEL, "", [0, 86_400], WHOLE, 19),
  sum,
];
export const CSL_SIGNALS: readonly EdfSignal[] = [
  channel(ANNOTATIONS_LABEL, "", [0, 86_400], WHOLE, 15),
  sum,
];

const SWITCH = [0, 16] as const;
const pressure = (label: string, min: number, max: number): EdfSignal =>
  channel(label, "cmH2O", [min, max], [min * 50, max * 50], 1);

/** Of the 97 signals of an AirCurve 10 those that are read. */
export const STR_SIGNALS: readonly EdfSignal[] = [
  channel("Date", "", [0, 24_836], [0, 24_836], 1),
  channel("MaskOn", "min.", [0, 1440], [0, 1440], 10),
  channel("MaskOff", "min.", [0, 1440], [0, 1440], 10),
  channel("MaskEvents", "", [0, 255], [0, 255], 1),
  channel("Duration", "min.", [0, 1440], [0, 1440], 1),
  channel("Mode", "", SWITCH, SWITCH, 1),
  pressure("S.C.Press", 4, 20),
  pressure("S.BL.IPAP", 4, 25),
  pressure("S.BL.EPAP", 3, 25),
  pressure("S.VA.PS", 0, 10),
  channel("Fault.Device", "", SWITCH, SWITCH, 1),
  channel("Fault.Alarm", "", SWITCH, SWITCH, 1),
  channel("Fault.Humidifier", "", SWITCH, SWITCH, 1),
  channel("Fault.HeatedTube", "", SWITCH, SWITCH, 1),
  sum,
];

/** The header of a file that was begun at a time; `records` is -1 until the first one is in it. */
export const headerOf = (
  signals: readonly EdfSignal[],
  start: EdfTime,
  serial: string,
  { records, recordSeconds = RECORD_S }: { readonly records: number; readonly recordSeconds?: number },
): EdfHeader => ({
  patient: "",
  recording: `${startdateText(start)} X X X SRN=${serial}  MID=36  VID=9`,
  start,
  reserved: recordSeconds === 0 ? "EDF+D" : "EDF",
  records,
  recordSeconds,
  signals,
});
