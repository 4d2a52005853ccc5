import { useSignal } from "@preact/signals";
import type { BedState, SimulationRequest } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import type { Trouble } from "../shared/api.ts";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";

type SimulationEvent = SimulationRequest["event"];

const EVENTS: readonly SimulationEvent[] = [
  "mask_off",
  "mask_on",
  "probe_off",
  "probe_on",
  "ventilator_off",
  "ventilator_on",
  "secretions",
  "clear",
];

/** What happens to the virtual patient; only where the bed is simulated. */
export function Simulation(props: { readonly bed: BedState }) {
  const page = usePage();
  const { technician, common } = page.format.value.words.pages;
  const done = useSignal<SimulationEvent | undefined>(undefined);
  const busy = useSignal(false);
  const trouble = useSignal<Trouble | undefined>(undefined);

  async function happen(event: SimulationEvent): Promise<void> {
    if (busy.value) return;
    busy.value = true;
    const request: SimulationRequest = { event };
    const answer = await page.api.tell(`/api/simulation/${encodeURIComponent(props.bed.bed)}`, request);
    busy.value = false;
    trouble.value = answer.ok ? undefined : answer.problem;
    done.value = answer.ok ? event : undefined;
  }

  return (
    <section class="card simulation" aria-label={technician.simulation}>
      <h2>
        {technician.simulation} <span class="tag">{common.simulated}</span>
      </h2>
      <p>
        {technician.simulationHint} {props.bed.label}
      </p>
      <div class="buttons">
        {EVENTS.map((event) => (
          <button
            key={event}
            type="button"
            data-event={event}
            disabled={busy.value}
            onClick={() => page.handOver(happen(event))}
          >
            {technician.events[event]}
          </button>
        ))}
      </div>
      <output>
        {done.value !== undefined && fill(technician.done, { what: technician.events[done.value] })}
      </output>
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
    </section>
  );
}
