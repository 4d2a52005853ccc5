import type { SettingsBody } from "./bus/settings.ts";
import { hashOf } from "./bus/signing.ts";
import { accessName } from "./domain/channel-access.ts";
import { Fault } from "./domain/fault.ts";
import type { PersonId } from "./domain/ids.ts";
import type { LimitsVersion } from "./domain/limits.ts";
import type { Wall } from "./domain/time.ts";
import type { State, TargetRecord } from "./port/state.ts";

/** What came from the hub the last time, so that what it takes away goes here too, and nothing else does. */
const FROM_HUB = "from_hub";

interface FromHub {
  readonly people: readonly PersonId[];
  readonly targets: readonly string[];
  /** When each of the targets was set up, as the hub told it; what an earlier version wrote down has none. */
  readonly addedAt: { readonly [target: string]: number };
}

/**
 * Takes what a hub wants this box to run on into its state: people, phones, clinics, duty, limits. What was made here stays,
 * and what was removed here stays removed; what was removed at the hub, or came from there and is there no more, goes. A phone
 * that was set up again on the box's page stays as it is there, whatever the hub knew before. Applying the same again changes
 * nothing. Rejects with STATE_FAILED, or with CONFLICT where this box has newer limits than the hub.
 */
export async function applySettings(state: State, body: SettingsBody, at: Wall): Promise<void> {
  const before = await fromHub(state);
  const { people = [], targets = [], clinics = [], limits = {}, duty = {} } = body;
  await state.bury(body.removed ?? []);
  for (const person of people) await state.adoptPerson(person);
  const known = new Map((await state.targets()).map((target) => [target.id, target]));
  for (const target of targets) await state.adoptTarget(merged(target, known.get(target.id)));
  for (const clinic of clinics) await state.trustClinic(clinic);
  await applyChannels(state, body.channels);
  // Before the limits, which may be refused.
  for (const book of Object.values(duty)) await state.adoptDuty(book);

  const now: FromHub = {
    people: people.map(({ id }) => id),
    targets: targets.map(({ id }) => id),
    addedAt: Object.fromEntries(targets.map(({ id, addedAt }) => [id, addedAt])),
  };
  // A hub that knows nobody has not been told of anybody yet: it takes nobody's phone away.
  if (now.people.length === 0 && now.targets.length === 0) return applyLimits(state, limits);
  for (const id of before.targets) {
    const mine = known.get(id);
    // Set up again on this box's page since the hub last had it.
    const isNewer = mine !== undefined && mine.addedAt > (before.addedAt[id] ?? Number.POSITIVE_INFINITY);
    if (!now.targets.includes(id) && !isNewer) await state.removeTarget(id, at);
  }
  for (const id of before.people) if (!now.people.includes(id)) await state.removePerson(id, at);
  await state.setValue(FROM_HUB, JSON.stringify(now));
  await applyLimits(state, limits);
}

/** What this box entered for a channel that the hub knows nothing of stays. */
async function applyChannels(state: State, channels: SettingsBody["channels"] = {}): Promise<void> {
  const known = await state.values();
  for (const [channel, access] of Object.entries(channels)) {
    const text = JSON.stringify(access);
    if (known[accessName(channel)] !== text) await state.setValue(accessName(channel), text);
  }
}

async function applyLimits(state: State, limits: NonNullable<SettingsBody["limits"]>): Promise<void> {
  for (const [bed, version] of Object.entries(limits)) {
    const [newest] = await state.limits(bed, 1);
    const expected = newest?.version ?? 0;
    if (version.version < expected) {
      throw new Fault(
        "CONFLICT",
        `This box has version ${expected} of the limits, the hub ${version.version}.`,
        {
          fix: "Save the limits once more on the hub's page.",
        },
      );
    }
    // Counted on both sides apart: the same number is no proof of the same limits.
    if (newest !== undefined && version.version === expected && !areAlike(newest, version)) {
      throw new Fault("CONFLICT", `This box has other limits as version ${expected} than the hub.`, {
        fix: "Save the limits once more on the hub's page.",
      });
    }
    if (version.version > expected) await state.addLimits(version, expected);
  }
}

const areAlike = (one: LimitsVersion, other: LimitsVersion): boolean => countsOf(one) === countsOf(other);

/** What a version says, whoever wrote it down and when. */
const countsOf = ({ file, temporary, afterwards }: LimitsVersion): string =>
  hashOf({ file, temporary, afterwards });

/** What this box found out about a phone by itself, or was set up with since, counts more than what the hub last heard. */
function merged(target: TargetRecord, known: TargetRecord | undefined): TargetRecord {
  if (known === undefined) return target;
  if (known.addedAt > target.addedAt) return known;
  const newest = newestOf(target.lastProofAt, known.lastProofAt);
  const loudest = newestOf(target.lastLoudProofAt, known.lastLoudProofAt);
  return {
    ...target,
    // Of a sign-in at this box: the hub knows nothing of it.
    ...(known.signIn === undefined ? {} : { signIn: known.signIn }),
    ...(newest === undefined ? {} : { lastProofAt: newest }),
    ...(loudest === undefined ? {} : { lastLoudProofAt: loudest }),
    ...(known.deadSince === undefined || known.addedAt !== target.addedAt
      ? {}
      : { deadSince: known.deadSince, ...(known.deadWhy === undefined ? {} : { deadWhy: known.deadWhy }) }),
  };
}

const newestOf = (...times: readonly (Wall | undefined)[]): Wall | undefined =>
  times.filter((at) => at !== undefined).toSorted((a, b) => b - a)[0];

async function fromHub(state: State): Promise<FromHub> {
  const stored: unknown = JSON.parse((await state.value(FROM_HUB)) ?? "null");
  const ids = (name: string): readonly string[] => {
    const list: unknown =
      typeof stored === "object" && stored !== null ? Reflect.get(stored, name) : undefined;
    return Array.isArray(list) ? list.filter((id) => typeof id === "string") : [];
  };
  const times: unknown =
    typeof stored === "object" && stored !== null ? Reflect.get(stored, "addedAt") : undefined;
  const known = typeof times === "object" && times !== null ? Object.entries(times) : [];
  return {
    ...{ people: ids("people"), targets: ids("targets") },
    addedAt: Object.fromEntries(
      known.filter((entry): entry is [string, number] => typeof entry[1] === "number"),
    ),
  };
}
