import { useEffect, useRef } from "preact/hooks";
import type { CommissioningStep } from "../../src/domain/commissioning.ts";
import type { DeviceView } from "../../src/server/contract/technician.ts";
import { usePage } from "../shared/page.ts";
import type { CheckProps } from "./commissioning.tsx";
import {
  CONTACT_STEPS,
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
  const write = (step: CommissioningStep, result: "failed" | "not_there") =>
    page.handOver(props.write({ step, result, how: "person" }));
  return (
    <details class="check" data-check="contact">
      <summary>{commissioning.contact}</summary>
      {contact === undefined ? (
        <p>{commissioning.contactNone}</p>
      ) : (
        <>
          <p>{commissioning.contactHow}</p>
          <p class="reading" data-reading={reading}>
            {commissioning.contactNow} <strong>{commissioning.readings[reading]}</strong>
          </p>
        </>
      )}
      {CONTACT_STEPS.map((step) => (
        <div key={step} class="step-row">
          <StepLine
            step={step}
            done={steps.get(step)}
            zone={bed.zone}
            {...(contact === undefined
              ? {}
              : { more: commissioning.contactStates[contactStateOf(step, wiring)] })}
          />
          {contact !== undefined && expectedReading(step, wiring) === undefined && (
            <p class="small">{commissioning.untellable}</p>
          )}
          {contact !== undefined && !steps.has(step) && expectedReading(step, wiring) !== undefined && (
            <p class="small">{commissioning.waitingFor}</p>
          )}
          <p class="buttons">
            {contact !== undefined && (
              <button type="button" onClick={() => write(step, "failed")}>
                {commissioning.failed}
              </button>
            )}
            <button type="button" onClick={() => write(step, "not_there")}>
              {commissioning.notThere}
            </button>
          </p>
        </div>
      ))}
    </details>
  );
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
