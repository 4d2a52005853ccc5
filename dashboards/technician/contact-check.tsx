import { useEffect, useRef } from "preact/hooks";
import type { DeviceView } from "../../src/server/contract/technician.ts";
import { usePage } from "../shared/page.ts";
import type { CheckProps } from "./commissioning.tsx";
import {
  CONTACT_STEPS,
  type ContactStep,
  ContactWatch,
  contactReading,
  contactStateOf,
  expectedReading,
  type Wiring,
} from "./contact-watch.ts";
import { StepLine } from "./step-line.tsx";

/** Ticks each state of the alarm contact when the box has really seen it change into it. */
export function ContactCheck(props: CheckProps) {
  const page = usePage();
  const { commissioning } = page.format.value.words.pages.technician;
  const { bed, steps } = props;
  const watch = useRef(new ContactWatch());
  const contact = props.devices.find(({ signals }) => signals.includes("remote_alarm"));
  const wiring = wiringOf(contact);
  const since = page.sinceHeardMs();
  const reading = since === undefined ? "nothing" : contactReading(bed.signals.remote_alarm, since);
  useEffect(() => {
    const done = new Set(CONTACT_STEPS.filter((step) => steps.get(step)?.result === "passed"));
    const step = watch.current.see(reading, wiring, done);
    if (step !== undefined) page.handOver(props.write({ step, result: "passed", how: "seen" }));
  }, [reading]);
  page.everySecond();
  return (
    <details class="check" data-check="contact">
      <summary>{commissioning.contact}</summary>
      {contact === undefined ? (
        <>
          <p>{commissioning.contactNone}</p>
          {CONTACT_STEPS.map((step) => (
            <StepLine key={step} step={step} done={steps.get(step)} zone={bed.zone} />
          ))}
          <p class="buttons">
            <button type="button" onClick={() => page.handOver(writeNone(props.write))}>
              {commissioning.notThere}
            </button>
          </p>
        </>
      ) : (
        <>
          <p>{commissioning.contactHow}</p>
          <p class="reading" data-reading={reading}>
            {commissioning.contactNow} <strong>{commissioning.readings[reading]}</strong>
          </p>
          {CONTACT_STEPS.map((step) => (
            <ContactState key={step} {...props} step={step} wiring={wiring} />
          ))}
        </>
      )}
    </details>
  );
}

/** One state, ticked by the box; a person can only say that it does not come, or that there is none. */
function ContactState(props: CheckProps & { readonly step: ContactStep; readonly wiring: Wiring }) {
  const page = usePage();
  const { commissioning } = page.format.value.words.pages.technician;
  const { step, steps, wiring } = props;
  const canBeSeen = expectedReading(step, wiring) !== undefined;
  const state = commissioning.contactStates[contactStateOf(step, wiring)];
  return (
    <div class="step-row">
      <StepLine step={step} done={steps.get(step)} zone={props.bed.zone} more={state} />
      {!canBeSeen && <p class="small">{commissioning.untellable}</p>}
      {canBeSeen && !steps.has(step) && <p class="small">{commissioning.waitingFor}</p>}
      <p class="buttons">
        {(["failed", "not_there"] as const).map((result) => (
          <button
            key={result}
            type="button"
            onClick={() => page.handOver(props.write({ step, result, how: "person" }))}
          >
            {result === "failed" ? commissioning.failed : commissioning.notThere}
          </button>
        ))}
      </p>
    </div>
  );
}

/** All steps of a contact that the bed does not have, one after the other. */
async function writeNone(write: CheckProps["write"]): Promise<void> {
  for (const step of ["wiring_contact", ...CONTACT_STEPS] as const) {
    if (!(await write({ step, result: "not_there", how: "person" }))) return;
  }
}

function wiringOf(contact: DeviceView | undefined): Wiring {
  const wiring = contact?.options["wiring"];
  return wiring === "no" || wiring === "both" ? wiring : "nc";
}

/** Ticked when the press of the switch has become a call at this bed. */
export function CallCheck(props: CheckProps) {
  const page = usePage();
  const { commissioning } = page.format.value.words.pages.technician;
  const { bed, steps } = props;
  const call = bed.alarms.open.find(
    ({ condition, values }) => condition === "PATIENT_CALL" && values["how"] === "switch",
  );
  const first = useRef(true);
  useEffect(() => {
    // A call that was open before anybody looked is no press of now.
    const isNew = !first.current;
    first.current = false;
    if (call === undefined || !isNew || steps.get("call_pressed")?.result === "passed") return;
    page.handOver(props.write({ step: "call_pressed", result: "passed", how: "seen" }));
  }, [call?.id]);
  const hasSwitch = props.devices.some(({ role }) => role === "call");
  return (
    <details class="check" data-check="call">
      <summary>{commissioning.call}</summary>
      <p>{hasSwitch ? commissioning.callHow : commissioning.callNone}</p>
      <StepLine step="call_pressed" done={steps.get("call_pressed")} zone={bed.zone} />
      <p class="buttons">
        {(["failed", "not_there"] as const).map((result) => (
          <button
            key={result}
            type="button"
            onClick={() => page.handOver(props.write({ step: "call_pressed", result, how: "person" }))}
          >
            {result === "failed" ? commissioning.failed : commissioning.notThere}
          </button>
        ))}
      </p>
    </details>
  );
}
