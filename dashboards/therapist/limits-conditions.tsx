import { useSignal } from "@preact/signals";
import type { ConditionId } from "../../src/domain/alarm.ts";
import type { LimitsFile } from "../../src/domain/limits.ts";
import type { LimitsResponse } from "../../src/server/contract/limits.ts";
import { fill } from "../../src/words/template.ts";
import { type Format, lookUp } from "../shared/format.ts";
import { usePage } from "../shared/page.ts";
import {
  GROUPS,
  groupOf,
  isChanged,
  isOnIn,
  type LimitsCondition,
  type LimitsSetting,
  placeOf,
  typedNumber,
  valueIn,
  withSetting,
} from "./limits-draft.ts";

/** A setting as people call it. */
export function settingName(format: Format, condition: LimitsCondition | undefined, name: string): string {
  const { limits } = format.words;
  if (name === "on") return limits.on;
  return lookUp(limits.settings, name) ?? condition?.settings.find((one) => one.name === name)?.help ?? name;
}

/** A value of a setting with its unit, or "On" and "Off". */
export function settingValue(
  format: Format,
  condition: LimitsCondition | undefined,
  name: string,
  value: number | boolean,
): string {
  const { limits } = format.words;
  if (typeof value === "boolean") return value ? limits.on : limits.off;
  const unit = condition?.settings.find((one) => one.name === name)?.unit ?? "";
  return withUnit(format, value, unit);
}

function withUnit(format: Format, value: number, ucum: string): string {
  if (ucum === "yes/no") return value === 0 ? format.words.limits.off : format.words.limits.on;
  return `${plain(format, value)} ${format.unit(ucum)}`.trim();
}

const plain = (format: Format, value: number): string =>
  format.number(value, Number.isInteger(value) ? 0 : Number.isInteger(value * 10) ? 1 : 2);

/** Every alarm with its numbers, in groups; what is changed goes into the draft. */
export function Conditions(props: {
  readonly picture: LimitsResponse;
  readonly zone: string;
  readonly draft: LimitsFile;
  readonly onDraft: (draft: LimitsFile) => void;
}) {
  const { limits } = usePage().format.value.words;
  const { picture, draft } = props;
  const onlyChanged = useSignal(false);
  return (
    <section class="limits-list">
      <label class="check">
        <input
          type="checkbox"
          checked={onlyChanged.value}
          onChange={(event) => {
            onlyChanged.value = event.currentTarget.checked;
          }}
        />
        {limits.filter}
      </label>
      {GROUPS.map((group) => {
        const all = picture.conditions.filter(({ id }) => groupOf(id) === group);
        const changed = all.filter((one) => isChanged(draft, one));
        const shown = onlyChanged.value ? changed : all;
        if (shown.length === 0) return null;
        return (
          <section key={group} class="limits-group">
            <h3>
              {limits.groups[group]}{" "}
              {changed.length > 0 && (
                <span class="small">{fill(limits.differing, { count: changed.length })}</span>
              )}
            </h3>
            {shown.map((one) => (
              <Condition key={one.id} condition={one} {...props} />
            ))}
          </section>
        );
      })}
    </section>
  );
}

function Condition(props: {
  readonly condition: LimitsCondition;
  readonly zone: string;
  readonly draft: LimitsFile;
  readonly onDraft: (draft: LimitsFile) => void;
}) {
  const page = usePage();
  const format = page.format.value;
  const { limits } = format.words;
  const { condition, draft, zone } = props;
  const { id, canBeOff, presetOn, offUntil, settings } = condition;
  const title = format.conditionTitle(id);
  const isOn = isOnIn(draft, condition);
  const ends = [offUntil, ...settings.map(({ temporary }) => temporary?.until)].filter(
    (end) => end !== undefined,
  );
  return (
    <details class="limit" data-condition={id}>
      <summary>
        <span class="limit-title">
          {title}
          {isOn && <span class="small">{shortOf(format, condition, draft)}</span>}
          <span>
            {isChanged(draft, condition) && <span class="tag tag-changed">{limits.changed}</span>}
            {!isOn && <span class="tag tag-off">{limits.off}</span>}
            {ends.length > 0 && <span class="tag tag-wider">{limits.widened.tag}</span>}
          </span>
        </span>
      </summary>
      <div class="limit-body">
        {offUntil !== undefined && (
          <p class="problem">{fill(limits.widened.until, { time: format.dateTime(offUntil, zone) })}</p>
        )}
        {canBeOff ? (
          <label class="check">
            <input
              type="checkbox"
              checked={isOn}
              onChange={(event) => {
                const on = event.currentTarget.checked;
                props.onDraft(withSetting(draft, id, "on", on === presetOn ? undefined : on));
              }}
            />
            {limits.on}
          </label>
        ) : (
          <p class="small">{limits.cannotBeOff}</p>
        )}
        {!isOn && presetOn && <p class="problem">{limits.offWarning}</p>}
        {settings.map((setting) => (
          <Setting key={setting.name} {...{ id, title, setting, draft, zone }} onDraft={props.onDraft} />
        ))}
      </div>
    </details>
  );
}

/** "88 % · 30 s" */
function shortOf(format: Format, condition: LimitsCondition, draft: LimitsFile): string {
  return condition.settings
    .filter(({ name }) => name === "limit" || name === "delay_s")
    .map((setting) => withUnit(format, valueIn(draft, condition.id, setting), setting.unit))
    .join(" · ");
}

function Setting(props: {
  readonly id: ConditionId;
  readonly title: string;
  readonly setting: LimitsSetting;
  readonly zone: string;
  readonly draft: LimitsFile;
  readonly onDraft: (draft: LimitsFile) => void;
}) {
  const format = usePage().format.value;
  const { limits } = format.words;
  const { id, setting, draft } = props;
  const { name, unit, preset, min, max, recommended, help, temporary } = setting;
  const value = valueIn(draft, id, setting);
  /** What was typed and cannot be taken stays there, with why. */
  const wrong = useSignal<{ readonly text: string; readonly why: string } | undefined>(undefined);
  const what = lookUp(limits.settings, name) ?? help;
  const field = `limit-${id}-${name}`;
  const at = placeOf(value, setting);
  const between = { from: withUnit(format, min, unit), to: withUnit(format, max, unit) };
  const take = (text: string): void => {
    const typed = typedNumber(text);
    if (typed === undefined) wrong.value = { text, why: limits.bounds.notNumber };
    else if (placeOf(typed, setting) === "impossible") {
      wrong.value = { text, why: fill(limits.bounds.outsideAbsolute, between) };
    } else {
      wrong.value = undefined;
      props.onDraft(withSetting(draft, id, name, typed === preset ? undefined : typed));
    }
  };
  return (
    <div class="setting">
      <label for={field}>{what}</label>
      <span class="setting-value">
        <input
          id={field}
          inputMode="decimal"
          value={wrong.value?.text ?? plain(format, value)}
          aria-describedby={`${field}-bounds`}
          aria-invalid={wrong.value !== undefined}
          onChange={(event) => take(event.currentTarget.value)}
        />
        <span class="unit">{format.unit(unit)}</span>
      </span>
      <p class="small" id={`${field}-bounds`}>
        {fill(limits.preset, { value: withUnit(format, preset, unit) })}
        {" · "}
        {recommended !== undefined && (
          <>
            {fill(limits.bounds.recommended, {
              from: withUnit(format, recommended.min ?? min, unit),
              to: withUnit(format, recommended.max ?? max, unit),
            })}
            {" · "}
          </>
        )}
        {fill(limits.bounds.absolute, between)}
      </p>
      {temporary !== undefined && (
        <p class="problem">
          {fill(limits.widened.until, { time: format.dateTime(temporary.until, props.zone) })} →{" "}
          {withUnit(format, temporary.afterwards, unit)}
        </p>
      )}
      {wrong.value !== undefined && (
        <p class="problem" role="alert">
          {wrong.value.why}
        </p>
      )}
      {wrong.value === undefined && at === "outside" && (
        <p class="problem">
          <span aria-hidden="true">⚠ </span>
          {limits.bounds.outsideRecommended}{" "}
          {recommended !== undefined && (
            <span class="small">{fill(limits.bounds.source, { text: recommended.source })}</span>
          )}
        </p>
      )}
      {value !== preset && (
        <button
          type="button"
          class="quiet"
          aria-label={`${props.title}, ${what}: ${limits.reset}`}
          onClick={() => props.onDraft(withSetting(draft, id, name, undefined))}
        >
          {limits.reset}
        </button>
      )}
    </div>
  );
}
