import { useSignal } from "@preact/signals";
import { SIGNALS, type SignalId } from "../../../src/domain/signal.ts";
import { fill } from "../../../src/words/template.ts";
import { decimalsOf } from "../format.ts";
import { usePage } from "../page.ts";
import type { StripData } from "./plot.ts";

const ROWS = 20;

/** The numbers of a strip, a page at a time, for whoever cannot or does not want to read a picture. */
export function StripTable(props: {
  readonly id: string;
  readonly name: string;
  readonly signal: SignalId;
  readonly data: StripData;
  readonly zone: string;
}) {
  const { therapist, common } = usePage().format.value.words.pages;
  const open = useSignal(false);
  return (
    <details
      id={props.id}
      class="strip-table"
      onToggle={(event) => {
        open.value = event.currentTarget.open;
      }}
    >
      <summary>
        {open.value ? common.hideTable : common.showTable}
        <span class="visually-hidden"> · {props.name}</span>
      </summary>
      {open.value && <Rows {...props} caption={`${props.name} · ${therapist.legend}`} />}
    </details>
  );
}

function Rows(props: {
  readonly caption: string;
  readonly signal: SignalId;
  readonly data: StripData;
  readonly zone: string;
}) {
  const format = usePage().format.value;
  const { therapist, common } = format.words.pages;
  const { data } = props;
  const firstWithData = Math.max(
    0,
    data.mean.findIndex((value) => value !== null),
  );
  const shown = useSignal(Math.floor(firstWithData / ROWS));
  const pages = Math.max(1, Math.ceil(data.at.length / ROWS));
  const from = shown.value * ROWS;
  const decimals = decimalsOf(SIGNALS[props.signal].resolution);
  const text = (value: number | null | undefined) =>
    value === null || value === undefined ? therapist.noData : format.number(value, decimals);
  return (
    <>
      <table>
        <caption>{props.caption}</caption>
        <thead>
          <tr>
            <th scope="col">{therapist.time}</th>
            <th scope="col">{therapist.lowest}</th>
            <th scope="col">{therapist.mean}</th>
            <th scope="col">{therapist.highest}</th>
          </tr>
        </thead>
        <tbody>
          {data.at.slice(from, from + ROWS).map((at, offset) => (
            <tr key={at}>
              <th scope="row">{format.time(at, props.zone, true)}</th>
              <td>{text(data.min[from + offset])}</td>
              <td>{text(data.mean[from + offset])}</td>
              <td>{text(data.max[from + offset])}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="buttons">
        <button
          type="button"
          disabled={shown.value === 0}
          onClick={() => {
            shown.value -= 1;
          }}
        >
          {common.previous}
        </button>
        <span>{fill(common.page, { from: shown.value + 1, to: pages })}</span>
        <button
          type="button"
          disabled={shown.value >= pages - 1}
          onClick={() => {
            shown.value += 1;
          }}
        >
          {common.next}
        </button>
      </p>
    </>
  );
}
