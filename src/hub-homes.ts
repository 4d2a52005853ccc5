import { Fault, messageOf } from "./domain/fault.ts";
import { type HomeId, isBase32Id, qualifiedBed } from "./domain/ids.ts";
import type { Person } from "./domain/person.ts";
import type { Clock } from "./port/clock.ts";
import type { Log } from "./port/log.ts";
import type { HomeEstate } from "./port/registry.ts";
import type { HomeStates, TargetRecord } from "./port/state.ts";
import type { TokenGrant } from "./server/deps.ts";
import { verifyAckToken } from "./watch/ack-token.ts";

/** What a hub must know of a home without asking its file. */
interface HomeCard {
  /** Of its phones; undefined until a box has left the home's estate here. */
  readonly keys?: { readonly ackKey: string; readonly pushKey: string };
  readonly people: readonly Person[];
  readonly targets: readonly TargetRecord[];
}

/** Phones and people of the homes that were heard, held in memory beside their files. */
export interface HubHomes {
  /** Web Push key by which phones of the home subscribe; undefined until its box has told. */
  pushKeyOf(home: HomeId): string | undefined;
  /** What a token of a home's phone allows: `<home>.<token>`. */
  grantOf(token: string): (TokenGrant & { readonly home: HomeId; readonly target: string }) | undefined;
  /** Reads a home's file: it was heard, or its people or phones changed. Never rejects. */
  refresh(home: HomeId): Promise<void>;
  /** Takes over what a box left of its home, where this hub does not know better. Rejects with STATE_FAILED. */
  adopt(home: HomeId, estate: HomeEstate): Promise<void>;
  forget(home: HomeId): void;
}

export function createHubHomes(options: {
  readonly states: HomeStates;
  readonly clock: Clock;
  readonly log: Log;
}): HubHomes {
  const { states, clock, log } = options;
  const cards = new Map<HomeId, HomeCard>();

  const refresh = async (home: HomeId): Promise<void> => {
    try {
      const state = states.of(home);
      const [ackKey, vapid, people, targets] = await Promise.all([
        state.value("ack_key"),
        state.value("vapid_keys"),
        state.people(),
        state.targets(),
      ]);
      const keys = keysOf(ackKey, vapid);
      cards.set(home, { people, targets, ...(keys === undefined ? {} : { keys }) });
    } catch (error) {
      log.note("home.unread", { home, why: messageOf(error) }, "error");
    }
  };

  return {
    refresh,
    pushKeyOf: (home) => cards.get(home)?.keys?.pushKey,
    grantOf(given) {
      const [home = "", ...rest] = given.split(".");
      const card = isBase32Id(home) ? cards.get(home) : undefined;
      if (card?.keys === undefined) return undefined;
      const verdict = verifyAckToken(card.keys.ackKey, rest.join("."), clock.wall());
      if (!verdict.ok) return undefined;
      const { occurrence, target: id } = verdict.claim;
      const target = card.targets.find((one) => one.id === id);
      const person = card.people.find((one) => one.id === target?.person);
      if (target === undefined || person === undefined) return undefined;
      return {
        ...{ home, occurrence, target: id, language: person.language, commandId: verdict.commandId },
        bed: qualifiedBed(home, occurrence.split("-", 1)[0] ?? ""),
        by: { id: person.id, name: person.name },
      };
    },
    async adopt(home, estate) {
      const state = states.of(home);
      const known = await state.values();
      for (const [name, value] of Object.entries(estate.values)) {
        if (!(name in known)) await state.setValue(name, value);
      }
      for (const person of estate.people) await state.putPerson(person);
      const targets = new Set((await state.targets()).map(({ id }) => id));
      for (const target of estate.targets) if (!targets.has(target.id)) await state.putTarget(target);
      for (const version of estate.limits) {
        const [newest] = await state.limits(version.bed, 1);
        const expected = newest?.version ?? 0;
        if (version.version > expected) await state.addLimits(version, expected);
      }
      for (const clinic of estate.clinics) await state.trustClinic(clinic);
      await refresh(home);
    },
    forget: (home) => {
      cards.delete(home);
    },
  };
}

/** Undefined while the home's box has not told them. */
function keysOf(ackKey: string | undefined, vapid: string | undefined): HomeCard["keys"] {
  if (ackKey === undefined || vapid === undefined) return undefined;
  const [key, keys]: readonly unknown[] = [JSON.parse(ackKey), JSON.parse(vapid)];
  if (typeof key !== "string" || typeof keys !== "string") {
    throw new Fault("STATE_FAILED", "the keys of a home are not what they were written as", {
      permanent: true,
    });
  }
  return { ackKey: key, pushKey: keys.split(" ", 1)[0] ?? "" };
}
