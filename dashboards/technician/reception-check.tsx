import { useSignal } from "@preact/signals";
import { SECOND_MS } from "../../src/domain/time.ts";
import type { DeviceView, ReceptionResponse } from "../../src/server/contract/technician.ts";
import { fill } from "../../src/words/template.ts";
import { hasKeys, type Trouble } from "../shared/api.ts";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { boxNow } from "./box-now.ts";
import type { CheckProps } from "./commissioning.tsx";
import { type AskedNight, GOOD_PERCENT, nightWindow, sharesOf, usualNight, worstShare } from "./reception.ts";
import { StepLine } from "./step-line.tsx";

const isReception = hasKeys<ReceptionResponse>("seconds", "devices");

/** How much of a night arrived: counted by the box, written down with its worst gap. */
export function ReceptionCheck(props: CheckProps) {
  const page = usePage();
  const format = page.format.value;
  const { commissioning } = format.words.pages.technician;
  const { bed, steps } = props;
  const chosen = useSignal<AskedNight | undefined>(undefined);
  const asked = chosen.value ?? usualNight(bed.zone, boxNow(page));
  const counted = useSignal<ReceptionResponse | undefined>(undefined);
  const trouble = useSignal<Trouble | undefined>(undefined);
  const window = nightWindow(asked, bed.zone);
  const isPast = window !== undefined && window.to <= boxNow(page);

  async function count(from: number, to: number): Promise<void> {
    const path = `/api/beds/${encodeURIComponent(bed.bed)}/reception?from=${from}&to=${to}`;
    const answer = await page.api.get(path, isReception);
    trouble.value = answer.ok ? undefined : answer.problem;
    counted.value = answer.ok ? answer.value : undefined;
  }
  const change = (part: Partial<AskedNight>) => {
    chosen.value = { ...asked, ...part };
    counted.value = undefined;
  };
  const lines =
    counted.value === undefined
      ? []
      : sharesOf(counted.value).map(({ device, percent, longestGapS }) =>
          fill(commissioning.receptionShare, {
            what: labelOf(props.devices, device),
            value: format.number(percent, 1),
            age: format.age(longestGapS * SECOND_MS),
          }),
        );
  const worst = counted.value === undefined ? undefined : worstShare(counted.value);
  return (
    <details class="check" data-check="reception">
      <summary>{commissioning.reception}</summary>
      <p>{fill(commissioning.receptionHow, { value: GOOD_PERCENT })}</p>
      <div class="toolbar">
        <label class="field">
          {commissioning.night}
          <input
            type="date"
            value={asked.date}
            onInput={(event) => change({ date: event.currentTarget.value })}
          />
        </label>
        <label class="field">
          {commissioning.receptionFrom}
          <input
            type="time"
            value={asked.from}
            onInput={(event) => change({ from: event.currentTarget.value })}
          />
        </label>
        <label class="field">
          {commissioning.receptionTo}
          <input
            type="time"
            value={asked.to}
            onInput={(event) => change({ to: event.currentTarget.value })}
          />
        </label>
        <button
          type="button"
          disabled={!isPast}
          onClick={() => {
            if (window !== undefined) page.handOver(count(window.from, window.to));
          }}
        >
          {commissioning.count}
        </button>
      </div>
      {window !== undefined && !isPast && <p class="small">{commissioning.receptionLater}</p>}
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
      {counted.value !== undefined && worst === undefined && <p>{commissioning.receptionNone}</p>}
      {lines.map((line) => (
        <p key={line} class="reading">
          {line}
        </p>
      ))}
      {worst !== undefined && (
        <p class="buttons">
          <button
            type="button"
            class="primary"
            onClick={() =>
              page.handOver(
                props.write({
                  ...{ step: "reception", result: worst >= GOOD_PERCENT ? "passed" : "failed", how: "seen" },
                  ...{ value: worst, note: lines.join(" · ").slice(0, 200) },
                }),
              )
            }
          >
            {commissioning.receptionTake}
          </button>
        </p>
      )}
      <StepLine step="reception" done={steps.get("reception")} zone={bed.zone} />
    </details>
  );
}

const labelOf = (devices: readonly DeviceView[], id: string): string =>
  devices.find(({ device }) => device === id)?.label ?? id;
