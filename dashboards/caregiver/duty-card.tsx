import type { Handover } from "../../src/domain/duty.ts";
import type { DutyResponse, HandoverAnswer } from "../../src/server/contract/duty.ts";
import type { BedState } from "../../src/server/contract.ts";
import { joined } from "../../src/words/protection-line.ts";
import { fill } from "../../src/words/template.ts";
import { Dialog } from "../shared/dialog.tsx";
import {
  DutyGaps,
  DutyLines,
  type HeardDuty,
  isDuty,
  isPlanned,
  nameOf,
  whenOf,
  whoAmI,
} from "../shared/duty.tsx";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { GiveDuty, TakeDuty } from "./duty-give.tsx";
import { Rota } from "./duty-rota.tsx";

/** At the top of the bed: what somebody must not miss. */
export function DutyAtTop(props: { readonly bed: BedState; readonly duty: HeardDuty }) {
  const { bed, duty } = props;
  const page = usePage();
  const view = duty.view.value;
  if (page.phase.value === "lost" || view === undefined) return null;
  const me = whoAmI(page);
  const asked = view.handovers.filter(({ state, to }) => state === "open" && to === me);
  return (
    <>
      <DutyGaps view={view} zone={bed.zone} />
      {view.ledBy === undefined &&
        asked.map((one) => <Asked key={one.id} one={one} bed={bed} duty={duty} view={view} />)}
    </>
  );
}

/** Who is on duty, and what can be done about it by owner and caregivers. */
export function DutyCard(props: { readonly bed: BedState; readonly duty: HeardDuty }) {
  const { bed, duty } = props;
  const page = usePage();
  const { notes } = page.format.value.words;
  if (page.phase.value === "lost") return null;
  const view = duty.view.value;
  const trouble = duty.trouble.value;
  const who = page.who.value;
  const role = who.kind === "known" ? who.me.person?.role : undefined;
  const mayChange = role === "owner" || role === "caregiver";
  return (
    <section class="card duty" aria-label={notes.duty.title}>
      <h2>{notes.duty.title}</h2>
      <DutyLines duty={duty} zone={bed.zone} isGapAbove />
      {view !== undefined && trouble !== undefined && <TroubleBox trouble={trouble} />}
      <Unproven duty={duty} />
      {view !== undefined && <Handovers bed={bed} duty={duty} view={view} />}
      {view !== undefined && mayChange && view.ledBy === undefined && (
        <>
          <GiveDuty bed={bed} duty={duty} view={view} />
          <TakeDuty bed={bed} duty={duty} view={view} />
          <Rota bed={bed} duty={duty} view={view} />
        </>
      )}
      {view?.ledBy !== undefined && <p class="small">{fill(notes.led, { hub: view.ledBy })}</p>}
      {view !== undefined && isPlanned(view) && <p class="small">{notes.duty.calls}</p>}
    </section>
  );
}

/** Asked back before somebody is relied on whom perhaps nothing wakes. */
function Unproven({ duty }: { readonly duty: HeardDuty }) {
  const format = usePage().format.value;
  const { notes, faults, people } = format.words;
  const asked = duty.unproven.value;
  if (asked === undefined) return null;
  const { cause, fix } = faults.DUTY_UNPROVEN;
  return (
    <Dialog title={notes.duty.unprovenTitle} onClose={() => asked.decide(false)}>
      {asked.names.length > 0 && <p class="unproven-names">{format.list(asked.names)}</p>}
      <p>{joined([cause, fix])}</p>
      <div class="buttons">
        <button type="button" class="primary" onClick={() => asked.decide(true)}>
          {notes.duty.unprovenSure}
        </button>
        <button type="button" onClick={() => asked.decide(false)}>
          {people.keep}
        </button>
      </div>
    </Dialog>
  );
}

interface Parts {
  readonly bed: BedState;
  readonly duty: HeardDuty;
  readonly view: DutyResponse;
}

/** "Mei asks you": it becomes mine with a tap, and stays hers without one. */
function Asked(props: Parts & { readonly one: Handover }) {
  const { one, bed, duty, view } = props;
  const page = usePage();
  const format = page.format.value;
  const words = format.words.notes.duty;
  const answer = (what: HandoverAnswer["answer"]) => () => page.handOver(answerTo(page, duty, one, what));
  return (
    <div class="duty-asked">
      <p>
        <strong>
          {fill(words.offered, {
            name: nameOf(format, view, one.giver),
            from: whenOf(format, one.from, view, bed.zone),
            until: whenOf(format, one.until, view, bed.zone),
          })}
        </strong>
      </p>
      <button type="button" class="big primary" disabled={duty.busy.value} onClick={answer("accepted")}>
        {words.accept}
      </button>
      <button type="button" disabled={duty.busy.value} onClick={answer("declined")}>
        {words.decline}
      </button>
    </div>
  );
}

/** Questions that wait for somebody, and what became of those of the last day. */
function Handovers({ bed, duty, view }: Parts) {
  const page = usePage();
  const format = page.format.value;
  const words = format.words.notes.duty;
  const me = whoAmI(page);
  const placesOf = (one: Handover) => ({
    giver: nameOf(format, view, one.giver),
    name: nameOf(format, view, one.to),
    from: whenOf(format, one.from, view, bed.zone),
    until: whenOf(format, one.until, view, bed.zone),
  });
  const open = view.handovers.filter(({ state, to }) => state === "open" && to !== me);
  const answered = view.handovers.filter(({ giver, to }) => giver !== to);
  return (
    <>
      {open.map((one) => (
        <div key={one.id} class="duty-open">
          <p>{fill(one.giver === me ? words.pending : words.pendingOther, placesOf(one))}</p>
          {one.giver === me && view.ledBy === undefined && (
            <button
              type="button"
              disabled={duty.busy.value}
              onClick={() => page.handOver(answerTo(page, duty, one, "withdrawn"))}
            >
              {words.withdraw}
            </button>
          )}
        </div>
      ))}
      {answered.map((one) => {
        if (one.state !== "accepted" && one.state !== "declined") return null;
        return (
          <p key={one.id} class="small" data-handover={one.state}>
            {fill(words.answers[one.state], placesOf(one))}
          </p>
        );
      })}
    </>
  );
}

async function answerTo(
  page: ReturnType<typeof usePage>,
  duty: HeardDuty,
  { id }: Handover,
  answer: HandoverAnswer["answer"],
): Promise<void> {
  const body: HandoverAnswer = { answer };
  await duty.change(() => page.api.post(`${duty.path}/handovers/${id}`, body, isDuty));
}
