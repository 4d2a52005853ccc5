import { useSignal } from "@preact/signals";
import type { BedId } from "../../src/domain/ids.ts";
import { usePage } from "../shared/page.ts";
import { startPage } from "../shared/start-page.tsx";
import { Limits } from "./limits.tsx";
import { Nights } from "./nights.tsx";
import { Reports } from "./reports.tsx";
import "./therapist.css";

const PARTS = ["nights", "limits", "reports"] as const;
type Part = (typeof PARTS)[number];

function Therapist() {
  const page = usePage();
  const chosen = useSignal<BedId | undefined>(undefined);
  const part = useSignal<Part>(PARTS.find((each) => location.hash === `#${each}`) ?? "nights");
  const beds = page.heard.value?.beds ?? [];
  const bed = beds.find((each) => each.bed === chosen.value) ?? beds[0];
  const { words } = page.format.value;
  const { common, therapist } = words.pages;
  const show = (next: Part): void => {
    part.value = next;
    history.replaceState(null, "", next === "nights" ? location.pathname : `#${next}`);
  };
  if (bed === undefined) return page.phase.value === "lost" ? null : <p class="waiting">{common.waiting}</p>;
  return (
    <>
      {beds.length > 1 && (
        <label class="field">
          {common.bed}
          <select
            value={bed.bed}
            onChange={(event) => {
              chosen.value = event.currentTarget.value;
            }}
          >
            {beds.map((each) => (
              <option key={each.bed} value={each.bed}>
                {each.label}
              </option>
            ))}
          </select>
        </label>
      )}
      <fieldset class="parts">
        <legend class="visually-hidden">{common.navLabel}</legend>
        <button type="button" aria-pressed={part.value === "nights"} onClick={() => show("nights")}>
          {therapist.title}
        </button>
        <button type="button" aria-pressed={part.value === "limits"} onClick={() => show("limits")}>
          {words.limits.title}
        </button>
        <button type="button" aria-pressed={part.value === "reports"} onClick={() => show("reports")}>
          {words.notes.alsfrs.part}
        </button>
      </fieldset>
      {part.value === "nights" && <Nights key={bed.bed} bed={bed.bed} />}
      {part.value === "limits" && <Limits key={bed.bed} bed={bed.bed} zone={bed.zone} />}
      {part.value === "reports" && <Reports key={bed.bed} bed={bed.bed} zone={bed.zone} />}
    </>
  );
}

startPage({ name: "therapist", app: Therapist, rings: false });
