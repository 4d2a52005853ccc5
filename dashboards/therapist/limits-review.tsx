import { useSignal } from "@preact/signals";
import type { BedId } from "../../src/domain/ids.ts";
import type { LimitsFile, SettingChange } from "../../src/domain/limits.ts";
import type { Role } from "../../src/domain/person.ts";
import { DAY_MS } from "../../src/domain/time.ts";
import type {
  CheckLimitsResponse,
  LimitsResponse,
  SetLimitsRequest,
  SetLimitsResponse,
} from "../../src/server/contract/limits.ts";
import { fill } from "../../src/words/template.ts";
import { hasKeys, type Trouble } from "../shared/api.ts";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { settingName, settingValue } from "./limits-conditions.tsx";
import { WhatIf } from "./limits-what-if.tsx";

const isPreview = hasKeys<CheckLimitsResponse>("changed", "widened", "outside");
export const isSaved = hasKeys<SetLimitsResponse>("version", "delivered");

/** Days for which a role may widen; the first is what it gets without a choice. */
const DAYS: { readonly [role in Role]?: readonly number[] } = {
  owner: [1, 3, 7],
  caregiver: [1, 3, 7],
  therapist: [90, 30, 7, 1],
};

/** What a draft changes, tried on the nights that were, and saved with a reason. */
export function Review(props: {
  readonly bed: BedId;
  readonly zone: string;
  readonly picture: LimitsResponse;
  readonly draft: LimitsFile;
  readonly onSaved: (saved: SetLimitsResponse) => void;
  readonly onDiscard: () => void;
}) {
  const page = usePage();
  const format = page.format.value;
  const { limits } = format.words;
  const { picture, draft, zone } = props;
  const path = `/api/beds/${encodeURIComponent(props.bed)}/limits`;
  const looked = useSignal<{ readonly draft: LimitsFile; readonly preview: CheckLimitsResponse } | undefined>(
    undefined,
  );
  const trouble = useSignal<Trouble | undefined>(undefined);
  const busy = useSignal(false);

  async function look(): Promise<void> {
    busy.value = true;
    const answer = await page.api.post(`${path}/check`, { limits: draft }, isPreview);
    busy.value = false;
    trouble.value = answer.ok ? undefined : answer.problem;
    looked.value = answer.ok ? { draft, preview: answer.value } : undefined;
  }

  const preview = looked.value?.preview;
  const isFresh = looked.value?.draft === draft;
  return (
    <section class="card limits-review">
      <h3>{limits.review.title}</h3>
      <div class="buttons">
        <button
          type="button"
          class="primary"
          disabled={busy.value || isFresh}
          onClick={() => page.handOver(look())}
        >
          {limits.review.check}
        </button>
        <button type="button" class="quiet" onClick={props.onDiscard}>
          {limits.review.discard}
        </button>
      </div>
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
      {preview !== undefined && !isFresh && <p class="problem">{limits.review.again}</p>}
      {preview !== undefined && isFresh && (
        <>
          <Changes picture={picture} preview={preview} />
          <WhatIf bed={props.bed} zone={zone} draft={draft} />
          <SaveForm
            preview={preview}
            body={{ limits: draft }}
            send={(body) => page.api.change("PUT", path, body, picture.version, isSaved)}
            onSaved={props.onSaved}
          />
        </>
      )}
    </section>
  );
}

/** Each number that would change, from what to what, and which of them make an alarm later or rarer. */
export function Changes(props: { readonly picture: LimitsResponse; readonly preview: CheckLimitsResponse }) {
  const format = usePage().format.value;
  const { limits } = format.words;
  const { picture, preview } = props;
  const isIn = (list: readonly Pick<SettingChange, "condition" | "setting">[], one: SettingChange): boolean =>
    list.some(({ condition, setting }) => condition === one.condition && setting === one.setting);
  return (
    <ul class="changes">
      {preview.changed.map((change) => {
        const { condition: id, setting, from, to } = change;
        const condition = picture.conditions.find((one) => one.id === id);
        const isWider = isIn(preview.widened, change);
        return (
          <li key={`${id} ${setting}`}>
            {fill(limits.setting, {
              title: format.conditionTitle(id),
              what: settingName(format, condition, setting),
            })}{" "}
            <strong>
              {fill(limits.review.fromTo, {
                before: settingValue(format, condition, setting, from),
                after: settingValue(format, condition, setting, to),
              })}
            </strong>{" "}
            <span class="small">{isWider ? limits.review.wider : limits.review.narrower}</span>
            {isIn(preview.outside, change) && (
              <span class="problem">
                {" "}
                <span aria-hidden="true">⚠ </span>
                {limits.bounds.outsideRecommended}
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}

/** Reason, end and confirmation of a change; the server has the last word. */
export function SaveForm<Body extends object>(props: {
  readonly preview: CheckLimitsResponse;
  readonly body: Body;
  /** What the button says; default: save. */
  readonly label?: string;
  readonly send: (
    body: Body & Omit<SetLimitsRequest, "limits">,
  ) => Promise<
    | { readonly ok: true; readonly value: SetLimitsResponse }
    | { readonly ok: false; readonly problem: Trouble }
  >;
  readonly onSaved: (saved: SetLimitsResponse) => void;
}) {
  const page = usePage();
  const { limits } = page.format.value.words;
  const { preview } = props;
  const who = page.who.value;
  const role = who.kind === "known" ? who.me.person?.role : undefined;
  const days = (role === undefined ? undefined : DAYS[role]) ?? [];
  const reason = useSignal("");
  const end = useSignal("");
  const confirmed = useSignal(false);
  const state = useSignal<"idle" | "saving" | "unreasoned">("idle");
  const trouble = useSignal<Trouble | undefined>(undefined);

  async function save(): Promise<void> {
    const why = reason.value.trim();
    if (why === "") {
      state.value = "unreasoned";
      return;
    }
    state.value = "saving";
    const until =
      end.value === ""
        ? {}
        : { until: end.value === "changed" ? ("changed" as const) : endOf(Number(end.value)) };
    const answer = await props.send({
      ...props.body,
      reason: why,
      ...until,
      ...(confirmed.value ? { confirm: true } : {}),
    });
    state.value = "idle";
    trouble.value = answer.ok ? undefined : answer.problem;
    if (answer.ok) props.onSaved(answer.value);
  }

  /** A minute before it is too much: the box's clock may be ahead. */
  const endOf = (count: number): number => serverNow() + count * DAY_MS - 60_000;
  const serverNow = (): number => page.heard.value?.serverAt ?? page.clock.wall();
  const needsConfirming = preview.outside.length > 0 || isUnconfirmed(trouble.value);

  return (
    <form
      class="save-form"
      onSubmit={(event) => {
        event.preventDefault();
        page.handOver(save());
      }}
    >
      <label class="field">
        {limits.reason}
        <input
          name="reason"
          maxLength={300}
          value={reason.value}
          aria-describedby="reason-hint"
          onInput={(event) => {
            reason.value = event.currentTarget.value;
            if (state.value === "unreasoned") state.value = "idle";
          }}
        />
        <span class="small" id="reason-hint">
          {limits.reasonHint}
        </span>
      </label>
      {state.value === "unreasoned" && (
        <p class="problem" role="alert">
          {limits.reasonMissing}
        </p>
      )}
      {preview.widened.length > 0 && days.length > 0 && (
        <label class="field">
          {limits.widened.ends}
          <select
            value={end.value}
            onChange={(event) => {
              end.value = event.currentTarget.value;
            }}
          >
            {days.map((count, index) => (
              <option key={count} value={index === 0 ? "" : String(count)}>
                {count === 1 ? limits.review.day : fill(limits.review.days, { count })}
              </option>
            ))}
            {role === "therapist" && <option value="changed">{limits.review.untilChanged}</option>}
          </select>
          <span class="small">{limits.widened.text}</span>
        </label>
      )}
      {needsConfirming && (
        <label class="check">
          <input
            type="checkbox"
            name="confirm"
            checked={confirmed.value}
            onChange={(event) => {
              confirmed.value = event.currentTarget.checked;
            }}
          />
          {limits.bounds.confirm}
        </label>
      )}
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} title={limits.failed} />}
      <button
        type="submit"
        class="primary"
        disabled={state.value === "saving" || (preview.outside.length > 0 && !confirmed.value)}
      >
        {state.value === "saving" ? limits.saving : (props.label ?? limits.save)}
      </button>
    </form>
  );
}

const isUnconfirmed = (trouble: Trouble | undefined): boolean =>
  trouble?.kind === "refused" && trouble.problem.code === "LIMITS_UNCONFIRMED";
