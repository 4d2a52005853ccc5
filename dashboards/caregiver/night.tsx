import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { MINUTE_MS } from "../../src/domain/time.ts";
import type { BedState, DrillRequest } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import { Dialog } from "../shared/dialog.tsx";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { isAway, Leave } from "./leaving.tsx";
import { pathOf, useTelling } from "./tell.ts";
import type { Tonight } from "./tonight.ts";
import { TonightCard } from "./tonight-card.tsx";

const DRILL_MS = 2 * MINUTE_MS;

/** "Start the night" while nobody watches, and what it achieved on this phone. */
export function StartNight(props: { readonly bed: BedState; readonly tonight: Tonight }) {
  const page = usePage();
  const { bed, tonight } = props;
  const { caregiver } = page.format.value.words.pages;
  const busy = tonight.watch.value === "busy";
  // Where signals have come back, the question itself starts the watch.
  const isAsked = bed.alarms.watch.asks === true;
  return (
    <>
      {offersStart(bed, tonight) && !isAsked && page.phase.value !== "lost" && (
        <button
          type="button"
          class={isAway(bed) ? "big" : "big primary"}
          disabled={busy}
          onClick={() => tonight.begin(pathOf(bed))}
        >
          {busy ? caregiver.starting : caregiver.startNight}
        </button>
      )}
      <TonightCard bed={bed} tonight={tonight} />
    </>
  );
}

/** The ways out of the watch, and the test of the alarm, which asks again. */
export function EndNight(props: { readonly bed: BedState; readonly tonight: Tonight }) {
  const page = usePage();
  const { bed, tonight } = props;
  const { caregiver, common } = page.format.value.words.pages;
  const { trouble, tell } = useTelling();
  const asking = useSignal(false);
  const close = () => {
    asking.value = false;
  };
  const request: DrillRequest = { forMs: DRILL_MS };
  return (
    <section class="night">
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
      <DrillButton bed={bed} asking={asking} />
      <Leave bed={bed} tonight={tonight} />
      {asking.value && (
        <Dialog title={caregiver.drillTitle} onClose={close}>
          <p>{caregiver.drillText}</p>
          <div class="buttons">
            <button type="button" class="big primary" onClick={close}>
              {common.cancel}
            </button>
            <button
              type="button"
              class="big"
              onClick={() => {
                close();
                page.handOver(tell({ path: `${pathOf(bed)}/drill`, body: request }));
              }}
            >
              {caregiver.drillStart}
            </button>
          </div>
        </Dialog>
      )}
    </section>
  );
}

/** Also while the schedule or the machines keep the watch: this phone has yet to be made ready for the night. */
export const offersStart = (bed: BedState, tonight: Tonight): boolean =>
  !bed.alarms.watch.on || (bed.alarms.watch.reason !== "person" && !tonight.prepared.value);

/** A page that is watched by must be heard: while a watch runs and this page is silent, it says so in full width. */
export function SilentPage(props: { readonly tonight: Tonight; readonly watching: boolean }) {
  const page = usePage();
  const { caregiver } = page.format.value.words.pages;
  // A tap or a key anywhere brings the sound back to a phone whose owner had heard it before.
  useEffect(() => props.tonight.reviveSoundOnTouch(), []);
  if (!props.watching || page.sound.state.value === "ready") return null;
  return (
    <button type="button" class="silent" onClick={() => props.tonight.prepare()}>
      <span aria-hidden="true">🔇 </span>
      {page.sound.state.value === "blocked" ? caregiver.soundBlocked : caregiver.soundOff}
    </button>
  );
}

function DrillButton(props: { readonly bed: BedState; readonly asking: Signal<boolean> }) {
  const format = usePage().format.value;
  const { caregiver } = format.words.pages;
  const { drillUntil } = props.bed.alarms;
  if (drillUntil !== undefined) {
    return (
      <p class="mark mark-drill">
        {fill(caregiver.drillRunning, { time: format.time(drillUntil, props.bed.zone, true) })}
      </p>
    );
  }
  return (
    <button
      type="button"
      class="quiet"
      onClick={() => {
        props.asking.value = true;
      }}
    >
      {caregiver.drill}
    </button>
  );
}
