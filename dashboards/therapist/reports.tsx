import type { BedId } from "../../src/domain/ids.ts";
import { DutyLines, useDuty } from "../shared/duty.tsx";
import { usePage } from "../shared/page.ts";
import { Alsfrs } from "./alsfrs.tsx";
import { SymptomStrip } from "./symptoms.tsx";
import "./reports.css";

/** What people write down of a bed: scores, mornings, and who is on duty. */
export function Reports(props: { readonly bed: BedId; readonly zone: string }) {
  const { notes } = usePage().format.value.words;
  const duty = useDuty(props.bed);
  return (
    <>
      <SymptomStrip bed={props.bed} zone={props.zone} />
      <Alsfrs bed={props.bed} zone={props.zone} />
      <section class="card" aria-label={notes.duty.title}>
        <h2>{notes.duty.title}</h2>
        <DutyLines duty={duty} zone={props.zone} />
      </section>
    </>
  );
}
