import type { ChannelAccess } from "../domain/channel-access.ts";
import type { ChannelField, SendResult, Texts } from "./channel.ts";
import type { Clock } from "./clock.ts";
import type { Http } from "./http.ts";

/**
 * Somebody outside the house who speaks up when the box does not: a message that lies ready there and is put off again
 * and again, or a service that misses a sign of life.
 */
export interface DeadMan {
  readonly id: string;
  /** Whether it has to stand now: some do only while somebody is watched, some always. */
  isWanted(settings: ChannelAccess, onWatch: boolean): boolean;
  /**
   * How many times a day the service lets itself be put off by these settings; undefined: as often as needed. Never
   * rejects; what the service does not tell is what its documents say.
   */
  timesPerDay(settings: ChannelAccess): Promise<number | undefined>;
  /** Puts off the moment at which it speaks up. `accepted`: it stands, and what stood before does not. Never rejects. */
  putOff(settings: ChannelAccess, order: DeadManOrder): Promise<SendResult>;
  /** It need not speak up any more. `accepted`: nothing stands. Never rejects. */
  callOff(settings: ChannelAccess, order: DeadManOrder): Promise<SendResult>;
  /** The box lives and does not work: says so now. Absent: what is not put off any more says it in its time. */
  fail?(settings: ChannelAccess, order: DeadManOrder): Promise<SendResult>;
  /** A quiet word to the same people, in the place of what `order` made ring. Never rejects. */
  tell?(settings: ChannelAccess, order: DeadManOrder): Promise<SendResult>;
  /** Proves the way: speaks up shortly, marked as a drill. Never rejects. Absent: there is nothing to hear. */
  drill?(settings: ChannelAccess, order: DeadManOrder): Promise<SendResult>;
}

export interface DeadManOrder {
  /** Names the message that is put off: at most 64 of `A-Za-z0-9_-`. */
  readonly sequence: string;
  /** From now until it speaks up by itself, ms. Services with a time of their own pass it over. */
  readonly aheadMs: number;
  /** What it says then; no name of a person and no value. */
  readonly title: string;
  readonly body: string;
}

/** What a dead man needs from outside. */
export interface DeadManDeps {
  readonly http: Http;
  readonly clock: Clock;
}

/** A kind of dead man, whole, with what a person reads and fills in. */
export interface DeadManModule {
  /** Lower case, digits and hyphens. */
  readonly id: string;
  readonly name: Texts;
  readonly summary: Texts;
  readonly fields: readonly ChannelField[];
  /** What to switch on at the service and on phones; in order. */
  readonly steps: readonly Texts[];
  /** `service`: it speaks up after a time that is set there, whatever the box asks for. */
  readonly time: "ours" | "service";
  create(deps: DeadManDeps): DeadMan;
}

/** How one dead man stands. */
export type DeadManState =
  /** Nobody is watched: there is nothing to say. */
  | { readonly kind: "resting" }
  /** Not known yet: it was not answered since the start. */
  | { readonly kind: "beginning" }
  /** The service has the newest order; `aheadMs` absent: by its own time. */
  | { readonly kind: "armed"; readonly aheadMs?: number }
  /** The service does not take orders; `since`, epoch ms: the first that it did not take. */
  | { readonly kind: "failing"; readonly since: number; readonly detail: string };
