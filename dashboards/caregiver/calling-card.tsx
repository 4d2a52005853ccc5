import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { PlannedCall } from "../../src/domain/calling.ts";
import { MINUTE_MS, SECOND_MS } from "../../src/domain/time.ts";
import type { CalledPhone, CallingResponse } from "../../src/server/contract/calling.ts";
import type { BedState } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import type { Trouble } from "../shared/api.ts";
import type { HeardDuty } from "../shared/duty.tsx";
import { type Format, lookUp } from "../shared/format.ts";
import { usePage } from "../shared/page.ts";
import { minuteOf, timeOf } from "../shared/time-field.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { CallingForm } from "./calling-form.tsx";
import { isCalling } from "./calling-heard.ts";
import "./calling.css";

type Kind = "high" | "medium";

/** When it matters most: everybody sleeps. */
const TWO_AT_NIGHT = 120;

/** Who is called when, as a picture: a line for each phone that begins when it is called for the first time. */
export function CallingCard(props: { readonly bed: BedState; readonly duty: HeardDuty }) {
  const { bed, duty } = props;
  const page = usePage();
  const format = page.format.value;
  const words = format.words.notes.calling;
  const view = useSignal<CallingResponse | undefined>(undefined);
  const trouble = useSignal<Trouble | undefined>(undefined);
  const kind = useSignal<Kind>("high");
  const minute = useSignal(TWO_AT_NIGHT);
  const path = `/api/beds/${encodeURIComponent(bed.bed)}/calling`;
  const load = async (): Promise<void> => {
    const asked = minute.value;
    const answer = await page.api.get(`${path}?minute=${asked}`, isCalling);
    if (asked !== minute.value) return;
    view.value = answer.ok ? answer.value : undefined;
    trouble.value = answer.ok ? undefined : answer.problem;
  };
  // Who is on duty, and which phones there are, decides what is shown.
  const { on, version } = duty.view.value ?? {};
  const phones = bed.readiness?.targets.map(({ id, dead }) => `${id} ${dead === undefined}`).join(" ");
  useEffect(() => page.handOver(load()), [path, minute.value, on?.person, version, phones]);
  if (page.phase.value === "lost") return null;
  const known = view.value;
  const who = page.who.value;
  const role = who.kind === "known" ? who.me.person?.role : undefined;
  const mayChange = role === "owner" || role === "caregiver";
  return (
    <section class="card calling" aria-label={words.title}>
      <h2>{words.title}</h2>
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
      {known === undefined && trouble.value === undefined && (
        <p class="small">{format.words.notes.loading}</p>
      )}
      {known !== undefined && known.phones.length === 0 && <Alone view={known} />}
      {known !== undefined && known.phones.length > 0 && (
        <>
          <fieldset class="calling-kind">
            <legend class="small">
              {words.lead}{" "}
              <input
                type="time"
                aria-label={words.time}
                value={timeOf(minute.value)}
                onChange={(event) => (minute.value = minuteOf(event.currentTarget.value) ?? minute.value)}
              />
            </legend>
            {(["high", "medium"] as const).map((each) => (
              <button
                key={each}
                type="button"
                aria-pressed={kind.value === each}
                class={kind.value === each ? "primary" : ""}
                onClick={() => (kind.value = each)}
              >
                {words[each]}
              </button>
            ))}
          </fieldset>
          <Lanes view={known} kind={kind.value} />
        </>
      )}
      {known !== undefined && mayChange && known.ledBy === undefined && (
        <CallingForm view={known} path={path} onSaved={() => page.handOver(load())} />
      )}
    </section>
  );
}

/** Nobody can be called: the sounder rings, and after the same time as elsewhere it is said that nobody has answered. */
function Alone({ view: { exhaustedMs } }: { readonly view: CallingResponse }) {
  const format = usePage().format.value;
  const words = format.words.notes.calling;
  const spanMs = exhaustedMs * 1.25;
  return (
    <>
      <p>{words.noPhones}</p>
      <ul class="calling-lanes" data-test="calling-plan">
        <Lane name={words.house} when={words.atOnce} at={0} spanMs={spanMs} />
        <Lane
          name={words.nobodyAnswered}
          when={fill(words.after, { time: spanOf(exhaustedMs, format) })}
          at={exhaustedMs}
          spanMs={spanMs}
        />
      </ul>
      <p class="small">{fill(words.exhaustedAlone, { time: spanOf(exhaustedMs, format) })}</p>
    </>
  );
}

/** A phone is called this long after the alarm began; absent: never for this. */
function beginsAt(plan: readonly PlannedCall[], phone: string): number | undefined {
  return plan.find(({ first }) => first.includes(phone))?.afterMs;
}

function Lanes({ view, kind }: { readonly view: CallingResponse; readonly kind: Kind }) {
  const format = usePage().format.value;
  const words = format.words.notes.calling;
  const plan = view.plans[kind];
  // To a little after the end, so that the last line is seen as a line.
  const spanMs = Math.max(plan.at(-1)?.afterMs ?? 0, kind === "high" ? view.exhaustedMs : 0) * 1.1;
  const clock = (afterMs: number) => format.time(view.at + afterMs, view.zone, afterMs % MINUTE_MS !== 0);
  const rows = view.phones
    .map((phone) => ({ phone, at: beginsAt(plan, phone.id) }))
    .toSorted((a, b) => (a.at ?? Infinity) - (b.at ?? Infinity));
  const people = view.phones.filter(({ rings }) => rings !== "machine");
  return (
    <>
      <ul class="calling-lanes" data-test="calling-plan">
        <Lane name={words.house} when={clock(0)} at={0} spanMs={spanMs} />
        {rows.map(({ phone, at }) => (
          <Lane
            key={phone.id}
            name={nameOf(phone, view, format)}
            phone={phone}
            when={at === undefined ? words.never : clock(at)}
            spanMs={spanMs}
            {...(at === undefined ? {} : { at })}
          />
        ))}
        {kind === "high" && (
          <Lane
            name={words.everything}
            when={clock(view.exhaustedMs)}
            at={view.exhaustedMs}
            spanMs={spanMs}
          />
        )}
      </ul>
      {!people.some(({ proven }) => proven) && <p>{words.unprovenHint}</p>}
      <p class="small">{fill(words.again, { time: spanOf(view.againMs[kind], format) })}</p>
    </>
  );
}

function Lane(props: {
  readonly name: string;
  readonly when: string;
  /** Ms after the alarm began; absent: never. */
  readonly at?: number;
  readonly spanMs: number;
  readonly phone?: CalledPhone;
}) {
  const { name, when, at, spanMs, phone } = props;
  const format = usePage().format.value;
  const words = format.words.notes.calling;
  return (
    <li data-called={phone?.id} class={phone !== undefined && !phone.proven ? "calling-doubt" : ""}>
      <span class="calling-who">
        {phone !== undefined && phone.rings !== "machine" && (
          <>
            <span aria-hidden="true">{phone.proven ? "✓ " : "? "}</span>
            <span class="visually-hidden">{phone.proven ? words.proven : words.unproven} </span>
          </>
        )}
        {name}
      </span>
      <span class="calling-when">{when}</span>
      {phone !== undefined && <span class="calling-by small">{wayOf(phone, format)}</span>}
      <span class="calling-track" aria-hidden="true">
        {at !== undefined && <span class="calling-bar" style={{ left: `${(100 * at) / spanMs}%` }} />}
      </span>
    </li>
  );
}

function nameOf({ person, label }: CalledPhone, { people }: CallingResponse, format: Format): string {
  const name = people.find(({ id }) => id === person)?.name ?? format.words.notes.duty.somebody;
  return label === "" || label === name ? name : `${name} · ${label}`;
}

/** `Bark, through silence`, `Twilio, as a call`. */
function wayOf({ channel, way, rings, wakes }: CalledPhone, { words, language }: Format): string {
  const { calling } = words.notes;
  const name = way?.[language] ?? lookUp(words.phones.otherWays, channel) ?? channel;
  if (rings === "call") return `${name} · ${calling.call}`;
  return rings === "message" && wakes ? `${name} · ${calling.through}` : name;
}

/** `30 s`, `4 min`. */
export function spanOf(ms: number, format: Format): string {
  const { seconds, minutes } = format.words.notes.calling;
  return ms < 2 * MINUTE_MS && ms % MINUTE_MS !== 0
    ? fill(seconds, { count: Math.round(ms / SECOND_MS) })
    : fill(minutes, { count: Math.round((ms / MINUTE_MS) * 10) / 10 });
}
