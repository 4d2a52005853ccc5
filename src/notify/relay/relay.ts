import { messageOf } from "../../domain/fault.ts";
import { SECOND_MS } from "../../domain/time.ts";
import type { Clock } from "../../port/clock.ts";
import type { HttpLines } from "../../port/http.ts";
import type { Log } from "../../port/log.ts";
import type { Random } from "../../port/random.ts";

export interface RelayOptions {
  readonly http: HttpLines;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** An ntfy server, `https://host` without a path. */
  readonly server: string;
  /** Name of this home's letter box there: long and random, it is the only thing that keeps strangers out of it. */
  readonly topic: string;
  /** Access token of that server, where it wants one for reading. */
  readonly token?: string;
  /** What somebody posted; it is for the receiver to judge whether it is a token of ours. Must not throw. */
  readonly onToken: (token: string) => void;
  readonly onChange: () => void;
}

/** A letter box outside the house that this box empties: phones post answers there, the box only dials out. */
export interface Relay {
  /** Posting to it says "I'm going" for the token. */
  address(token: string): string;
  readonly readiness: { readonly ok: boolean; readonly detail: string };
  start(): void;
  stop(): Promise<void>;
}

/** ntfy says something every 45 s; twice that and the line is dead. */
const QUIET_MS = 100 * SECOND_MS;
const RETRY_MS_MIN = 1 * SECOND_MS;
const RETRY_MS_MAX = 30 * SECOND_MS;
const TOKEN_LENGTH_MAX = 500;
/** Answers older than an hour are worth nothing: so long their tokens live. */
const FIRST_SINCE = "60m";

/**
 * Reads a topic of an ntfy server (docs.ntfy.sh, "Subscribe via API", JSON stream) and hands on what is posted there.
 * After a gap it asks for what came meanwhile; the same answer twice is harmless, since a token is one command. The
 * relay learns when somebody answers and nothing else: a token is signed, names nobody, and works once.
 */
export function createRelay(options: RelayOptions): Relay {
  const { http, clock, random, log, onToken } = options;
  const place = `${options.server.replace(/\/+$/, "")}/${encodeURIComponent(options.topic)}`;
  const stopping = new AbortController();
  let readiness: Relay["readiness"] = { ok: false, detail: "not asked yet" };
  let since = FIRST_SINCE;
  let running: Promise<void> | undefined;

  const say = (next: Relay["readiness"]): void => {
    if (next.ok === readiness.ok && next.detail === readiness.detail) return;
    readiness = next;
    options.onChange();
  };

  const read = (line: string): void => {
    const event = eventOf(line);
    if (event === undefined) return;
    say({ ok: true, detail: "listening" });
    if (event.kind !== "message") return;
    since = event.id;
    if (event.message.length <= TOKEN_LENGTH_MAX) onToken(event.message);
  };

  const listen = async (): Promise<void> => {
    let wait = RETRY_MS_MIN;
    while (!stopping.signal.aborted) {
      const began = clock.mono();
      try {
        await http.lines(
          {
            method: "GET",
            url: `${place}/json?since=${encodeURIComponent(since)}`,
            headers: options.token === undefined ? {} : { authorization: `Bearer ${options.token}` },
          },
          read,
          { quietMs: QUIET_MS, signal: stopping.signal },
        );
        say({ ok: false, detail: "the line was closed" });
      } catch (error) {
        say({ ok: false, detail: messageOf(error) });
        log.note("relay.lost", { why: messageOf(error) }, "warn");
      }
      if (clock.mono() - began > QUIET_MS) wait = RETRY_MS_MIN;
      try {
        await clock.sleep(wait * (0.5 + random.uniform() / 2), stopping.signal);
      } catch {
        return; // stopped
      }
      wait = Math.min(RETRY_MS_MAX, 2 * wait);
    }
  };

  return {
    address: (token) => `${place}?message=${encodeURIComponent(token)}`,
    get readiness() {
      return readiness;
    },
    start() {
      running ??= listen();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

type RelayEvent =
  | { readonly kind: "open" | "keepalive" }
  | { readonly kind: "message"; readonly id: string; readonly message: string };

/** Undefined for lines that are none of the three. */
function eventOf(line: string): RelayEvent | undefined {
  let read: unknown;
  try {
    read = JSON.parse(line);
  } catch {
    return undefined; // an empty line, or not what a relay says
  }
  if (typeof read !== "object" || read === null || !("event" in read)) return undefined;
  if (read.event === "open" || read.event === "keepalive") return { kind: read.event };
  if (read.event !== "message" || !("id" in read) || !("message" in read)) return undefined;
  const { id, message } = read;
  return typeof id === "string" && typeof message === "string" ? { kind: "message", id, message } : undefined;
}
