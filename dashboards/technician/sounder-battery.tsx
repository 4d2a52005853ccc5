import { useSignal } from "@preact/signals";
import { MINUTE_MS, SECOND_MS } from "../../src/domain/time.ts";
import type { AcknowledgeRequest, BedState, CallRequest, DrillRequest } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import type { Trouble } from "../shared/api.ts";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { boxNow } from "./box-now.ts";
import type { CheckProps } from "./commissioning.tsx";
import { StepLine } from "./step-line.tsx";

const DRILL_MS = 2 * MINUTE_MS;
/** Older says nothing about now. */
const FRESH_MS = 10 * SECOND_MS;

/** Rings for real, and asks whether it was heard where somebody sleeps. */
export function SounderCheck(props: CheckProps) {
  const page = usePage();
  const { commissioning } = page.format.value.words.pages.technician;
  const { bed, steps } = props;
  const trouble = useSignal<Trouble | undefined>(undefined);
  const { sounder } = bed.readiness;
  const call = bed.alarms.open.find(({ condition }) => condition === "PATIENT_CALL");
  // A simulated call that nobody drills stays on the screens.
  const isRinging = call !== undefined && (!call.simulated || call.drill);
  const at = `/api/beds/${encodeURIComponent(bed.bed)}`;
  const who = page.who.value;
  const isOwner = who.kind === "known" && who.me.person?.role === "owner";

  /** A simulated bed reaches the sounder inside a drill only; the call is what rings. */
  async function ring(): Promise<void> {
    const drill: DrillRequest = { forMs: DRILL_MS };
    const request: CallRequest = { how: "touch", kind: "come" };
    const begun = bed.simulated ? await page.api.tell(`${at}/drill`, drill) : undefined;
    const needsCall = begun?.ok !== false && call === undefined;
    const rung = needsCall ? await page.api.tell(`${at}/call`, request) : begun;
    trouble.value = rung?.ok === false ? rung.problem : undefined;
  }
  async function answer(occurrence: string): Promise<void> {
    const request: AcknowledgeRequest = { place: "bedside" };
    const path = `${at}/occurrences/${encodeURIComponent(occurrence)}/acknowledge`;
    const done = await page.api.tell(path, request);
    trouble.value = done.ok ? undefined : done.problem;
  }
  const write = (result: "passed" | "failed") =>
    page.handOver(props.write({ step: "sounder_heard", result, how: "person" }));
  return (
    <details class="check" data-check="sounder">
      <summary>{commissioning.sounder}</summary>
      <p>{commissioning.soundHow}</p>
      <p class={sounder.ok ? "small" : "problem"}>
        {sounder.ok ? commissioning.soundReady : fill(commissioning.soundMissing, { detail: sounder.detail })}
      </p>
      <p class="buttons">
        <button type="button" disabled={isRinging} onClick={() => page.handOver(ring())}>
          {commissioning.ringNow}
        </button>
        {isRinging && <strong>{commissioning.rings}</strong>}
        {isRinging && isOwner && (
          <button type="button" onClick={() => page.handOver(answer(call.id))}>
            {commissioning.stopRinging}
          </button>
        )}
        {isRinging && !isOwner && <span class="small">{commissioning.stopElsewhere}</span>}
      </p>
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
      <StepLine step="sounder_heard" done={steps.get("sounder_heard")} zone={bed.zone} />
      <p class="buttons">
        <button type="button" onClick={() => write("passed")}>
          {commissioning.heard}
        </button>
        <button type="button" onClick={() => write("failed")}>
          {commissioning.notHeard}
        </button>
      </p>
    </details>
  );
}

/** A stop watch from the pulled plug on; it runs in the protocol, so that closing this page does not stop it. */
export function BatteryCheck(props: CheckProps) {
  const page = usePage();
  const format = page.format.value;
  const { commissioning } = format.words.pages.technician;
  const { bed, steps } = props;
  const minutes = useSignal(Number.NaN);
  const begun = steps.get("battery_begun");
  const ended = steps.get("battery_minutes");
  const isRunning = begun !== undefined && (ended === undefined || ended.at < begun.at);
  page.everySecond();
  const elapsedMs = begun === undefined ? 0 : Math.max(0, boxNow(page) - begun.at);
  const how = onBattery(bed, page.sinceHeardMs()) ? "seen" : "person";

  const begin = () => page.handOver(props.write({ step: "battery_begun", result: "passed", how }));
  const end = (value: number, witness: "seen" | "person") =>
    page.handOver(
      props.write({
        ...{ step: "battery_minutes", result: "passed", how: witness },
        value: Math.round(value * 10) / 10,
      }),
    );
  return (
    <details class="check" data-check="battery">
      <summary>{commissioning.battery}</summary>
      <p>{commissioning.batteryHow}</p>
      <BatteryReadings bed={bed} />
      <StepLine step="battery_begun" done={begun} zone={bed.zone} />
      {isRunning ? (
        <>
          <p class="stopwatch">
            {fill(commissioning.batteryRuns, {
              age: format.age(elapsedMs),
              time: format.time(begun.at, bed.zone, true),
            })}
          </p>
          <p class="buttons">
            <button type="button" class="primary" onClick={() => end(elapsedMs / MINUTE_MS, how)}>
              {commissioning.batteryStop}
            </button>
          </p>
        </>
      ) : (
        <p class="buttons">
          <button type="button" onClick={begin}>
            {begun === undefined ? commissioning.batteryPulled : commissioning.again}
          </button>
        </p>
      )}
      <StepLine step="battery_minutes" done={ended} zone={bed.zone} />
      <div class="toolbar">
        <label class="field">
          {commissioning.batteryByHand}
          <input
            type="number"
            inputMode="decimal"
            min={0}
            max={6_000}
            value={Number.isNaN(minutes.value) ? "" : minutes.value}
            onInput={(event) => {
              minutes.value = event.currentTarget.valueAsNumber;
            }}
          />
        </label>
        <button type="button" disabled={!(minutes.value >= 0)} onClick={() => end(minutes.value, "person")}>
          {commissioning.enter}
        </button>
      </div>
    </details>
  );
}

/** The box itself receives that there is no mains. */
function onBattery({ signals: { mains } }: BedState, sinceMs: number | undefined): boolean {
  if (mains === undefined || sinceMs === undefined) return false;
  return mains.sample === 0 && mains.ageMs + sinceMs <= FRESH_MS;
}

function BatteryReadings(props: { readonly bed: BedState }) {
  const page = usePage();
  const format = page.format.value;
  const { terms, pages } = format.words;
  const { signals } = props.bed;
  const seen = (["mains", "battery_percent", "battery_minutes"] as const).flatMap((signal) => {
    const live = signals[signal];
    if (live === undefined || live.ageMs > FRESH_MS || typeof live.sample !== "number") return [];
    return [`${terms.signals[signal]}: ${format.measured(signal, live.sample)}`];
  });
  if (seen.length === 0) return null;
  return (
    <p class="reading">
      {pages.technician.commissioning.batterySees} <strong>{seen.join(" · ")}</strong>
    </p>
  );
}
