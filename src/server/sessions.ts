import { createHash } from "node:crypto";
import { messageOf } from "../domain/fault.ts";
import type { Person } from "../domain/person.ts";
import { DAY_MS, MINUTE_MS, type Mono, wall } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { Random } from "../port/random.ts";
import type { State } from "../port/state.ts";

/** How long a sign-in lasts. */
export const SESSION_MS = 90 * DAY_MS;

/** A person found is believed for this long without asking the state store again. */
const FRESH_MS = MINUTE_MS;
/** While the state store is down, somebody who was signed in stays so for this long: acknowledging must go on. */
const STALE_MS = DAY_MS;
/** Longest wait for the state store when an older answer is at hand. */
const PATIENCE_MS = 500;
const CACHE_MAX = 1_000;

/** A signed-in browser. `tokenHash` names the sign-in without being its secret. */
export interface SignedIn {
  readonly person: Person;
  readonly tokenHash: string;
}

/** Sign-ins: 32 random bytes in a cookie, their SHA-256 in the state store. */
export interface Sessions {
  /** Starts one and returns the secret for the cookie. */
  start(person: Person): Promise<string>;
  /**
   * Who holds this secret; undefined for nobody. Rejects with STATE_FAILED only when the store does not answer
   * and this sign-in was not seen in the last day.
   */
  find(secret: string | undefined): Promise<SignedIn | undefined>;
  end(tokenHash: string): Promise<void>;
  setLanguage(person: Person, language: Person["language"]): Promise<void>;
}

interface Known {
  readonly person: Person;
  readonly since: Mono;
}

/** Needs no start or stop: it holds no timer. */
export function createSessions(deps: {
  readonly state: State;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}): Sessions {
  const { state, clock, random, log } = deps;
  const known = new Map<string, Known>();

  const remember = (tokenHash: string, person: Person): void => {
    known.delete(tokenHash);
    known.set(tokenHash, { person, since: clock.mono() });
    const oldest = known.size > CACHE_MAX ? known.keys().next().value : undefined;
    if (oldest !== undefined) known.delete(oldest);
  };

  const ask = async (tokenHash: string): Promise<Person | undefined> => {
    const person = await state.session(tokenHash, clock.wall());
    if (person === undefined) known.delete(tokenHash);
    else remember(tokenHash, person);
    return person;
  };

  /** The store's word when it comes soon enough, else what it said at most a day ago. */
  const askOrTrust = async (tokenHash: string, before: Known): Promise<Person | undefined> => {
    const giveUp = new AbortController();
    const late = clock.sleep(PATIENCE_MS, giveUp.signal).then(
      () => before.person,
      () => before.person,
    );
    const answer = ask(tokenHash).catch((error: unknown) => {
      log.note("session.unchecked", { error: messageOf(error) }, "warn");
      return before.person;
    });
    const person = await Promise.race([answer, late]);
    giveUp.abort();
    return person;
  };

  return {
    async start(person) {
      const secret = Buffer.from(random.bytes(32)).toString("base64url");
      const tokenHash = hashOf(secret);
      const createdAt = clock.wall();
      const expiresAt = wall(createdAt + SESSION_MS);
      await state.addSession({ tokenHash, person: person.id, createdAt, expiresAt });
      remember(tokenHash, person);
      return secret;
    },
    async find(secret) {
      if (secret === undefined || !/^[\w-]{43}$/.test(secret)) return undefined;
      const tokenHash = hashOf(secret);
      const before = known.get(tokenHash);
      const age = before === undefined ? Infinity : clock.mono() - before.since;
      if (before !== undefined && age < FRESH_MS) return { person: before.person, tokenHash };
      const trusting = before !== undefined && age < STALE_MS;
      const person = trusting ? await askOrTrust(tokenHash, before) : await ask(tokenHash);
      return person === undefined ? undefined : { person, tokenHash };
    },
    async end(tokenHash) {
      known.delete(tokenHash);
      await state.endSession(tokenHash);
      // A question that was on its way may have brought it back meanwhile.
      known.delete(tokenHash);
    },
    async setLanguage(person, language) {
      await state.setLanguage(person.id, language);
      for (const [hash, one] of known) {
        if (one.person.id === person.id) known.set(hash, { ...one, person: { ...one.person, language } });
      }
    },
  };
}

const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("hex");
