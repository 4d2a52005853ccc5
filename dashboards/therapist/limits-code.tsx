import { useSignal } from "@preact/signals";
import type { BedId } from "../../src/domain/ids.ts";
import type {
  CheckCodeResponse,
  LimitsResponse,
  SetLimitsResponse,
} from "../../src/server/contract/limits.ts";
import { fill } from "../../src/words/template.ts";
import { hasKeys, type Trouble } from "../shared/api.ts";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { Changes, isSaved } from "./limits-review.tsx";

const isCode = hasKeys<CheckCodeResponse>("preset", "fingerprint", "clinic", "changed");

/** A clinic's signed code, pasted: whose it is, what it would change, and taking it over. */
export function ClinicCode(props: {
  readonly bed: BedId;
  readonly zone: string;
  readonly picture: LimitsResponse;
  readonly onSaved: (saved: SetLimitsResponse) => void;
}) {
  const page = usePage();
  const format = page.format.value;
  const { code } = format.words.limits;
  const path = `/api/beds/${encodeURIComponent(props.bed)}/limits/code`;
  const text = useSignal("");
  const looked = useSignal<CheckCodeResponse | undefined>(undefined);
  const trouble = useSignal<Trouble | undefined>(undefined);
  const busy = useSignal(false);

  async function check(): Promise<void> {
    busy.value = true;
    const answer = await page.api.post(path, { code: text.value.trim() }, isCode);
    busy.value = false;
    looked.value = answer.ok ? answer.value : undefined;
    trouble.value = answer.ok ? undefined : answer.problem;
  }

  return (
    <details class="card clinic-code">
      <summary>{code.title}</summary>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          page.handOver(check());
        }}
      >
        <label class="field">
          {code.paste}
          <textarea
            name="code"
            rows={4}
            spellcheck={false}
            value={text.value}
            onInput={(event) => {
              text.value = event.currentTarget.value;
              looked.value = undefined;
            }}
          />
          <span class="small">{code.hint}</span>
        </label>
        <button type="submit" disabled={busy.value || text.value.trim() === ""}>
          {code.check}
        </button>
      </form>
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
      {looked.value !== undefined && (
        <Found {...props} path={path} text={text.value.trim()} found={looked.value} />
      )}
    </details>
  );
}

function Found(props: {
  readonly path: string;
  readonly text: string;
  readonly zone: string;
  readonly picture: LimitsResponse;
  readonly found: CheckCodeResponse;
  readonly onSaved: (saved: SetLimitsResponse) => void;
}) {
  const page = usePage();
  const format = page.format.value;
  const { limits } = format.words;
  const { found, picture } = props;
  const { preset, fingerprint, clinic, outside } = found;
  const same = useSignal(false);
  const confirmed = useSignal(false);
  const busy = useSignal(false);
  const trouble = useSignal<Trouble | undefined>(undefined);

  async function apply(): Promise<void> {
    busy.value = true;
    const body = {
      code: props.text,
      ...(clinic === "known" ? {} : { fingerprint }),
      ...(confirmed.value ? { confirm: true } : {}),
    };
    const answer = await page.api.change("POST", `${props.path}/apply`, body, picture.version, isSaved);
    busy.value = false;
    trouble.value = answer.ok ? undefined : answer.problem;
    if (answer.ok) props.onSaved(answer.value);
  }

  return (
    <div class="code-found">
      <p>
        {fill(limits.code.accepted, {
          name: `${preset.clinic}, ${preset.name}`,
          version: preset.issue,
          time: format.dateTime(preset.issuedAt, props.zone),
        })}
      </p>
      <Changes picture={picture} preview={found} />
      {clinic !== "known" && (
        <>
          {clinic === "other" && <p class="trouble">{limits.code.other}</p>}
          <p>
            <strong>{fill(limits.code.fingerprint, { text: fingerprint })}</strong>
          </p>
          <label class="check">
            <input
              type="checkbox"
              name="same"
              checked={same.value}
              onChange={(event) => {
                same.value = event.currentTarget.checked;
              }}
            />
            {limits.code.compare} {fill(limits.code.same, { name: preset.clinic })}
          </label>
        </>
      )}
      {outside.length > 0 && (
        <label class="check">
          <input
            type="checkbox"
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
        type="button"
        class="primary"
        disabled={
          busy.value || (clinic !== "known" && !same.value) || (outside.length > 0 && !confirmed.value)
        }
        onClick={() => page.handOver(apply())}
      >
        {limits.presets.apply}
      </button>
    </div>
  );
}
