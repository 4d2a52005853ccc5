import { useSignal } from "@preact/signals";
import { type Occurrence, priorityRank } from "../../src/domain/alarm.ts";
import type { AcknowledgeRequest, BedState } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import type { Trouble } from "../shared/api.ts";
import { elapsedMs } from "../shared/clock.ts";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";

/** Shape beside the word, so that no priority is told by colour alone. */
const ICONS = { high: "▲", medium: "◆", low: "●" } as const;

/** The open alarms of a bed, highest priority first. */
export function Alarms(props: { readonly bed: BedState }) {
  const page = usePage();
  const format = page.format.value;
  const { caregiver } = format.words.pages;
  const { alarms } = props.bed;
  const open = alarms.open.toSorted((a, b) => priorityRank(b.priority) - priorityRank(a.priority));
  const untaken = open.filter((each) => each.acknowledgement === undefined);
  return (
    <section class="alarms" aria-label={caregiver.alarms}>
      <p class="visually-hidden" role="alert">
        {untaken.map((each) => format.conditionTitle(each.condition)).join(". ")}
      </p>
      {untaken.length > 1 && <AnswerAll occurrences={untaken} bed={props.bed} />}
      {open.map((occurrence) => (
        <AlarmCard
          key={occurrence.id}
          occurrence={occurrence}
          bed={props.bed}
          first={occurrence === (untaken[0] ?? open[0])}
          among={untaken.length}
        />
      ))}
      {open.length === 0 && page.phase.value !== "lost" && (
        <p class="no-alarm">{alarms.watch.on ? caregiver.noAlarms : caregiver.noAlarmsUnwatched}</p>
      )}
    </section>
  );
}

interface AlarmCardProps {
  readonly occurrence: Occurrence;
  readonly bed: BedState;
  /** The one to look at: its steps are open. */
  readonly first: boolean;
  /** How many alarms wait for an answer. */
  readonly among: number;
}

function AlarmCard(props: AlarmCardProps) {
  const { occurrence, bed } = props;
  const format = usePage().format.value;
  const { words } = format;
  const { common, caregiver } = words.pages;
  const taken = occurrence.acknowledgement !== undefined;
  return (
    <article
      class={`card alarm alarm-${occurrence.priority}${taken ? " alarm-taken" : ""}`}
      data-occurrence={occurrence.id}
    >
      <p class="alarm-priority">
        <span aria-hidden="true" class="alarm-icon">
          {ICONS[occurrence.priority]}
        </span>{" "}
        {words.terms.priorities[occurrence.priority]}
        {occurrence.drill && <span class="tag tag-drill">{common.drill}</span>}
        {occurrence.simulated && <span class="tag">{common.simulated}</span>}
      </p>
      <h2>{format.conditionTitle(occurrence.condition)}</h2>
      <EvidenceLine occurrence={occurrence} bed={bed} />
      <Since occurrence={occurrence} bed={bed} />
      {occurrence.state === "unknown" && occurrence.unknownSince !== undefined && (
        <p class="problem">
          {fill(caregiver.noDataSince, { time: format.time(occurrence.unknownSince, bed.zone) })}
        </p>
      )}
      {occurrence.notDurable === true && <p class="small">{caregiver.notDurable}</p>}
      <Steps occurrence={occurrence} open={props.first && !taken} />
      <Answer occurrence={occurrence} bed={bed} alone={props.among <= 1} />
    </article>
  );
}

/** What the alarm was raised on. */
function EvidenceLine(props: { readonly occurrence: Occurrence; readonly bed: BedState }) {
  const { occurrence, bed } = props;
  const evidence = usePage().format.value.evidence(occurrence.values);
  const source = bed.sources.find((each) => each.device === occurrence.subject);
  if (source === undefined && evidence.length === 0) return null;
  return (
    <p class="evidence">
      {source !== undefined && <span>{source.label}</span>}
      {evidence.map(({ name, value }) => (
        <span key={`${name} ${value}`}>
          {name !== undefined && `${name} `}
          <strong>{value}</strong>
        </span>
      ))}
    </p>
  );
}

/**
 * Since when: the time of day is the box's. How long: counted by the page's own clock from the message's time, so that
 * a wrong clock in the phone does not matter.
 */
function Since(props: { readonly occurrence: Occurrence; readonly bed: BedState }) {
  const page = usePage();
  const format = page.format.value;
  page.everySecond();
  const { raisedAt } = props.occurrence;
  const heard = page.heard.value;
  const now = heard === undefined ? raisedAt : heard.serverAt + elapsedMs(page.clock, heard.at);
  const age = format.age(Math.max(0, now - raisedAt));
  return (
    <p class="since">
      {fill(format.words.pages.caregiver.since, { time: format.time(raisedAt, props.bed.zone), age })}
    </p>
  );
}

function Steps(props: { readonly occurrence: Occurrence; readonly open: boolean }) {
  const format = usePage().format.value;
  const steps = format.conditionSteps(props.occurrence.condition);
  if (steps.length === 0) return null;
  return (
    <details class="steps" open={props.open}>
      <summary>{format.words.pages.caregiver.checkFirst}</summary>
      <ol>
        {steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
    </details>
  );
}

/** Who has taken it, and the two answers: on the way, and there. */
function Answer(props: {
  readonly occurrence: Occurrence;
  readonly bed: BedState;
  /** The only alarm that waits: its answer is the largest thing on the page. */
  readonly alone: boolean;
}) {
  const { occurrence, bed } = props;
  const format = usePage().format.value;
  const { caregiver } = format.words.pages;
  const { sending, trouble, answer } = useAnswer(bed, [occurrence]);
  const taken = occurrence.acknowledgement;
  const isCall = occurrence.condition === "PATIENT_CALL";
  const button = (place: AcknowledgeRequest["place"], words: string, first: boolean) => (
    <button
      type="button"
      class={`${props.alone ? "big" : ""} ${first && props.alone ? "primary" : ""}`}
      disabled={sending.value !== undefined}
      onClick={() => answer(place)}
    >
      {sending.value === place ? caregiver.sending : words}
    </button>
  );
  return (
    <div class="answer">
      {taken !== undefined && (
        <output class="taken">
          <span aria-hidden="true">✓ </span>
          {fill(taken.place === "bedside" ? caregiver.atBedsideBy : caregiver.takenBy, {
            name: taken.by.name,
            time: format.time(taken.at, bed.zone),
          })}
          <span class="small">
            {" "}
            {fill(caregiver.soundsAgain, { time: format.time(taken.until, bed.zone) })}
          </span>
        </output>
      )}
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} title={caregiver.notSent} />}
      <div class="buttons">
        {taken === undefined && button("going", caregiver.going, true)}
        {taken?.place !== "bedside" &&
          button("bedside", isCall ? caregiver.withThem : caregiver.bedside, taken !== undefined)}
      </div>
    </div>
  );
}

/** One tap for everything that rings now; what comes later rings again. */
function AnswerAll(props: { readonly occurrences: readonly Occurrence[]; readonly bed: BedState }) {
  const { caregiver } = usePage().format.value.words.pages;
  const { sending, trouble, answer } = useAnswer(props.bed, props.occurrences);
  return (
    <div class="answer answer-all">
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} title={caregiver.notSent} />}
      <button
        type="button"
        class="big primary"
        disabled={sending.value !== undefined}
        onClick={() => answer("going")}
      >
        {sending.value === undefined
          ? fill(caregiver.goingAll, { count: props.occurrences.length })
          : caregiver.sending}
      </button>
    </div>
  );
}

/** Posts answers for alarms, one request each, and keeps what came of it. */
function useAnswer(bed: BedState, occurrences: readonly Occurrence[]) {
  const page = usePage();
  const sending = useSignal<AcknowledgeRequest["place"] | undefined>(undefined);
  const trouble = useSignal<Trouble | undefined>(undefined);
  async function send(place: AcknowledgeRequest["place"]): Promise<void> {
    if (sending.value !== undefined) return;
    sending.value = place;
    const request: AcknowledgeRequest = { place };
    const bedPath = `/api/beds/${encodeURIComponent(bed.bed)}/occurrences`;
    const answers = await Promise.all(
      occurrences.map(({ id }) => page.api.tell(`${bedPath}/${encodeURIComponent(id)}/acknowledge`, request)),
    );
    sending.value = undefined;
    const failed = answers.find((answer) => !answer.ok);
    trouble.value = failed?.ok === false ? failed.problem : undefined;
    // Somebody is awake and looking at this page: it need not go on ringing while it cannot pass that on.
    if (failed !== undefined) page.alarm.keepQuiet();
  }
  return { sending, trouble, answer: (place: AcknowledgeRequest["place"]) => page.handOver(send(place)) };
}
