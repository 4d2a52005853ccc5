import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type BedId, ownBed } from "../../src/domain/ids.ts";
import { type AlsfrsScore, currentNotes, earlierNotes } from "../../src/domain/note.ts";
import { atLocal, localDate, type Night, wall } from "../../src/domain/time.ts";
import type { NotesResponse } from "../../src/server/contract/notes.ts";
import type { NightsResponse } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import { hasKeys, type Trouble } from "../shared/api.ts";
import { whoAmI } from "../shared/duty.tsx";
import { usePage } from "../shared/page.ts";
import { isNotes } from "../shared/reports.ts";
import { ScrollArea } from "../shared/scroll-area.tsx";
import { TroubleBox } from "../shared/trouble.tsx";
import { AlsfrsChart } from "./alsfrs-chart.tsx";
import { ITEMS, type Item, isScore, type ScoreNote, sumOf } from "./alsfrs-scores.ts";

/** The best first, as the scale is read. */
const LEVELS: readonly AlsfrsScore[] = [4, 3, 2, 1, 0];
/** Years of a score a month, with corrections. */
const NOTES = 500;
const NOON_MINUTE = 12 * 60;

const isNights = hasKeys<NightsResponse>("nights");

/** The three respiratory items: written down, corrected, and how they went. */
export function Alsfrs(props: { readonly bed: BedId; readonly zone: string }) {
  const { zone } = props;
  const page = usePage();
  const { notes: words } = page.format.value.words;
  const heard = useSignal<NotesResponse | undefined>(undefined);
  const nights = useSignal<readonly Night[]>([]);
  const trouble = useSignal<Trouble | undefined>(undefined);
  const correcting = useSignal<ScoreNote | undefined>(undefined);
  const path = `/api/beds/${encodeURIComponent(props.bed)}`;
  const load = async (): Promise<void> => {
    const [answer, recorded] = await Promise.all([
      page.api.get(`${path}/notes/alsfrs_r?limit=${NOTES}`, isNotes),
      page.api.get(`${path}/nights?limit=400`, isNights),
    ]);
    if (answer.ok) heard.value = answer.value;
    else trouble.value = answer.problem;
    if (recorded.ok) nights.value = recorded.value.nights.map(({ night }) => night);
  };
  useEffect(() => page.handOver(load()), [path]);
  const all = heard.value?.notes.filter(isScore) ?? [];
  const current = currentNotes(all).filter(isScore);
  const takeBack = async (note: ScoreNote): Promise<void> => {
    const answer = await page.api.remove(`${path}/notes/${note.id}`);
    trouble.value = answer.ok ? undefined : answer.problem;
    await load();
  };
  return (
    <section class="alsfrs" aria-label={words.alsfrs.title} data-bed={ownBed(props.bed)}>
      <h2>{words.alsfrs.title}</h2>
      <p class="small">{words.alsfrs.about}</p>
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
      {heard.value === undefined && trouble.value === undefined && <p class="waiting">{words.loading}</p>}
      {heard.value?.ledBy !== undefined && <p>{fill(words.led, { hub: heard.value.ledBy })}</p>}
      {heard.value !== undefined && current.length === 0 && <p class="empty">{words.alsfrs.none}</p>}
      {current.length > 0 && <AlsfrsChart scores={current} nights={nights.value} zone={zone} />}
      {current.length > 0 && (
        <ScoreTable
          {...{ all, current, zone }}
          onCorrect={(note) => {
            correcting.value = note;
          }}
          onTakeBack={(note) => page.handOver(takeBack(note))}
        />
      )}
      {heard.value !== undefined && heard.value.ledBy === undefined && (
        <ScoreForm
          key={correcting.value?.id ?? "new"}
          path={path}
          zone={zone}
          correcting={correcting.value}
          onDone={() => {
            correcting.value = undefined;
            page.handOver(load());
          }}
        />
      )}
    </section>
  );
}

/** Every score that counts, newest first, each with what it took the place of. */
function ScoreTable(props: {
  readonly all: readonly ScoreNote[];
  readonly current: readonly ScoreNote[];
  readonly zone: string;
  readonly onCorrect: (note: ScoreNote) => void;
  readonly onTakeBack: (note: ScoreNote) => void;
}) {
  const { all, current, zone } = props;
  const page = usePage();
  const format = page.format.value;
  const { notes: words } = format.words;
  const me = whoAmI(page);
  return (
    <ScrollArea label={words.alsfrs.trend}>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.alsfrs.date}</th>
            {ITEMS.map((item) => (
              <th key={item} scope="col">
                {words.alsfrs.items[item]}
              </th>
            ))}
            <th scope="col">{words.alsfrs.sum}</th>
            <th scope="col">{words.alsfrs.scoredBy}</th>
          </tr>
        </thead>
        <tbody>
          {current.map((note) => (
            <tr key={note.id} data-note={note.id}>
              <th scope="row">{format.date(note.at, zone)}</th>
              {ITEMS.map((item) => (
                <td key={item}>{note.body[item]}</td>
              ))}
              <td>
                <strong>{sumOf(note.body)}</strong>
              </td>
              <td>
                {fill(words.by, { name: note.by.name, time: format.dateTime(note.writtenAt, zone) })}
                {earlierNotes(note, all)
                  .filter(isScore)
                  .map((old) => (
                    <p key={old.id} class="small">
                      <s>{ITEMS.map((item) => old.body[item]).join(" + ")}</s> {format.date(old.at, zone)} (
                      {old.by.name})
                    </p>
                  ))}
                <p class="buttons">
                  <button type="button" onClick={() => props.onCorrect(note)}>
                    {words.correct}
                  </button>
                  {note.by.id === me && (
                    <button type="button" onClick={() => props.onTakeBack(note)}>
                      {words.undo}
                    </button>
                  )}
                </p>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollArea>
  );
}

function ScoreForm(props: {
  readonly path: string;
  readonly zone: string;
  /** The scores that are corrected; undefined: new ones. */
  readonly correcting: ScoreNote | undefined;
  readonly onDone: () => void;
}) {
  const { path, zone, correcting } = props;
  const page = usePage();
  const format = page.format.value;
  const { alsfrs } = format.words.notes;
  const now = wall(page.heard.value?.serverAt ?? 0);
  const today = localDate(now, zone);
  const date = useSignal(correcting === undefined ? today : localDate(correcting.at, zone));
  const chosen = useSignal<{ readonly [item in Item]?: AlsfrsScore }>(correcting?.body ?? {});
  const missed = useSignal(false);
  const busy = useSignal(false);
  const trouble = useSignal<Trouble | undefined>(undefined);
  const who = page.who.value;
  const name = who.kind === "known" ? (who.me.person?.name ?? "") : "";
  const save = async (): Promise<void> => {
    const { dyspnoea, orthopnoea, insufficiency } = chosen.value;
    if (dyspnoea === undefined || orthopnoea === undefined || insufficiency === undefined) {
      missed.value = true;
      return;
    }
    if (busy.value) return;
    busy.value = true;
    const body = {
      ...{ dyspnoea, orthopnoea, insufficiency },
      // Of today it is now; noon may still be to come.
      ...(date.value === today ? {} : { at: atLocal(date.value, NOON_MINUTE, zone) }),
      ...(correcting === undefined ? {} : { replaces: correcting.id }),
    };
    const answer = await page.api.tell(`${path}/notes/alsfrs_r`, body);
    busy.value = false;
    trouble.value = answer.ok ? undefined : answer.problem;
    if (!answer.ok) return;
    chosen.value = {};
    missed.value = false;
    props.onDone();
  };
  return (
    <form
      class="card alsfrs-form"
      onSubmit={(event) => {
        event.preventDefault();
        page.handOver(save());
      }}
    >
      {correcting !== undefined && (
        <p>
          <strong>{fill(alsfrs.correcting, { date: format.date(correcting.at, zone) })}</strong>
        </p>
      )}
      <label class="field">
        {alsfrs.date}
        <input
          type="date"
          value={date.value}
          max={today}
          required
          onChange={(event) => {
            date.value = event.currentTarget.value || today;
          }}
        />
      </label>
      {ITEMS.map((item) => (
        <fieldset key={item} class="alsfrs-item">
          <legend>{alsfrs.items[item]}</legend>
          {LEVELS.map((level) => (
            <label key={level} class="check">
              <input
                type="radio"
                name={item}
                value={String(level)}
                checked={chosen.value[item] === level}
                onChange={() => {
                  chosen.value = { ...chosen.value, [item]: level };
                }}
              />
              <span>
                <strong>{level}</strong> {alsfrs.levels[item][level]}
              </span>
            </label>
          ))}
        </fieldset>
      ))}
      <p class="small">{fill(alsfrs.who, { name })}</p>
      {missed.value && (
        <p class="problem" role="alert">
          {alsfrs.incomplete}
        </p>
      )}
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
      <p class="buttons">
        <button type="submit" class="primary" disabled={busy.value}>
          {correcting === undefined ? alsfrs.save : alsfrs.saveCorrection}
        </button>
        {correcting !== undefined && (
          <button type="button" onClick={props.onDone}>
            {alsfrs.cancel}
          </button>
        )}
      </p>
    </form>
  );
}
