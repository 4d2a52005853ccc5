import type { CommissionedStep, CommissioningStep } from "../../src/domain/commissioning.ts";
import { fill } from "../../src/words/template.ts";
import type { Format } from "../shared/format.ts";
import { usePage } from "../shared/page.ts";

export const RESULT_ICONS = { passed: "✓", failed: "✗", not_there: "–" } as const;

/** A step of the list with what came of it. */
export function StepLine(props: {
  readonly step: CommissioningStep;
  readonly done: CommissionedStep | undefined;
  readonly zone: string;
  /** Beside the name of the step. */
  readonly more?: string;
}) {
  const format = usePage().format.value;
  const { technician } = format.words.pages;
  const { commissioning } = technician;
  const { step, done, more } = props;
  const name = commissioning.steps[step];
  return (
    <p class={`step step-${done?.result ?? "open"}`} data-step={step} data-result={done?.result ?? "open"}>
      <span aria-hidden="true" class="step-mark">
        {done === undefined ? "○" : RESULT_ICONS[done.result]}
      </span>
      <span>
        <strong>{more === undefined ? name : fill(technician.named, { what: name, value: more })}</strong>
        {done !== undefined && (
          <span class="small">
            {" "}
            {stepResult(done, format)} · {commissioning.witness[done.how]} ·{" "}
            {format.time(done.at, props.zone, true)} · {done.by}
          </span>
        )}
      </span>
    </p>
  );
}

/** The result of a step in words, with its number. */
export function stepResult({ step, result, value }: CommissionedStep, format: Format): string {
  const { commissioning } = format.words.pages.technician;
  const word = commissioning.results[result];
  if (value === undefined) return word;
  const number = format.number(value, 1);
  const text =
    step === "reception"
      ? fill(commissioning.percentValue, { value: number })
      : fill(commissioning.minutesValue, { value: number });
  return `${word} · ${text}`;
}
