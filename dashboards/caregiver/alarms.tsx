import type { Card, Occurrence } from "../../src/domain/alarm.ts";
import { askingOf } from "../../src/domain/ringing.ts";
import type { BedState } from "../../src/server/contract.ts";
import { cardSentence } from "../../src/words/card-sentence.ts";
import { fill } from "../../src/words/template.ts";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { AlarmCard } from "./alarm-card.tsx";
import { useAnswer } from "./answer.tsx";
import { isAway } from "./leaving.tsx";

/** A card with its open alarms, the most urgent first. */
export interface Dealt {
  readonly card: Card;
  readonly members: readonly [Occurrence, ...Occurrence[]];
}

/** Only asks whether to start the watch: see `Back`. */
const ASKS_TO_START = "WATCH_REARM";

/** The cards of a bed in the engine's order: the most urgent first, one about the person before one about a device. */
export function Alarms(props: { readonly bed: BedState }) {
  const page = usePage();
  const format = page.format.value;
  const { caregiver } = format.words.pages;
  const { alarms } = props.bed;
  const dealt = dealtOf(props.bed);
  const asking = dealt.filter(isAsking);
  const first = asking[0] ?? dealt[0];
  return (
    <section class="alarms" aria-label={caregiver.alarms}>
      <p class="visually-hidden" role="alert">
        {asking
          .map(
            ({ card, members: [lead] }) =>
              cardSentence(format.words, card) ?? format.conditionTitle(lead.condition),
          )
          .join(". ")}
      </p>
      {asking.length > 1 && <AnswerAll dealt={asking} bed={props.bed} />}
      {dealt.map((each) => (
        <AlarmCard
          key={each.card.id}
          dealt={each}
          bed={props.bed}
          first={each === first}
          alone={asking.length <= 1}
        />
      ))}
      {dealt.length === 0 && page.phase.value !== "lost" && !isAway(props.bed) && (
        <p class="no-alarm">{alarms.watch.on ? caregiver.noAlarms : caregiver.noAlarmsUnwatched}</p>
      )}
    </section>
  );
}

/** Whether something of a bed waits for an answer. */
export const isWaiting = (bed: BedState): boolean => dealtOf(bed).some(isAsking);

const isAsking = ({ members }: Dealt): boolean => members.some((each) => askingOf(each) !== "silent");

/** Every open alarm, in its card; one that is in none is shown for itself rather than not at all. */
function dealtOf({ alarms }: BedState): readonly Dealt[] {
  const dealt = new Set(alarms.cards.flatMap(({ members }) => members));
  const alone = alarms.open
    .filter(({ id }) => !dealt.has(id))
    .map(({ id, priority }): Card => ({ id, priority, members: [id], evidence: [] }));
  return [...alone, ...alarms.cards].flatMap((card) => {
    const [first, ...more] = card.members
      .flatMap((id) => alarms.open.find((each) => each.id === id) ?? [])
      .filter(({ condition }) => condition !== ASKS_TO_START);
    return first === undefined ? [] : [{ card, members: [first, ...more] }];
  });
}

/** One tap for everything that asks now; what comes later rings again. */
function AnswerAll(props: { readonly dealt: readonly Dealt[]; readonly bed: BedState }) {
  const { caregiver } = usePage().format.value.words.pages;
  const leads = props.dealt.map(({ members: [lead] }) => lead);
  const { sending, trouble, answer } = useAnswer(props.bed, leads);
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
          ? fill(caregiver.goingAll, { count: props.dealt.length })
          : caregiver.sending}
      </button>
    </div>
  );
}
