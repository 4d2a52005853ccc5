import { CONDITION_IDS, type ConditionId } from "../../src/domain/alarm.ts";
import type { ConditionFile, LimitsFile } from "../../src/domain/limits.ts";
import type { LimitsResponse } from "../../src/server/contract/limits.ts";

export type LimitsCondition = LimitsResponse["conditions"][number];
export type LimitsSetting = LimitsCondition["settings"][number];

export const GROUPS = ["person", "ventilator", "box", "care"] as const;

const CARE: readonly ConditionId[] = [
  "CARE_DUE",
  "TEST_OVERDUE",
  "ALARM_OFF_REMINDER",
  "LIMITS_WIDENED",
  "WATCH_REARM",
];

/** What an alarm is about, as the page groups them. */
export function groupOf(id: ConditionId): (typeof GROUPS)[number] {
  if (CARE.includes(id)) return "care";
  if (id.startsWith("VENT_") || id === "LEAK_DESAT") return "ventilator";
  if (/^(SPO2_|PR_|PULSE_|TCCO2_|PATIENT_)/.test(id)) return "person";
  return "box";
}

/** What a draft says of a setting; what it does not name is the preset. */
export const valueIn = (draft: LimitsFile, id: ConditionId, setting: LimitsSetting): number => {
  const value = draft[id]?.[setting.name];
  return typeof value === "number" ? value : setting.preset;
};

export const isOnIn = (draft: LimitsFile, { id, presetOn }: LimitsCondition): boolean => {
  const on = draft[id]?.["on"];
  return typeof on === "boolean" ? on : presetOn;
};

/** The draft with a setting (`on` among them) at a value; undefined: at the preset, and named no longer. */
export function withSetting(
  draft: LimitsFile,
  id: ConditionId,
  name: string,
  value: number | boolean | undefined,
): LimitsFile {
  const body: { [name: string]: number | boolean } = { ...draft[id] };
  if (value === undefined) delete body[name];
  else body[name] = value;
  const copy: { [id in ConditionId]?: ConditionFile } = { ...draft };
  if (Object.keys(body).length === 0) delete copy[id];
  else copy[id] = body;
  return copy;
}

/** Whether two drafts say the same, in whatever order. */
export const isSameDraft = (a: LimitsFile, b: LimitsFile): boolean => textOf(a) === textOf(b);

const textOf = (file: LimitsFile): string =>
  JSON.stringify(
    CONDITION_IDS.flatMap((id) => {
      const body = Object.entries(file[id] ?? {}).toSorted(([x], [y]) => (x < y ? -1 : 1));
      return body.length === 0 ? [] : [[id, body]];
    }),
  );

/** Whether anything of a condition differs from the preset of the class. */
export const isChanged = (draft: LimitsFile, condition: LimitsCondition): boolean =>
  isOnIn(draft, condition) !== condition.presetOn ||
  condition.settings.some((setting) => valueIn(draft, condition.id, setting) !== setting.preset);

/** Where a number lies; `recommended` only where that is known and narrower. */
export function placeOf(
  value: number,
  { min, max, recommended }: LimitsSetting,
): "fine" | "outside" | "impossible" {
  if (!(value >= min && value <= max)) return "impossible";
  const { min: from = min, max: to = max } = recommended ?? {};
  return value >= from && value <= to ? "fine" : "outside";
}

/** A number that a person typed; undefined where it is none. */
export function typedNumber(text: string): number | undefined {
  const plain = text.trim().replace(",", ".");
  return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : undefined;
}
