import type { ConditionId, Priority } from "./alarm.ts";
import type { FaultCode } from "./fault.ts";

/** How often one condition would have asked for somebody: new alarms, and alarms that got worse. */
export interface SignalCount {
  readonly condition: ConditionId;
  readonly priority: Priority;
  readonly before: number;
  readonly after: number;
}

/** A time of at least 10 s with SpO2 below the person's critical limit. */
export interface Dip {
  /** Epoch milliseconds of the first number below. */
  readonly at: number;
  readonly seconds: number;
  /** The lowest number, %; absent: the oximeter said only that it was below what it can measure. */
  readonly lowest?: number;
}

/** One night, judged twice. */
export interface WhatIfNight {
  /** Epoch milliseconds of the first row and of the last. */
  readonly from: number;
  readonly to: number;
  readonly signals: readonly SignalCount[];
  readonly dips: {
    readonly count: number;
    /** Raised by an oxygen alarm of medium or high priority while they lasted. */
    readonly raisedBefore: number;
    readonly raisedAfter: number;
    /** Raised before, and after not any more. */
    readonly lostCount: number;
    /** Those, at most 200 of all nights. */
    readonly lost: readonly Dip[];
  };
}

/** All nights together. */
export interface WhatIfTotal {
  readonly nights: number;
  /** Alarms that wake somebody: medium and high. */
  readonly alarms: { readonly before: number; readonly after: number };
  readonly signals: readonly SignalCount[];
  readonly dips: WhatIfNight["dips"];
}

/** Longest list of lost dips that is handed on. */
const LOST_MAX = 200;

/** Adds nights up. The most frequent condition comes first. */
export function totalOf(nights: readonly WhatIfNight[]): WhatIfTotal {
  const counts = new Map<string, SignalCount>();
  const dips = { count: 0, raisedBefore: 0, raisedAfter: 0, lostCount: 0 };
  const lost: Dip[] = [];
  for (const night of nights) {
    for (const { condition, priority, before, after } of night.signals) {
      const known = counts.get(`${condition} ${priority}`) ?? { condition, priority, before: 0, after: 0 };
      counts.set(`${condition} ${priority}`, {
        ...known,
        before: known.before + before,
        after: known.after + after,
      });
    }
    dips.count += night.dips.count;
    dips.raisedBefore += night.dips.raisedBefore;
    dips.raisedAfter += night.dips.raisedAfter;
    dips.lostCount += night.dips.lostCount;
    lost.push(...night.dips.lost);
  }
  const signals = [...counts.values()].toSorted((a, b) => b.before + b.after - a.before - a.after);
  const waking = signals.filter(({ priority }) => priority !== "low");
  return {
    nights: nights.length,
    alarms: {
      before: waking.reduce((sum, { before }) => sum + before, 0),
      after: waking.reduce((sum, { after }) => sum + after, 0),
    },
    signals,
    dips: { ...dips, lost: lost.toSorted((a, b) => a.at - b.at).slice(0, LOST_MAX) },
  };
}

/** What the nights of a bed say to proposed limits, line by line as they are worked out. */
export type WhatIfLine =
  /** First: how many nights there are, and the critical limit that counts now. */
  | {
      readonly kind: "begun";
      readonly nights: number;
      readonly criticalLimit: number;
      readonly simulated: boolean;
    }
  | { readonly kind: "night"; readonly night: WhatIfNight }
  /** Last; without it the answer is not whole. */
  | { readonly kind: "done"; readonly total: WhatIfTotal }
  /** Last as well: it went no further. */
  | { readonly kind: "failed"; readonly code: FaultCode };
