import { CARE_ACTS, type CareAct } from "../../src/domain/alarm.ts";
import type { BedState, CareRequest } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { Left } from "./moments.tsx";
import { pathOf, useTelling } from "./tell.ts";

/** What is being done at the bed now, with its countdown and its end. */
export function CareNow(props: { readonly bed: BedState }) {
  const page = usePage();
  const format = page.format.value;
  const { care } = format.words;
  const { busy, trouble, tell } = useTelling();
  const now = props.bed.alarms.care;
  if (now === undefined) return null;
  return (
    <section class="card care-now" aria-label={care.title}>
      <p>
        <strong>
          {fill(care.underWay, {
            what: care.acts[now.act],
            name: now.by.name,
            time: format.time(now.until, props.bed.zone),
          })}
        </strong>{" "}
        <Left until={now.until} />
      </p>
      <p class="small">{care.stillRings}</p>
      <button
        type="button"
        class="big"
        disabled={busy.value}
        onClick={() => page.handOver(tell({ path: `${pathOf(props.bed)}/care/done` }))}
      >
        {care.done}
        <span class="small">{care.doneHint}</span>
      </button>
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
    </section>
  );
}

/** Acts of care, one tap each; not while one is under way, and not while nobody is watched. */
export function Care(props: { readonly bed: BedState }) {
  const page = usePage();
  const { care } = page.format.value.words;
  const { busy, trouble, tell } = useTelling();
  const { alarms, answers } = props.bed;
  if (alarms.care !== undefined || page.phase.value === "lost") return null;
  const begin = (act: CareAct) => {
    const body: CareRequest = { act };
    page.handOver(tell({ path: `${pathOf(props.bed)}/care`, body }));
  };
  const acts = CARE_ACTS.flatMap((act) => {
    const minutes = answers.care[act];
    return minutes === undefined ? [] : [{ act, minutes }];
  });
  if (acts.length === 0) return null;
  return (
    <section class="card care" aria-label={care.title}>
      <h2>{care.title}</h2>
      <p class="small">{care.hint}</p>
      <div class="care-acts">
        {acts.map(({ act, minutes }) => (
          <button key={act} type="button" disabled={busy.value} onClick={() => begin(act)}>
            {fill(care.quietFor, { what: care.acts[act], minutes })}
          </button>
        ))}
      </div>
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
    </section>
  );
}
