import type { BedView, MachineAlarm } from "../../src/domain/bed.ts";
import { createMeter, keepMeasuring, type Meter } from "../../src/domain/meter.ts";
import type { SignalId } from "../../src/domain/signal.ts";
import type { Mono, Wall } from "../../src/domain/time.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { createLineFramer, lineText } from "../../src/wire/line.ts";
import { encodeReply } from "./codec.ts";
import { REPORTS, type Report } from "./reports.ts";

/** Alarm limits for the reply's limit fields. */
const LIMITS = {
  peakHigh: 40,
  peakLow: 8,
  minuteVolumeLow: 2.5,
  rateHigh: 35,
  apneaS: 20,
};
const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/**
 * Plays the parameter port: answers SNDA and SNDF with the bed's values, or with what it measures on the bed's
 * waves; says nothing while the bed's therapy is off.
 */
export async function simulateParameters(context: SimulatorContext): Promise<void> {
  const { bed, clock, link, random, signal } = context;
  const meter = createMeter(bed, clock.mono());
  const serial = `840 35${[...random.bytes(8)].map((byte) => byte % 10).join("")}`;

  const answer = async (): Promise<void> => {
    const asked: Report[] = [];
    const framer = createLineFramer({
      end: "cr",
      maxBytes: 16,
      onLine(bytes) {
        const command = lineText(bytes).trim();
        if (command === "RSET") asked.length = 0;
        for (const report of Object.values(REPORTS)) if (report.command === command) asked.push(report);
      },
      onNoise: () => undefined,
    });
    for await (const chunk of chunksUntil(link.chunks, signal)) {
      framer.push(chunk);
      for (const report of asked.splice(0)) {
        if (bed.sample("therapy") === 0) continue;
        meter.look(clock.mono());
        const machine = { bed, meter, serial, now: clock.mono(), wall: clock.wall() };
        await link.write(encodeReply(report, textsOf(report, machine)));
      }
    }
  };

  await Promise.all([keepMeasuring(meter, clock, signal), answer()]);
}

interface Machine {
  readonly bed: BedView;
  readonly meter: Meter;
  readonly serial: string;
  readonly now: Mono;
  readonly wall: Wall;
}

function textsOf(report: Report, machine: Machine): ReadonlyMap<number, string> {
  const texts = new Map(report.name === "MISCF" ? fullTexts(machine) : shortTexts(machine));
  for (const { field, signal } of report.fields) {
    if (signal === undefined) continue;
    const value = machine.meter.value(signal.id, machine.now);
    if (value !== undefined)
      texts.set(field, (value / (signal.factor ?? 1)).toFixed(DECIMALS[signal.id] ?? 1));
  }
  const active = new Set(machine.bed.ownAlarms().flatMap((alarm) => SOUNDED[alarm]));
  for (const { field, alarm } of report.fields) {
    if (alarm === undefined) continue;
    const word = report.name === "MISCA" ? "ALARM" : alarm.priority.toUpperCase();
    texts.set(field, active.has(alarm.code) ? word : "NORMAL");
  }
  return texts;
}

/** Decimals as replies of a real 840 show them; one where nothing is said. */
const DECIMALS: { readonly [id in SignalId]?: number } = {
  tidal_volume_exp: 3,
  tidal_volume_insp: 3,
  minute_volume: 2,
  insp_time: 2,
  ie_ratio: 2,
  fio2: 0,
};

/** What a bed's machine sounds, in the codes of both reports; what neither has is heard at the machine alone. */
const SOUNDED: { readonly [alarm in MachineAlarm]: readonly string[] } = {
  disconnect: ["disconnect", "occlusion_or_disconnect"],
  obstruction: ["occlusion", "occlusion_or_disconnect"],
  pressure_low: ["pressure_peak_low"],
  apnea: ["apnea"],
  minute_volume_low: ["minute_volume_low"],
  mains_lost: ["mains_lost"],
  battery_low: ["battery_low"],
  leak_high: [],
};

function fullTexts({ bed, serial, wall }: Machine): readonly (readonly [number, string])[] {
  const set = settingsAt(bed);
  return present([
    [5, timeText(wall)],
    [6, serial],
    [7, dateText(wall)],
    [8, bed.setting("interface") === "INVASIVE" ? "INVASIVE" : "NIV"],
    [9, set.mode],
    [10, set.mandatory],
    [11, set.spontaneous],
    [12, "V-Trig"],
    [13, set.rate?.toFixed(1)],
    [14, set.volume === undefined ? undefined : (set.volume / 1000).toFixed(3)],
    [16, set.fio2?.toFixed(0)],
    [18, set.epap?.toFixed(1)],
    [20, String(LIMITS.apneaS)],
    [31, set.support?.toFixed(1)],
    [34, String(LIMITS.peakHigh)],
    [35, LIMITS.peakLow.toFixed(1)],
    [36, "OFF"],
    [37, LIMITS.minuteVolumeLow.toFixed(3)],
    [38, "OFF"],
    [39, "OFF"],
    [40, "OFF"],
    [41, "OFF"],
    [42, String(LIMITS.rateHigh)],
    [46, set.control?.toFixed(1)],
    [47, set.control === undefined ? undefined : set.inspTime?.toFixed(2)],
    [55, "Enabled"],
    [66, "ADULT"],
    [105, "OFF"],
    [156, "enable"],
  ]);
}

function shortTexts({ bed, serial, wall }: Machine): readonly (readonly [number, string])[] {
  const set = settingsAt(bed);
  return present([
    [5, timeText(wall)],
    [6, serial],
    [8, dateText(wall)],
    [9, set.mode === "SPONT" ? "CPAP" : "CMV"],
    [10, set.rate?.toFixed(1)],
    [11, set.volume === undefined ? undefined : (set.volume / 1000).toFixed(2)],
    [13, set.fio2?.toFixed(0)],
    [15, set.epap?.toFixed(1)],
    [21, String(LIMITS.apneaS)],
    [26, set.support?.toFixed(0) ?? "0"],
    [30, "OFF"],
    [42, String(LIMITS.peakHigh)],
    [45, "OFF"],
    [46, LIMITS.minuteVolumeLow.toFixed(1)],
    [47, String(LIMITS.rateHigh)],
    [60, timeText(wall)],
    [62, dateText(wall)],
    [85, set.control?.toFixed(1) ?? "0"],
    [86, set.control === undefined ? "0.00" : set.inspTime?.toFixed(2)],
    [93, "OFF"],
  ]);
}

/** The bed's settings as an 840 would be set: a backup rate becomes A/C, none SPONT with pressure support. */
function settingsAt(bed: BedView) {
  const number = (value: number | string | undefined): number | undefined =>
    typeof value === "number" ? value : undefined;
  const rate = number(bed.setting("backup_rate"));
  const epap = number(bed.setting("epap"));
  const ipap = number(bed.setting("ipap"));
  const volume = number(bed.setting("tidal_volume_target"));
  const step =
    ipap === undefined || epap === undefined ? number(bed.setting("pressure_support")) : ipap - epap;
  const timed = rate !== undefined;
  const control = timed && volume === undefined ? step : undefined;
  return {
    mode: timed ? "A/C" : "SPONT",
    mandatory: control === undefined && volume !== undefined ? "VC" : "PC",
    spontaneous: timed ? undefined : "PS",
    rate,
    epap,
    volume,
    control,
    support: timed ? undefined : step,
    inspTime: number(bed.setting("insp_time")),
    fio2: number(bed.setting("fio2")),
  };
}

const present = (
  texts: readonly (readonly [number, string | undefined])[],
): readonly (readonly [number, string])[] =>
  texts.flatMap(([field, text]) => (text === undefined ? [] : [[field, text] as const]));

const timeText = (wall: Wall): string => new Date(wall).toISOString().slice(11, 16);

const dateText = (wall: Wall): string => {
  const date = new Date(wall);
  return `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2, "0")} ${date.getUTCFullYear()}`;
};
