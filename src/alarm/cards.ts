import type { Card, CauseId, Occurrence } from "../domain/alarm.ts";
import type { OccurrenceId } from "../domain/ids.ts";
import { SECOND_MS } from "../domain/time.ts";
import { cardsOf } from "./causes.ts";
import { type Draft, membersOf } from "./draft.ts";
import { evidenceOf } from "./evidence.ts";
import type { KeptCause } from "./state.ts";

/** Another cause must have been the best for so long before a card changes its mind. */
const CONVINCED_MS = 15 * SECOND_MS;

/**
 * Which cause each open card shows. The first that has a picture stays; another takes its place only when it has been the
 * best for 15 s while something still violates: a mask that is put back passes through the pictures of other causes.
 */
export function settleCauses(draft: Draft): void {
  const before = draft.core.causes;
  const open = Object.values(draft.core.open).map(({ occurrence }) => occurrence);
  if (open.length === 0) {
    if (Object.keys(before).length > 0) draft.core = { ...draft.core, causes: {} };
    return;
  }
  const { live, core, now } = draft;
  const causes: { [card: OccurrenceId]: KeptCause } = {};
  for (const card of cardsOf(open, evidenceOf(live, core, now))) {
    const kept = keptFor(draft, card, before[card.id]);
    if (kept !== undefined) causes[card.id] = kept;
  }
  const isShownSame = open.every((one) => shownFor(before, one) === shownFor(causes, one));
  if (!isShownSame) draft.isVisible = true;
  if (JSON.stringify(before) !== JSON.stringify(causes)) draft.core = { ...draft.core, causes };
}

const shownFor = (
  causes: { readonly [card: OccurrenceId]: KeptCause },
  one: Occurrence,
): CauseId | undefined => causes[one.card ?? one.id]?.cause;

function keptFor(draft: Draft, card: Card, known: KeptCause | undefined): KeptCause | undefined {
  const { cause, evidence } = card;
  if (known === undefined) return cause === undefined ? undefined : { cause, evidence };
  const { rival, ...kept } = known;
  if (cause === undefined || !card.members.some((id) => violates(draft, id))) return kept;
  if (cause === known.cause) return { cause, evidence: sameNames(known, card) ? known.evidence : evidence };
  const since = rival?.cause === cause ? rival.since : draft.now;
  return draft.now - since >= CONVINCED_MS ? { cause, evidence } : { ...kept, rival: { cause, since } };
}

/** Values of the moment are beside the card; a journal entry for each second of an alarm is not worth them. */
const sameNames = (known: KeptCause, { evidence }: Card): boolean =>
  known.evidence.map(({ name, trend }) => `${name} ${trend}`).join() ===
  evidence.map(({ name, trend }) => `${name} ${trend}`).join();

const violates = (draft: Draft, id: OccurrenceId): boolean =>
  membersOf(draft, id).some(([, { inBand }]) => inBand);
