import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest, RawServerDefault } from "fastify";
import { Fault, messageOf } from "../domain/fault.ts";
import { base32Id } from "../domain/ids.ts";
import type { Person } from "../domain/person.ts";
import type { ServerDeps } from "./deps.ts";
import type { LiveHub } from "./live-hub.ts";
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

/** What routes share: the dependencies and who is asking. */
export interface Context {
  readonly deps: ServerDeps;
  readonly sessions: Sessions;
  readonly hub: LiveHub;
  /** Set by the one hook that authorises; undefined when nobody is signed in. */
  signedIn(request: FastifyRequest): SignedIn | undefined;
  remember(request: FastifyRequest, signedIn: SignedIn): void;
  /** The person asking; a route that anyone may use must not call it. Throws NOT_SIGNED_IN. */
  person(request: FastifyRequest): Person;
  /** Ten random base32 characters. */
  newId(): string;
  /** Written beside, never waited for: a state store that stalls must not hold up what people do. */
  audit(action: string, detail: string, person?: Person): void;
}

export function createContext(deps: ServerDeps, sessions: Sessions, hub: LiveHub): Context {
  const asking = new WeakMap<FastifyRequest, SignedIn>();
  return {
    deps,
    sessions,
    hub,
    signedIn: (request) => asking.get(request),
    remember: (request, signedIn) => {
      asking.set(request, signedIn);
    },
    person: (request) => {
      const person = asking.get(request)?.person;
      if (person === undefined) throw new Fault("NOT_SIGNED_IN", "Nobody is signed in here.");
      return person;
    },
    newId: () => base32Id(deps.random.bytes(10)),
    audit: (action, detail, person) => {
      const by = person === undefined ? {} : { person: person.id };
      deps.state.audit({ at: deps.clock.wall(), action, detail, ...by }).catch((error: unknown) => {
        deps.log.note("audit.failed", { action, error: messageOf(error) }, "error");
      });
    },
  };
}
