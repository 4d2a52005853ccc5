import { type Actor, type ConditionId, isConditionId } from "../domain/alarm.ts";
import { Fault } from "../domain/fault.ts";
import type { BedId } from "../domain/ids.ts";
import type { LimitOffer } from "../domain/morning.ts";
import { DAY_MS, type Night, parseNight, wall } from "../domain/time.ts";
import type { WhatIfLine, WhatIfTotal } from "../domain/what-if.ts";
import type { Clock } from "../port/clock.ts";
import type { LimitsDesk } from "../port/limits.ts";
import type { State } from "../port/state.ts";
import { type LimitStep, stepsFor, WAKINGS_BEARABLE, withStep } from "./offer.ts";

/** Then nobody remembers the night that it came from. */
const EXPIRES_MS = 7 * DAY_MS;

export interface OfferDeskOptions {
  readonly clock: Clock;
  readonly state: Pick<State, "value" | "setValue">;
  /** Of every offer. */
  newId(): string;
  limits(bed: BedId): Pick<LimitsDesk, "picture">;
  whatIf(bed: BedId, limits: unknown, signal: AbortSignal): Promise<AsyncIterable<WhatIfLine>>;
}

/** After a night of many wakings: at most one change to think about for each bed. It changes nothing by itself. */
export interface OfferDesk {
  /** What may be thought about now; undefined: nothing, or what there was has run out or was overtaken. */
  current(bed: BedId): Promise<LimitOffer | undefined>;
  /**
   * Looks for one change after a night: `wakers` as wakersOf tells them. Resolves with what is offered now. Rejects with
   * RATE_LIMITED while somebody tries limits by hand, and with the fault of store or state.
   */
  look(
    bed: BedId,
    night: Night,
    wakers: readonly { readonly condition: ConditionId; readonly wakings: number }[],
    signal: AbortSignal,
  ): Promise<LimitOffer | undefined>;
  /** Somebody at home passes it to the therapist, or does not want it. Rejects with NOT_FOUND. */
  answer(bed: BedId, id: string, what: "handed_on" | "declined", by: Actor): Promise<void>;
}

export function createOfferDesk({ clock, state, newId, limits, whatIf }: OfferDeskOptions): OfferDesk {
  const keep = (offer: LimitOffer): Promise<void> => state.setValue(nameOf(offer.bed), JSON.stringify(offer));

  async function current(bed: BedId): Promise<LimitOffer | undefined> {
    const offer = readOffer(await state.value(nameOf(bed)));
    if (offer === undefined || clock.wall() >= offer.expiresAt) return undefined;
    return offer.version === (await limits(bed).picture()).version ? offer : undefined;
  }

  async function tried(
    bed: BedId,
    step: LimitStep,
    file: unknown,
    signal: AbortSignal,
  ): Promise<Tried | undefined> {
    let criticalLimit: number | undefined;
    for await (const line of await whatIf(bed, file, signal)) {
      if (line.kind === "begun") ({ criticalLimit } = line);
      if (line.kind === "done" && criticalLimit !== undefined)
        return { ...countsOf(line.total, step), criticalLimit };
    }
    return undefined;
  }

  return {
    current,
    async look(bed, night, wakers, signal) {
      const known = await current(bed);
      // What was answered stays answered for its time: nobody is asked the same every morning.
      if (known !== undefined) return known;
      const picture = await limits(bed).picture();
      for (const { condition, wakings } of wakers) {
        if (wakings <= WAKINGS_BEARABLE) continue;
        for (const step of stepsFor(picture, condition)) {
          const counts = await tried(bed, step, withStep(picture.file, step), signal);
          // Fewer alarms, and not one fall below the critical limit that would have been missed.
          if (counts === undefined || counts.lost > 0 || counts.after >= counts.before) continue;
          const { lost: _none, ...heard } = counts;
          const madeAt = clock.wall();
          const offer: LimitOffer = {
            ...{ id: newId(), bed, night, wakings, madeAt, expiresAt: wall(madeAt + EXPIRES_MS) },
            ...{ ...step, ...heard, version: picture.version },
          };
          await keep(offer);
          return offer;
        }
      }
      return undefined;
    },
    async answer(bed, id, what, by) {
      const offer = await current(bed);
      if (offer?.id !== id) {
        throw new Fault("NOT_FOUND", "This proposal does not stand any more.", {
          fix: "Look at the newest summary.",
        });
      }
      await keep({ ...offer, answer: { what, by, at: clock.wall() } });
    },
  };
}

type Tried = Pick<LimitOffer, "nights" | "before" | "after" | "criticalLimit"> & { readonly lost: number };

function countsOf(
  { nights, signals, dips }: WhatIfTotal,
  { condition }: LimitStep,
): Omit<Tried, "criticalLimit"> {
  const own = signals.filter((signal) => signal.condition === condition);
  const sum = (of: "before" | "after"): number => own.reduce((total, signal) => total + signal[of], 0);
  return { nights, before: sum("before"), after: sum("after"), lost: dips.lostCount };
}

const nameOf = (bed: BedId): string => `limit_offer ${bed}`;

/** Undefined for nothing, and for what another version wrote. */
function readOffer(text: string | undefined): LimitOffer | undefined {
  if (text === undefined) return undefined;
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null) return undefined;
  const told: { readonly [name: string]: unknown } = { ...value };
  const { id, bed, setting, unit } = told;
  if (![id, bed, setting, unit].every((one) => typeof one === "string")) return undefined;
  const { condition } = told;
  const night = parseNight(String(told["night"]));
  if (typeof condition !== "string" || !isConditionId(condition) || night === undefined) return undefined;
  const numbers = NUMBERS.map((name) => told[name]);
  if (!numbers.every((one): one is number => typeof one === "number")) return undefined;
  const [from = 0, to = 0, version = 0, wakings = 0, nights = 0, before = 0, after = 0, ...rest] = numbers;
  const [criticalLimit = 0, madeAt = 0, expiresAt = 0] = rest;
  const answer = readAnswer(told["answer"]);
  return {
    ...{ id: String(id), bed: String(bed), setting: String(setting), unit: String(unit), condition, night },
    ...{ from, to, version, wakings, nights, before, after, criticalLimit },
    ...{ madeAt: wall(madeAt), expiresAt: wall(expiresAt) },
    ...(answer === undefined ? {} : { answer }),
  };
}

const NUMBERS = [
  ...["from", "to", "version", "wakings", "nights", "before", "after"],
  ...["criticalLimit", "madeAt", "expiresAt"],
] as const;

function readAnswer(value: unknown): LimitOffer["answer"] {
  if (typeof value !== "object" || value === null) return undefined;
  const { what, at, by }: { readonly [name: string]: unknown } = { ...value };
  if ((what !== "handed_on" && what !== "declined") || typeof at !== "number") return undefined;
  if (typeof by !== "object" || by === null) return undefined;
  const { id, name }: { readonly [name: string]: unknown } = { ...by };
  return typeof id === "string" && typeof name === "string"
    ? { what, at: wall(at), by: { id, name } }
    : undefined;
}
