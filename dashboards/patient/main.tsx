import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo } from "preact/hooks";
import type { Occurrence, PatientCall } from "../../src/domain/alarm.ts";
import { minuteOfDay } from "../../src/domain/time.ts";
import type { BedState } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import { listen, usePage } from "../shared/page.ts";
import { startPage } from "../shared/start-page.tsx";
import { WakeLock } from "../shared/wake-lock.ts";
import { AllRightButton } from "./all-right.tsx";
import { Caller } from "./caller.ts";
import { DwellButton } from "./dwell-button.tsx";
import { Message, WatchWords } from "./message.tsx";
import { keyName, PatientSettings, SettingsDialog } from "./settings.tsx";
import "./patient.css";

const WISHES = ["breathing", "mask", "suction", "turn", "pain", "toilet"] as const;
const NIGHT_FROM_MINUTE = 21 * 60;
const NIGHT_TO_MINUTE = 7 * 60;

function Patient() {
  const page = usePage();
  const beds = page.heard.value?.beds ?? [];
  const settings = useMemo(() => new PatientSettings(page.preferences), [page]);
  const bed = beds.find((each) => each.bed === settings.bed.value) ?? beds[0];
  const { patient } = page.format.value.words.pages;
  if (bed?.alarms.watch.reason === "death" && page.phase.value !== "lost") return <WatchWords bed={bed} />;
  if (bed !== undefined) return <CallDesk key={bed.bed} bed={bed} beds={beds} settings={settings} />;
  return (
    <p class="call-message message-bad">{page.phase.value === "lost" ? patient.broken : patient.waiting}</p>
  );
}

function CallDesk(props: {
  readonly bed: BedState;
  readonly beds: readonly BedState[];
  readonly settings: PatientSettings;
}) {
  const page = usePage();
  const { bed, settings } = props;
  const settingsOpen = useSignal(false);
  const caller = useMemo(() => {
    const path = `/api/beds/${encodeURIComponent(bed.bed)}/call`;
    return new Caller(page.clock, async (call) => (await page.api.tell(path, call)).ok);
  }, [page, bed.bed]);
  const open = openCall(bed);
  const state = caller.state.value;
  const { patient } = page.format.value.words.pages;

  useEffect(() => () => caller.stop(), [caller]);
  useEffect(() => (open === undefined ? undefined : () => caller.answered()), [open?.id]);
  useEffect(() => keepAwake(page), []);
  // With the page itself, not a frame later: a call must not fall between two listeners.
  useLayoutEffect(
    () =>
      listen(window, "keydown", (event) => {
        if (bed.alarms.watch.reason !== "transfer") onKey(event, settings, settingsOpen.value, caller);
      }),
    [caller, settingsOpen.value, bed.alarms.watch.reason],
  );

  const call = (how: PatientCall["how"], kind: PatientCall["kind"]) => {
    page.sound.tick();
    // Nobody would be called: the page says so already, and must not seem to try.
    if (bed.alarms.watch.reason === "transfer") return;
    caller.call({ how, kind });
  };
  const active = open !== undefined || state.kind === "sending" || state.kind === "sent";
  page.everySecond();
  const night = isNight(minuteOfDay(page.clock.wall(), bed.zone));
  const calm = !active && !settingsOpen.value && page.phase.value === "live";
  const dim = settings.dim.value && night && calm;
  return (
    <div class={dim ? "call-desk dim" : "call-desk"} data-state={state.kind}>
      <Message bed={bed} open={open} caller={caller} silent={!wouldRing(bed)} />
      <WatchWords bed={bed} />
      <DwellButton
        class="call-button"
        settings={settings}
        onChosen={(how) => call(how, "come")}
        hint={fill(patient.hint, {
          list: page.format.value.choice(settings.keys.value.map((key) => keyName(key, patient.keySpace))),
        })}
      >
        {patient.call}
      </DwellButton>
      {state.kind === "held" && (
        <DwellButton class="cancel-button" settings={settings} onChosen={() => caller.cancel()}>
          {page.format.value.words.pages.common.cancel}
        </DwellButton>
      )}
      <AllRightButton bed={bed} settings={settings} />
      {active && <Wishes settings={settings} caller={caller} open={open} onChosen={call} />}
      <button
        type="button"
        class="quiet"
        onClick={() => {
          settingsOpen.value = true;
        }}
      >
        {patient.settings}
      </button>
      {settingsOpen.value && (
        <SettingsDialog
          settings={settings}
          beds={props.beds}
          onClose={() => {
            settingsOpen.value = false;
            // A switch must find the call under its key again, not the settings.
            document.querySelector<HTMLElement>(".call-button")?.focus();
          }}
        />
      )}
    </div>
  );
}

/** What is needed: asked only after the call has gone out. */
function Wishes(props: {
  readonly settings: PatientSettings;
  readonly caller: Caller;
  readonly open: Occurrence | undefined;
  readonly onChosen: (how: PatientCall["how"], kind: PatientCall["kind"]) => void;
}) {
  const { words } = usePage().format.value;
  const state = props.caller.state.value;
  const wish = state.kind === "sent" ? state.call.kind : props.open?.values["kind"];
  return (
    <section class="wishes" aria-label={words.pages.patient.need}>
      <h2>{words.pages.patient.need}</h2>
      <div class="wish-grid">
        {WISHES.map((kind) => (
          <DwellButton
            key={kind}
            class={wish === kind ? "wish wish-chosen" : "wish"}
            settings={props.settings}
            pressed={wish === kind}
            onChosen={(how) => props.onChosen(how, kind)}
          >
            {wish === kind && <span aria-hidden="true">✓ </span>}
            {words.terms.callKinds[kind]}
          </DwellButton>
        ))}
      </div>
    </section>
  );
}

/** Whether a sounder or some phone would ring; the caregivers' open pages are not counted on. */
const wouldRing = ({ readiness }: BedState): boolean =>
  readiness.sounder.ok || readiness.targets.some((target) => target.dead === undefined);

const openCall = (bed: BedState): Occurrence | undefined =>
  bed.alarms.open.find((each) => each.condition === "PATIENT_CALL");

const isNight = (minute: number): boolean => minute >= NIGHT_FROM_MINUTE || minute < NIGHT_TO_MINUTE;

/** Any configured key calls, unless somebody moves about the page with the keyboard. */
function onKey(event: Event, settings: PatientSettings, settingsOpen: boolean, caller: Caller): void {
  if (!(event instanceof KeyboardEvent) || settingsOpen || event.ctrlKey || event.altKey || event.metaKey)
    return;
  if (event.key === "Escape") {
    caller.cancel();
    return;
  }
  if (!settings.keys.value.includes(event.code)) return;
  const focused = document.activeElement;
  const elsewhere = focused?.matches("a, button, input, select, summary") === true;
  if (elsewhere && focused.matches(":focus-visible") && !focused.matches(".call-button")) return;
  event.preventDefault();
  if (!event.repeat) caller.call({ how: "key", kind: "come" });
}

/** The call page must not go dark; and the first touch brings the confirming tick. */
function keepAwake(page: ReturnType<typeof usePage>): () => void {
  const lock = new WakeLock();
  const hold = () => {
    page.handOver(lock.hold());
    page.handOver(page.sound.revive());
  };
  page.handOver(lock.hold());
  const stop = listen(document, "pointerdown", hold);
  return () => {
    stop();
    lock.release();
  };
}

startPage({ name: "patient", app: Patient, rings: false, ownLossWords: true });
