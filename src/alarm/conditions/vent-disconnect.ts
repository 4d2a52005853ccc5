import type { DeviceId } from "../../domain/ids.ts";
import type { SignalId } from "../../domain/signal.ts";
import type { Mono } from "../../domain/time.ts";
import { showsApnoea } from "../apnoea.ts";
import { condition, GAP_MS, type Reading, unknown, type Verdict, type View } from "../condition.ts";
import { inBand } from "../one-limit.ts";
import { isStandby } from "../therapy.ts";

/** SpO2 below this makes a class A disconnection high (clinical facts, 3.3). */
const LOW_SPO2 = 90;

export const ventDisconnect = condition({
  id: "VENT_DISCONNECT",
  rule: "any two of: leak high, pressure low, expired volume low, minute volume low, apnoea",
  source:
    "clinical facts 3.3 and S33: no single sign is trusted; limits are proposals until settings are known",
  scope: "bed",
  technical: false,
  liveOnly: true,
  canBeOff: true,
  settings: {
    delay_s: { default: 15, min: 5, max: 60, unit: "s", help: "time with two signs before it occurs" },
    leak: { default: 40, min: 24, max: 80, unit: "L/min", help: "leak high above this" },
    pressure_peak: { default: 6, min: 2, max: 20, unit: "cm[H2O]", help: "pressure low below this" },
    tidal_volume_exp: { default: 150, min: 30, max: 400, unit: "mL", help: "expired volume low below this" },
    minute_volume: { default: 2, min: 0.5, max: 6, unit: "L/min", help: "60 s mean low below this" },
    apnea_s: { default: 20, min: 10, max: 60, unit: "s", help: "apnoea after this" },
    clear_breaths: { default: 3, min: 1, max: 10, unit: "breaths", help: "normal breaths that end it" },
    clear_s: { default: 10, min: 0, max: 60, unit: "s", help: "where single breaths are not reported" },
  },
  priority: { A: "medium", B: "high", C: "high" },
  rises: "class A: high with SpO2 below 90 %",
  clears:
    "clear_breaths breaths with fewer than two signs; where breaths are not reported one by one, clear_s",
  latch: "A",
  gating: "a sign that cannot be read counts as possible: it may keep the alarm, never end it",
  values: ["signs", "leak", "pressure_peak", "tidal_volume_exp", "minute_volume", "seconds"],
  judge: (view, settings) => isStandby(view) ?? judgeSigns(view, settings),
  tier(view) {
    const spo2 = view.bed.reading("spo2");
    return spo2 !== undefined && spo2.ageMs < GAP_MS && spo2.value < LOW_SPO2 ? "high" : undefined;
  },
});

/** One of the five signs: whether it shows, undefined where it cannot be read now. */
interface Sign {
  readonly name: string;
  readonly shows: boolean | undefined;
  readonly at?: Mono;
  readonly coverMs?: number;
  readonly value?: readonly [SignalId, number];
  readonly device?: DeviceId;
}

interface SignLimits {
  readonly leak: number;
  readonly pressure_peak: number;
  readonly tidal_volume_exp: number;
  readonly minute_volume: number;
  readonly apnea_s: number;
}

function judgeSigns(view: View, limits: SignLimits): Verdict {
  const signs = signsOf(view, limits);
  if (signs.length === 0) return unknown("no_source");
  if (signs.length === 1) return unknown("two_signs");
  const shown = signs.filter((sign) => sign.shows === true);
  const possible = shown.length + signs.filter((sign) => sign.shows === undefined).length;
  const relevant = shown.length >= 2 ? shown : signs.filter((sign) => sign.shows !== undefined);
  if (shown.length < 2 && possible >= 2) {
    return view.bed.missing(["leak", "pressure_peak", "tidal_volume_exp", "minute_volume", "apnea_duration"]);
  }
  const breathing = view.bed.breathing();
  const newest = relevant.reduce<Sign | undefined>(
    (last, sign) => ((sign.at ?? 0) > (last?.at ?? Number.NEGATIVE_INFINITY) ? sign : last),
    undefined,
  );
  const evidence = {
    at: newest?.at ?? view.now,
    values: {
      signs: shown.map(({ name }) => name).join(" "),
      ...Object.fromEntries(relevant.flatMap(valuesOf)),
    },
    devices: [...new Set(relevant.flatMap(({ device }) => device ?? []))],
    ...(breathing !== undefined && { breaths: breathing.breaths }),
  };
  if (shown.length >= 2) return { kind: "holds", ...evidence };
  return { kind: "clear", ...evidence, ...(newest?.coverMs !== undefined && { coverMs: newest.coverMs }) };
}

const valuesOf = ({ value }: Sign): (readonly [SignalId, number])[] => (value === undefined ? [] : [value]);

/** The signs that this bed can show at all. */
function signsOf(view: View, limits: SignLimits): Sign[] {
  const { bed, held } = view;
  const of = (
    name: string,
    signal: SignalId,
    rule: Parameters<typeof inBand>[1],
    reading: Reading | undefined = bed.reading(signal),
  ): Sign[] => {
    if (reading === undefined && !bed.expects([signal])) return [];
    if (reading === undefined || reading.ageMs >= GAP_MS) return [{ name, shows: undefined }];
    const { value, at, device, coverMs } = reading;
    return [{ name, shows: inBand(value, rule, held), at, coverMs, device, value: [signal, rounded(value)] }];
  };
  const breathing = bed.breathing();
  const apnoea = showsApnoea(view, limits.apnea_s);
  const knowsBreaths = breathing !== undefined || bed.expects(["apnea_duration", "resp_rate"]);
  const breathsFrom = bed.reading("apnea_duration") ?? bed.reading("resp_rate");
  const device = breathing?.device ?? breathsFrom?.device;
  const at = breathing?.measuringAt ?? breathsFrom?.at;
  return [
    ...of("leak", "leak", { side: "high", limit: limits.leak, hysteresis: 6 }),
    ...of("pressure_low", "pressure_peak", { side: "low", limit: limits.pressure_peak, hysteresis: 1 }),
    ...of("volume_low", "tidal_volume_exp", { side: "low", limit: limits.tidal_volume_exp, hysteresis: 20 }),
    ...of(
      "minute_volume_low",
      "minute_volume",
      { side: "low", limit: limits.minute_volume, hysteresis: 0.2 },
      bed.minuteVolumeMean(),
    ),
    ...(knowsBreaths || apnoea !== undefined
      ? [
          {
            name: "apnoea",
            shows: apnoea,
            ...(at !== undefined && { at }),
            ...(device !== undefined && { device }),
          },
        ]
      : []),
  ];
}

const rounded = (value: number): number => Math.round(value * 10) / 10;
