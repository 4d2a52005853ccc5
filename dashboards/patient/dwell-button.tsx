import type { ComponentChildren } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { usePage } from "../shared/page.ts";
import { Dwell } from "./dwell.ts";
import type { PatientSettings } from "./settings.tsx";

/** A large target that answers to touch, keys and to the pointer resting on it, with the progress in sight. */
export function DwellButton(props: {
  readonly class: string;
  readonly settings: PatientSettings;
  readonly pressed?: boolean;
  readonly hint?: string;
  readonly onChosen: (how: "touch" | "key" | "dwell") => void;
  readonly children: ComponentChildren;
}) {
  const page = usePage();
  const { settings } = props;
  const chosen = useMemo(() => ({ by: props.onChosen }), []);
  chosen.by = props.onChosen;
  const dwell = useMemo(
    () =>
      new Dwell(
        page.clock,
        () => settings.dwellTimes(),
        () => chosen.by("dwell"),
      ),
    [page, settings],
  );
  useEffect(() => () => dwell.reset(), [dwell]);
  const { armMs, confirmMs } = settings.dwellTimes();
  const phase = dwell.phase.value;
  const duration = `${phase === "confirming" ? confirmMs : armMs}ms`;
  return (
    <button
      type="button"
      class={`dwell dwell-${phase} ${props.class}`}
      {...(props.pressed === undefined ? {} : { "aria-pressed": props.pressed })}
      onPointerEnter={(event) => {
        // A finger that arrives has already chosen.
        if (settings.dwell.value && event.pointerType !== "touch") dwell.enter();
      }}
      onPointerLeave={() => dwell.leave()}
      onClick={(event) => {
        dwell.reset();
        props.onChosen(event.detail === 0 ? "key" : "touch");
      }}
    >
      <span class="dwell-bar" aria-hidden="true" style={{ animationDuration: duration }} />
      <span class="dwell-label">{props.children}</span>
      {props.hint !== undefined && <span class="small">{props.hint}</span>}
    </button>
  );
}
