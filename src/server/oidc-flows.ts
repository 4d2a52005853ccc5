import type { Language, Person } from "../domain/person.ts";
import { MINUTE_MS, type Mono } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Random } from "../port/random.ts";
import type { OidcProof } from "./oidc-provider.ts";

/** How long somebody may take at the provider. */
export const FLOW_MS = 10 * MINUTE_MS;
/** More than can be begun in ten minutes (limitGuesses), so that a flood pushes nobody out. */
const FLOWS_MAX = 1_000;

/** Somebody who went to a provider and is expected back in the same browser. */
export interface Flow extends OidcProof {
  readonly provider: string;
  /** Where they were, one of our own pages. */
  readonly page: string;
  readonly language: Language;
  /** Present: the identity is to be linked to whoever is signed in so. */
  readonly link?: { readonly account: Person["id"]; readonly tokenHash: string };
}

/** Flows under way, in memory: each is found by the secret in its browser's cookie, once. */
export class Flows {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #waiting = new Map<string, { readonly flow: Flow; readonly until: Mono | number }>();

  constructor(deps: { readonly clock: Clock; readonly random: Random }) {
    this.#clock = deps.clock;
    this.#random = deps.random;
  }

  /** 32 random bytes in base64url. */
  fresh(): string {
    return Buffer.from(this.#random.bytes(32)).toString("base64url");
  }

  /** The secret for the browser's cookie. */
  begin(flow: Flow): string {
    const secret = this.fresh();
    this.#waiting.set(secret, { flow, until: this.#clock.mono() + FLOW_MS });
    const oldest = this.#waiting.size > FLOWS_MAX ? this.#waiting.keys().next().value : undefined;
    if (oldest !== undefined) this.#waiting.delete(oldest);
    return secret;
  }

  /** Uses it up; undefined when it is unknown, used or too old. */
  take(secret: string | undefined): Flow | undefined {
    if (secret === undefined) return undefined;
    const found = this.#waiting.get(secret);
    this.#waiting.delete(secret);
    return found !== undefined && this.#clock.mono() < found.until ? found.flow : undefined;
  }
}
