import { type Signal, useSignal } from "@preact/signals";
import type { CommissionedStep, CommissioningStep } from "../../src/domain/commissioning.ts";
import { SECOND_MS } from "../../src/domain/time.ts";
import type {
  CloseCommissioningResponse,
  CommissioningRequest,
  CommissioningsResponse,
  CommissioningView,
  DeviceView,
} from "../../src/server/contract/technician.ts";
import type { BedState } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import { hasKeys, type Trouble } from "../shared/api.ts";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { CallCheck, ContactCheck } from "./contact-check.tsx";
import { CallDrawing, ContactDrawing, OximeterDrawing } from "./drawings.tsx";
import { usePoll } from "./poll.ts";
import type { ShownProtocol } from "./protocol.tsx";
import { ReceptionCheck } from "./reception-check.tsx";
import { BatteryCheck, SounderCheck } from "./sounder-battery.tsx";
import { StepLine } from "./step-line.tsx";

const isCommissionings = hasKeys<CommissioningsResponse>("commissionings");
const isClosed = hasKeys<CloseCommissioningResponse>("id");
const POLL_MS = 5 * SECOND_MS;

/** What every check of the list works with. */
export interface CheckProps {
  readonly bed: BedState;
  readonly devices: readonly DeviceView[];
  /** Steps of the open protocol. */
  readonly steps: ReadonlyMap<CommissioningStep, CommissionedStep>;
  /** Writes a step down; true when it stands. */
  readonly write: (request: CommissioningRequest) => Promise<boolean>;
}

/** Putting a bed into use: a list of checks whose results are kept at once, and the protocols of it. */
export function Commissioning(props: {
  readonly bed: BedState;
  readonly devices: readonly DeviceView[];
  readonly shown: Signal<ShownProtocol | undefined>;
}) {
  const page = usePage();
  const { commissioning } = page.format.value.words.pages.technician;
  const { bed, shown } = props;
  const path = `/api/beds/${encodeURIComponent(bed.bed)}/commissionings`;
  const { answer, ask } = usePoll(path, isCommissionings, POLL_MS);
  const trouble = useSignal<Trouble | undefined>(undefined);
  const list = answer.value?.ok === true ? answer.value.value.commissionings : [];
  const open = list.find(({ closed }) => closed === undefined);
  const steps = new Map(open?.steps.map((step) => [step.step, step]));

  const write: CheckProps["write"] = async (request) => {
    const done = await page.api.tell(`${path}/steps`, request);
    trouble.value = done.ok ? undefined : done.problem;
    ask();
    return done.ok;
  };
  async function close(note: string): Promise<void> {
    const done = await page.api.post(`${path}/close`, { note }, isClosed);
    trouble.value = done.ok ? undefined : done.problem;
    ask();
    if (done.ok) shown.value = { bed: bed.bed, label: bed.label, zone: bed.zone, id: done.value.id };
  }
  const check = { bed, devices: props.devices, steps, write };
  return (
    <section id="commissioning" class="card commissioning" aria-label={commissioning.title}>
      <h2>
        {commissioning.title}
        <span class="small"> {bed.label}</span>
      </h2>
      <p>{commissioning.hint}</p>
      <Begun open={open} zone={bed.zone} />
      {answer.value?.ok === false && <TroubleBox trouble={answer.value.problem} />}
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
      <WiringCheck {...check} />
      <ContactCheck {...check} />
      <CallCheck {...check} />
      <SounderCheck {...check} />
      <BatteryCheck {...check} />
      <ReceptionCheck {...check} />
      {open !== undefined && <Finish close={(note) => page.handOver(close(note))} />}
      <Protocols list={list} bed={bed} shown={shown} />
    </section>
  );
}

function Begun(props: { readonly open: CommissioningView | undefined; readonly zone: string }) {
  const format = usePage().format.value;
  const { commissioning } = format.words.pages.technician;
  return (
    <p class="small">
      {props.open === undefined
        ? commissioning.notBegun
        : fill(commissioning.begun, { time: format.dateTime(props.open.begunAt, props.zone) })}
    </p>
  );
}

const DRAWINGS = [
  ["wiring_contact", ContactDrawing, "contact", "contactText"],
  ["wiring_call", CallDrawing, "call", "callText"],
  ["wiring_oximeter", OximeterDrawing, "oximeter", "oximeterText"],
] as const;

/** The drawings, each to be compared with what is there. */
function WiringCheck(props: CheckProps) {
  const page = usePage();
  const { commissioning } = page.format.value.words.pages.technician;
  const { drawings } = commissioning;
  const write = (step: CommissioningStep, result: CommissioningRequest["result"]) =>
    page.handOver(props.write({ step, result, how: "person" }));
  return (
    <details class="check">
      <summary>{commissioning.wiring}</summary>
      {DRAWINGS.map(([step, Drawing, title, text]) => (
        <figure key={step} class="drawing">
          <Drawing label={drawings[title]} />
          <figcaption>
            <strong>{drawings[title]}</strong>
            <br />
            {drawings[text]}
          </figcaption>
          <StepLine step={step} done={props.steps.get(step)} zone={props.bed.zone} />
          <p class="buttons">
            <button type="button" onClick={() => write(step, "passed")}>
              {commissioning.asDrawn}
            </button>
            <button type="button" onClick={() => write(step, "failed")}>
              {commissioning.notAsDrawn}
            </button>
            <button type="button" onClick={() => write(step, "not_there")}>
              {commissioning.notThere}
            </button>
          </p>
        </figure>
      ))}
    </details>
  );
}

function Finish(props: { readonly close: (note: string) => void }) {
  const { commissioning } = usePage().format.value.words.pages.technician;
  const note = useSignal("");
  return (
    <div class="finish">
      <label>
        {commissioning.note}
        <input
          type="text"
          maxLength={500}
          value={note.value}
          onInput={(event) => {
            note.value = event.currentTarget.value;
          }}
        />
      </label>
      <button type="button" class="primary" onClick={() => props.close(note.value)}>
        {commissioning.finish}
      </button>
      <p class="small">{commissioning.finishHint}</p>
    </div>
  );
}

function Protocols(props: {
  readonly list: readonly CommissioningView[];
  readonly bed: BedState;
  readonly shown: Signal<ShownProtocol | undefined>;
}) {
  const format = usePage().format.value;
  const { commissioning } = format.words.pages.technician;
  const { list, bed, shown } = props;
  return (
    <section class="part" aria-label={commissioning.protocols}>
      <h3>{commissioning.protocols}</h3>
      {list.length === 0 && <p class="empty">{commissioning.noProtocols}</p>}
      <ul class="protocols">
        {list.map(({ id, begunAt, closed }) => (
          <li key={id}>
            <button
              type="button"
              aria-pressed={shown.value?.id === id}
              onClick={() => {
                const isShown = shown.value?.id === id;
                shown.value = isShown ? undefined : { bed: bed.bed, label: bed.label, zone: bed.zone, id };
              }}
            >
              {fill(commissioning.show, { time: format.dateTime(begunAt, bed.zone) })}
            </button>
            {closed === undefined && <span class="small"> {commissioning.open}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
