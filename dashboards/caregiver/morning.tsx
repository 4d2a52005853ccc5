import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { type Answer, type BedNote, earlierNotes, SYMPTOMS, type Symptom } from "../../src/domain/note.ts";
import { minuteOfDay, type Night, wall } from "../../src/domain/time.ts";
import type { NotesResponse } from "../../src/server/contract/notes.ts";
import type { BedState } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import type { Trouble } from "../shared/api.ts";
import { whoAmI } from "../shared/duty.tsx";
import { usePage } from "../shared/page.ts";
import {
  type Answers,
  isMorning,
  isNotes,
  type MorningNote,
  NOTHING,
  nightName,
  present,
  reportNights,
  reportOf,
  reportWords,
} from "../shared/reports.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { pathOf } from "./tell.ts";

/** Nights that can be reported on afterwards. */
const NIGHTS = 14;
/** Enough for those nights with all their corrections. */
const NOTES = 200;
/** Minutes since local midnight between which the card stands open while the night has no report. */
const MORNING = { from: 5 * 60, to: 14 * 60 } as const;

/** What was in the night, told in the morning with one thumb; owner and caregivers. */
export function MorningCard(props: { readonly bed: BedState }) {
  const { bed } = props;
  const page = usePage();
  const format = page.format.value;
  const { notes: words } = format.words;
  const who = page.who.value;
  const role = who.kind === "known" ? who.me.person?.role : undefined;
  const mayReport = role === "owner" || role === "caregiver";
  const heard = useSignal<NotesResponse | undefined>(undefined);
  const trouble = useSignal<Trouble | undefined>(undefined);
  const busy = useSignal(false);
  const chosen = useSignal<Night | undefined>(undefined);
  const correcting = useSignal(false);
  /** As somebody left it; undefined: by the time of day. */
  const opened = useSignal<boolean | undefined>(undefined);
  const path = `${pathOf(bed)}/notes`;
  const load = async (): Promise<void> => {
    const answer = await page.api.get(`${path}/morning?limit=${NOTES}`, isNotes);
    if (answer.ok) heard.value = answer.value;
    else trouble.value = answer.problem;
  };
  useEffect(() => {
    if (mayReport) page.handOver(load());
  }, [path, mayReport]);
  if (!mayReport || page.phase.value === "lost") return null;

  const now = page.heard.value?.serverAt ?? 0;
  const nights = reportNights(now, bed.zone, NIGHTS);
  const night = nights.find((each) => each === chosen.value) ?? nights[0];
  if (night === undefined) return null;
  const all = heard.value?.notes ?? [];
  const report = reportOf(all, night);
  const before = nights[nights.indexOf(night) + 1];
  const earlier = before === undefined ? undefined : reportOf(all, before);

  const send = async (answers: Answers): Promise<void> => {
    if (busy.value) return;
    busy.value = true;
    const body = { night, answers, ...(report === undefined ? {} : { replaces: report.id }) };
    const answer = await page.api.tell(`${path}/morning`, body);
    trouble.value = answer.ok ? undefined : answer.problem;
    if (answer.ok) correcting.value = false;
    await load();
    busy.value = false;
  };
  const takeBack = async (note: MorningNote): Promise<void> => {
    if (busy.value) return;
    busy.value = true;
    const answer = await page.api.remove(`${path}/${note.id}`);
    trouble.value = answer.ok ? undefined : answer.problem;
    await load();
    busy.value = false;
  };

  const minute = minuteOfDay(wall(now), bed.zone);
  const isMorningNow = minute >= MORNING.from && minute < MORNING.to;
  const asks = heard.value !== undefined && isMorningNow && reportOf(all, nights[0] ?? night) === undefined;
  return (
    <section class="card morning" aria-label={words.morning.title}>
      <details
        open={opened.value ?? asks}
        onToggle={(event) => {
          opened.value = event.currentTarget.open;
        }}
      >
        <summary>
          <span class="plan-title">
            {words.morning.title}
            <span class="small" data-test="report">
              {heard.value === undefined
                ? words.loading
                : report === undefined
                  ? words.morning.none
                  : reportWords(format, report.body.answers)}
            </span>
          </span>
        </summary>
        {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
        <label class="field">
          {words.morning.night}
          <select
            value={night}
            onChange={(event) => {
              const { value } = event.currentTarget;
              chosen.value = nights.find((each) => each === value);
              correcting.value = false;
            }}
          >
            {nights.map((each) => (
              <option key={each} value={each}>
                {`${nightName(format, each)}${reportOf(all, each) === undefined ? "" : " ✓"}`}
              </option>
            ))}
          </select>
        </label>
        {heard.value?.ledBy !== undefined && <p>{fill(words.led, { hub: heard.value.ledBy })}</p>}
        {report !== undefined && (
          <Written {...{ bed, report, all }}>
            {heard.value?.ledBy === undefined && !correcting.value && (
              <p class="buttons">
                <button type="button" onClick={() => (correcting.value = true)}>
                  {words.correct}
                </button>
                {report.by.id === whoAmI(page) && (
                  <button type="button" disabled={busy.value} onClick={() => page.handOver(takeBack(report))}>
                    {words.undo}
                  </button>
                )}
              </p>
            )}
          </Written>
        )}
        {heard.value !== undefined &&
          heard.value.ledBy === undefined &&
          (report === undefined || correcting.value) && (
            <MorningForm
              key={`${night} ${report?.id ?? ""}`}
              start={report?.body.answers ?? {}}
              {...(earlier === undefined || report !== undefined ? {} : { before: earlier.body.answers })}
              busy={busy.value}
              onSave={(answers) => page.handOver(send(answers))}
            />
          )}
      </details>
    </section>
  );
}

/** The report of a night with who wrote it, and what it took the place of. */
function Written(props: {
  readonly bed: BedState;
  readonly report: MorningNote;
  readonly all: readonly BedNote[];
  readonly children: ComponentChildren;
}) {
  const { bed, report, all } = props;
  const format = usePage().format.value;
  const { notes: words } = format.words;
  const history = earlierNotes(report, all).filter(isMorning);
  const byAt = ({ by, writtenAt }: MorningNote): string =>
    fill(words.by, { name: by.name, time: format.dateTime(writtenAt, bed.zone) });
  return (
    <>
      <p class="morning-report">
        <strong>{reportWords(format, report.body.answers)}</strong> <span class="small">{byAt(report)}</span>
      </p>
      {props.children}
      {history.length > 0 && (
        <details>
          <summary>{fill(words.history, { count: history.length })}</summary>
          <ul>
            {history.map((note) => (
              <li key={note.id} class="small">
                {reportWords(format, note.body.answers)} ({byAt(note)})
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

/** One tap for nothing, one tap for the same as before, or one a symptom. */
function MorningForm(props: {
  readonly start: Answers;
  readonly before?: Answers;
  readonly busy: boolean;
  readonly onSave: (answers: Answers) => void;
}) {
  const format = usePage().format.value;
  const { notes: words } = format.words;
  const answers = useSignal<Answers>(
    Object.fromEntries(present(props.start).map((one) => [one.symptom, one.answer])),
  );
  const { before, busy } = props;
  const isChosen = present(answers.value).length > 0;
  const press = (symptom: Symptom): void => {
    const { [symptom]: was = 0, ...rest } = answers.value;
    answers.value = was === 3 ? rest : { ...rest, [symptom]: nextAnswer(was) };
  };
  return (
    <>
      {!isChosen && (
        <button type="button" class="big primary" disabled={busy} onClick={() => props.onSave(NOTHING)}>
          {words.morning.nothing}
        </button>
      )}
      {!isChosen && before !== undefined && (
        <button type="button" class="big morning-same" disabled={busy} onClick={() => props.onSave(before)}>
          <span>{words.morning.same}</span>
          <span class="small">{fill(words.morning.sameIs, { what: reportWords(format, before) })}</span>
        </button>
      )}
      <p class="small">{words.morning.hint}</p>
      <div class="morning-symptoms">
        {SYMPTOMS.map((symptom) => {
          const answer = answers.value[symptom];
          return (
            <button
              key={symptom}
              type="button"
              data-symptom={symptom}
              data-answer={answer ?? "none"}
              aria-pressed={answer !== undefined}
              onClick={() => press(symptom)}
            >
              <span>{words.symptoms[symptom]}</span>
              {answer !== undefined && <strong>{words.answers[answer]}</strong>}
            </button>
          );
        })}
      </div>
      {isChosen && (
        <div class="morning-save">
          <button
            type="button"
            class="big primary"
            disabled={busy}
            onClick={() => props.onSave({ ...NOTHING, ...answers.value })}
          >
            {words.morning.saveRest}
          </button>
          <button type="button" disabled={busy} onClick={() => props.onSave(answers.value)}>
            {words.morning.saveOnly}
          </button>
        </div>
      )}
    </>
  );
}

const nextAnswer = (answer: Answer): Answer => (answer === 0 ? 1 : answer === 1 ? 2 : 3);
