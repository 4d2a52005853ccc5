import { createHash, timingSafeEqual } from "node:crypto";
import { Fault } from "../domain/fault.ts";
import type { BrokerUsers } from "../port/bus.ts";
import { type BrokerUser, brokerUser } from "./acl.ts";

/** What a connection may do: everything (this process, tools of this machine), or what its user's name says. */
export type Admission = { readonly kind: "own" } | BrokerUser;

/** Who is let in. */
export interface Gatekeeper {
  readonly users: BrokerUsers;
  /** Undefined for a wrong password as for a user that does not exist. */
  admit(username: string, password: string): Promise<Admission | undefined>;
}

/** Users in memory, the own one, and those that `knows` knows; `end` ends the connections of a user. */
export function createGatekeeper(options: {
  readonly username: string;
  readonly password: string;
  readonly knows?: (username: string, password: string) => Promise<boolean>;
  end(user: string): void;
}): Gatekeeper {
  const own = hashOf(options.password);
  const users = new Map<string, Buffer>();
  /** With what each user came in, or may come in, last. */
  const cameWith = new Map<string, Buffer>();
  /** Counts changes: an answer of `knows` from before one says nothing any more. */
  let changes = 0;

  const isKnown = async (username: string, password: string): Promise<boolean> => {
    const wanted = users.get(username);
    if (wanted !== undefined) return timingSafeEqual(hashOf(password), wanted);
    const before = changes;
    const known = (await options.knows?.(username, password)) ?? false;
    if (known && before !== changes) return isKnown(username, password);
    if (known) remember(username, hashOf(password));
    return known;
  };

  /** Connections with another password than this are over. */
  const remember = (user: string, hash: Buffer): void => {
    const before = cameWith.get(user);
    if (before !== undefined && !timingSafeEqual(before, hash)) options.end(user);
    cameWith.set(user, hash);
  };

  return {
    users: {
      put(user, password) {
        if (brokerUser(user) === undefined || password === "") return Promise.reject(noUser(user));
        const hash = hashOf(password);
        users.set(user, hash);
        changes++;
        remember(user, hash);
        return Promise.resolve();
      },
      remove(user) {
        users.delete(user);
        cameWith.delete(user);
        changes++;
        options.end(user);
        return Promise.resolve();
      },
      list: () => Promise.resolve([...users.keys()].filter((user) => brokerUser(user)?.kind === "box")),
    },
    async admit(username, password) {
      if (username === options.username) {
        return timingSafeEqual(hashOf(password), own) ? { kind: "own" } : undefined;
      }
      const user = brokerUser(username);
      return user !== undefined && (await isKnown(username, password)) ? user : undefined;
    },
  };
}

/** Of one length for every password; they are long and random, so that a slow hash would add nothing. */
const hashOf = (password: string): Buffer => createHash("sha256").update(password).digest();

/** For a name that no box has, or an empty password. */
export function noUser(user: string): Fault {
  return new Fault("INPUT_INVALID", `"${user.slice(0, 60)}" is no user for the broker, or has no password.`, {
    fix: "Users of a broker are boxes, <home>.<box>, and the hub.",
    permanent: true,
  });
}
