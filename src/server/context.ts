import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest, RawServerDefault } from "fastify";
import type { AuditAction } from "../domain/audit-action.ts";
import { Fault, messageOf } from "../domain/fault.ts";
import { type BedId, base32Id, type HomeId, type PersonId } from "../domain/ids.ts";
import type { Person, Role } from "../domain/person.ts";
import type { Account } from "../port/accounts.ts";
import type { State } from "../port/state.ts";
import type { ServerDeps } from "./deps.ts";
import type { LiveHub } from "./live-hub.ts";
import { type Place, type Right, rolesAt } from "./rights.ts";
import type { SchemaTypes } from "./schemas.ts";
import type { Sessions, SignedIn } from "./sessions.ts";

/** The app as routes see it: request types come from their schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  SchemaTypes
>;

/** Who asks, as what they are at the place that they ask about. */
export interface Asking extends Person {
  /** The home that the address names; absent where it names none. */
  readonly home?: HomeId;
}

/** What the hook that authorises found out about a request. */
export interface Asked {
  readonly signedIn: SignedIn;
  readonly right: Right | undefined;
  readonly place: Place;
}

/** What routes share: the dependencies and who is asking. */
export interface Context {
  readonly deps: ServerDeps;
  readonly sessions: Sessions;
  readonly hub: LiveHub;
  /** Set by the one hook that authorises; undefined when nobody is signed in. */
  signedIn(request: FastifyRequest): SignedIn | undefined;
  remember(request: FastifyRequest, asked: Asked): void;
  /** Who asks, in the role that allows it; a route that anyone may use must not call it. Throws NOT_SIGNED_IN. */
  person(request: FastifyRequest): Asking;
  account(request: FastifyRequest): Account;
  /**
   * The homes in which who asks has one of the route's roles: what an answer may hold, and where a request without a
   * home in its address may act.
   */
  homes(request: FastifyRequest): readonly HomeId[];
  /** Whether the route may show this bed to who asks. */
  shows(request: FastifyRequest, bed: BedId): boolean;
  /** The state of the home of a bed. Throws NOT_FOUND. */
  stateOf(bed: BedId): State;
  /** Ten random base32 characters. */
  newId(): string;
  /**
   * Written beside, never waited for: a state store that stalls must not hold up what people do. Into the record of
   * the home that was asked about, else into this machine's own.
   */
  audit(action: AuditAction, detail: string, person?: Asking): void;
  /** The same of somebody who signs in: into the record of each of their homes, else into this machine's own. */
  auditFor(account: Account, action: AuditAction, detail: string): void;
}

export function createContext(deps: ServerDeps, sessions: Sessions, hub: LiveHub): Context {
  const asking = new WeakMap<FastifyRequest, Asked>();
  const askedOrFault = (request: FastifyRequest): Asked => {
    const asked = asking.get(request);
    if (asked === undefined) throw new Fault("NOT_SIGNED_IN", "Nobody is signed in here.");
    return asked;
  };
  const homes = (request: FastifyRequest): readonly HomeId[] => {
    const { signedIn, right, place } = askedOrFault(request);
    const may = signedIn.account.homes.filter(({ role }) => mayUse(right, role)).map(({ home }) => home);
    const found = place.kind === "home" ? may.filter((home) => home === place.home) : may;
    return [...new Set(found)];
  };
  const write = (state: State, action: AuditAction, detail: string, person: PersonId | undefined): void => {
    const by = person === undefined ? {} : { person };
    state.audit({ at: deps.clock.wall(), action, detail, ...by }).catch((error: unknown) => {
      deps.log.note("audit.failed", { action, error: messageOf(error) }, "error");
    });
  };
  return {
    deps,
    sessions,
    hub,
    signedIn: (request) => asking.get(request)?.signedIn,
    remember: (request, asked) => {
      asking.set(request, asked);
    },
    person(request) {
      const { signedIn, right, place } = askedOrFault(request);
      const { id, name, language } = signedIn.account;
      const roles = rolesAt(signedIn.account, place);
      const role = roles.find((each) => mayUse(right, each));
      if (role === undefined) throw new Fault("NOT_ALLOWED", "This is not for you.");
      return { id, name, language, role, ...(place.kind === "home" ? { home: place.home } : {}) };
    },
    account: (request) => askedOrFault(request).signedIn.account,
    homes,
    shows(request, bed) {
      const home = deps.homeOf(bed);
      return home !== undefined && homes(request).includes(home);
    },
    stateOf(bed) {
      const home = deps.homeOf(bed);
      if (home === undefined) throw new Fault("NOT_FOUND", `There is no bed ${bed}.`);
      return deps.homes.of(home);
    },
    newId: () => base32Id(deps.random.bytes(10)),
    audit: (action, detail, person) =>
      write(person?.home === undefined ? deps.state : deps.homes.of(person.home), action, detail, person?.id),
    auditFor({ id, homes: all }, action, detail) {
      const own = all.filter(({ through }) => through === undefined);
      if (own.length === 0) write(deps.state, action, detail, id);
      for (const { home } of own) write(deps.homes.of(home), action, detail, id);
    },
  };
}

const mayUse = (right: Right | undefined, role: Role): boolean =>
  right?.who === "anyone" || right?.who.includes(role) === true;

/** What this machine as a whole belongs to. */
export const wholeOf = ({ ownerOf }: ServerDeps): Place =>
  "home" in ownerOf
    ? { kind: "home", home: ownerOf.home }
    : { kind: "organisation", organisation: ownerOf.organisation };
