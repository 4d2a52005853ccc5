import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { BedId } from "../../src/domain/ids.ts";
import { type BedNote, earlierNotes, SYMPTOMS } from "../../src/domain/note.ts";
import { type Night, nightBounds } from "../../src/domain/time.ts";
import { fill } from "../../src/words/template.ts";
import type { Trouble } from "../shared/api.ts";
import { usePage } from "../shared/page.ts";
import {
  isMorning,
  isNotes,
  nightName,
  reportNights,
  reportOf,
  reportWords,
  symptomWords,
} from "../shared/reports.ts";
import { ScrollArea } from "../shared/scroll-area.tsx";
import { TroubleBox } from "../shared/trouble.tsx";

const STRIP_NIGHTS = 30;
/** A month of several a day, with corrections. */
const NOTES = 500;

interface HeardNotes {
  /** Undefined: not heard yet. */
  readonly notes: readonly BedNote[] | undefined;
  readonly trouble: Trouble | undefined;
}

/** Mornings and single symptoms of a bed. */
function useReports(bed: BedId): HeardNotes {
  const page = usePage();
  const notes = useSignal<readonly BedNote[] | undefined>(undefined);
  const trouble = useSignal<Trouble | undefined>(undefined);
  const path = `/api/beds/${encodeURIComponent(bed)}/notes`;
  const load = async (): Promise<void> => {
    const answers = await Promise.all(
      ["morning", "symptom"].map((kind) => page.api.get(`${path}/${kind}?limit=${NOTES}`, isNotes)),
    );
    const failed = answers.find((answer) => !answer.ok);
    trouble.value = failed?.ok === false ? failed.problem : undefined;
    if (failed === undefined) {
      notes.value = answers.flatMap((answer) => (answer.ok ? answer.value.notes : []));
    }
  };
  useEffect(() => page.handOver(load()), [path]);
  return { notes: notes.value, trouble: trouble.value };
}

/** What was reported of one night, on its page and on paper: where nobody reported, it says so. */
export function NightReport(props: { readonly bed: BedId; readonly night: Night; readonly zone: string }) {
  const { night, zone } = props;
  const format = usePage().format.value;
  const { notes: words } = format.words;
  const { notes, trouble } = useReports(props.bed);
  return (
    <section class="night-report">
      <h2>{words.morning.section}</h2>
      {trouble !== undefined && <TroubleBox trouble={trouble} />}
      {notes === undefined && trouble === undefined && <p class="waiting">{words.loading}</p>}
      {notes !== undefined && <OneReport {...{ notes, night, zone }} />}
    </section>
  );
}

function OneReport(props: {
  readonly notes: readonly BedNote[];
  readonly night: Night;
  readonly zone: string;
}) {
  const { notes, night, zone } = props;
  const format = usePage().format.value;
  const { notes: words } = format.words;
  const { from, to } = nightBounds(night, zone);
  const report = reportOf(notes, night);
  const seen = notes.filter(({ body, at }) => body.kind === "symptom" && at >= from && at < to);
  const byAt = ({ by, writtenAt }: BedNote): string =>
    fill(words.by, { name: by.name, time: format.dateTime(writtenAt, zone) });
  return (
    <>
      <p data-test="night-report">
        <strong>
          {report === undefined ? words.morning.notAsked : reportWords(format, report.body.answers)}
        </strong>{" "}
        {report !== undefined && <span class="small">{byAt(report)}</span>}
      </p>
      {report !== undefined &&
        earlierNotes(report, notes)
          .filter(isMorning)
          .map((old) => (
            <p key={old.id} class="small">
              <s>{reportWords(format, old.body.answers)}</s> ({byAt(old)})
            </p>
          ))}
      {seen.map((note) =>
        note.body.kind === "symptom" ? (
          <p key={note.id}>
            {fill(words.morning.seen, {
              time: format.time(note.at, zone),
              what: symptomWords(format, note.body.symptom, note.body.severity),
            })}{" "}
            <span class="small">({note.by.name})</span>
          </p>
        ) : null,
      )}
    </>
  );
}

/** Thirty nights side by side: what was reported, and in which nobody was asked. */
export function SymptomStrip(props: { readonly bed: BedId; readonly zone: string }) {
  const page = usePage();
  const format = page.format.value;
  const { notes: words } = format.words;
  const { notes, trouble } = useReports(props.bed);
  const now = page.heard.value?.serverAt ?? 0;
  const nights = reportNights(now, props.zone, STRIP_NIGHTS).toReversed();
  const reports = nights.map((night) => ({ night, report: reportOf(notes ?? [], night) }));
  const listed = SYMPTOMS.filter((symptom) =>
    reports.some(({ report }) => (report?.body.answers[symptom] ?? 0) > 0),
  );
  return (
    <section class="symptom-strip">
      <h2>{words.morning.strip}</h2>
      {trouble !== undefined && <TroubleBox trouble={trouble} />}
      {notes === undefined && trouble === undefined && <p class="waiting">{words.loading}</p>}
      {notes !== undefined && reports.every(({ report }) => report === undefined) && (
        <p class="empty">{words.morning.stripNone}</p>
      )}
      {reports.some(({ report }) => report !== undefined) && (
        <>
          <p class="small">{words.morning.stripLegend}</p>
          <ScrollArea label={words.morning.strip}>
            <table class="strip-nights">
              <thead>
                <tr>
                  <th scope="col">{words.morning.night}</th>
                  {nights.map((night) => (
                    <th key={night} scope="col">
                      <span class="visually-hidden">{nightName(format, night)}</span>
                      <span aria-hidden="true">{Number(night.slice(8))}</span>
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                <tr>
                  <th scope="row">{words.morning.report}</th>
                  {reports.map(({ night, report }) => (
                    <td key={night} class={report === undefined ? "answer-none" : "answer-0"}>
                      {report === undefined ? "–" : "✓"}
                    </td>
                  ))}
                </tr>
                {listed.map((symptom) => (
                  <tr key={symptom}>
                    <th scope="row">{words.symptoms[symptom]}</th>
                    {reports.map(({ night, report }) => {
                      const answer = report?.body.answers[symptom];
                      return (
                        <td key={night} class={`answer-${answer ?? "none"}`}>
                          {answer ?? "–"}
                        </td>
                      );
                    })}
                  </tr>
                ))}
              </tbody>
            </table>
          </ScrollArea>
        </>
      )}
    </section>
  );
}
