import { useSignal } from "@preact/signals";
import type { Occurrence, Pause } from "../../src/domain/alarm.ts";
import { MINUTE_MS } from "../../src/domain/time.ts";
import type { BedState, PauseRequest, ResumeRequest } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import { Dialog } from "../shared/dialog.tsx";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { Left } from "./moments.tsx";
import { pathOf, useTelling } from "./tell.ts";

/** Lengths that are offered, minutes, as far as the cap of the alarm lets them. */
const LENGTHS_MIN = [3, 5, 10, 15, 30, 60, 120];

/** Silent for a time, until when and by whom. */
export function QuietLine(props: { readonly occurrence: Occurrence; readonly bed: BedState }) {
  const { quiet } = props.occurrence;
  const format = usePage().format.value;
  if (quiet === undefined) return null;
  const { care } = format.words;
  const time = format.time(quiet.until, props.bed.zone);
  const what = quiet.act === undefined ? care.title : care.acts[quiet.act];
  return (
    <div class="quiet-line">
      <output>
        {quiet.why === "care"
          ? fill(care.quietByCare, { what, time })
          : fill(care.quietByPause, { name: quiet.by.name, time })}{" "}
        (<Left until={quiet.until} />)
      </output>
      {quiet.why === "pause" && <Resume conditions={conditionsOf(props.occurrence)} bed={props.bed} />}
    </div>
  );
}

/** Offers a pause where the alarm can have one; a person chooses how long. */
export function PauseButton(props: { readonly occurrence: Occurrence; readonly bed: BedState }) {
  const { occurrence, bed } = props;
  const asking = useSignal(false);
  const { care } = usePage().format.value.words;
  const capMs = bed.answers.pauses[occurrence.id];
  if (capMs === undefined || occurrence.quiet !== undefined) return null;
  return (
    <>
      <button
        type="button"
        class="quiet"
        onClick={() => {
          asking.value = true;
        }}
      >
        {care.pause.button}
      </button>
      {asking.value && (
        <PauseDialog
          occurrence={occurrence}
          bed={bed}
          capMin={Math.floor(capMs / MINUTE_MS)}
          onClose={() => {
            asking.value = false;
          }}
        />
      )}
    </>
  );
}

function PauseDialog(props: {
  readonly occurrence: Occurrence;
  readonly bed: BedState;
  readonly capMin: number;
  readonly onClose: () => void;
}) {
  const { occurrence, bed, capMin, onClose } = props;
  const page = usePage();
  const format = page.format.value;
  const { care, terms, pages } = format.words;
  const { busy, trouble, tell } = useTelling();
  const lengths = LENGTHS_MIN.filter((each) => each <= capMin);
  const minutes = useSignal(lengths[0] ?? capMin);
  const title = format.conditionTitle(occurrence.condition);
  async function pause(): Promise<void> {
    const { priority } = occurrence;
    const forMs = minutes.value * MINUTE_MS;
    const requests = conditionsOf(occurrence).map((condition) => {
      const body: PauseRequest = { condition, priority, forMs };
      return { path: `${pathOf(bed)}/pause`, body };
    });
    if (await tell(...requests)) onClose();
  }
  return (
    <Dialog title={fill(care.pause.title, { title, minutes: minutes.value })} onClose={onClose}>
      <p>{fill(care.pause.scope, { what: terms.priorities[occurrence.priority] })}</p>
      <fieldset class="lengths">
        <legend>
          {care.pause.minutes} <span class="small">{fill(care.pause.most, { minutes: capMin })}</span>
        </legend>
        <div class="buttons">
          {lengths.map((length) => (
            <button
              key={length}
              type="button"
              aria-pressed={minutes.value === length}
              onClick={() => {
                minutes.value = length;
              }}
            >
              {length}
            </button>
          ))}
        </div>
      </fieldset>
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} title={care.pause.failed} />}
      <div class="buttons">
        <button type="button" class="big primary" onClick={onClose}>
          {pages.common.cancel}
        </button>
        <button type="button" class="big" disabled={busy.value} onClick={() => page.handOver(pause())}>
          {fill(care.pause.confirm, { minutes: minutes.value })}
        </button>
      </div>
    </Dialog>
  );
}

/** Every pause that runs, also of what is not open now: nothing is silent without being seen. */
export function Pauses(props: { readonly bed: BedState }) {
  const { pauses } = props.bed.alarms;
  if (pauses.length === 0) return null;
  return (
    <ul class="pauses">
      {pauses.map((pause) => (
        <PauseLine key={pause.condition} pause={pause} bed={props.bed} />
      ))}
    </ul>
  );
}

function PauseLine(props: { readonly pause: Pause; readonly bed: BedState }) {
  const { pause, bed } = props;
  const format = usePage().format.value;
  const { care } = format.words;
  return (
    <li class="quiet-line">
      <span>
        {fill(care.pause.running, { title: format.conditionTitle(pause.condition) })}{" "}
        {fill(care.pause.by, { name: pause.by.name })},{" "}
        {fill(care.pause.endsAt, { time: format.time(pause.until, bed.zone) })} (<Left until={pause.until} />)
      </span>
      <Resume conditions={[pause.condition]} bed={bed} />
    </li>
  );
}

function Resume(props: { readonly conditions: readonly Pause["condition"][]; readonly bed: BedState }) {
  const page = usePage();
  const { care } = page.format.value.words;
  const { busy, trouble, tell } = useTelling();
  const requests = props.conditions.map((condition) => {
    const body: ResumeRequest = { condition };
    return { path: `${pathOf(props.bed)}/resume`, body };
  });
  return (
    <>
      <button type="button" disabled={busy.value} onClick={() => page.handOver(tell(...requests))}>
        {care.pause.resume}
      </button>
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
    </>
  );
}

const conditionsOf = ({ condition, conditions = [] }: Occurrence): readonly Pause["condition"][] =>
  conditions.length === 0 ? [condition] : conditions;
