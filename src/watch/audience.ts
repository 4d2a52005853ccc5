import type { ConditionId } from "../domain/alarm.ts";
import { canWake } from "../domain/alerted.ts";
import { type Callable, type Calling, type CallLevel, callLevels, ringsOf } from "../domain/calling.ts";
import { messageOf } from "../domain/fault.ts";
import type { BedId } from "../domain/ids.ts";
import { isProven } from "../domain/proof.ts";
import type { Channel } from "../port/channel.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { Called } from "./called.ts";
import type { PlannedSend } from "./incident.ts";
import type { WatchTarget } from "./message.ts";

export interface AudienceOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly channels: readonly Channel[];
  readonly calling: (bed: BedId) => Calling | undefined;
  readonly called: Called;
}

/** Nobody has answered, or nobody is there to answer: there is no turn to wait for. */
const FOR_ALL: ReadonlySet<ConditionId> = new Set<ConditionId>(["ESCALATION_EXHAUSTED", "NOBODY_ON_CALL"]);

/**
 * Whom a send is for, of those who can be reached, in their order; what is decided about an alarm is remembered in
 * `called`. A question to somebody without a phone that works is for everybody.
 */
export function createAudience({ clock, log, channels, calling, called }: AudienceOptions) {
  const ways = new Map(channels.map(({ id, capabilities }) => [id, capabilities]));

  const callableOf = ({ id, person, channel, lastProofAt }: WatchTarget): Callable => {
    const way = ways.get(channel);
    return {
      ...{ id, person, rings: ringsOf(way?.sounds) },
      proven: isProven(lastProofAt === undefined ? {} : { lastProofAt }, clock.wall()),
      wakes: way !== undefined && canWake(way),
    };
  };

  /** How far down the list each of these stands; those who are not in it are not called. */
  const levelsOf = (
    { bed, occurrence, condition, priority }: PlannedSend,
    callables: readonly Callable[],
  ): ReadonlyMap<string, CallLevel> => {
    const chosen = calling(bed);
    const isForAll =
      chosen === undefined ||
      FOR_ALL.has(condition) ||
      chosen.backstops.includes(condition) ||
      called.isForAll(occurrence);
    if (isForAll) return new Map(callables.map(({ id }) => [id, 0]));
    return callLevels(callables, priority, chosen);
  };

  /** Whatever is wrong with the plan of who is called when: somebody has to be called. */
  const surely = (send: PlannedSend, callables: readonly Callable[]): ReadonlyMap<string, CallLevel> => {
    try {
      return levelsOf(send, callables);
    } catch (thrown) {
      log.note("send.for_all", { occurrence: send.occurrence, detail: messageOf(thrown) }, "error");
      return new Map(callables.map(({ id }) => [id, 0]));
    }
  };

  return (send: PlannedSend, targets: readonly WatchTarget[]): readonly WatchTarget[] => {
    const { audience, level, occurrence, card = occurrence } = send;
    if (audience !== undefined) {
      if ("except" in audience) return targets.filter(({ person }) => person !== audience.except);
      const own = targets.filter(({ person }) => person === audience.only);
      return own.length > 0 ? own : targets;
    }
    if (level === undefined) return targets;
    const callables = targets.map(callableOf);
    const levels = surely(send, callables);
    const isTurn = (id: string): boolean => (levels.get(id) ?? Number.POSITIVE_INFINITY) <= level;
    const wasCalled = (id: string): boolean => called.about(card).has(id) || called.about(occurrence).has(id);
    const now = targets.filter(({ id }) => isTurn(id) || wasCalled(id));
    const people = callables.filter(({ rings }) => rings !== "machine").map(({ id }) => id);
    called.planned(
      send,
      now.map(({ id }) => id),
      new Map([...levels].filter(([id]) => people.includes(id))),
      clock.mono(),
      people.some((id) => !levels.has(id)),
    );
    return now;
  };
}
