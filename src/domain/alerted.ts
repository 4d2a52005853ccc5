import type { ChannelCapabilities } from "../port/channel.ts";
import type { PersonId } from "./ids.ts";

/** A phone as far as it matters for whom alarms reach. */
export interface CallablePhone {
  readonly id: string;
  readonly person: PersonId;
  readonly channel: string;
  /** The provider says that it is gone. */
  readonly isDead: boolean;
}

/** A way; one that is not in the list (the browser's notifications) is ready, and wakes nobody. */
export interface CallableWay {
  readonly id: string;
  readonly capabilities: ChannelCapabilities;
  readonly isReady: boolean;
}

/** Whom alarms reach at all, and whom a way reaches that can ring through silence. */
export interface Alerted {
  readonly told: ReadonlySet<PersonId>;
  readonly woken: ReadonlySet<PersonId>;
}

/** People who are reached less well than before, by what they lose. Both empty: nobody loses anything. */
export interface AlertedLoss {
  /** No phone of theirs is called any more. */
  readonly told: readonly PersonId[];
  /** They are still told, by nothing that rings through silence. */
  readonly woken: readonly PersonId[];
}

export function alertedBy(phones: readonly CallablePhone[], ways: readonly CallableWay[]): Alerted {
  const told = new Set<PersonId>();
  const woken = new Set<PersonId>();
  for (const { person, channel, isDead } of phones) {
    const way = ways.find(({ id }) => id === channel);
    if (isDead || way?.isReady === false) continue;
    told.add(person);
    if (way !== undefined && canWake(way.capabilities)) woken.add(person);
  }
  return { told, woken };
}

/** Who is worse off after a change than before it. */
export function lossOf(before: Alerted, after: Alerted): AlertedLoss {
  const told = [...before.told].filter((person) => !after.told.has(person));
  const woken = [...before.woken].filter((person) => !after.woken.has(person) && after.told.has(person));
  return { told, woken };
}

/** Whether it rings through silence on some phone, at least after a setting. */
export const canWake = ({ sounds, breaksDndIos, breaksDndAndroid }: ChannelCapabilities): boolean =>
  sounds === "call" ||
  (sounds === "alarm" && [breaksDndIos, breaksDndAndroid].some((how) => how === "yes" || how === "setting"));
