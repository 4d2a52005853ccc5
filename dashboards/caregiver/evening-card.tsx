import { useSignal } from "@preact/signals";
import type { CheckKind } from "../../src/domain/evening.ts";
import { type Protection, protectionOf } from "../../src/domain/protection.ts";
import { DAY_MS, HOUR_MS, wall } from "../../src/domain/time.ts";
import type { DutyResponse } from "../../src/server/contract/duty.ts";
import type { EveningResponse } from "../../src/server/contract/evening.ts";
import { protectionLine } from "../../src/words/protection-line.ts";
import { fill } from "../../src/words/template.ts";
import type { Format } from "../shared/format.ts";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import type { HeardEvening } from "./evening.ts";
import { PillowTrial, provenAt } from "./evening-pillow.tsx";
import { CheckProgress } from "./evening-progress.tsx";
import { EveningSettingsForm } from "./evening-settings.tsx";
import "./evening.css";

interface Parts {
  readonly evening: HeardEvening;
  readonly zone: string;
  /** Who is on call; undefined where nobody has planned it, or it is not known. */
  readonly duty: DutyResponse | undefined;
}

/** Whoever is on call begins that soon, where nobody is yet. */
const TONIGHT_MS = 12 * HOUR_MS;
/** A proof of another day needs more than a time of day. */
const WEEK_MS = 6 * DAY_MS;

/** At the top of the bed in the evening: tonight's check has not been done. */
export function EveningReminder(props: { readonly evening: HeardEvening }) {
  const { evening } = props;
  const page = usePage();
  const words = page.format.value.words.evening;
  const view = evening.view.value;
  const isAsked =
    view?.isDue === true && canBegin(view) && view.running === undefined && view.phones.length > 0;
  if (page.phase.value === "lost" || !isAsked) return null;
  return (
    <p class="evening-due" data-test="evening-due">
      {words.due}{" "}
      <button
        type="button"
        onClick={() => {
          page.handOver(evening.begin({ kind: "quiet" }));
          document.querySelector("[data-evening]")?.scrollIntoView({ block: "center" });
        }}
      >
        {words.start}
      </button>
    </p>
  );
}

/** One big button, each phone as it answers, and what tonight rests on, in one line. */
export function EveningCard(props: Parts) {
  const { evening, zone } = props;
  const page = usePage();
  const format = page.format.value;
  const words = format.words.evening;
  const view = evening.view.value;
  const trouble = evening.trouble.value;
  if (page.phase.value === "lost" || view === undefined) return null;
  const { running, latest, last } = view;
  const protection = protectionIn(view, props.duty);
  const begin = (kind: CheckKind, sounder = false): void =>
    page.handOver(evening.begin({ kind, ...(sounder ? { sounder } : {}) }));
  const overdue = [...new Set(view.phones.filter(isLoudDue).map(({ person }) => person))];
  const newest = running ?? (latest?.some === true ? undefined : latest);
  const shown = newest?.kind === "pillow" ? undefined : newest;
  return (
    <section class="card evening" aria-label={words.title} data-evening="card">
      <h2>{words.title}</h2>
      <AwayLine view={view} zone={zone} />
      {view.box?.heardAt === undefined && isAway(view) ? null : (
        <p
          class={isAway(view) ? undefined : `evening-line evening-${protection.level}`}
          data-test="protection"
          aria-live="polite"
        >
          {lineOf(protection, view, zone, format)}
        </p>
      )}
      {isAway(view) ? null : view.isHere ? (
        <p class="buttons">
          {running === undefined ? (
            <button
              type="button"
              class="primary evening-start"
              aria-disabled={evening.busy.value || view.phones.length === 0}
              onClick={() => {
                if (view.phones.length > 0) begin("quiet");
              }}
            >
              {words.start}
            </button>
          ) : (
            <>
              <span class="evening-running">{words.running}…</span>
              <button type="button" onClick={() => page.handOver(evening.stop())}>
                {words.stop}
              </button>
            </>
          )}
        </p>
      ) : (
        <p class="small">{words.elsewhere}</p>
      )}
      {trouble !== undefined && <TroubleBox trouble={trouble} />}
      {shown !== undefined && <CheckProgress check={shown} />}
      {shown?.end !== undefined && (
        <p class="small" data-test="check-end">
          {words.ends[shown.end]}
        </p>
      )}
      <p class="small">
        {last.quiet === undefined
          ? words.never
          : fill(words.last, { time: format.dateTime(last.quiet.startedAt, zone) })}
      </p>
      <details>
        <summary>
          {words.loudTitle}
          {overdue.length > 0 && (
            <span class="evening-mark">{fill(words.loudMark, { list: format.list(overdue) })}</span>
          )}
        </summary>
        <LoudDrill view={view} zone={zone} begin={(sounder) => begin("loud", sounder)} />
      </details>
      <PillowTrial evening={evening} view={view} zone={zone} canBegin={canBegin(view)} />
      {view.settings !== undefined && canBegin(view) && (
        <EveningSettingsForm evening={evening} settings={view.settings} />
      )}
      <p class="small">{words.hint}</p>
    </section>
  );
}

/** On a hub's page: what is said of tonight is old, and nothing can be asked. */
function AwayLine(props: { readonly view: EveningResponse; readonly zone: string }) {
  const format = usePage().format.value;
  const { evening } = format.words;
  if (!isAway(props.view)) return null;
  const heardAt = props.view.box?.heardAt;
  return (
    <p class="evening-line evening-nobody" data-test="box-away" aria-live="polite">
      {heardAt === undefined
        ? evening.unheard
        : fill(evening.away, { time: format.dateTime(heardAt, props.zone) })}
    </p>
  );
}

const isAway = ({ box }: EveningResponse): boolean => box?.online === false;

/** A check can be asked for here: of this box, or of one that is there. */
const canBegin = (view: EveningResponse): boolean => view.isHere && !isAway(view);

/** How a phone rings at night, tried as it lies at night. */
function LoudDrill(props: {
  readonly view: EveningResponse;
  readonly zone: string;
  readonly begin: (sounder: boolean) => void;
}) {
  const { view, zone } = props;
  const format = usePage().format.value;
  const words = format.words.evening;
  const sounder = useSignal(false);
  return (
    <div class="loud-drill">
      <p>{words.loudHint}</p>
      <ul>
        {view.phones
          .filter(({ dead }) => dead === undefined)
          .map((phone) => (
            <li key={phone.id} data-loud={phone.loudDue ?? "done"}>
              <span aria-hidden="true">{isLoudDue(phone) ? "? " : "✓ "}</span>
              {loudWords(phone, zone, format)}
            </li>
          ))}
      </ul>
      {canBegin(view) && (
        <>
          <p>
            <label class="check">
              <input
                type="checkbox"
                checked={sounder.value}
                onChange={(event) => {
                  sounder.value = event.currentTarget.checked;
                }}
              />{" "}
              {words.loudSounder}
            </label>
          </p>
          <button
            type="button"
            aria-disabled={view.running !== undefined || view.phones.length === 0}
            onClick={() => {
              if (view.running === undefined && view.phones.length > 0) props.begin(sounder.value);
            }}
          >
            {words.loudStart}
          </button>
        </>
      )}
    </div>
  );
}

type PhoneNow = EveningResponse["phones"][number];

const isLoudDue = ({ loudDue, dead }: PhoneNow): boolean => loudDue !== undefined && dead === undefined;

function loudWords({ loudDue, loudAt, person, label }: PhoneNow, zone: string, format: Format): string {
  const { evening } = format.words;
  const name = `${person} · ${label}`;
  const time = loudAt === undefined ? "" : format.date(loudAt, zone);
  if (loudDue === undefined) return fill(evening.loudProven, { name, time });
  return loudDue === "old"
    ? fill(evening.loudDue.old, { name, time })
    : fill(evening.loudDue[loudDue], { name });
}

/** Somebody on call now, or whose night it will be. */
function onCallIn(view: EveningResponse, duty: DutyResponse | undefined) {
  if (duty === undefined) return undefined;
  const { on, next, people } = duty;
  const isTonight = next !== undefined && next.from - view.now < TONIGHT_MS;
  const id = on?.person ?? (isTonight ? next.person : undefined);
  const name = people.find((one) => one.id === id)?.name;
  return id === undefined || name === undefined ? undefined : { id, name };
}

const protectionIn = (view: EveningResponse, duty: DutyResponse | undefined): Protection =>
  protectionOf(
    view.phones.map(({ person, personId, provenAt, wakes, dead }) => ({
      ...{ person, personId, provenAt, wakes, isDead: dead !== undefined },
    })),
    {
      ...{ now: wall(view.now), sounder: view.sounder, onCall: onCallIn(view, duty) },
      pillow: heardIn(view),
    },
  );

const heardIn = (view: EveningResponse) => {
  const at = provenAt(view);
  return at === undefined ? undefined : { at, by: view.last.pillow?.heardBy ?? "" };
};

const lineOf = (protection: Protection, { now }: EveningResponse, zone: string, format: Format): string =>
  protectionLine(format.words, protection, {
    time: (at) => (now - at < TONIGHT_MS ? format.time(at, zone) : format.dayTime(at, zone)),
    day: (at) => (now - at < WEEK_MS ? format.weekday(at, zone) : format.date(at, zone)),
  });
