import type { DeviceId } from "../domain/ids.ts";
import type { SignalId } from "../domain/signal.ts";
import type { Mono } from "../domain/time.ts";
import { showsApnoea } from "./apnoea.ts";
import { GAP_MS, type Reading, type View } from "./condition.ts";
import { inBand } from "./one-limit.ts";

/** One sign of an open circuit: whether it shows, undefined where it cannot be read now. */
export interface Sign {
  readonly name: "leak" | "pressure_low" | "volume_low" | "minute_volume_low" | "apnoea" | "own";
  readonly shows: boolean | undefined;
  readonly at?: Mono;
  readonly coverMs?: number;
  readonly value?: readonly [SignalId, number];
  readonly device?: DeviceId;
}

export interface SignLimits {
  readonly leak: number;
  readonly pressure_peak: number;
  readonly tidal_volume_exp: number;
  readonly minute_volume: number;
  readonly apnea_s: number;
}

/** Codes by which drivers pass on that a ventilator is disconnected; not those that mean "or blocked" as well. */
const OWN_CODES: ReadonlySet<string> = new Set([
  "disconnect",
  "ventilator_disconnect",
  "system_disconnected",
]);

/** The signs that this bed can show at all. */
export function disconnectSigns(view: View, limits: SignLimits): Sign[] {
  const { bed, held } = view;
  const signs: Sign[] = [];
  const add = (
    name: Sign["name"],
    signal: SignalId,
    rule: Parameters<typeof inBand>[1],
    reading: Reading | undefined = bed.reading(signal),
  ): void => {
    if (reading === undefined && !bed.expects([signal])) return;
    if (reading === undefined || reading.ageMs >= GAP_MS) {
      signs.push({ name, shows: undefined });
      return;
    }
    const { value, at, device, coverMs } = reading;
    const shows = inBand(value, rule, held);
    signs.push({ name, shows, at, coverMs, device, value: [signal, rounded(value)] });
  };
  const lowPressure = pressureLimit(view, limits.pressure_peak);
  add("leak", "leak", { side: "high", limit: limits.leak, hysteresis: 6 });
  add("pressure_low", "pressure_peak", { side: "low", limit: lowPressure, hysteresis: 1 });
  add("volume_low", "tidal_volume_exp", { side: "low", limit: limits.tidal_volume_exp, hysteresis: 20 });
  add(
    "minute_volume_low",
    "minute_volume",
    { side: "low", limit: limits.minute_volume, hysteresis: 0.2 },
    bed.minuteVolumeMean(),
  );
  const apnoea = apnoeaSign(view, limits.apnea_s);
  if (apnoea !== undefined) signs.push(apnoea);
  const own = ownSign(view);
  if (own !== undefined) signs.push(own);
  return signs;
}

/** Low against the setting too, where it is known (clinical facts, 3.3), but never so near to it that it is reached. */
function pressureLimit({ bed }: View, absolute: number): number {
  const ipap = bed.setting("ipap")?.value;
  if (typeof ipap !== "number") return absolute;
  const epap = bed.setting("epap")?.value;
  const share = Math.max(ipap / 2, typeof epap === "number" ? epap + 2 : 0);
  return Math.max(absolute, Math.min(share, ipap - 3));
}

function apnoeaSign(view: View, limitS: number): Sign | undefined {
  const { bed } = view;
  const breathing = bed.breathing();
  const shows = showsApnoea(view, limitS);
  const isKnown = breathing !== undefined || bed.expects(["apnea_duration", "resp_rate"]);
  if (!isKnown && shows === undefined) return undefined;
  const breathsFrom = bed.reading("apnea_duration") ?? bed.reading("resp_rate");
  const device = breathing?.device ?? breathsFrom?.device;
  const at = breathing?.measuringAt ?? breathsFrom?.at;
  return { name: "apnoea", shows, ...(at !== undefined && { at }), ...(device !== undefined && { device }) };
}

/** What ventilators say of themselves; one that said so and is not heard now has not said that it is over. */
function ownSign({ bed, now }: View): Sign | undefined {
  const all = bed.ownAlarms();
  if (all.length === 0) return undefined;
  const said = all.filter(({ role, code }) => role === "ventilator" && OWN_CODES.has(code));
  const active = said.filter((alarm) => alarm.active);
  const heard = (active.length > 0 ? active : said).filter(({ heardAt }) => now - heardAt < GAP_MS);
  const [one] = heard;
  if (one === undefined) return active.length > 0 ? { name: "own", shows: undefined } : undefined;
  return { name: "own", shows: one.active, at: one.heardAt, device: one.device };
}

const rounded = (value: number): number => Math.round(value * 10) / 10;
