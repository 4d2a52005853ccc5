import { CONDITIONS } from "../alarm/conditions/index.ts";
import {
  type AlarmFold,
  type Card,
  type CauseId,
  type ConditionId,
  higherPriority,
  type Occurrence,
  type Priority,
} from "../domain/alarm.ts";
import { askingOf } from "../domain/ringing.ts";
import { SECOND_MS } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Scenario } from "../rehearsal/scenario.ts";

/** What a rehearsal brought. Times in s after its start. */
export interface Found {
  readonly occurred: readonly {
    readonly atS: number;
    readonly condition: ConditionId;
    readonly priority: Priority;
    /** The scenario's name of the device that it is about. */
    readonly device?: string;
  }[];
  /** What each card said that it came from, from when on. */
  readonly causes: readonly CauseSeen[];
  /** Cards that rang: not those that somebody had taken, or that a care act or a pause kept quiet. */
  readonly rang: readonly Rang[];
}

interface Rang {
  readonly atS: number;
  readonly card: string;
  /** Of the most urgent member that rang. */
  readonly priority: Priority;
  /** About data, devices and box alone. */
  readonly technical: boolean;
  readonly conditions: readonly ConditionId[];
}

interface CauseSeen {
  readonly card: string;
  readonly fromS: number;
  /** Absent: until the end. */
  readonly toS?: number;
  readonly cause?: CauseId;
  readonly conditions: readonly ConditionId[];
}

const TECHNICAL: ReadonlySet<ConditionId> = new Set(
  CONDITIONS.filter(({ technical }) => technical).map(({ id }) => id),
);

/** Looks at the cards once a second. */
export function followCards(
  clock: Clock,
  foldNow: () => AlarmFold | undefined,
): { seen(): Pick<Found, "causes" | "rang">; stop(): void } {
  const startMs: number = clock.mono();
  const causes: CauseSeen[] = [];
  const now = new Map<string, CauseSeen>();
  const rang = new Map<string, Rang>();
  const look = (): void => {
    const { cards = [], open = [] } = foldNow() ?? {};
    const atS = (clock.mono() - startMs) / SECOND_MS;
    const shown = new Map(cards.map((card) => [card.id, { card, members: membersOf(card, open) }]));
    for (const { card, members } of shown.values()) {
      const ringing = members.filter((one) => askingOf(one) === "ring");
      if (ringing.length === 0) continue;
      const priority = ringing.map((one) => one.priority).reduce(higherPriority);
      const before = rang.get(card.id);
      if (before !== undefined && higherPriority(before.priority, priority) === before.priority) continue;
      const technical = members.every(({ condition }) => TECHNICAL.has(condition));
      const conditions = ringing.map(({ condition }) => condition);
      rang.set(card.id, { atS, card: card.id, priority, technical, conditions });
    }
    for (const [id, before] of now) {
      if (shown.has(id) && isSame(before, picture(shown.get(id), atS))) continue;
      now.delete(id);
      causes.push({ ...before, toS: atS });
    }
    for (const [id, one] of shown) if (!now.has(id)) now.set(id, picture(one, atS));
  };
  const stop = clock.every(SECOND_MS, look);
  return { seen: () => ({ causes: [...causes, ...now.values()], rang: [...rang.values()] }), stop };
}

interface Shown {
  readonly card: Card;
  readonly members: readonly Occurrence[];
}

const membersOf = ({ members }: Card, open: readonly Occurrence[]): readonly Occurrence[] =>
  open.filter(({ id }) => members.includes(id));

function picture(shown: Shown | undefined, fromS: number): CauseSeen {
  const { card, members = [] } = shown ?? {};
  const conditions = members.flatMap(({ condition, conditions: all = [] }) => [condition, ...all]);
  return {
    card: card?.id ?? "",
    fromS,
    ...(card?.cause !== undefined && { cause: card.cause }),
    conditions: [...new Set(conditions)].toSorted(),
  };
}

const isSame = (a: CauseSeen, b: CauseSeen): boolean =>
  a.cause === b.cause && a.conditions.join() === b.conditions.join();

/** How often somebody was woken for a device or the box alone. */
export const wakingsOf = ({ rang }: Pick<Found, "rang">): number =>
  rang.filter(({ technical, priority }) => technical && priority !== "low").length;

/** Where a rehearsal went otherwise than its scenario says; a sentence each. */
export function problemsOf(scenario: Scenario, found: Found): readonly string[] {
  const { occurred, causes, rang } = found;
  const missing = scenario.expect.flatMap(({ condition, by, after = 0, device, cause }) => {
    const times = occurred
      .filter((one) => one.condition === condition && (device === undefined || one.device === device))
      .map(({ atS }) => atS);
    if (!times.some((atS) => atS >= after && atS <= by)) {
      const when = times.join(", ") || "no time";
      return [`${condition} was to occur between ${after} and ${by} s, but occurred at ${when}`];
    }
    const said = causes.find(
      ({ fromS, toS = Infinity, conditions }) => fromS <= by && toS > by && conditions.includes(condition),
    );
    if (cause === undefined || said?.cause === cause) return [];
    return [
      `${condition} was to come from ${cause} at ${by} s, but its card said ${said?.cause ?? "nothing"}`,
    ];
  });
  const forbidden = occurred
    .filter(({ condition }) => scenario.never.includes(condition))
    .map(({ condition, atS }) => `${condition} occurred at ${atS} s and must not`);
  const loud = rang
    .filter(({ priority }) => scenario.calm === true && priority === "high")
    .map(
      ({ conditions, atS }) => `${conditions.join(" and ")} rang at ${atS} s on a night that was to be calm`,
    );
  const [most, wakings] = [scenario.wakings ?? Infinity, wakingsOf(found)];
  const often = wakings > most ? [`somebody was woken ${wakings} times for devices alone, not ${most}`] : [];
  return [...missing, ...forbidden, ...loud, ...often];
}
