import { useSignal } from "@preact/signals";
import type { SimulationView } from "../../src/server/contract/technician.ts";
import { decimalsOf } from "../shared/format.ts";
import { usePage } from "../shared/page.ts";
import type { Act } from "./simulation.tsx";

type Knob = SimulationView["knobs"][number];

/** The patient's sliders; they follow what scenarios and buttons do. */
export function Sliders(props: { readonly knobs: readonly Knob[]; readonly act: Act }) {
  const { simulated } = usePage().format.value.words.pages.technician;
  return (
    <section class="part" aria-label={simulated.sliders}>
      <h3>{simulated.sliders}</h3>
      {props.knobs.map((knob) => (
        <Slider key={knob.knob} knob={knob} act={props.act} />
      ))}
    </section>
  );
}

function Slider(props: { readonly knob: Knob; readonly act: Act }) {
  const page = usePage();
  const format = page.format.value;
  const { simulated } = format.words.pages.technician;
  const { knob, value, min, max, step } = props.knob;
  // While a hand is on it, it stands where the hand is.
  const held = useSignal<number | undefined>(undefined);

  async function turn(to: number): Promise<void> {
    await props.act({ knob, value: to });
    held.value = undefined;
  }
  const shown = held.value ?? value;
  return (
    <label class="slider">
      <span>
        {simulated.knobs[knob]} <strong>{format.number(shown, decimalsOf(step))}</strong>
      </span>
      <input
        type="range"
        data-knob={knob}
        min={min}
        max={max}
        step={step}
        value={shown}
        onInput={(event) => {
          held.value = event.currentTarget.valueAsNumber;
        }}
        onChange={(event) => page.handOver(turn(event.currentTarget.valueAsNumber))}
      />
    </label>
  );
}
