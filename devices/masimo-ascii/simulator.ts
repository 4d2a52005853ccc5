import type { BedView } from "../../src/domain/bed.ts";
import { lookAtFinger } from "../../src/domain/oximetry.ts";
import { ticks } from "../../src/domain/ticks.ts";
import type { Wall } from "../../src/domain/time.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import { lineBytes } from "../../src/wire/line.ts";
import { EXCEPTIONS, encodeLine, type MasimoLine, SET_ACTIVE } from "./codec.ts";

const PERIOD_MS = 1_000;
/** A monitor whose sensor slipped off goes on showing its last numbers for a while. */
const HELD_MS = 8_000;
/** The simulated monitor's own limits. */
const LIMITS = { spo2Low: 88, pulseLow: 50, pulseHigh: 140 };
/** ALARM: which limit, and "active" with it. */
const ALARM = { spo2Low: 0x0012, pulseLow: 0x0018, pulseHigh: 0x0014, active: 0x0010, batteryLow: 0x0040 };

/** Plays a Rad-8: a line a second with a blank line after it; nothing while it is switched off. */
export async function simulateMasimo(context: SimulatorContext): Promise<void> {
  const { bed, clock, link, random, signal } = context;
  const serial = `00000${[...random.bytes(5)].map((byte) => byte % 10).join("")}`;
  let shown: { readonly spo2: number; readonly pulse: number; readonly atMs: number } | undefined;
  const blank = lineBytes("\r\n");
  for await (const _ of ticks(clock, PERIOD_MS, signal)) {
    const line = lineOf(bed, serial);
    const nowMs: number = clock.mono();
    if (line?.spo2 !== undefined && line.pulse !== undefined) {
      shown = { spo2: line.spo2, pulse: line.pulse, atMs: nowMs };
    }
    if (line !== undefined) {
      const held = isOff(line) && shown !== undefined && nowMs - shown.atMs < HELD_MS ? shown : {};
      await link.write(encodeLine({ ...line, ...held }, clockText(clock.wall())));
      await link.write(blank);
    }
  }
}

function lineOf(bed: BedView, serial: string): MasimoLine | undefined {
  const finger = lookAtFinger(bed, 300);
  if (finger.silent) return undefined;
  const set: string[] = [];
  if (finger.unplugged) set.push("no_sensor");
  else if (finger.off) set.push("sensor_off");
  if (finger.searching) set.push("pulse_search");
  if (finger.poorSignal) set.push("interference");
  if (finger.flags.includes("low_perfusion")) set.push("low_perfusion");
  if (finger.flags.includes("artifact") || finger.flags.includes("motion")) set.push("low_signal_iq");
  const bits = EXCEPTIONS.filter(({ code }) => set.includes(code)).reduce((all, { bit }) => all | bit, 0);
  const { spo2, pulse } = finger;
  return {
    spo2,
    pulse,
    perfusion: finger.perfusion,
    serial,
    exceptions: finger.unplugged ? bits : bits | SET_ACTIVE,
    alarms:
      (spo2 !== undefined && spo2 < LIMITS.spo2Low ? ALARM.spo2Low : 0) |
      (pulse !== undefined && pulse < LIMITS.pulseLow ? ALARM.pulseLow : 0) |
      (pulse !== undefined && pulse > LIMITS.pulseHigh ? ALARM.pulseHigh : 0) |
      (finger.off ? ALARM.active : 0) |
      ((finger.battery ?? 100) < 20 ? ALARM.batteryLow : 0),
  };
}

const isOff = ({ exceptions }: MasimoLine): boolean =>
  EXCEPTIONS.some(({ bit, code }) => code === "sensor_off" && (exceptions & bit) !== 0);

function clockText(wall: Wall): string {
  const [year, month, day, time] = new Date(wall).toISOString().slice(2, 19).split(/[-T]/);
  return `${month}/${day}/${year} ${time}`;
}
