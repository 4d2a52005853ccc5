import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { CARE_ACTS, type CareAct, type CarePlan } from "../../src/domain/alarm.ts";
import type { BedState, CarePlanRequest } from "../../src/server/contract.ts";
import type { Words } from "../../src/words/en.ts";
import { fill } from "../../src/words/template.ts";
import { type Page, usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { intervalsWith, PLAN_ROLES, type PlanChanges, planWith, unsavedChanges } from "./care-intervals.ts";
import { pathOf, useTelling } from "./tell.ts";

const NO_PLAN: CarePlan = {};

/** How often which care is due, folded; a caregiver or the owner changes it, everybody else reads it. */
export function CarePlanCard(props: { readonly bed: BedState }) {
  const page = usePage();
  const format = page.format.value;
  const { care, terms } = format.words;
  if (page.phase.value === "lost") return null;
  const plan = props.bed.alarms.carePlan ?? NO_PLAN;
  const asked = CARE_ACTS.filter((act) => plan[act] !== undefined);
  return (
    <section class="card care-plan" aria-label={care.plan.title}>
      <details>
        <summary>
          <span class="plan-title">
            {care.plan.title}
            <span class="small">
              {asked.length === 0
                ? care.plan.none
                : format.list(asked.map((act) => `${care.acts[act]} ${howOften(care.plan, plan[act])}`))}
            </span>
          </span>
        </summary>
        {mayChange(page) ? <PlanForm bed={props.bed} plan={plan} /> : <PlanLines plan={plan} />}
        <p class="small">
          {fill(care.plan.who, { list: format.list(PLAN_ROLES.map((role) => terms.roles[role])) })}
        </p>
      </details>
    </section>
  );
}

function PlanForm(props: { readonly bed: BedState; readonly plan: CarePlan }) {
  const { bed, plan } = props;
  const page = usePage();
  const { care } = page.format.value.words;
  const { busy, trouble, tell } = useTelling();
  const changes = useSignal<PlanChanges>({});
  const unsaved = unsavedChanges(plan, changes.value);
  // What the box has taken over is no change any more: a later change by somebody else is then shown.
  useEffect(() => {
    changes.value = unsavedChanges(plan, changes.value);
  }, [JSON.stringify(plan)]);
  const save = () => {
    const body: CarePlanRequest = { plan: planWith(plan, unsaved) };
    page.handOver(tell({ path: `${pathOf(bed)}/care/plan`, body }));
  };
  return (
    <>
      <p class="small">{care.plan.hint}</p>
      {CARE_ACTS.map((act) => (
        <PlanAct
          key={act}
          act={act}
          plan={plan}
          chosen={unsaved[act] ?? plan[act] ?? "off"}
          onChoose={(chosen) => {
            changes.value = { ...unsaved, [act]: chosen };
          }}
        />
      ))}
      {Object.keys(unsaved).length > 0 && (
        <p class="buttons">
          <button type="button" class="primary" disabled={busy.value} onClick={save}>
            {care.plan.save}
          </button>
          <output class="unsaved">{care.plan.unsaved}</output>
        </p>
      )}
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
    </>
  );
}

function PlanAct(props: {
  readonly act: CareAct;
  readonly plan: CarePlan;
  readonly chosen: number | "off";
  readonly onChoose: (chosen: number | "off") => void;
}) {
  const { act, plan, chosen, onChoose } = props;
  const { care } = usePage().format.value.words;
  return (
    <label class="plan-act">
      <span class="plan-act-name">{care.acts[act]}</span>
      <select
        value={String(chosen)}
        onChange={(event) => {
          const { value } = event.currentTarget;
          onChoose(value === "off" ? "off" : Number(value));
        }}
      >
        <option value="off">{care.plan.off}</option>
        {intervalsWith(plan[act], chosen === "off" ? undefined : chosen).map((minutes) => (
          <option key={minutes} value={String(minutes)}>
            {howOften(care.plan, minutes)}
          </option>
        ))}
      </select>
    </label>
  );
}

function PlanLines(props: { readonly plan: CarePlan }) {
  const { care } = usePage().format.value.words;
  return (
    <ul>
      {CARE_ACTS.map((act) => (
        <li key={act} class="plan-act">
          <span class="plan-act-name">{care.acts[act]}</span>{" "}
          <span>{howOften(care.plan, props.plan[act])}</span>
        </li>
      ))}
    </ul>
  );
}

/** Whole hours as hours, anything else in minutes. */
function howOften(words: Words["care"]["plan"], minutes: number | undefined): string {
  if (minutes === undefined) return words.off;
  return minutes % 60 === 0
    ? fill(words.everyHours, { count: minutes / 60 })
    : fill(words.every, { minutes });
}

function mayChange(page: Page): boolean {
  const who = page.who.value;
  const role = who.kind === "known" ? who.me.person?.role : undefined;
  return role !== undefined && PLAN_ROLES.includes(role);
}
