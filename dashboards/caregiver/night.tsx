import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { MINUTE_MS } from "../../src/domain/time.ts";
import type { BedState, DrillRequest, WatchRequest } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import type { Trouble } from "../shared/api.ts";
import { Dialog } from "../shared/dialog.tsx";
import { HoldButton } from "../shared/hold-button.tsx";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import type { Tonight } from "./tonight.ts";
import { TonightCard } from "./tonight-card.tsx";

const DRILL_MS = 2 * MINUTE_MS;

/** "Start the night" while nobody watches, and what it achieved on this phone. */
export function StartNight(props: { readonly bed: BedState; readonly tonight: Tonight }) {
  const page = usePage();
  const { bed, tonight } = props;
  const { caregiver } = page.format.value.words.pages;
  const busy = tonight.watch.value === "busy";
  return (
    <>
      {offersStart(bed, tonight) && page.phase.value !== "lost" && (
        <button type="button" class="big primary" disabled={busy} onClick={() => tonight.begin(pathOf(bed))}>
          {busy ? caregiver.starting : caregiver.startNight}
        </button>
      )}
      <TonightCard bed={bed} tonight={tonight} />
    </>
  );
}

/** Ending the night, and the test of the alarm: both ask again. */
export function EndNight(props: { readonly bed: BedState; readonly tonight: Tonight }) {
  const page = usePage();
  const { bed, tonight } = props;
  const { caregiver, common } = page.format.value.words.pages;
  const trouble = useSignal<Trouble | undefined>(undefined);
  const asking = useSignal<"end" | "drill" | undefined>(undefined);

  async function send(path: string, request: WatchRequest | DrillRequest): Promise<boolean> {
    asking.value = undefined;
    const answer = await page.api.tell(`${pathOf(bed)}${path}`, request);
    trouble.value = answer.ok ? undefined : answer.problem;
    return answer.ok;
  }
  async function end(): Promise<void> {
    if (await send("/watch", { on: false })) tonight.end();
  }

  return (
    <section class="night">
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
      <DrillButton bed={bed} asking={asking} />
      {bed.alarms.watch.on && (
        <HoldButton
          label={caregiver.endNight}
          hint={caregiver.endHold}
          onHeld={() => {
            asking.value = "end";
          }}
        />
      )}
      {asking.value === "end" && (
        <Question
          title={caregiver.endTitle}
          text={caregiver.endText}
          yes={caregiver.endNight}
          no={caregiver.keepWatching}
          asking={asking}
          onYes={() => page.handOver(end())}
        />
      )}
      {asking.value === "drill" && (
        <Question
          title={caregiver.drillTitle}
          text={caregiver.drillText}
          yes={caregiver.drillStart}
          no={common.cancel}
          asking={asking}
          onYes={() => page.handOver(send("/drill", { forMs: DRILL_MS }))}
        />
      )}
    </section>
  );
}

/** Also while the schedule or the machines keep the watch: this phone has yet to be made ready for the night. */
export const offersStart = (bed: BedState, tonight: Tonight): boolean =>
  !bed.alarms.watch.on || (bed.alarms.watch.reason !== "person" && !tonight.prepared.value);

const pathOf = (bed: BedState): string => `/api/beds/${encodeURIComponent(bed.bed)}`;

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

function DrillButton(props: {
  readonly bed: BedState;
  readonly asking: Signal<"end" | "drill" | undefined>;
}) {
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
        props.asking.value = "drill";
      }}
    >
      {caregiver.drill}
    </button>
  );
}

function Question(props: {
  readonly title: string;
  readonly text: string;
  readonly yes: string;
  readonly no: string;
  readonly asking: Signal<"end" | "drill" | undefined>;
  readonly onYes: () => void;
}) {
  const close = () => {
    props.asking.value = undefined;
  };
  return (
    <Dialog title={props.title} onClose={close}>
      <p>{props.text}</p>
      <div class="buttons">
        <button type="button" class="big primary" onClick={close}>
          {props.no}
        </button>
        <button type="button" class="big" onClick={props.onYes}>
          {props.yes}
        </button>
      </div>
    </Dialog>
  );
}
