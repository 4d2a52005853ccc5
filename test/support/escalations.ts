// A bed's alarms over time, and what the escalation plans to tell people about them.
import type { AlarmFold, Card, Occurrence } from "../../src/domain/alarm.ts";
import { mono, SECOND_MS, wall } from "../../src/domain/time.ts";
import { type EscalationStyle, escalate, nextDue } from "../../src/watch/escalation.ts";
import type { Incidents, PlannedSend } from "../../src/watch/incident.ts";
import { folds, NIGHT } from "./alarms.ts";

/** Seconds since NIGHT; both clocks run together here. */
export const moment = (s: number) => ({ mono: mono(s * SECOND_MS), wall: wall(NIGHT + s * SECOND_MS) });

export const STYLE: EscalationStyle = { dependencyClass: "B", tellsLeaving: true };

export interface Change {
  readonly atS: number;
  readonly open: readonly Occurrence[];
  /** Seconds since NIGHT. */
  readonly drillUntil?: number;
  readonly watch?: AlarmFold["watch"];
}

/** One card for occurrences with the same `card`, as the engine makes them, without a cause unless one is given. */
export function cardsOf(open: readonly Occurrence[], cause?: Card["cause"]): readonly Card[] {
  const ids = [...new Set(open.map(({ id, card = id }) => card))];
  return ids.map((card) => {
    const members = open.filter((one) => (one.card ?? one.id) === card);
    const [first] = members.toSorted((a, b) => (a.priority === "high" ? -1 : b.priority === "high" ? 1 : 0));
    return {
      id: card,
      ...(cause === undefined || members.length < 2 ? {} : { cause }),
      priority: first?.priority ?? "low",
      members: members.map(({ id }) => id),
      evidence: [],
    };
  });
}

/** Follows a bed through changes at given seconds, waking up whenever the escalation asks for it. */
export function follow(
  changes: readonly Change[],
  untilS: number,
): (PlannedSend & { readonly atS: number })[] {
  const sends: (PlannedSend & { atS: number })[] = [];
  const fold = folds({ wall: () => moment(nowS).wall });
  let nowS = 0;
  let incidents: Incidents = new Map();
  let current: AlarmFold | undefined;
  const step = (): void => {
    if (current === undefined) return;
    const result = escalate(incidents, current, moment(nowS), STYLE);
    incidents = result.incidents;
    sends.push(...result.due.map((send) => ({ ...send, atS: nowS })));
  };
  const queue = [...changes];
  for (;;) {
    const wakeS = Math.min(...nextDue(incidents).map((at) => at / SECOND_MS), Number.POSITIVE_INFINITY);
    const change = queue[0];
    if (change !== undefined && change.atS <= wakeS) {
      queue.shift();
      nowS = change.atS;
      const { open, drillUntil, watch } = change;
      current = fold(open, {
        cards: cardsOf(open),
        ...(drillUntil === undefined ? {} : { drillUntil: moment(drillUntil).wall }),
        ...(watch === undefined ? {} : { watch }),
      });
    } else if (wakeS <= untilS) nowS = wakeS;
    else return sends;
    step();
  }
}
