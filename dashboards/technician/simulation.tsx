import { useSignal } from "@preact/signals";
import { SECOND_MS } from "../../src/domain/time.ts";
import type {
  SimulationEvent,
  SimulationRequest,
  SimulationView,
} from "../../src/server/contract/technician.ts";
import type { BedState, CallRequest } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import { hasKeys, type Trouble } from "../shared/api.ts";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { LinkFaults } from "./link-faults.tsx";
import { usePoll } from "./poll.ts";
import { Scenarios } from "./scenarios.tsx";
import { Sliders } from "./sliders.tsx";

type Group = "mask" | "breathing" | "finger" | "power" | "call";

/** Which buttons stand together; the type makes sure that none is left out. */
const GROUP_OF: { readonly [event in SimulationEvent]: Group } = {
  mask_off: "mask",
  mask_on: "mask",
  circuit_off: "mask",
  circuit_on: "mask",
  leak_large: "mask",
  leak_growing: "mask",
  leak_mended: "mask",
  secretions: "breathing",
  obstruction: "breathing",
  clear: "breathing",
  rem: "breathing",
  rem_end: "breathing",
  apnea: "breathing",
  apnea_end: "breathing",
  probe_off: "finger",
  probe_on: "finger",
  motion: "finger",
  motion_end: "finger",
  cold_finger: "finger",
  warm_finger: "finger",
  calibrating: "finger",
  calibrated: "finger",
  mains_lost: "power",
  mains_back: "power",
  battery_low: "power",
  ventilator_off: "power",
  ventilator_on: "power",
  switch_pressed: "call",
  switch_released: "call",
};
const GROUPS: readonly Group[] = ["mask", "breathing", "finger", "power", "call"];
const isEvent = (name: string): name is SimulationEvent => Object.hasOwn(GROUP_OF, name);
const EVENTS = Object.keys(GROUP_OF).filter(isEvent);

const isSimulation = hasKeys<SimulationView>("knobs", "devices", "scenarios");
const POLL_MS = SECOND_MS;

/** Does something to the simulated bed; true when it was done. */
export type Act = (request: SimulationRequest) => Promise<boolean>;

/** Everything that can be done to a bed that is simulated; only there. */
export function Simulation(props: { readonly bed: BedState }) {
  const page = usePage();
  const { technician, common } = page.format.value.words.pages;
  const { simulated } = technician;
  const { bed } = props;
  const path = `/api/simulation/${encodeURIComponent(bed.bed)}`;
  const { answer, ask } = usePoll(path, isSimulation, POLL_MS);
  const busy = useSignal(false);
  const trouble = useSignal<Trouble | undefined>(undefined);

  const act: Act = async (request) => {
    if (busy.value) return false;
    busy.value = true;
    const done = await page.api.tell(path, request);
    busy.value = false;
    trouble.value = done.ok ? undefined : done.problem;
    ask();
    return done.ok;
  };

  const view = answer.value?.ok === true ? answer.value.value : undefined;
  return (
    <section id="simulation" class="card simulation" aria-label={simulated.title}>
      <h2>
        {simulated.title} <span class="tag">{common.simulated}</span>
        <span class="small"> {bed.label}</span>
      </h2>
      {answer.value === undefined && <p class="waiting">{common.waiting}</p>}
      {answer.value?.ok === false && <TroubleBox trouble={answer.value.problem} />}
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
      {view !== undefined && (
        <>
          <Scenarios view={view} act={act} alarmsOpen={bed.alarms.open.length > 0} bed={bed} />
          <Sliders knobs={view.knobs} act={act} />
          <Events bed={bed} act={act} busy={busy.value} />
          <LinkFaults view={view} act={act} busy={busy.value} bed={bed} />
        </>
      )}
    </section>
  );
}

/** Buttons of what can happen to the person and the machines, group by group. */
function Events(props: { readonly bed: BedState; readonly act: Act; readonly busy: boolean }) {
  const page = usePage();
  const { simulated } = page.format.value.words.pages.technician;
  const done = useSignal<string | undefined>(undefined);

  async function happen(event: SimulationEvent): Promise<void> {
    done.value = undefined;
    if (await props.act({ event })) done.value = simulated.events[event];
  }
  /** The call goes the way of every call: it rings at this bed. */
  async function call(): Promise<void> {
    const request: CallRequest = { how: "switch", kind: "come" };
    const answer = await page.api.tell(`/api/beds/${encodeURIComponent(props.bed.bed)}/call`, request);
    done.value = answer.ok ? simulated.events.call : undefined;
  }
  const button = (event: string, label: string, press: () => Promise<void>) => (
    <button
      key={event}
      type="button"
      data-event={event}
      disabled={props.busy}
      onClick={() => page.handOver(press())}
    >
      {label}
    </button>
  );
  return (
    <section class="part" aria-label={simulated.eventsTitle}>
      <h3>{simulated.eventsTitle}</h3>
      {GROUPS.map((group) => (
        <fieldset key={group} class="event-group">
          <legend>{simulated.groups[group]}</legend>
          <div class="buttons">
            {EVENTS.filter((event) => GROUP_OF[event] === group).map((event) =>
              button(event, simulated.events[event], () => happen(event)),
            )}
            {group === "call" && button("call", simulated.events.call, call)}
          </div>
        </fieldset>
      ))}
      <output>{done.value !== undefined && fill(simulated.done, { what: done.value })}</output>
    </section>
  );
}
