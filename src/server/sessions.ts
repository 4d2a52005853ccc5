import { createHash } from "node:crypto";
import { messageOf } from "../domain/fault.ts";
import type { PersonId } from "../domain/ids.ts";
import { DAY_MS, MINUTE_MS, type Mono, wall } from "../domain/time.ts";
import type { Account, Accounts, SignInWay } from "../port/accounts.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { Random } from "../port/random.ts";

/** How long a sign-in lasts after it was last used. */
export const SESSION_MS = 90 * DAY_MS;

/** An account found is believed for this long without asking the state store again. */
const FRESH_MS = MINUTE_MS;
/** While the state store is down, somebody who was signed in stays so for this long: acknowledging must go on. */
const STALE_MS = DAY_MS;
/** Longest wait for the state store when an older answer is at hand. */
const PATIENCE_MS = 500;
const CACHE_MAX = 1_000;

/** A signed-in browser. `tokenHash` names the sign-in without being its secret. */
export interface SignedIn {
  readonly account: Account;
  readonly tokenHash: string;
}

/** Sign-ins: 32 random bytes in a cookie, their SHA-256 in the state store. */
export interface Sessions {
  /**
   * Starts one and returns the secret for the cookie. `label`: what the browser calls itself; `issuer`: the provider
   * of identities that it came through.
   */
  start(
    account: PersonId,
    way: SignInWay,
    label: string,
    through?: { readonly issuer?: string; readonly lastsMs: number },
  ): Promise<string>;
  /**
   * Who holds this secret; undefined for nobody. Rejects with STATE_FAILED only when the store does not answer
   * and this sign-in was not seen in the last day.
   */
  find(secret: string | undefined): Promise<SignedIn | undefined>;
  /** The account of a sign-in, asked anew; undefined when it has ended. Rejects with STATE_FAILED. */
  check(tokenHash: string): Promise<Account | undefined>;
  end(tokenHash: string): Promise<void>;
  /** Roles or people have changed: everybody is asked about anew at their next request. */
  forget(): void;
}

interface Known {
  readonly account: Account;
  readonly since: Mono;
  /** Before the newest change of roles: the store is asked, and this counts only while it does not answer. */
  isOld: boolean;
}

/** Needs no start or stop: it holds no timer. */
export function createSessions(deps: {
  readonly accounts: Pick<Accounts, "session" | "addSession" | "endSession">;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}): Sessions {
  const { accounts, clock, random, log } = deps;
  const known = new Map<string, Known>();
  let changes = 0;

  const remember = (tokenHash: string, account: Account): void => {
    known.delete(tokenHash);
    known.set(tokenHash, { account, since: clock.mono(), isOld: false });
    const oldest = known.size > CACHE_MAX ? known.keys().next().value : undefined;
    if (oldest !== undefined) known.delete(oldest);
  };

  const ask = async (tokenHash: string): Promise<Account | undefined> => {
    const before = changes;
    const account = await accounts.session(tokenHash, clock.wall(), SESSION_MS);
    if (account === undefined) known.delete(tokenHash);
    // An answer from before a change must not be remembered as one from after it.
    else if (before === changes) remember(tokenHash, account);
    return account;
  };

  /** The store's word when it comes soon enough, else what it said at most a day ago. */
  const askOrTrust = async (tokenHash: string, before: Known): Promise<Account | undefined> => {
    const giveUp = new AbortController();
    const late = clock.sleep(PATIENCE_MS, giveUp.signal).then(
      () => before.account,
      () => before.account,
    );
    const answer = ask(tokenHash).catch((error: unknown) => {
      log.note("session.unchecked", { error: messageOf(error) }, "warn");
      return before.account;
    });
    const account = await Promise.race([answer, late]);
    giveUp.abort();
    return account;
  };

  return {
    async start(account, way, label, { issuer, lastsMs } = { lastsMs: SESSION_MS }) {
      const secret = Buffer.from(random.bytes(32)).toString("base64url");
      const createdAt = clock.wall();
      await accounts.addSession({
        ...{
          tokenHash: hashOf(secret),
          account,
          createdAt,
          expiresAt: wall(createdAt + lastsMs),
          way,
          label,
        },
        ...(issuer === undefined ? {} : { issuer }),
      });
      return secret;
    },
    async find(secret) {
      if (secret === undefined || !/^[\w-]{43}$/.test(secret)) return undefined;
      const tokenHash = hashOf(secret);
      const before = known.get(tokenHash);
      const age = before === undefined ? Infinity : clock.mono() - before.since;
      if (before !== undefined && !before.isOld && age < FRESH_MS)
        return { account: before.account, tokenHash };
      const trusting = before !== undefined && age < STALE_MS;
      const account = trusting ? await askOrTrust(tokenHash, before) : await ask(tokenHash);
      return account === undefined ? undefined : { account, tokenHash };
    },
    check: ask,
    async end(tokenHash) {
      known.delete(tokenHash);
      changes += 1;
      await accounts.endSession(tokenHash);
      // A question that was on its way may have brought it back meanwhile.
      known.delete(tokenHash);
    },
    forget() {
      changes += 1;
      for (const one of known.values()) one.isOld = true;
    },
  };
}

const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("hex");
