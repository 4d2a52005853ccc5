import type { BedView, MachineAlarm } from "../../src/domain/bed.ts";
import { createMeter, keepMeasuring, type Meter } from "../../src/domain/meter.ts";
import type { SettingId, SignalId } from "../../src/domain/signal.ts";
import type { Mono, Wall } from "../../src/domain/time.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { createLineFramer, lineBytes, lineText } from "../../src/wire/line.ts";
import { encodeAnswer, FIELDS } from "./codec.ts";

/** What the answer has no field for is heard at the machine alone. */
const SOUNDED: { readonly [alarm in MachineAlarm]?: string } = {
  disconnect: "occlusion_or_disconnect",
  obstruction: "occlusion_or_disconnect",
  apnea: "apnea",
  minute_volume_low: "minute_volume_low",
};
const ERROR = lineBytes("UNKNOWN COMMAND\r");
const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/** Plays a ventilator that answers SNDA; says nothing while the bed's therapy is off. */
export async function simulatePhilips(context: SimulatorContext): Promise<void> {
  const { bed, clock, link, random, signal } = context;
  const meter = createMeter(bed, clock.mono());
  const serial = `100${[...random.bytes(6)].map((byte) => byte % 10).join("")}`;

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

  await Promise.all([keepMeasuring(meter, clock, signal), answer()]);
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
        return sounds(field.code, bed) ? "ALARM" : "NORMAL";
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

const sounds = (code: string, bed: BedView): boolean =>
  bed.ownAlarms().some((alarm) => SOUNDED[alarm] === code);

const timeText = (wall: Wall): string => new Date(wall).toISOString().slice(11, 16);

const dateText = (wall: Wall): string => {
  const date = new Date(wall);
  return `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2, "0")} ${date.getUTCFullYear()}`;
};
