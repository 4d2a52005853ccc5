import type {
  SimulationFault,
  SimulationRequest,
  SimulationView,
} from "../../src/server/contract/technician.ts";
import type { BedState } from "../../src/server/contract.ts";
import { usePage } from "../shared/page.ts";
import type { Act } from "./simulation.tsx";

type Cable = SimulationView["devices"][number];

/** Where a person can tell the difference at once. */
const SHARE = 0.1;
const DELAY_S = 5;
const BREAK: readonly SimulationFault[] = [
  "unplug",
  "freeze",
  "half_open",
  "flip",
  "drop",
  "cut",
  "wrong_baud",
  "delay",
];
/** What mends each; everything else is mended by `clean`. */
const MENDED_BY: { readonly [fault in SimulationFault]?: SimulationFault } = {
  unplug: "plug_in",
  freeze: "thaw",
  swap: "swap",
};

/** What can be done to the cable of each simulated device. */
export function LinkFaults(props: {
  readonly view: SimulationView;
  readonly act: Act;
  readonly busy: boolean;
  readonly bed: BedState;
}) {
  const page = usePage();
  const { simulated } = page.format.value.words.pages.technician;
  const { devices } = props.view;
  const labelOf = ({ device, name }: Cable): string =>
    props.bed.sources.find((source) => source.device === device)?.label ?? name;
  const act = (request: SimulationRequest) => page.handOver(props.act(request));
  return (
    <section class="part" aria-label={simulated.linksTitle}>
      <h3>{simulated.linksTitle}</h3>
      <p class="small">{simulated.linkHint}</p>
      {devices.map((cable) => (
        <fieldset key={cable.name} class="event-group" data-cable={cable.name}>
          <legend>{labelOf(cable)}</legend>
          <p class={cable.faults.length === 0 ? "small" : "problem"}>
            {cable.faults.length === 0
              ? simulated.linkFine
              : cable.faults.map((fault) => simulated.linkFaults[fault]).join(" · ")}
          </p>
          <div class="buttons">
            {BREAK.map((fault) => {
              const on = cable.faults.includes(fault);
              const name = cable.name;
              return (
                <button
                  key={fault}
                  type="button"
                  data-fault={fault}
                  aria-pressed={on}
                  disabled={props.busy}
                  onClick={() => act(on ? mending(fault, name) : breaking(fault, name))}
                >
                  {simulated.linkFaults[fault]}
                </button>
              );
            })}
            <button
              type="button"
              data-fault="clean"
              disabled={props.busy}
              onClick={() => page.handOver(mendAll(cable, props.act))}
            >
              {simulated.linkFaults.clean}
            </button>
          </div>
        </fieldset>
      ))}
      <Swap devices={devices} act={act} busy={props.busy} />
    </section>
  );
}

const breaking = (fault: SimulationFault, device: string): SimulationRequest => ({
  ...{ fault, device },
  ...(fault === "flip" || fault === "drop" || fault === "cut" ? { share: SHARE } : {}),
  ...(fault === "delay" ? { seconds: DELAY_S } : {}),
});

const mending = (fault: SimulationFault, device: string): SimulationRequest => ({
  fault: MENDED_BY[fault] ?? "clean",
  device,
});

/** One after the other: the bed takes one thing at a time. */
async function mendAll({ name, faults }: Cable, act: Act): Promise<void> {
  await act({ fault: "clean", device: name });
  if (faults.includes("unplug")) await act({ fault: "plug_in", device: name });
}

/** The first two cables change sockets. */
function Swap(props: {
  readonly devices: readonly Cable[];
  readonly act: (request: SimulationRequest) => void;
  readonly busy: boolean;
}) {
  const { simulated } = usePage().format.value.words.pages.technician;
  const [one, other] = props.devices;
  if (one === undefined || other === undefined) return null;
  return (
    <p class="buttons">
      <button
        type="button"
        data-fault="swap"
        aria-pressed={one.faults.includes("swap")}
        disabled={props.busy}
        onClick={() => props.act({ fault: "swap", device: one.name, with: other.name })}
      >
        {simulated.linkFaults.swap}
      </button>
    </p>
  );
}
