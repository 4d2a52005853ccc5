import { type Signal, useSignal } from "@preact/signals";
import { HOUR_MS, localDate, MINUTE_MS, minuteOfDay, wall } from "../../src/domain/time.ts";
import type { BedState, FinishRequest, LeaveRequest, WatchRequest } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import { Dialog } from "../shared/dialog.tsx";
import { HoldButton } from "../shared/hold-button.tsx";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { leaveEnd } from "./leave-end.ts";
import { boxNow } from "./moments.tsx";
import { pathOf, useTelling } from "./tell.ts";
import type { Tonight } from "./tonight.ts";

const CHOICES = ["night", "hospital", "visit", "transfer", "death"] as const;

type Choice = (typeof CHOICES)[number];

/** Whether the watch of a bed has ended for good. */
export const isFinished = ({ alarms }: BedState): boolean =>
  alarms.watch.reason === "transfer" || alarms.watch.reason === "death";

/** Away, with an end. */
export const isAway = ({ alarms }: BedState): boolean =>
  alarms.watch.reason === "hospital" || alarms.watch.reason === "visit";

/** Every way out of the watch, from one button: first what happens then, then a long press. */
export function Leave(props: { readonly bed: BedState; readonly tonight: Tonight }) {
  const { bed } = props;
  const { leaving } = usePage().format.value.words;
  const step = useSignal<"choose" | Choice | undefined>(undefined);
  const close = () => {
    step.value = undefined;
  };
  return (
    <>
      <button
        type="button"
        class="quiet"
        onClick={() => {
          step.value = "choose";
        }}
      >
        {leaving.button}
      </button>
      {step.value === "choose" && <Choose bed={bed} step={step} onClose={close} />}
      {step.value !== undefined && step.value !== "choose" && (
        <Confirm bed={bed} tonight={props.tonight} choice={step.value} onClose={close} />
      )}
    </>
  );
}

function Choose(props: {
  readonly bed: BedState;
  readonly step: Signal<"choose" | Choice | undefined>;
  readonly onClose: () => void;
}) {
  const { leaving } = usePage().format.value.words;
  const choices = CHOICES.filter((each) => each !== "night" || props.bed.alarms.watch.on);
  return (
    <Dialog title={leaving.title} onClose={props.onClose}>
      <div class="choices">
        {choices.map((choice) => (
          <button
            key={choice}
            type="button"
            onClick={() => {
              props.step.value = choice;
            }}
          >
            {leaving.choices[choice].title}
            <span class="small">{leaving.choices[choice].more}</span>
          </button>
        ))}
      </div>
      <button type="button" class="big" onClick={props.onClose}>
        {leaving.notNow}
      </button>
    </Dialog>
  );
}

/** What happens, in a list, and the long press that does it. */
function Confirm(props: {
  readonly bed: BedState;
  readonly tonight: Tonight;
  readonly choice: Choice;
  readonly onClose: () => void;
}) {
  const { bed, tonight, choice, onClose } = props;
  const page = usePage();
  const format = page.format.value;
  const { leaving } = format.words;
  const { busy, trouble, tell } = useTelling();
  const now = wall(boxNow(page, bed.alarms.at));
  const until = useSignal(firstEnd(now, bed.zone));
  const end = leaveEnd(until.value, bed.zone);
  const hasEnd = choice === "hospital" || choice === "visit";
  async function leave(): Promise<void> {
    if (hasEnd && end === undefined) return;
    if (!(await tell(requestOf(choice, pathOf(bed), end ?? 0)))) return;
    tonight.end();
    onClose();
  }
  const time = end === undefined ? "" : format.dateTime(end, bed.zone);
  return (
    <Dialog
      title={hasEnd ? fill(leaving.confirm[choice].title, { time }) : leaving.confirm[choice].title}
      onClose={onClose}
    >
      {choice === "death" && <p>{leaving.confirm.death.text}</p>}
      {hasEnd && (
        <label>
          {leaving.until}
          <input
            type="datetime-local"
            name="until"
            value={until.value}
            min={localText(now, bed.zone)}
            onInput={(event) => {
              until.value = event.currentTarget.value;
            }}
          />
          <span class="small">{leaving.untilHint}</span>
        </label>
      )}
      <ul class="happens">
        {leaving.confirm[choice].happens.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} title={leaving.failed} />}
      <button type="button" class="big primary" onClick={onClose}>
        {leaving.notNow}
      </button>
      {busy.value ? (
        <p>{leaving.sending}</p>
      ) : (
        <HoldButton
          label={leaving.choices[choice].title}
          hint={leaving.hold}
          onHeld={() => page.handOver(leave())}
        />
      )}
    </Dialog>
  );
}

function requestOf(
  choice: Choice,
  path: string,
  until: number,
): { readonly path: string; readonly body: WatchRequest | LeaveRequest | FinishRequest } {
  switch (choice) {
    case "night":
      return { path: `${path}/watch`, body: { on: false } };
    case "hospital":
    case "visit":
      return { path: `${path}/leave`, body: { reason: choice, until } };
    case "transfer":
    case "death":
      return { path: `${path}/finish`, body: { reason: choice } };
  }
}

/** Noon of the next day: long enough that nobody is woken tomorrow morning, short enough not to be forgotten. */
function firstEnd(now: ReturnType<typeof wall>, zone: string): string {
  const day = localDate(wall(now + 24 * HOUR_MS), zone);
  return `${day}T12:00`;
}

function localText(at: ReturnType<typeof wall>, zone: string): string {
  const minute = minuteOfDay(at, zone);
  const two = (part: number) => String(Math.floor(part)).padStart(2, "0");
  return `${localDate(at, zone)}T${two((minute * MINUTE_MS) / HOUR_MS)}:${two(minute % 60)}`;
}

/** The watch has been left for a time: until when, and by whom. Nothing here is loud. */
export function AwayLine(props: { readonly bed: BedState }) {
  const format = usePage().format.value;
  const { leaving } = format.words;
  const { reason, until, by } = props.bed.alarms.watch;
  if ((reason !== "hospital" && reason !== "visit") || until === undefined) return null;
  return (
    <p class="away">
      <strong>{fill(leaving.state[reason], { time: format.dateTime(until, props.bed.zone) })}</strong>{" "}
      {by !== undefined && <span class="small">{fill(leaving.state.by, { name: by.name })}</span>}
    </p>
  );
}

/** All that the page shows once a watch has ended for good. */
export function Finished(props: { readonly bed: BedState; readonly tonight: Tonight }) {
  const { bed } = props;
  const page = usePage();
  const format = page.format.value;
  const { leaving } = format.words;
  const { watch } = bed.alarms;
  page.everySecond();
  if (watch.reason !== "transfer" && watch.reason !== "death") return null;
  const canUndo = watch.until !== undefined && boxNow(page, bed.alarms.at) < watch.until;
  return (
    <section class="card finished">
      <h2>{leaving.state[watch.reason]}</h2>
      <p>
        {leaving.state.silent}{" "}
        {watch.by !== undefined && (
          <span class="small">{fill(leaving.state.by, { name: watch.by.name })}</span>
        )}
      </p>
      {watch.asks === true && <p>{leaving.back.endedText}</p>}
      {watch.until !== undefined && canUndo && (
        <Undo bed={bed} until={format.dateTime(watch.until, bed.zone)} />
      )}
      {!canUndo && (
        <button type="button" class="quiet" onClick={() => props.tonight.begin(pathOf(bed))}>
          {leaving.back.start}
        </button>
      )}
    </section>
  );
}

function Undo(props: { readonly bed: BedState; readonly until: string }) {
  const page = usePage();
  const { leaving } = page.format.value.words;
  const asking = useSignal(false);
  const { busy, trouble, tell } = useTelling();
  const close = () => {
    asking.value = false;
  };
  return (
    <>
      <button
        type="button"
        class="quiet"
        onClick={() => {
          asking.value = true;
        }}
      >
        {leaving.undo.button}
        <span class="small">{fill(leaving.undo.until, { time: props.until })}</span>
      </button>
      {asking.value && (
        <Dialog title={leaving.undo.title} onClose={close}>
          <p>{leaving.undo.text}</p>
          {trouble.value !== undefined && <TroubleBox trouble={trouble.value} title={leaving.failed} />}
          <div class="buttons">
            <button type="button" class="big primary" onClick={close}>
              {leaving.notNow}
            </button>
            <button
              type="button"
              class="big"
              disabled={busy.value}
              onClick={() => page.handOver(tell({ path: `${pathOf(props.bed)}/finish/undo` }))}
            >
              {leaving.undo.button}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}

/** Signals have come back while everybody is away: does a person start the watch again? */
export function Back(props: { readonly bed: BedState; readonly tonight: Tonight }) {
  const { bed, tonight } = props;
  const page = usePage();
  const format = page.format.value;
  const { leaving } = format.words;
  const { busy, trouble, tell } = useTelling();
  const { watch, open, at } = bed.alarms;
  const asking = open.find(({ condition }) => condition === "WATCH_REARM");
  if (watch.asks !== true || !isAway(bed) || asking?.acknowledgement !== undefined) return null;
  return (
    <section class="card back">
      <h2>{leaving.back.title}</h2>
      <p>{fill(leaving.back.text, { time: format.time(asking?.raisedAt ?? at, bed.zone) })}</p>
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
      <div class="buttons">
        <button type="button" class="big primary" onClick={() => tonight.begin(pathOf(bed))}>
          {leaving.back.start}
        </button>
        {asking !== undefined && (
          <button
            type="button"
            class="big"
            disabled={busy.value}
            onClick={() => {
              const path = `${pathOf(bed)}/occurrences/${encodeURIComponent(asking.id)}/acknowledge`;
              page.handOver(tell({ path, body: { place: "going" } }));
            }}
          >
            {leaving.back.later}
          </button>
        )}
      </div>
    </section>
  );
}
