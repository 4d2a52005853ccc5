import { canWake } from "../domain/alerted.ts";
import { heardAtPillow, loudDueOf } from "../domain/evening.ts";
import { Fault } from "../domain/fault.ts";
import type { HomeId, PersonId } from "../domain/ids.ts";
import { DAY_MS, MINUTE_MS, type Wall, wall } from "../domain/time.ts";
import type { TargetRecord } from "../port/state.ts";
import type { Context } from "./context.ts";
import type { EveningResponse } from "./contract/evening.ts";
import type { BedState, WakeReadiness } from "./contract.ts";

type ProvenPhone = EveningResponse["phones"][number];

/** A phone that rang through silence so lately rings tonight, as far as anybody can know days before. */
const DUTY_PROOF_MS = 7 * DAY_MS;

/** Every phone of a home with what it has proved. Rejects with STATE_FAILED. */
export async function phonesOf({ deps }: Context, home: HomeId): Promise<readonly ProvenPhone[]> {
  return phonesWith(deps, home, await deps.homes.of(home).targets());
}

/** What its box told of them, with what is kept here of each. */
function phonesWith(
  deps: Context["deps"],
  home: HomeId,
  targets: readonly TargetRecord[],
): readonly ProvenPhone[] {
  const now = deps.clock.wall();
  const first = firstOf(deps, home);
  const kept = new Map(targets.map((target) => [target.id, target]));
  return (first?.readiness?.targets ?? []).map((target) => ({
    ...phoneOf(target, kept.get(target.id), now),
    wakes: doesWake(deps, target),
  }));
}

/** A hub has the beds of thousands of homes: only what is asked for is put together. */
export const firstOf = ({ live, homeOf }: Context["deps"], home: HomeId): BedState | undefined =>
  live.states((bed) => homeOf(bed) === home)[0];

/** Its way can ring through silence. */
function doesWake({ channels }: Context["deps"], { channel }: { readonly channel: string }): boolean {
  const way = channels.find(({ id }) => id === channel);
  return way !== undefined && canWake(way.capabilities);
}

/**
 * Of these people, whoever nobody can count on being woken: no phone of theirs that rings through silence has proved itself
 * within a week. Not among them is who never had a phone here and has heard the sounder at the pillow lately, while it works.
 */
export async function unprovenOf<Person extends { readonly id: PersonId; readonly name: string }>(
  context: Context,
  home: HomeId,
  people: readonly Person[],
): Promise<readonly Person[]> {
  const { deps } = context;
  const now = deps.clock.wall();
  const targets = await deps.homes.of(home).targets();
  const told = new Map(phonesWith(deps, home, targets).map(({ id, provenAt }) => [id, provenAt]));
  const pillow = deps.evening?.(home)?.last.pillow;
  const isBeside =
    heardAtPillow(pillow, now) !== undefined && firstOf(deps, home)?.readiness.sounder.ok === true;
  return people.filter(({ id, name }) => {
    const own = targets.filter(({ person }) => person === id);
    if (own.length === 0) return !(isBeside && pillow?.heardBy === name);
    return !own.some(
      (one) =>
        one.deadSince === undefined &&
        doesWake(deps, one) &&
        isLately(told.get(one.id) ?? one.lastProofAt, now),
    );
  });
}

const isLately = (at: number | undefined, now: Wall): boolean =>
  at !== undefined && at <= now && now - at <= DUTY_PROOF_MS;

/** Nobody is relied on by a slip of the finger: without an agreement DUTY_UNPROVEN, naming them. */
export async function refuseUnproven(
  context: Context,
  home: HomeId,
  people: readonly { readonly id: PersonId; readonly name: string }[],
): Promise<void> {
  const unproven = await unprovenOf(context, home, people);
  if (unproven.length === 0) return;
  const names = unproven.map(({ name }) => name);
  const detail = `No phone that wakes has proved itself within a week: ${names.join(", ")}.`;
  throw new Fault("DUTY_UNPROVEN", detail, { fix: "Try the phone first, or agree to it.", names });
}

/** By what is kept here to the second, else by what its box last told, to the minute. */
function phoneOf(
  target: WakeReadiness["targets"][number],
  kept: TargetRecord | undefined,
  now: Wall,
): Omit<ProvenPhone, "wakes"> {
  const { id, label, person, personId, channel, provenAgeMs, loudAgeMs, changedAgeMs, dead } = target;
  const at = (known: Wall | undefined, ageMs: number | undefined): Wall | undefined => {
    const told = ageMs === undefined ? undefined : wall(now - ageMs);
    if (known === undefined || told === undefined) return known ?? told;
    return told - known > MINUTE_MS ? told : known;
  };
  const provenAt = at(kept?.lastProofAt, provenAgeMs);
  const loudAt = at(kept?.lastLoudProofAt, loudAgeMs);
  const loudDue = loudDueOf({ loudAt, changedAt: at(kept?.changedAt, changedAgeMs) }, now);
  return {
    ...{ id, label, person, channel },
    ...(personId === undefined ? {} : { personId }),
    ...(provenAt === undefined ? {} : { provenAt }),
    ...(loudAt === undefined ? {} : { loudAt }),
    ...(loudDue === undefined ? {} : { loudDue }),
    ...(dead === undefined ? {} : { dead }),
  };
}
