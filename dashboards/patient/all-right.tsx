import { useSignal } from "@preact/signals";
import type { Occurrence } from "../../src/domain/alarm.ts";
import { allRightOf } from "../../src/domain/all-right.ts";
import { splitBed } from "../../src/domain/ids.ts";
import type { BedState } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import { type Page, usePage } from "../shared/page.ts";
import { DwellButton } from "./dwell-button.tsx";
import type { PatientSettings } from "./settings.tsx";

/** Only asks whether to start the watch: no alarm to the patient. */
const ASKS_TO_START = "WATCH_REARM";

/**
 * While something is open: the patient tells the others "I am all right". It is sent once and never tried again by
 * itself, since a late one would be about something else; the call beside it is as it was.
 */
export function AllRightButton(props: { readonly bed: BedState; readonly settings: PatientSettings }) {
  const { bed, settings } = props;
  const page = usePage();
  const state = useSignal<"idle" | "sending" | "failed">("idle");
  const open = bed.alarms.open.filter(({ condition }) => condition !== ASKS_TO_START);
  const [newest] = open.toSorted((a, b) => b.raisedAt - a.raisedAt);
  if (newest === undefined || page.phase.value !== "live" || !isPatient(page, bed)) return null;
  const tell = async ({ id }: Occurrence): Promise<void> => {
    if (state.value === "sending") return;
    state.value = "sending";
    const path = `/api/beds/${encodeURIComponent(bed.bed)}/occurrences/${encodeURIComponent(id)}/all-right`;
    const answer = await page.api.tell(path, {});
    state.value = answer.ok ? "idle" : "failed";
  };
  const { patient } = page.format.value.words.pages;
  const said = allRightOf(open);
  const isSaid = said !== undefined && said.before !== true;
  return (
    <DwellButton
      class={isSaid ? "all-right-button all-right-said" : "all-right-button"}
      settings={settings}
      pressed={isSaid}
      hint={hintOf(page, bed, state.value, isSaid ? said.at : undefined)}
      onChosen={() => {
        page.sound.tick();
        page.handOver(tell(newest));
      }}
    >
      {isSaid && <span aria-hidden="true">✓ </span>}
      {patient.allRight}
    </DwellButton>
  );
}

function hintOf(
  page: Page,
  bed: BedState,
  state: "idle" | "sending" | "failed",
  saidAt: number | undefined,
): string {
  const format = page.format.value;
  const { patient, caregiver } = format.words.pages;
  if (state === "sending") return caregiver.sending;
  if (state === "failed") return patient.allRightFailed;
  if (saidAt === undefined) return patient.allRightHint;
  return fill(patient.allRightSaid, { time: format.time(saidAt, bed.zone) });
}

/** Nobody answers in the patient's place: for others, who may look at this page, the button is not there. */
function isPatient(page: Page, { bed }: BedState): boolean {
  const who = page.who.value;
  if (who.kind !== "known") return false;
  const { me } = who;
  const home = splitBed(bed)?.home ?? me.home;
  const here = me.homes?.filter((one) => one.home === home) ?? [];
  return me.homes === undefined ? me.person?.role === "patient" : here.some(({ role }) => role === "patient");
}
