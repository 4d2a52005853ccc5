import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { BedId } from "../../src/domain/ids.ts";
import type { LimitsFile } from "../../src/domain/limits.ts";
import { SECOND_MS } from "../../src/domain/time.ts";
import {
  type Dip,
  type SignalCount,
  totalOf,
  type WhatIfNight,
  type WhatIfTotal,
} from "../../src/domain/what-if.ts";
import type { WhatIfResponse } from "../../src/server/contract/limits.ts";
import { fill } from "../../src/words/template.ts";
import { hasKeys, type Trouble } from "../shared/api.ts";
import type { Format } from "../shared/format.ts";
import { usePage } from "../shared/page.ts";
import { ScrollArea } from "../shared/scroll-area.tsx";
import { TroubleBox } from "../shared/trouble.tsx";

const isLine = hasKeys<WhatIfResponse>("kind");
/** With fewer nights the numbers are shown, with a warning. */
const FEW = 7;
/** Lost dips that are listed. */
const LISTED = 20;

/** Where a trial stands. `through`: every night was tried. */
interface Trial {
  readonly begun?: Extract<WhatIfResponse, { kind: "begun" }>;
  readonly nights: readonly WhatIfNight[];
  readonly state: "running" | "through" | "broken";
}

/** Tries the draft on the last nights, and shows what would have rung and what would have been missed. */
export function WhatIf(props: { readonly bed: BedId; readonly zone: string; readonly draft: LimitsFile }) {
  const page = usePage();
  const { limits } = page.format.value.words;
  const { whatIf } = limits;
  const trial = useSignal<Trial | undefined>(undefined);
  const trouble = useSignal<Trouble | undefined>(undefined);
  const stopping = useSignal<AbortController | undefined>(undefined);
  useEffect(() => () => stopping.peek()?.abort(), []);

  async function run(): Promise<void> {
    const stop = new AbortController();
    stopping.value = stop;
    trouble.value = undefined;
    trial.value = { nights: [], state: "running" };
    const path = `/api/beds/${encodeURIComponent(props.bed)}/limits/what-if`;
    const answer = await page.api.lines(path, { limits: props.draft }, isLine, take, stop.signal);
    stopping.value = undefined;
    if (!answer.ok) trouble.value = answer.problem;
    const was = trial.peek();
    if (was?.state !== "running") return;
    trial.value = was.nights.length === 0 ? undefined : { ...was, state: "broken" };
  }

  function take(line: WhatIfResponse): void {
    const was = trial.peek() ?? { nights: [], state: "running" };
    if (line.kind === "begun") trial.value = { ...was, begun: line };
    else if (line.kind === "night") trial.value = { ...was, nights: [...was.nights, line.night] };
    else trial.value = { ...was, state: line.kind === "done" ? "through" : "broken" };
  }

  const { begun, nights = [], state } = trial.value ?? {};
  return (
    <div class="what-if">
      <h4>{whatIf.title}</h4>
      <p class="small">{whatIf.hint}</p>
      <div class="buttons">
        <button type="button" disabled={state === "running"} onClick={() => page.handOver(run())}>
          {whatIf.button}
        </button>
        {stopping.value !== undefined && (
          <button type="button" class="quiet" onClick={() => stopping.value?.abort()}>
            {whatIf.stop}
          </button>
        )}
      </div>
      <output>
        {state === "running" && (
          <>
            <p>
              {begun === undefined
                ? page.format.value.words.pages.common.waiting
                : fill(whatIf.running, { count: begun.nights })}
            </p>
            {begun !== undefined && (
              <progress
                aria-label={fill(whatIf.progress, { from: nights.length, to: begun.nights })}
                max={begun.nights}
                value={nights.length}
              />
            )}
          </>
        )}
      </output>
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
      {state === "broken" && <p class="problem">{whatIf.broken}</p>}
      {state === "through" && nights.length === 0 && <p class="empty">{whatIf.noNights}</p>}
      {begun !== undefined && nights.length > 0 && (
        <Result begun={begun} nights={nights} zone={props.zone} isThrough={state === "through"} />
      )}
    </div>
  );
}

function Result(props: {
  readonly begun: Extract<WhatIfResponse, { kind: "begun" }>;
  readonly nights: readonly WhatIfNight[];
  readonly zone: string;
  readonly isThrough: boolean;
}) {
  const format = usePage().format.value;
  const { whatIf } = format.words.limits;
  const { common } = format.words.pages;
  const { begun, nights, zone, isThrough } = props;
  const total = totalOf(nights);
  const limit = format.measured("spo2", begun.criticalLimit);
  const { lostCount, lost } = total.dips;
  const from = Math.min(...nights.map((night) => night.from));
  const to = Math.max(...nights.map((night) => night.to));
  return (
    <div class="what-if-result">
      {begun.simulated && (
        <p class="mark mark-simulated">
          <strong>{common.simulated}</strong> {common.simulatedMore}
        </p>
      )}
      <p class="what-if-sum" data-through={isThrough}>
        {fill(whatIf.result, {
          before: total.alarms.before,
          after: total.alarms.after,
          lost: lostCount,
          limit,
        })}
      </p>
      <p class={lostCount === 0 ? "small" : "trouble"}>
        {lostCount === 0 ? fill(whatIf.none, { limit }) : fill(whatIf.lost, { count: lostCount, limit })}
      </p>
      {lostCount > 0 && <LostDips lost={lost} count={lostCount} zone={zone} format={format} />}
      <Bars total={total} format={format} />
      <p class="small">{whatIf.alarmsHint}</p>
      <p class="small">
        {fill(whatIf.nights, {
          count: nights.length,
          from: format.dateTime(from, zone),
          to: format.dateTime(to, zone),
        })}
      </p>
      {isThrough && nights.length < FEW && (
        <p class="problem">{fill(whatIf.few, { count: nights.length })}</p>
      )}
    </div>
  );
}

function LostDips(props: {
  readonly lost: readonly Dip[];
  readonly count: number;
  readonly zone: string;
  readonly format: Format;
}) {
  const { format, zone } = props;
  const { whatIf } = format.words.limits;
  const shown = props.lost.slice(0, LISTED);
  return (
    <ul class="lost-dips">
      {shown.map(({ at, seconds, lowest }) => {
        const when = { time: format.dateTime(at, zone), age: format.age(seconds * SECOND_MS) };
        return (
          <li key={at}>
            {lowest === undefined
              ? fill(whatIf.lostOneUnmeasured, when)
              : fill(whatIf.lostOne, { ...when, value: format.measured("spo2", lowest) })}
          </li>
        );
      })}
      {props.count > shown.length && <li>{fill(whatIf.lostMore, { count: props.count - shown.length })}</li>}
    </ul>
  );
}

/** Two bars for each alarm, now and then, on one scale; the numbers stand beside them. */
function Bars(props: { readonly total: WhatIfTotal; readonly format: Format }) {
  const { total, format } = props;
  const { limits, terms } = format.words;
  const { whatIf } = limits;
  const most = Math.max(1, ...total.signals.map(({ before, after }) => Math.max(before, after)));
  if (total.signals.length === 0) return <p class="empty">{whatIf.noAlarms}</p>;
  const row = ({ condition, priority, before, after }: SignalCount) => (
    <tr key={`${condition} ${priority}`}>
      <th scope="row">
        {format.conditionTitle(condition)}{" "}
        <span class={`small shape-${priority}`}>{terms.priorities[priority]}</span>
      </th>
      <td>
        <Bar kind="before" share={before / most} count={before} perNight={before / total.nights} />
      </td>
      <td>
        <Bar kind="after" share={after / most} count={after} perNight={after / total.nights} />
      </td>
    </tr>
  );
  return (
    <ScrollArea label={whatIf.title}>
      <table class="bars">
        <thead>
          <tr>
            <th scope="col">{limits.alarm}</th>
            <th scope="col">{whatIf.before}</th>
            <th scope="col">{whatIf.after}</th>
          </tr>
        </thead>
        <tbody>{total.signals.map(row)}</tbody>
      </table>
    </ScrollArea>
  );
}

function Bar(props: {
  readonly kind: "before" | "after";
  readonly share: number;
  readonly count: number;
  readonly perNight: number;
}) {
  const format = usePage().format.value;
  const { whatIf } = format.words.limits;
  return (
    <>
      <strong>{format.count(props.count)}</strong>{" "}
      <span class="small per-night">
        {fill(whatIf.perNight, { value: format.number(props.perNight, 1) })}
      </span>
      <svg class={`bar bar-${props.kind}`} viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect width={Math.max(props.count > 0 ? 1 : 0, props.share * 100)} height="8" />
      </svg>
    </>
  );
}
