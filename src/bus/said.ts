import { createHmac, timingSafeEqual } from "node:crypto";
import type { Place } from "./topics.ts";

/*
 * What a box says of itself, and what a hub answers its heartbeats with, signed with the pairing key, so that nobody else
 * can keep a dead box looking alive, make its alarms go away, or make it believe that its hub hears it. The signature stands at the end of the payload and covers the bytes before it; readers that know
 * nothing of it pass it over.
 */

export type SaidKind = "state" | "health" | "health/echo" | "alarm" | "called" | "command/result";

/** Which of its words this is: counted in one run of the box, or in one session of the hub. */
export interface Said {
  readonly epoch: string;
  readonly count: number;
  /** Sessions of hubs that the box has heard, newest last: none of before them can name them. */
  readonly sessions: readonly string[];
}

const MARK = ',"said":';
const TAIL =
  /^\{"epoch":"(?<epoch>[\w-]{1,64})","count":(?<count>\d{1,15}),"sessions":\[(?<sessions>(?:"[\w-]{1,64}",?){0,8})\],"mac":"(?<mac>[\w-]{43})"\}\}$/;

/** A JSON object's text with who said it at its end. */
export function signSaid(key: Uint8Array, place: Place, kind: SaidKind, payload: string, said: Said): string {
  const { epoch, count, sessions } = said;
  const head = `${payload.slice(0, -1)}${MARK}{"epoch":"${epoch}","count":${count},"sessions":${JSON.stringify(sessions)}`;
  return `${head},"mac":"${macOf(key, place, kind, head).toString("base64url")}"}}`;
}

/** Who said it; `unsigned`: nobody says; `forged`: not the box of this key, of this kind, or at this bed. */
export function readSaid(
  key: Uint8Array,
  place: Place,
  kind: SaidKind,
  payload: string,
): Said | "unsigned" | "forged" {
  const at = payload.lastIndexOf(MARK);
  const tail = at === -1 ? undefined : TAIL.exec(payload.slice(at + MARK.length))?.groups;
  if (tail === undefined) return "unsigned";
  const { epoch = "", count = "", sessions = "", mac = "" } = tail;
  const head = payload.slice(0, payload.length - `,"mac":"${mac}"}}`.length);
  const given = Buffer.from(mac, "base64url");
  const wanted = macOf(key, place, kind, head);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return "forged";
  return { epoch, count: Number(count), sessions: sessions.match(/[\w-]+/g) ?? [] };
}

function macOf(key: Uint8Array, { home, bed }: Place, kind: SaidKind, head: string): Buffer {
  return createHmac("sha256", key).update(`breathwatch said\n${home}\n${bed}\n${kind}\n${head}`).digest();
}

/** Judges what comes of one bed in the name of its box. */
export interface SaidGuard {
  /**
   * `true`: it counts. `hint`: an unsigned goodbye, which the broker says in the name of a box that signs. Otherwise why
   * it is nothing.
   */
  judge(
    kind: "state" | "health" | "alarm" | "called",
    payload: string,
  ): true | "hint" | "unsigned" | "forged" | "repeated";
}

const RETIRED_MAX = 64;

/**
 * Only a heartbeat that names the hub's present session is known to be of now: it says which run of the box is the
 * present one. Before the first one everything signed counts, since retained words come before it; after it nothing of
 * another run does, and of this one nothing twice. `signs`: the box has signed once, so that unsigned is made up.
 */
export function createSaidGuard(options: {
  readonly place: Place;
  readonly key: () => Uint8Array | undefined;
  readonly session: () => string;
  readonly signs: () => boolean;
  readonly onSigned: () => void;
}): SaidGuard {
  const { place } = options;
  const counts = new Map<string, number>();
  const retired = new Set<string>();
  let present: string | undefined;

  const renew = (epoch: string): void => {
    if (present === epoch) return;
    if (present !== undefined) retired.add(present);
    for (const oldest of retired) {
      if (retired.size <= RETIRED_MAX) break;
      retired.delete(oldest);
    }
    present = epoch;
  };

  return {
    judge(kind, payload) {
      const key = options.key();
      const said = key === undefined ? "unsigned" : readSaid(key, place, kind, payload);
      if (said === "forged") return said;
      if (said === "unsigned") {
        if (!options.signs()) return true;
        return kind === "state" ? "hint" : said;
      }
      options.onSigned();
      const { epoch, count, sessions } = said;
      const isFresh = kind === "health" && sessions.includes(options.session());
      if (retired.has(epoch)) return "repeated";
      // A heartbeat of before this hub's session is answered, and the next one names it.
      if (kind === "health" && !isFresh) return "repeated";
      if (present !== undefined && present !== epoch && !isFresh) return "repeated";
      const name = `${epoch} ${kind}`;
      if (count <= (counts.get(name) ?? -1)) return "repeated";
      if (isFresh) {
        renew(epoch);
        for (const known of counts.keys()) if (!known.startsWith(`${epoch} `)) counts.delete(known);
      }
      // Runs that were never fresh are not kept for ever.
      if (counts.size > RETIRED_MAX) counts.clear();
      counts.set(name, count);
      return true;
    },
  };
}
