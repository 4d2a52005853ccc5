import { useSignal } from "@preact/signals";
import { DUTY_NIGHT } from "../../src/domain/duty.ts";
import { fill } from "../../src/words/template.ts";
import { Dialog } from "../shared/dialog.tsx";
import { usePage } from "../shared/page.ts";
import { clockOf, minutesOf, type Span } from "./rota-cells.ts";

/** More changes in a night are a slip of the finger. */
const SPANS_MAX = 3;
const WHOLE_NIGHT: Span = { from: DUTY_NIGHT.fromMinute, to: DUTY_NIGHT.toMinute };

/** The times of one person in one night. */
export function RotaCell(props: {
  readonly name: string;
  readonly day: string;
  readonly spans: readonly Span[];
  readonly onDone: (spans: readonly Span[], everyNight: boolean) => void;
  readonly onClose: () => void;
}) {
  const { words } = usePage().format.value;
  const { duty } = words.notes;
  const spans = useSignal<readonly Span[]>(props.spans.length === 0 ? [WHOLE_NIGHT] : props.spans);
  const everyNight = useSignal(false);
  const set = (index: number, part: Partial<Span>): void => {
    spans.value = spans.value.map((each, at) => (at === index ? { ...each, ...part } : each));
  };
  return (
    <Dialog title={fill(duty.edit, { name: props.name, day: props.day })} onClose={props.onClose}>
      {spans.value.map((span, index) => (
        <div key={index} class="rota-span">
          <Time label={duty.from} value={span.from} onChange={(from) => set(index, { from })} />
          <Time label={duty.toTime} value={span.to} onChange={(to) => set(index, { to })} />
          <button
            type="button"
            onClick={() => {
              spans.value = spans.value.filter((_, at) => at !== index);
            }}
          >
            {duty.drop}
          </button>
        </div>
      ))}
      {spans.value.length === 0 && <p>{duty.free}</p>}
      {spans.value.length < SPANS_MAX && (
        <button
          type="button"
          onClick={() => {
            spans.value = [
              ...spans.value,
              { from: spans.value.at(-1)?.to ?? WHOLE_NIGHT.from, to: WHOLE_NIGHT.to },
            ];
          }}
        >
          {duty.another}
        </button>
      )}
      <label class="check">
        <input
          type="checkbox"
          checked={everyNight.value}
          onChange={(event) => {
            everyNight.value = event.currentTarget.checked;
          }}
        />
        {duty.everyNight}
      </label>
      <div class="buttons">
        <button type="button" class="primary" onClick={() => props.onDone(spans.value, everyNight.value)}>
          {duty.done}
        </button>
        <button type="button" onClick={props.onClose}>
          {words.pages.common.cancel}
        </button>
      </div>
    </Dialog>
  );
}

function Time(props: {
  readonly label: string;
  readonly value: number;
  readonly onChange: (minutes: number) => void;
}) {
  return (
    <label class="field">
      {props.label}
      <input
        type="time"
        value={clockOf(props.value)}
        onChange={(event) => {
          const minutes = minutesOf(event.currentTarget.value);
          if (minutes !== undefined) props.onChange(minutes);
        }}
      />
    </label>
  );
}
