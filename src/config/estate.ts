import { createHash } from "node:crypto";
import Type, { type Static } from "typebox";
import { Check } from "typebox/value";
import { Fault } from "../domain/fault.ts";
import type { BedId } from "../domain/ids.ts";
import { isLanguage, ROLES } from "../domain/person.ts";
import { REMOVABLE, REMOVALS_MAX } from "../domain/removals.ts";
import type { HomeEstate } from "../port/registry.ts";
import type { State } from "../port/state.ts";

/** Versions of limits that go along, per bed: years of them. */
const LIMITS_MAX = 300;

/** What belongs to a box rather than to its home: the next one has its own. */
const OF_THE_BOX = ["edge_key", "pairing", "broker_password", "estate", "put_out", "from_hub", "from_box"];
/** Every box has this one: the command line of its own user. */
const COMMAND_LINE = "local";
const isOfTheBox = (name: string): boolean =>
  OF_THE_BOX.includes(name) || /^(?:settings|bed|signs) /.test(name);

const Id = Type.String({ minLength: 1, maxLength: 200 });
const Moment = Type.Integer({ minimum: 0, maximum: 8.64e15 });
const EstateSchema = Type.Object({
  values: Type.Record(Type.String({ maxLength: 500 }), Type.String()),
  people: Type.Array(
    Type.Object({
      ...{ id: Id, name: Type.String(), role: Type.Enum(ROLES), language: Type.String() },
      addedAt: Type.Optional(Moment),
    }),
    { maxItems: 1_000 },
  ),
  targets: Type.Array(
    Type.Object({
      ...{ id: Id, person: Id, channel: Type.String(), label: Type.String(), addedAt: Type.Number() },
      settings: Type.Record(Type.String(), Type.String()),
    }),
    { maxItems: 1_000 },
  ),
  removed: Type.Optional(
    Type.Array(Type.Object({ kind: Type.Enum([...REMOVABLE]), id: Id, upTo: Moment, at: Moment }), {
      maxItems: REMOVALS_MAX,
    }),
  ),
  limits: Type.Array(Type.Object({ bed: Id, version: Type.Integer({ minimum: 1 }), at: Type.Number() }), {
    maxItems: 8 * LIMITS_MAX,
  }),
  clinics: Type.Array(
    Type.Object({
      ...{ key: Type.String(), name: Type.String(), trustedAt: Type.Number() },
      by: Type.Object({ id: Type.String(), name: Type.String() }),
    }),
    { maxItems: 1_000 },
  ),
  beds: Type.Array(Type.String({ pattern: "^b[0-9]{1,4}$" }), { maxItems: 100 }),
});
type Unbranded = Static<typeof EstateSchema>;

/** What this box would leave to the next one of its home. Rejects with STATE_FAILED or UNSEALABLE. */
export async function estateOf(state: State, beds: readonly BedId[]): Promise<HomeEstate> {
  const [values, people, targets, removed, clinics, limits] = await Promise.all([
    state.values(),
    state.people(),
    state.targets(),
    state.removals(),
    state.trustedClinics(),
    Promise.all(beds.map((bed) => state.limits(bed, LIMITS_MAX))),
  ]);
  const kept = Object.entries(values).filter(([name]) => !isOfTheBox(name));
  return {
    values: Object.fromEntries(kept.toSorted(([a], [b]) => (a < b ? -1 : 1))),
    ...{ people, targets, clinics, beds },
    ...(removed.length === 0 ? {} : { removed }),
    limits: limits.flatMap((versions) => versions.toReversed()),
  };
}

/**
 * Takes over what another box left; after a power cut once more. Only into a box that nobody uses yet: one with people,
 * phones or limits of its own rejects with CONFLICT and stays as it is. Rejects with INPUT_INVALID for what is no estate, STATE_FAILED, UNSEALABLE.
 */
export async function takeEstate(state: State, given: unknown): Promise<void> {
  const estate = readEstate(given);
  if (isAnotherLife(await estateOf(state, estate.beds), estate)) {
    throw new Fault("CONFLICT", "This box has people, phones or limits of its own.", {
      fix: "Take a box that was never used, or wipe this one first.",
      permanent: true,
    });
  }
  for (const bed of estate.beds) {
    let newest = 0;
    for (const version of estate.limits.filter((each) => each.bed === bed)) {
      await state.addLimits(version, newest);
      newest = version.version;
    }
  }
  await state.bury(estate.removed ?? []);
  for (const person of estate.people) await state.putPerson(person);
  for (const target of estate.targets) await state.putTarget(target);
  for (const clinic of estate.clinics) await state.trustClinic(clinic);
  // The values come last: with them the box is the home's.
  for (const [name, value] of Object.entries(estate.values)) await state.setValue(name, value);
}

/** Whether a box holds anything that is not in the estate; what is in it was taken over before a power cut. */
function isAnotherLife(mine: HomeEstate, estate: HomeEstate): boolean {
  const known = new Set([
    ...estate.people.map(({ id }) => `person ${id}`),
    ...estate.targets.map(({ id }) => `target ${id}`),
    ...estate.limits.map(({ bed, version, at }) => `limits ${bed} ${version} ${at}`),
  ]);
  const held = [
    ...mine.people.filter(({ id }) => id !== COMMAND_LINE).map(({ id }) => `person ${id}`),
    ...mine.targets.map(({ id }) => `target ${id}`),
    ...mine.limits.map(({ bed, version, at }) => `limits ${bed} ${version} ${at}`),
  ];
  return held.some((each) => !known.has(each));
}

/** The same for the same estate: whether it has to be left again. */
export const estateHash = (estate: HomeEstate): string =>
  createHash("sha256").update(JSON.stringify(estate)).digest("hex");

/** What another machine says that a home left. Throws INPUT_INVALID. */
export function readEstate(given: unknown): HomeEstate {
  if (!Check(EstateSchema, given) || !isRight(given)) {
    throw new Fault("INPUT_INVALID", "What the hub kept of this home cannot be read.", { permanent: true });
  }
  // Times and limits are branded or wide here and plain there; the state store checks versions when it reads them.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const estate = given as unknown as HomeEstate;
  return { ...estate, values: ownOnly(estate.values) };
}

const isRight = ({ people }: Unbranded): boolean => people.every(({ language }) => isLanguage(language));

const ownOnly = (values: HomeEstate["values"]): HomeEstate["values"] =>
  Object.fromEntries(Object.entries(values).filter(([name]) => !isOfTheBox(name)));
