import { useSignal } from "@preact/signals";
import type { Shift } from "../../src/domain/duty.ts";
import { HOUR_MS } from "../../src/domain/time.ts";
import type { DutyResponse, HandoverRequest } from "../../src/server/contract/duty.ts";
import type { BedState } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import { type HeardDuty, isDuty, nameOf, whenOf, whoAmI } from "../shared/duty.tsx";
import { usePage } from "../shared/page.ts";

interface Parts {
  readonly bed: BedState;
  readonly duty: HeardDuty;
  readonly view: DutyResponse;
}

/** Ends that are offered of a time of duty: whole hours and its end. */
const ENDS_MAX = 24;

/** "Hand over my duty": which, to whom, until when. The other one has to accept it. */
export function GiveDuty({ bed, duty, view }: Parts) {
  const page = usePage();
  const format = page.format.value;
  const words = format.words.notes.duty;
  const me = whoAmI(page);
  const mine = view.shifts.filter(({ person }) => person === me);
  const chosen = useSignal(0);
  const to = useSignal<string | undefined>(undefined);
  const until = useSignal<number | undefined>(undefined);
  const shift = mine.find(({ from }) => from === chosen.value) ?? mine[0];
  if (shift === undefined) return null;
  const others = view.people.filter(({ id }) => id !== me);
  const receiver = others.find(({ id }) => id === to.value);
  const ends = endsOf(shift, view.at);
  const end = ends.find((each) => each === until.value) ?? ends.at(-1) ?? shift.until;
  const ask = (): void => {
    if (receiver === undefined) return;
    const later = shift.from > view.at ? { from: shift.from } : {};
    const body: HandoverRequest = { to: receiver.id, ...later, until: end };
    page.handOver(
      duty.change((agreement) => page.api.post(`${duty.path}/handovers${agreement}`, body, isDuty)),
    );
  };
  return (
    <details class="duty-give">
      <summary>{words.give}</summary>
      {others.length === 0 ? (
        <p>{words.fewPeople}</p>
      ) : (
        <div class="duty-form">
          <p class="small">{words.giveHint}</p>
          {mine.length > 1 && (
            <label class="field">
              {words.which}
              <select
                value={String(shift.from)}
                onChange={(event) => {
                  chosen.value = Number(event.currentTarget.value);
                }}
              >
                {mine.map((each) => (
                  <option key={each.from} value={String(each.from)}>
                    {`${whenOf(format, each.from, view, bed.zone)} – ${whenOf(format, each.until, view, bed.zone)}`}
                  </option>
                ))}
              </select>
            </label>
          )}
          <fieldset class="duty-people">
            <legend>{words.to}</legend>
            {others.map(({ id, name, unproven }) => (
              <button
                key={id}
                type="button"
                aria-pressed={to.value === id}
                onClick={() => {
                  to.value = id;
                }}
              >
                {name}
                {unproven === true && <span class="small"> {words.unproven}</span>}
              </button>
            ))}
          </fieldset>
          <Until {...{ bed, view, ends, end }} onChoose={(at) => (until.value = at)} />
          <button
            type="button"
            class="big primary"
            disabled={receiver === undefined || duty.busy.value}
            onClick={ask}
          >
            {fill(words.ask, { name: receiver === undefined ? "…" : receiver.name })}
          </button>
        </div>
      )}
    </details>
  );
}

/** "I am on duty now": taking needs nobody's yes but one's own. */
export function TakeDuty({ bed, duty, view }: Parts) {
  const page = usePage();
  const format = page.format.value;
  const words = format.words.notes.duty;
  const me = whoAmI(page);
  const until = useSignal<number | undefined>(undefined);
  if (me === undefined || view.on?.person === me) return null;
  const last = Math.max(view.tonight.to, view.at + HOUR_MS);
  const ends = endsOf(
    { person: me, from: view.tonight.from, until: view.tonight.to, by: "handover" },
    view.at,
  );
  const end = ends.find((each) => each === until.value) ?? last;
  const take = (): void => {
    const body: HandoverRequest = { to: me, until: end };
    page.handOver(
      duty.change((agreement) => page.api.post(`${duty.path}/handovers${agreement}`, body, isDuty)),
    );
  };
  return (
    <details class="duty-take">
      <summary>{words.take}</summary>
      <div class="duty-form">
        {view.on !== undefined && (
          <p class="small">
            {fill(words.now, {
              name: nameOf(format, view, view.on.person),
              time: whenOf(format, view.on.until, view, bed.zone),
            })}
          </p>
        )}
        <Until {...{ bed, view, ends, end }} onChoose={(at) => (until.value = at)} />
        <button type="button" class="big primary" disabled={duty.busy.value} onClick={take}>
          {words.takeNow}
        </button>
      </div>
    </details>
  );
}

function Until(props: {
  readonly bed: BedState;
  readonly view: DutyResponse;
  readonly ends: readonly number[];
  readonly end: number;
  readonly onChoose: (at: number) => void;
}) {
  const { bed, view, ends, end } = props;
  const format = usePage().format.value;
  return (
    <label class="field">
      {format.words.notes.duty.until}
      <select value={String(end)} onChange={(event) => props.onChoose(Number(event.currentTarget.value))}>
        {ends.map((each) => (
          <option key={each} value={String(each)}>
            {whenOf(format, each, view, bed.zone)}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Whole hours of the clock inside a shift, and its end, from now on. */
function endsOf({ from, until }: Shift, now: number): readonly number[] {
  const begin = Math.max(from, now);
  const hours: number[] = [];
  for (
    let at = Math.ceil((begin + 1) / HOUR_MS) * HOUR_MS;
    at < until && hours.length < ENDS_MAX;
    at += HOUR_MS
  ) {
    hours.push(at);
  }
  return [...hours, until];
}
