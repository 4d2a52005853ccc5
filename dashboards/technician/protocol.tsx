import { useEffect } from "preact/hooks";
import { COMMISSIONING_STEPS } from "../../src/domain/commissioning.ts";
import { isSignalId } from "../../src/domain/signal.ts";
import { SECOND_MS } from "../../src/domain/time.ts";
import type { CommissioningsResponse, CommissioningView } from "../../src/server/contract/technician.ts";
import { fill } from "../../src/words/template.ts";
import { hasKeys } from "../shared/api.ts";
import { type Format, lookUp } from "../shared/format.ts";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { usePoll } from "./poll.ts";
import { RESULT_ICONS, stepResult } from "./step-line.tsx";

/** Which protocol is looked at. */
export interface ShownProtocol {
  readonly bed: string;
  readonly label: string;
  readonly zone: string;
  readonly id: string;
}

const isCommissionings = hasKeys<CommissioningsResponse>("commissionings");
const POLL_MS = 10 * SECOND_MS;

/** One protocol as it is printed: a page of A4, black on white on every screen. */
export function Protocol(props: { readonly shown: ShownProtocol }) {
  const page = usePage();
  const { commissioning } = page.format.value.words.pages.technician;
  const { shown } = props;
  const path = `/api/beds/${encodeURIComponent(shown.bed)}/commissionings`;
  const { answer } = usePoll(path, isCommissionings, POLL_MS);
  const list = answer.value?.ok === true ? answer.value.value.commissionings : [];
  const found = list.find(({ id }) => id === shown.id);
  // While a protocol is shown, it is what this page prints.
  useEffect(() => {
    document.body.classList.add("prints-protocol");
    return () => document.body.classList.remove("prints-protocol");
  }, []);
  return (
    <section class="protocol-place" aria-label={commissioning.protocolTitle}>
      {answer.value?.ok === false && <TroubleBox trouble={answer.value.problem} />}
      {found !== undefined && (
        <>
          <p class="buttons no-print">
            <button type="button" class="primary" onClick={() => window.print()}>
              {commissioning.print}
            </button>
          </p>
          <Sheet protocol={found} shown={shown} />
        </>
      )}
    </section>
  );
}

function Sheet(props: { readonly protocol: CommissioningView; readonly shown: ShownProtocol }) {
  const page = usePage();
  const format = page.format.value;
  const { terms, pages } = format.words;
  const { commissioning } = pages.technician;
  const { protocol, shown } = props;
  const { closed } = protocol;
  const when = (at: number) => format.dateTime(at, shown.zone);
  const who = page.who.value;
  const home = who.kind === "known" ? who.me : undefined;
  return (
    <article class="protocol" data-protocol={protocol.id}>
      <h2>{commissioning.protocolTitle}</h2>
      {closed?.about.simulated === true && <p class="sheet-mark">{pages.common.simulated}</p>}
      <p class="sheet-line">
        <strong>{closed?.about.label ?? shown.label}</strong> · {terms.product} {home?.home} ·{" "}
        {fill(commissioning.begun, { time: when(protocol.begunAt) })}
      </p>
      <p class="sheet-line">
        {closed === undefined ? (
          <strong>{commissioning.open}</strong>
        ) : (
          fill(commissioning.closedBy, { time: when(closed.at), name: closed.by })
        )}
      </p>
      <Steps protocol={protocol} zone={shown.zone} />
      {closed !== undefined && <Then closed={closed} format={format} />}
      <p class="sheet-primary">{commissioning.primary}</p>
      <p class="signature">{commissioning.signature}</p>
      <p class="sheet-small">
        {fill(commissioning.printedFrom, {
          what: terms.product,
          value: closed?.about.version ?? home?.version ?? "",
        })}{" "}
        · {protocol.id}
      </p>
    </article>
  );
}

/** All steps, also those that nobody did. */
function Steps(props: { readonly protocol: CommissioningView; readonly zone: string }) {
  const format = usePage().format.value;
  const { commissioning } = format.words.pages.technician;
  const done = new Map(props.protocol.steps.map((step) => [step.step, step]));
  return (
    <table class="sheet-table">
      <thead>
        <tr>
          <th scope="col">{commissioning.step}</th>
          <th scope="col">{commissioning.result}</th>
          <th scope="col">{commissioning.how}</th>
          <th scope="col">{commissioning.when}</th>
          <th scope="col">{commissioning.who}</th>
        </tr>
      </thead>
      <tbody>
        {COMMISSIONING_STEPS.map((name) => {
          const step = done.get(name);
          const remarks = [step?.note, ...sawWords(step?.saw ?? "", format)]
            .filter((part) => part !== undefined)
            .join(" · ");
          return (
            <tr key={name} data-step={name}>
              <th scope="row">
                {commissioning.steps[name]}
                {remarks !== "" && <span class="sheet-small">{remarks}</span>}
              </th>
              <td>
                {step === undefined ? (
                  commissioning.notDone
                ) : (
                  <>
                    {RESULT_ICONS[step.result]} {stepResult(step, format)}
                  </>
                )}
              </td>
              <td>{step === undefined ? "" : commissioning.witness[step.how]}</td>
              <td>{step === undefined ? "" : format.dateTime(step.at, props.zone)}</td>
              <td>{step?.by ?? ""}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** What the box saw, where that was a signal: "signal value" in the reader's words. */
function sawWords(saw: string, format: Format): readonly string[] {
  const { terms, pages } = format.words;
  return saw.split(", ").flatMap((part) => {
    const [name = "", value = ""] = part.split(" ");
    if (!isSignalId(name)) return [];
    const words = lookUp(terms.absences, value) ?? format.measured(name, Number(value));
    return [fill(pages.technician.named, { what: terms.signals[name], value: words })];
  });
}

/** The bed as it was when the protocol was closed. */
function Then(props: { readonly closed: NonNullable<CommissioningView["closed"]>; readonly format: Format }) {
  const { closed, format } = props;
  const { terms, pages } = format.words;
  const { technician } = pages;
  const { commissioning } = technician;
  return (
    <>
      {closed.note !== "" && (
        <p class="sheet-line">
          <strong>{commissioning.remarks}:</strong> {closed.note}
        </p>
      )}
      <p class="sheet-line">
        <strong>{commissioning.sounderThen}:</strong>{" "}
        {closed.about.sounder ? commissioning.sounderThere : commissioning.sounderNotThere}
      </p>
      <h3>{commissioning.devicesThen}</h3>
      <ul class="sheet-devices">
        {closed.about.devices.map((device) => (
          <li key={device.device}>
            <strong>{device.label}</strong> · {lookUp(terms.deviceRoles, device.role) ?? device.role} ·{" "}
            {device.family} · {lookUp(terms.links, device.link) ?? device.link} · {technician.evidence}:{" "}
            {technician.evidences[device.evidence]}
            <span class="sheet-small">{device.address}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
