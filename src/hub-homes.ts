import type { EdgeAbout } from "./bus/bed-schemas.ts";
import { readEstate } from "./config/estate.ts";
import { accessesIn, type ChannelAccess } from "./domain/channel-access.ts";
import { Fault, messageOf } from "./domain/fault.ts";
import { type BedId, type HomeId, isBase32Id, qualifiedBed } from "./domain/ids.ts";
import { isLanguage, type Language, type Person } from "./domain/person.ts";
import type { Removable, Removal } from "./domain/removals.ts";
import { type Wall, wall } from "./domain/time.ts";
import { isPrivateHost } from "./notify/address.ts";
import { CHANNEL_MODULES } from "./notify/modules.ts";
import type { Account } from "./port/accounts.ts";
import type { ChannelField, ChannelModule } from "./port/channel.ts";
import type { Clock } from "./port/clock.ts";
import type { Log } from "./port/log.ts";
import type { HomeEstate } from "./port/registry.ts";
import type { HomeStates, State, TargetRecord } from "./port/state.ts";
import { mergeToldNights, toldNightsBed } from "./record/told-nights.ts";
import type { TokenGrant } from "./server/deps.ts";
import { verifyAckToken, verifyShownToken } from "./watch/ack-token.ts";
import { reportIn, type ShownReport } from "./watch/shown.ts";

/** As many homes as anybody's phone is woken for. */
const PUSH_HOMES_MAX = 20;

/** What phones of a home know it by. */
export interface HomeKeys {
  readonly ackKey: string;
  readonly vapid: { readonly publicKey: string; readonly privateKey: string };
}

/** What a hub must know of a home without asking its file. */
interface HomeCard {
  /** Of its phones; undefined until a box has left the home's estate here. */
  readonly keys?: HomeKeys;
  readonly people: readonly Person[];
  readonly targets: readonly TargetRecord[];
  readonly accesses: ReadonlyMap<string, ChannelAccess>;
}

/** Phones and people of the homes that were heard, held in memory beside their files. */
export interface HubHomes {
  /**
   * The homes whose phones somebody may set up (src/server/rights.ts), 20 at most, with the Web Push key by which they
   * subscribe; without those whose box has not told theirs yet.
   */
  pushKeysOf(
    account: Pick<Account, "homes"> | undefined,
  ): readonly { readonly home: HomeId; readonly pushKey: string }[];
  keysOf(home: HomeId): HomeKeys | undefined;
  /**
   * What the home has with a provider; undefined where that is nothing, or where it names a place that is not on the
   * internet: from here that is another house.
   */
  accessOf(home: HomeId, channel: string): ChannelAccess | undefined;
  /** Phones of the home that can be called. */
  targetsOf(home: HomeId): readonly (TargetRecord & { readonly language: Language })[];
  /** What the token of a phone's receipt says; undefined for one that does not count. */
  shownIn(token: string): { readonly home: HomeId; readonly report: ShownReport } | undefined;
  /** What a token of a home's phone allows: `<home>.<token>`. */
  grantOf(token: string): (TokenGrant & { readonly home: HomeId; readonly target: string }) | undefined;
  /** Reads a home's file: it was heard, or its people or phones changed. Never rejects. */
  refresh(home: HomeId): Promise<void>;
  /** Takes over what the first box of a home left of it, as JSON text. Rejects with STATE_FAILED or INPUT_INVALID. */
  adopt(home: HomeId, estate: string): Promise<void>;
  /**
   * A box names the webhooks of its own configuration with each of its beds (signed where it signs): an answer through
   * one of them counts here as at the box. It is called by the box alone: its address is not known here.
   */
  webhooksOf(home: HomeId, bed: BedId, webhooks: EdgeAbout["webhooks"]): void;
  forget(home: HomeId): void;
}

export function createHubHomes(options: {
  readonly states: HomeStates;
  readonly clock: Clock;
  readonly log: Log;
  /** Ways that can be called from here; absent: those that come along. */
  readonly channels?: readonly ChannelModule[];
}): HubHomes {
  const { states, clock, log, channels = CHANNEL_MODULES } = options;
  const cards = new Map<HomeId, HomeCard>();
  const webhooks = new Map<HomeId, Map<BedId, NonNullable<EdgeAbout["webhooks"]>>>();

  const refresh = async (home: HomeId): Promise<void> => {
    try {
      const state = states.of(home);
      const [values, people, targets] = await Promise.all([state.values(), state.people(), state.targets()]);
      const keys = keysOf(values["ack_key"], values["vapid_keys"]);
      const accesses = accessesIn(values);
      cards.set(home, { people, targets, accesses, ...(keys === undefined ? {} : { keys }) });
    } catch (error) {
      log.note("home.unread", { home, why: messageOf(error) }, "error");
    }
  };

  /** Whose phone it is, or which webhook; undefined: neither is known. */
  const whoIs = (
    home: HomeId,
    target: string,
    card: HomeCard,
  ): Pick<Person, "id" | "name" | "language"> | undefined => {
    const phone = card.targets.find((one) => one.id === target);
    if (phone !== undefined) return card.people.find((one) => one.id === phone.person);
    const hook = [...(webhooks.get(home)?.values() ?? [])].flat().find((one) => one.id === target);
    // As the box itself would write it down (config/identity.ts).
    return (
      hook && { id: "webhook", name: hook.label, language: isLanguage(hook.language) ? hook.language : "en" }
    );
  };

  return {
    refresh,
    keysOf: (home) => cards.get(home)?.keys,
    accessOf(home, channel) {
      const access = cards.get(home)?.accesses.get(channel);
      const module = channels.find(({ id }) => id === channel);
      if (access === undefined || module === undefined) return undefined;
      return namesOutside(module.access, access) ? access : undefined;
    },
    pushKeysOf(account) {
      const family = (account?.homes ?? []).filter(({ role }) => role === "owner" || role === "caregiver");
      return [...new Set(family.map(({ home }) => home))]
        .flatMap((home) => {
          const pushKey = cards.get(home)?.keys?.vapid.publicKey;
          return pushKey === undefined ? [] : [{ home, pushKey }];
        })
        .slice(0, PUSH_HOMES_MAX);
    },
    targetsOf(home) {
      const { people = [], targets = [] } = cards.get(home) ?? {};
      return targets.map((target) => ({
        ...target,
        language: people.find(({ id }) => id === target.person)?.language ?? "en",
      }));
    },
    shownIn(given) {
      const [home = "", ...rest] = given.split(".");
      const card = isBase32Id(home) ? cards.get(home) : undefined;
      if (card?.keys === undefined) return undefined;
      const report = reportIn(verifyShownToken(card.keys.ackKey, rest.join("."), clock.wall()));
      return report === undefined || whoIs(home, report.target, card) === undefined
        ? undefined
        : { home, report };
    },
    grantOf(given) {
      const [home = "", ...rest] = given.split(".");
      const card = isBase32Id(home) ? cards.get(home) : undefined;
      if (card?.keys === undefined) return undefined;
      const verdict = verifyAckToken(card.keys.ackKey, rest.join("."), clock.wall());
      if (!verdict.ok) return undefined;
      const { occurrence, target: id, worsened = 0 } = verdict.claim;
      const person = whoIs(home, id, card);
      if (person === undefined) return undefined;
      return {
        ...{
          home,
          occurrence,
          worsened,
          target: id,
          language: person.language,
          commandId: verdict.commandId,
        },
        bed: qualifiedBed(home, occurrence.split("-", 1)[0] ?? ""),
        by: { id: person.id, name: person.name },
      };
    },
    async adopt(home, text) {
      const estate = readEstate(JSON.parse(text));
      const targets = estate.targets.filter((target) => isOutside(target, channels));
      for (const { id, channel } of estate.targets) {
        // The box calls it all the same; while this hub stands by for the box, it is not called.
        if (!targets.some((one) => one.id === id)) log.note("home.phone_left_out", { home, channel }, "warn");
      }
      const gone = await merge(states.of(home), { ...estate, targets });
      if (gone.length > 0) log.note("home.removed_at_box", { home, count: gone.length });
      await refresh(home);
    },
    webhooksOf(home, bed, named = []) {
      const known = webhooks.get(home) ?? new Map<BedId, NonNullable<EdgeAbout["webhooks"]>>();
      known.set(bed, named);
      webhooks.set(home, known);
    },
    forget: (home) => {
      cards.delete(home);
      webhooks.delete(home);
    },
  };
}

/** A box may say what it likes: the hub posts to nobody in its own house for it. */
function isOutside({ channel, settings }: TargetRecord, channels: readonly ChannelModule[]): boolean {
  const module = channels.find(({ id }) => id === channel);
  if (module !== undefined) return namesOutside(module.target, settings);
  return isOutsideAddress(settings["endpoint"] ?? settings["url"] ?? "");
}

const namesOutside = (fields: readonly ChannelField[], settings: ChannelAccess): boolean =>
  fields.every(
    ({ name, kind }) =>
      kind !== "address" || settings[name] === undefined || isOutsideAddress(settings[name]),
  );

function isOutsideAddress(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  return url.protocol === "https:" && !isPrivateHost(url);
}

/** What came from a box once, as an earlier version wrote it down: of that, what is not here was removed here. */
const FROM_BOX = "from_box";

/**
 * Takes over what is not known here yet, or older here: somebody of the family may have signed in before the box left
 * anything, and may set a phone up on the box's own page at any time. What was removed here stays removed, what was removed
 * at the box goes: the ids of that.
 */
async function merge(state: State, estate: HomeEstate): Promise<readonly string[]> {
  const values = await state.values();
  const seen = seenIn(values[FROM_BOX]);
  if (seen.size > 0) await buryFormer(state, estate, seen);
  const gone = await state.bury(estate.removed ?? []);
  const [people, targets] = await Promise.all([state.people(), state.targets()]);
  for (const person of estate.people) {
    const here = people.find(({ id }) => id === person.id);
    if (here === undefined || (here.addedAt ?? 0) < (person.addedAt ?? 0)) await state.adoptPerson(person);
  }
  for (const target of estate.targets) {
    const here = targets.find(({ id }) => id === target.id);
    if (target.addedAt <= (here?.addedAt ?? -1)) continue;
    const { signIn: _, ...told } = target;
    await state.adoptTarget({ ...told, ...(here?.signIn === undefined ? {} : { signIn: here.signIn }) });
  }
  for (const clinic of estate.clinics) await state.trustClinic(clinic);
  // Limits are counted here once there are any.
  for (const version of estate.limits) {
    const [newest] = await state.limits(version.bed, 1);
    const expected = newest?.version ?? 0;
    if (version.version > expected) await state.addLimits(version, expected);
  }
  for (const [name, value] of Object.entries(estate.values)) {
    const bed = toldNightsBed(name);
    const next = bed === undefined ? value : mergeToldNights(values[name], value, bed);
    // What a night was the box alone knows, and may tell more of until noon.
    if (!(name in values) || (bed !== undefined && next !== values[name])) await state.setValue(name, next);
  }
  return gone;
}

/** What was removed here before removals were remembered, as far as the box still has it. */
async function buryFormer(
  state: State,
  { people, targets }: HomeEstate,
  seen: ReadonlyMap<string, number>,
): Promise<void> {
  const held = new Set([...(await state.people()), ...(await state.targets())].map(({ id }) => id));
  const removalOf = (
    kind: Removable,
    { id, addedAt = wall(0) }: { id: string; addedAt?: Wall },
  ): Removal[] => {
    const moment = seen.get(id);
    if (moment === undefined || held.has(id)) return [];
    return [{ kind, id, upTo: Number.isFinite(moment) ? moment : addedAt, at: addedAt }];
  };
  await state.bury([
    ...people.flatMap((one) => removalOf("person", one)),
    ...targets.flatMap((one) => removalOf("target", one)),
  ]);
  await state.setValue(FROM_BOX, "[]");
}

/** By id; all of them where no moment is known. */
function seenIn(stored: string | undefined): Map<string, number> {
  const seen = new Map<string, number>();
  const list: unknown = JSON.parse(stored ?? "[]");
  for (const one of Array.isArray(list) ? list : []) {
    if (typeof one === "string") seen.set(one, Number.POSITIVE_INFINITY);
    if (Array.isArray(one) && typeof one[0] === "string" && typeof one[1] === "number")
      seen.set(one[0], one[1]);
  }
  return seen;
}

/** Undefined while the home's box has not told them. */
function keysOf(ackKey: string | undefined, vapid: string | undefined): HomeKeys | undefined {
  if (ackKey === undefined || vapid === undefined) return undefined;
  const key: unknown = JSON.parse(ackKey);
  const keys: unknown = JSON.parse(vapid);
  if (typeof key !== "string" || typeof keys !== "string") {
    throw new Fault("STATE_FAILED", "the keys of a home are not what they were written as", {
      permanent: true,
    });
  }
  const [publicKey = "", privateKey = ""] = keys.split(" ");
  return { ackKey: key, vapid: { publicKey, privateKey } };
}
