import { useSignal } from "@preact/signals";
import type { Acknowledgement, Occurrence } from "../../src/domain/alarm.ts";
import { allRightOf } from "../../src/domain/all-right.ts";
import { askingOf } from "../../src/domain/ringing.ts";
import type { AcknowledgeRequest, BedState } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import type { Trouble } from "../shared/api.ts";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import type { Dealt } from "./alarms.tsx";
import { pathOf } from "./tell.ts";

type Place = AcknowledgeRequest["place"];

/** Who has taken a card, and what a person can say to it: on the way, there, or watching in its place. */
export function Answer(props: {
  readonly dealt: Dealt;
  readonly bed: BedState;
  /** The only card that waits: its answer is the largest thing on the page. */
  readonly alone: boolean;
}) {
  const { bed, alone } = props;
  const { members } = props.dealt;
  const { words } = usePage().format.value;
  const { caregiver } = words.pages;
  const { sending, trouble, answer } = useAnswer(bed, [members[0]]);
  const waits = members.some((each) => askingOf(each) !== "silent");
  const isGentle = waits && members.every((each) => askingOf(each) !== "ring");
  const isThere = members.every(({ acknowledgement }) => acknowledgement?.place === "bedside");
  const isTaken = members.every(({ acknowledgement }) => acknowledgement !== undefined);
  const canWatch = members.every(({ id }) => bed.answers.watching.includes(id));
  const isCall = members[0].condition === "PATIENT_CALL";
  const button = (place: Place, text: string, first: boolean) => (
    <button
      type="button"
      class={`${alone && waits ? "big" : ""} ${first && alone && waits ? "primary" : ""}`}
      disabled={sending.value !== undefined}
      onClick={() => answer(place)}
    >
      {sending.value === place ? caregiver.sending : text}
    </button>
  );
  return (
    <div class="answer">
      <Takers members={members} bed={bed} />
      <PatientSays members={members} bed={bed} />
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} title={caregiver.notSent} />}
      {isGentle && <p>{words.care.watching.title}</p>}
      <div class="buttons">
        {isGentle && canWatch && button("watching", words.care.watching.yes, true)}
        {!isTaken && button("going", caregiver.going, !isGentle)}
        {!isThere && button("bedside", isCall ? caregiver.withThem : caregiver.bedside, isTaken)}
        {!isGentle && canWatch && !isTaken && button("watching", words.care.watching.button, false)}
      </div>
      {canWatch && !isTaken && <p class="small">{words.care.watching.hint}</p>}
    </div>
  );
}

/** "I am all right", with its time; it looks like no answer of somebody who goes. */
function PatientSays(props: { readonly members: readonly Occurrence[]; readonly bed: BedState }) {
  const format = usePage().format.value;
  const { caregiver } = format.words.pages;
  const said = allRightOf(props.members);
  if (said === undefined) return null;
  const text = said.before === true ? caregiver.allRightBefore : caregiver.allRight;
  return (
    <output class="all-right">
      {fill(text, { name: said.by.name, time: format.time(said.at, props.bed.zone) })}
      <span class="small"> {caregiver.allRightHint}</span>
    </output>
  );
}

/** Each person once, with what they have said last. */
function Takers(props: { readonly members: readonly Occurrence[]; readonly bed: BedState }) {
  const takers = new Map<string, Acknowledgement>();
  for (const { acknowledgement } of props.members) {
    if (acknowledgement !== undefined) takers.set(acknowledgement.by.id, acknowledgement);
  }
  return (
    <>
      {[...takers.values()].map((taken) => (
        <Taker key={taken.by.id} taken={taken} zone={props.bed.zone} />
      ))}
    </>
  );
}

function Taker(props: { readonly taken: Acknowledgement; readonly zone: string }) {
  const { taken, zone } = props;
  const format = usePage().format.value;
  const { care, pages } = format.words;
  const texts = {
    going: pages.caregiver.takenBy,
    bedside: pages.caregiver.atBedsideBy,
    watching: care.watching.line,
  } as const;
  const until = { time: format.time(taken.until, zone) };
  return (
    <output class="taken">
      <span aria-hidden="true">✓ </span>
      {fill(texts[taken.place], { name: taken.by.name, time: format.time(taken.at, zone) })}
      <span class="small">
        {" "}
        {taken.place === "watching"
          ? fill(care.watching.nextAt, until)
          : fill(pages.caregiver.soundsAgain, until)}
      </span>
    </output>
  );
}

/** Posts answers, one request for each card, by the first of its alarms, and keeps what came of it. */
export function useAnswer(bed: BedState, leads: readonly Occurrence[]) {
  const page = usePage();
  const sending = useSignal<Place | undefined>(undefined);
  const trouble = useSignal<Trouble | undefined>(undefined);
  async function send(place: Place): Promise<void> {
    if (sending.value !== undefined) return;
    sending.value = place;
    const request: AcknowledgeRequest = { place, card: true };
    const answers = await Promise.all(
      leads.map(({ id }) =>
        page.api.tell(`${pathOf(bed)}/occurrences/${encodeURIComponent(id)}/acknowledge`, request),
      ),
    );
    sending.value = undefined;
    const failed = answers.find((answer) => !answer.ok);
    trouble.value = failed?.ok === false ? failed.problem : undefined;
    // Somebody is awake and looking at this page: it need not go on ringing while it cannot pass that on.
    if (failed !== undefined) page.alarm.keepQuiet();
  }
  return { sending, trouble, answer: (place: Place) => page.handOver(send(place)) };
}
