import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { MorningSummary } from "../../src/domain/morning.ts";
import { MINUTE_MS, minuteOfDay, SECOND_MS, wall } from "../../src/domain/time.ts";
import type { SummaryResponse } from "../../src/server/contract/morning.ts";
import type { BedState } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import { type Answer, hasKeys } from "../shared/api.ts";
import { whoAmI } from "../shared/duty.tsx";
import type { Format } from "../shared/format.ts";
import { usePage } from "../shared/page.ts";
import { nightName, reportNights } from "../shared/reports.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { LimitThought } from "./limit-thought.tsx";
import { NightStrip } from "./night-strip.tsx";
import { pathOf } from "./tell.ts";
import "./last-night.css";

export const isSummary = hasKeys<SummaryResponse>("night", "watched", "alarms", "counts", "troubles");

/** Minutes since local midnight in which the card is there; open up to the first of `open`. */
const SHOWN = { from: 5 * 60, open: 14 * 60, to: 18 * 60 } as const;

/** The night that was, in plain words by fixed rules; owner, caregivers and therapists. */
export function LastNight(props: { readonly bed: BedState }) {
  const { bed } = props;
  const page = usePage();
  const format = page.format.value;
  const { morning } = format.words;
  const who = page.who.value;
  const role = who.kind === "known" ? who.me.person?.role : undefined;
  const maySee = role === "owner" || role === "caregiver" || role === "therapist";
  const now = page.heard.value?.serverAt ?? 0;
  const minute = minuteOfDay(wall(now), bed.zone);
  const isMorning = maySee && minute >= SHOWN.from && minute < SHOWN.to;
  const [night] = reportNights(now, bed.zone, 1);
  const heard = useSignal<Answer<MorningSummary> | undefined>(undefined);
  const path = `${pathOf(bed)}/nights/${night ?? ""}/summary`;
  const ask = (): void =>
    page.handOver(
      page.api.get(path, isSummary).then((answer) => {
        heard.value = answer;
      }),
    );
  // Once more when the watch ends: the night is whole only then.
  useEffect(() => {
    if (isMorning) ask();
  }, [path, isMorning, bed.alarms.watch.on]);
  // A hub hears of it from the box, which may still be on its way.
  const isUntold = heard.value?.ok === true && heard.value.value.people === undefined;
  useEffect(() => {
    if (!isMorning || !isUntold) return undefined;
    return page.clock.every(MINUTE_MS, () => {
      if (document.visibilityState === "visible") ask();
    });
  }, [path, isMorning, isUntold]);
  if (!isMorning || night === undefined || page.phase.value === "lost" || heard.value === undefined)
    return null;
  if (!heard.value.ok) {
    // Nights are kept elsewhere: there is nothing to say here.
    const { problem } = heard.value;
    if (problem.kind === "refused" && problem.problem.code === "NOT_FOUND") return null;
    return <TroubleBox trouble={problem} title={morning.title} />;
  }
  const summary = heard.value.value;
  const me = whoAmI(page);
  return (
    <section class="card last-night" aria-label={morning.title}>
      <details open={minute < SHOWN.open}>
        <summary>
          <span class="plan-title">
            {morning.title}
            <span class="small">{nightName(format, summary.night)}</span>
          </span>
        </summary>
        <Summary summary={summary} {...(me === undefined ? {} : { me })} />
        <LimitThought bed={bed} />
      </details>
    </section>
  );
}

/** A summary as it is read; `me`: whose own wakings come first. */
export function Summary(props: { readonly summary: MorningSummary; readonly me?: string }) {
  const { summary, me } = props;
  const format = usePage().format.value;
  const { morning, pages } = format.words;
  if (summary.watched.seconds === 0) return <p class="empty">{morning.noWatch}</p>;
  return (
    <div class="night-summary">
      {summary.simulated && (
        <p class="mark mark-simulated">
          <strong>{pages.common.simulated}</strong>
        </p>
      )}
      <Verdict summary={summary} />
      <p data-test="watched">
        {watchedWords(summary, format)}
        <span class="small detail">
          {fill(morning.hours, {
            from: format.time(summary.from, summary.zone),
            until: format.time(summary.to, summary.zone),
          })}
        </span>
      </p>
      <NightStrip summary={summary} />
      <Rang summary={summary} />
      <Woken summary={summary} {...(me === undefined ? {} : { me })} />
      <Unseen summary={summary} />
      <p class="small">{morning.limits}</p>
    </div>
  );
}

function Verdict(props: { readonly summary: MorningSummary }) {
  const { summary } = props;
  const format = usePage().format.value;
  const { morning } = format.words;
  if (summary.troubles.length === 0) {
    return (
      <p class="night-good" data-test="verdict">
        <span aria-hidden="true">✓ </span>
        {morning.good}
      </p>
    );
  }
  return (
    <div class="night-not" data-test="verdict">
      <strong>{morning.notGood}</strong>
      <ul>
        {summary.troubles.map((trouble) => (
          <li key={trouble}>
            {trouble === "watched_little"
              ? fill(morning.troubles.watched_little, { value: percentOf(summary, format) })
              : trouble === "high_alarm"
                ? fill(morning.troubles.high_alarm, { list: rangList(summary, format, true) })
                : morning.troubles[trouble]}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Rounded down: 89.9 % is not 90 %. */
const percentOf = ({ watched: { seen, seconds } }: MorningSummary, format: Format): string =>
  format.number(Math.floor((100 * seen) / Math.max(1, seconds)), 0);

const watchedWords = (summary: MorningSummary, format: Format): string =>
  fill(format.words.morning.watched, {
    age: format.age(summary.watched.seen * SECOND_MS),
    sum: format.age(summary.watched.seconds * SECOND_MS),
    value: percentOf(summary, format),
  });

/** What rang, each alarm once with its count; `high`: the urgent ones alone. */
function rangList({ alarms }: MorningSummary, format: Format, high: boolean): string {
  const counts = new Map<string, number>();
  for (const { condition, priority } of alarms) {
    if (priority === "low" || (high && priority !== "high")) continue;
    counts.set(condition, (counts.get(condition) ?? 0) + 1);
  }
  const parts = [...counts].map(([condition, count]) => {
    const title = format.conditionTitle(condition);
    return count === 1 ? title : fill(format.words.morning.times, { title, count: format.count(count) });
  });
  return format.list(parts);
}

function Rang(props: { readonly summary: MorningSummary }) {
  const { summary } = props;
  const format = usePage().format.value;
  const { morning } = format.words;
  const { counts, answered, alarms } = summary;
  const ringing = counts.medium + counts.high;
  if (ringing === 0) {
    return summary.troubles.includes("unknown_call") ? null : <p data-test="rang">{morning.quiet}</p>;
  }
  const { medianS, slowestS } = answered;
  const age = format.age((medianS ?? 0) * SECOND_MS);
  const unanswered = alarms.filter(
    ({ priority, answeredAt, endedAt }) =>
      priority !== "low" && answeredAt === undefined && endedAt !== undefined,
  ).length;
  return (
    <p data-test="rang">
      {fill(morning.rang, { list: rangList(summary, format, false) })}
      {medianS !== undefined && slowestS !== undefined && (
        <span class="small detail">
          {answered.count === 1
            ? fill(morning.answered, { age })
            : fill(morning.answeredMost, { age, after: format.age(slowestS * SECOND_MS) })}
        </span>
      )}
      {unanswered > 0 && (
        <span class="small detail">{fill(morning.unanswered, { count: format.count(unanswered) })}</span>
      )}
    </p>
  );
}

/** Everybody whom alarms may call, oneself first. */
function Woken(props: { readonly summary: MorningSummary; readonly me?: string }) {
  const { summary, me } = props;
  const format = usePage().format.value;
  const { woken } = format.words.morning;
  const { people, zone } = summary;
  if (people === undefined) return <p class="small">{woken.untold}</p>;
  const ordered = [
    ...people.filter(({ person }) => person === me),
    ...people.filter(({ person }) => person !== me),
  ];
  return (
    <div class="night-woken">
      <h2>{woken.title}</h2>
      <ul>
        {ordered.map(({ person, name, wakings }) => {
          const what = wakings.length === 0 ? woken.never : fill(woken.count, { count: wakings.length });
          return (
            <li key={person} data-person={person}>
              {person === me ? fill(woken.you, { what }) : fill(woken.other, { name, what })}
              {wakings.length > 0 && (
                <span class="small detail">
                  {format.list(
                    wakings.map(({ at, conditions }) =>
                      fill(woken.line, {
                        time: format.time(at, zone),
                        what:
                          conditions.length === 0
                            ? woken.unknown
                            : conditions.map((id) => format.conditionTitle(id)).join(" + "),
                      }),
                    ),
                  )}
                </span>
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function Unseen(props: { readonly summary: MorningSummary }) {
  const { blind, watched, zone } = props.summary;
  const format = usePage().format.value;
  const { unseen } = format.words.morning;
  const lines = [
    ...watched.gaps.map(({ from, to }) =>
      fill(unseen.gap, { from: format.time(from, zone), until: format.time(to, zone) }),
    ),
    ...blind.map(({ condition, count, seconds }) =>
      fill(unseen.line, {
        title: format.conditionTitle(condition),
        ...{ count: format.count(count), age: format.age(seconds * SECOND_MS) },
      }),
    ),
  ];
  return (
    <div class="night-unseen">
      <h2>{unseen.title}</h2>
      {lines.length === 0 ? (
        <p>{unseen.nothing}</p>
      ) : (
        <ul>
          {lines.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
