import type { BedView } from "../../src/domain/bed.ts";
import { createMeter, type Meter } from "../../src/domain/meter.ts";
import type { SettingId, SignalId } from "../../src/domain/signal.ts";
import type { Mono, Wall } from "../../src/domain/time.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { createLineFramer, lineBytes, lineText } from "../../src/wire/line.ts";
import { encodeAnswer, FIELDS } from "./codec.ts";

const LOOK_MS = 500;
/** The simulated machine's own limits. */
const LIMITS = { peakHigh: 40, tidalVolumeLow: 200, minuteVolumeLow: 3, rateHigh: 35, apneaS: 20 };
/** Pressure below which nothing can be connected to the circuit. cmH2O. */
const DISCONNECTED_PEAK = 5;
const ERROR = lineBytes("UNKNOWN COMMAND\r");
const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/** Plays a ventilator that answers SNDA; says nothing while the bed's therapy is off. */
export async function simulatePhilips(context: SimulatorContext): Promise<void> {
  const { bed, clock, link, random, signal } = context;
  const meter = createMeter(bed, clock.mono());
  const serial = `100${[...random.bytes(6)].map((byte) => byte % 10).join("")}`;

  const measure = async (): Promise<void> => {
    while (!signal.aborted) {
      meter.look(clock.mono());
      const slept = await clock.sleep(LOOK_MS, signal).then(
        () => true,
        () => false,
      );
      if (!slept) return;
    }
  };

  const answer = async (): Promise<void> => {
    const asked: string[] = [];
    const framer = createLineFramer({
      end: "cr",
      maxBytes: 16,
      onLine: (bytes) => asked.push(lineText(bytes).trim()),
      onNoise: () => undefined,
    });
    for await (const chunk of chunksUntil(link.chunks, signal)) {
      framer.push(chunk);
      for (const command of asked.splice(0)) {
        if (bed.sample("therapy") === 0) continue;
        meter.look(clock.mono());
        const texts = textsOf(bed, meter, serial, clock.mono(), clock.wall());
        await link.write(command === "SNDA" ? encodeAnswer(texts) : ERROR);
      }
    }
  };

  await Promise.all([measure(), answer()]);
}

function textsOf(
  bed: BedView,
  meter: Meter,
  serial: string,
  now: Mono,
  wall: Wall,
): ReadonlyMap<number, string> {
  const texts = new Map<number, string>([
    [5, timeText(wall)],
    [8, dateText(wall)],
    [60, timeText(wall)],
    [62, dateText(wall)],
  ]);
  for (const field of FIELDS) {
    const text = textOf(field);
    if (text !== undefined) texts.set(field.field, text);
  }
  return texts;

  function textOf(field: (typeof FIELDS)[number]): string | undefined {
    switch (field.kind) {
      case "signal": {
        const value = meter.value(field.signal, now);
        return value === undefined ? undefined : (value / field.factor).toFixed(decimalsOf(field.signal));
      }
      case "setting":
        return numberSetting(bed, field.setting)?.toFixed(1);
      case "alarm":
        return isActive(field.code, meter, now) ? "ALARM" : "NORMAL";
      case "text":
        if (field.becomes === "serial") return serial;
        return String(bed.setting("mode") ?? "CPAP").slice(0, 6);
    }
  }
}

const decimalsOf = (signal: SignalId): number =>
  signal === "tidal_volume_exp" ? 3 : signal === "minute_volume" || signal === "ie_ratio" ? 2 : 1;

const numberSetting = (bed: BedView, setting: SettingId): number | undefined => {
  const value = bed.setting(setting);
  return typeof value === "number" ? value : undefined;
};

function isActive(code: string, meter: Meter, now: Mono): boolean {
  const value = (signal: SignalId): number => meter.value(signal, now) ?? Number.NaN;
  switch (code) {
    case "pressure_high":
      return value("pressure_peak") > LIMITS.peakHigh;
    case "tidal_volume_low":
      return value("tidal_volume_exp") < LIMITS.tidalVolumeLow;
    case "minute_volume_low":
      return value("minute_volume") < LIMITS.minuteVolumeLow;
    case "rate_high":
      return value("resp_rate") > LIMITS.rateHigh;
    case "apnea":
      return value("apnea_duration") >= LIMITS.apneaS;
    case "occlusion_or_disconnect":
      return value("pressure_peak") < DISCONNECTED_PEAK;
    default:
      return false;
  }
}

const timeText = (wall: Wall): string => new Date(wall).toISOString().slice(11, 16);

const dateText = (wall: Wall): string => {
  const date = new Date(wall);
  return `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2, "0")} ${date.getUTCFullYear()}`;
};
