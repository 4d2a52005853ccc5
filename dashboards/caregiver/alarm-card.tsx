import type { Occurrence } from "../../src/domain/alarm.ts";
import { askingOf } from "../../src/domain/ringing.ts";
import { MINUTE_MS } from "../../src/domain/time.ts";
import type { BedState } from "../../src/server/contract.ts";
import { evidencePhrase } from "../../src/words/card-sentence.ts";
import { fill } from "../../src/words/template.ts";
import { usePage } from "../shared/page.ts";
import type { Dealt } from "./alarms.tsx";
import { Answer } from "./answer.tsx";
import { evidenceNow } from "./evidence-now.ts";
import { boxNow, Since } from "./moments.tsx";
import { PauseButton, QuietLine } from "./pause.tsx";

/** Shape beside the word, so that no priority is told by colour alone. */
const ICONS = { high: "▲", medium: "◆", low: "●" } as const;

interface AlarmCardProps {
  readonly dealt: Dealt;
  readonly bed: BedState;
  /** The one to look at: its steps are open. */
  readonly first: boolean;
  /** No other card waits for an answer. */
  readonly alone: boolean;
}

/** What happened in one line, what speaks for it, what to look at first, who goes; single alarms folded below. */
export function AlarmCard(props: AlarmCardProps) {
  const { dealt, bed, first } = props;
  const { card, members } = dealt;
  const [lead] = members;
  const page = usePage();
  page.everySecond();
  const format = page.format.value;
  const { words } = format;
  const { common, caregiver } = words.pages;
  const waits = members.some((each) => askingOf(each) !== "silent");
  const isCause = card.cause !== undefined;
  const unknown = members.find(({ state }) => state === "unknown");
  const oldest = Math.min(...members.map(({ raisedAt }) => raisedAt));
  return (
    <article
      class={`card alarm alarm-${card.priority}${waits ? "" : " alarm-taken"}${first ? " alarm-first" : ""}`}
      data-card={card.id}
    >
      <p class="alarm-priority">
        <span aria-hidden="true" class="alarm-icon">
          {ICONS[card.priority]}
        </span>{" "}
        {words.terms.priorities[card.priority]}
        {members.some(({ drill }) => drill) && <span class="tag tag-drill">{common.drill}</span>}
        {members.some(({ simulated }) => simulated) && <span class="tag">{common.simulated}</span>}
      </p>
      <h2>
        {card.cause === undefined ? format.conditionTitle(lead.condition) : words.causes[card.cause].title}
      </h2>
      {isCause ? (
        <p class="evidence evidence-cause">
          {evidenceNow(card.evidence, bed.signals, page.sinceHeardMs()).map((item) => (
            <strong key={item.name}>{evidencePhrase(words, item)}</strong>
          ))}
        </p>
      ) : (
        <EvidenceLine occurrence={lead} bed={bed} />
      )}
      <Since at={oldest} bed={bed} />
      {unknown?.unknownSince !== undefined && (
        <p class="problem">
          {fill(caregiver.noDataSince, { time: format.time(unknown.unknownSince, bed.zone) })}
        </p>
      )}
      {members.some(({ notDurable }) => notDurable === true) && <p class="small">{caregiver.notDurable}</p>}
      {members.map((each) => (
        <Recurrent key={each.id} occurrence={each} />
      ))}
      {(members.length === 1 || !waits) && <QuietLine occurrence={lead} bed={bed} />}
      {/* Words as short as a cause's are read before any button; sentences would push the buttons off the screen. */}
      {isCause && <Steps dealt={dealt} open={first && waits} />}
      <Answer dealt={dealt} bed={bed} alone={props.alone} />
      {!isCause && <Steps dealt={dealt} open={first && waits} />}
      {isCause || members.length > 1 ? (
        <Members dealt={dealt} bed={bed} />
      ) : (
        <PauseButton occurrence={lead} bed={bed} />
      )}
    </article>
  );
}

/** What the alarm was raised on. */
function EvidenceLine(props: { readonly occurrence: Occurrence; readonly bed: BedState }) {
  const { occurrence, bed } = props;
  const source = bed.sources.find((each) => each.device === occurrence.subject);
  const speaker = occurrence.condition === "DEVICE_OWN" ? source?.label : undefined;
  const evidence = usePage().format.value.evidence(occurrence.values, bed.zone, speaker);
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

/** Told together, because it came so often. */
function Recurrent(props: { readonly occurrence: Occurrence }) {
  const page = usePage();
  const format = page.format.value;
  const { recurrent, condition } = props.occurrence;
  if (recurrent === undefined) return null;
  const { care } = format.words;
  const minutes = Math.max(1, Math.ceil((boxNow(page, recurrent.since) - recurrent.since) / MINUTE_MS));
  const title = format.conditionTitle(condition);
  return (
    <p class="recurrent">
      {fill(care.recurrent.line, { title, count: recurrent.count, minutes })}{" "}
      <span class="small">{care.recurrent.hint}</span>
    </p>
  );
}

/** What to look at first: of the cause in a word each, else the condition's sentences. */
function Steps(props: { readonly dealt: Dealt; readonly open: boolean }) {
  const format = usePage().format.value;
  const { causes, pages } = format.words;
  const { card, members } = props.dealt;
  if (card.cause !== undefined) {
    return (
      <section class="actions" aria-label={causes.card.first}>
        <h3>{causes.card.first}</h3>
        <ol>
          {causes[card.cause].actions.map((action) => (
            <li key={action}>{action}</li>
          ))}
        </ol>
      </section>
    );
  }
  const steps = format.conditionSteps(members[0].condition);
  if (steps.length === 0) return null;
  return (
    <details class="steps" open={props.open}>
      <summary>{pages.caregiver.checkFirst}</summary>
      <ol>
        {steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
    </details>
  );
}

/** The single alarms of a card: each with what it was raised on, and with a pause of its own. */
function Members(props: { readonly dealt: Dealt; readonly bed: BedState }) {
  const format = usePage().format.value;
  const { members } = props.dealt;
  return (
    <details class="members">
      <summary>
        {format.words.causes.card.members} ({members.length})
      </summary>
      <ul>
        {members.map((each) => (
          <li key={each.id} data-occurrence={each.id}>
            <p>
              <span aria-hidden="true">{ICONS[each.priority]} </span>
              <strong>{format.conditionTitle(each.condition)}</strong>
            </p>
            <EvidenceLine occurrence={each} bed={props.bed} />
            <Since at={each.raisedAt} bed={props.bed} />
            <QuietLine occurrence={each} bed={props.bed} />
            <PauseButton occurrence={each} bed={props.bed} />
          </li>
        ))}
      </ul>
    </details>
  );
}
