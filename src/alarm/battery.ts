import { MINUTE_MS, type Mono } from "../domain/time.ts";
import { GAP_MS, unknown, type Verdict, type View, WAITING } from "./condition.ts";
import type { DeviceRecord, ValidSample } from "./state.ts";

/** A battery that charges must be so much above the limit, % of it. */
const MARGIN = 0.1;
/** A plug tells every half minute; so long its word may stand. */
const PLUG_MS = 3 * MINUTE_MS;

/** What is left in the view's ventilator: minutes where it tells them, else a share. */
export function judgeBattery(
  view: View,
  limits: { readonly limit: number; readonly percent: number },
): Verdict {
  if (view.device === undefined) return WAITING;
  const { source, record } = view.device;
  if (!source.signals.some((id) => id === "battery_minutes" || id === "battery_percent")) {
    return unknown("no_source");
  }
  if (record === undefined) return WAITING;
  const left = leftIn(record, view.now, limits);
  if (left === undefined) {
    const { battery_minutes: minutes, battery_percent: percent } = record.signals;
    return minutes?.valid === undefined && percent?.valid === undefined
      ? unknown("no_source")
      : unknown("gap");
  }
  const { name, sample, limit } = left;
  const evidence = {
    at: sample.at,
    values: { device: source.device, [name]: sample.value, limit },
    devices: [source.device],
  };
  const isLow = sample.value <= limit * (view.held ? 1 + MARGIN : 1);
  return isLow && !charges(view, record)
    ? { kind: "holds", ...evidence }
    : { kind: "clear", coverMs: sample.coverMs, ...evidence };
}

interface Left {
  readonly name: "battery_minutes" | "battery_percent";
  readonly sample: ValidSample;
  readonly limit: number;
}

function leftIn(
  { signals }: DeviceRecord,
  now: Mono,
  { limit, percent }: { readonly limit: number; readonly percent: number },
): Left | undefined {
  const minutes = signals.battery_minutes?.valid;
  if (minutes !== undefined && now - minutes.at < GAP_MS) {
    return { name: "battery_minutes", sample: minutes, limit };
  }
  const share = signals.battery_percent?.valid;
  if (share === undefined || now - share.at >= GAP_MS) return undefined;
  return { name: "battery_percent", sample: share, limit: percent };
}

/** On mains by its own word or by its plug's: however empty it is, it fills. */
function charges({ bed, now }: View, { signals }: DeviceRecord): boolean {
  const own = signals.mains?.valid;
  if (own !== undefined && now - own.at < GAP_MS) return own.value === 1;
  return bed
    .latest("mains")
    .some(({ role, value, ageMs }) => role === "plug" && value === 1 && ageMs < PLUG_MS);
}
