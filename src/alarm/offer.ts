import { type ConditionId, isConditionId } from "../domain/alarm.ts";
import type { ConditionFile, LimitsFile } from "../domain/limits.ts";
import type { LimitsCondition, LimitsPicture, LimitsSetting } from "../port/limits.ts";

/**
 * Alarms of which one careful step may be proposed after a night that they broke into pieces. Nothing is here that says
 * that somebody calls, cannot breathe, falls far, or is not seen.
 */
export const OFFERABLE: readonly ConditionId[] = [
  "SPO2_LOW",
  "SPO2_RELATIVE",
  "PR_LOW",
  "PR_HIGH",
  "VENT_LEAK_HIGH",
  "VENT_RR_HIGH",
  "TCCO2_HIGH",
];

/** More wakings than this by one alarm in one night. */
export const WAKINGS_BEARABLE = 3;

/** One step of a setting, by its unit. */
const STEPS: { readonly [unit: string]: number } = { s: 15, "%": 1, "/min": 2, "L/min": 4, "mm[Hg]": 2 };

/** One setting of one condition, one step wider. */
export interface LimitStep {
  readonly condition: ConditionId;
  readonly setting: string;
  readonly from: number;
  readonly to: number;
  readonly unit: string;
}

/**
 * What may be tried against too many alarms of one condition, the mildest first: a little later, then a little wider;
 * always within what is recommended at this bed. Empty where there is nothing.
 */
export function stepsFor({ conditions }: LimitsPicture, id: ConditionId): readonly LimitStep[] {
  const found = conditions.find((one) => one.id === id);
  if (found === undefined || !found.on || !OFFERABLE.includes(id)) return [];
  return ["delay_s", "limit"].flatMap((name) => stepOf(found, name) ?? []);
}

function stepOf({ id, settings }: LimitsCondition, name: string): LimitStep | undefined {
  const setting = settings.find((one) => one.name === name);
  const size = setting === undefined ? undefined : STEPS[setting.unit];
  // What is widened for a time is somebody's decision that runs already.
  if (setting === undefined || size === undefined || setting.temporary !== undefined) return undefined;
  const to = wider(setting, size);
  const { value: from, unit } = setting;
  return to === undefined || to === from ? undefined : { condition: id, setting: name, from, to, unit };
}

/** One step further, no further than recommended; undefined where the value is outside of that already. */
function wider(
  { value, wider: way, min, max, recommended }: LimitsSetting,
  size: number,
): number | undefined {
  const least = Math.max(min, recommended?.min ?? min);
  const most = Math.min(max, recommended?.max ?? max);
  if (way === "either" || value < least || value > most) return undefined;
  return way === "up" ? Math.min(value + size, most) : Math.max(value - size, least);
}

/** The limits in force with one step taken: what the limits pages would be sent. */
export function withStep(
  file: LimitsFile,
  { condition, setting, to }: Omit<LimitStep, "from" | "unit">,
): LimitsFile {
  const copy: { [id in ConditionId]?: ConditionFile } = {};
  for (const [id, body] of Object.entries(file)) if (isConditionId(id)) copy[id] = body;
  return { ...copy, [condition]: { ...file[condition], [setting]: to } };
}
