import { messageOf } from "../domain/fault.ts";
import type { OccurrenceId } from "../domain/ids.ts";
import { type Wall, wall } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { State } from "../port/state.ts";
import type { AckVerdict } from "./ack-token.ts";
import { TOKEN_MS } from "./message.ts";

/** The newest message that a phone reports to have shown: that it arrived, and no more (law 2). */
export interface Shown {
  readonly occurrence: OccurrenceId;
  readonly sentAt: Wall;
  readonly at: Wall;
}

/** What a receipt says, once its signature was found good. */
export interface ShownReport {
  readonly target: string;
  readonly occurrence: OccurrenceId;
  readonly sentAt: Wall;
}

/** What phones have shown last, in memory; written down beside, for the page after a restart. */
export interface ShownBook {
  /** What an earlier run was told. Never rejects. */
  load(): Promise<void>;
  /** True: it is news. A repeat, and what is older than the newest, changes nothing. */
  note(report: ShownReport): boolean;
  of(target: string): Shown | undefined;
}

const NAME = "shown_last";
/** Phones of a home that are remembered; the one that reported longest ago is forgotten first. */
const PHONES_MAX = 200;

export function createShownBook(options: {
  readonly state: Pick<State, "value" | "setValue">;
  readonly clock: Clock;
  readonly log: Log;
}): ShownBook {
  const { state, clock, log } = options;
  const book = new Map<string, Shown>();
  let isLoaded = false;

  /** Not before what an earlier run was told is here: it would be written over. */
  const write = (): void => {
    if (!isLoaded) return;
    state
      .setValue(NAME, JSON.stringify([...book]))
      .catch((error: unknown) => log.note("shown.unwritten", { why: messageOf(error) }, "warn"));
  };

  return {
    async load() {
      const hasNews = book.size > 0;
      try {
        // What was reported meanwhile is newer.
        for (const [target, shown] of storedIn(await state.value(NAME))) {
          if (!book.has(target)) book.set(target, shown);
        }
      } catch (error) {
        log.note("shown.unread", { why: messageOf(error) }, "warn");
      }
      isLoaded = true;
      if (hasNews) write();
    },
    note({ target, occurrence, sentAt }) {
      const known = book.get(target);
      if (known !== undefined && known.sentAt >= sentAt) return false;
      book.delete(target);
      book.set(target, { occurrence, sentAt, at: clock.wall() });
      const oldest = book.keys().next().value;
      if (book.size > PHONES_MAX && oldest !== undefined) book.delete(oldest);
      write();
      return true;
    },
    of: (target) => book.get(target),
  };
}

/** For the pages; undefined: it never reported anything. */
export const shownView = (shown: Shown | undefined, now: Wall) =>
  shown === undefined
    ? {}
    : {
        shown: {
          occurrence: shown.occurrence,
          ageMs: Math.max(0, now - shown.at),
          // Two clocks, where a hub hears what a box sent.
          afterMs: Math.max(0, shown.at - shown.sentAt),
        },
      };

/** What a receipt's token says; undefined for one that does not count. */
export function reportIn(verdict: AckVerdict): ShownReport | undefined {
  if (!verdict.ok) return undefined;
  const { occurrence, target, expiresAt } = verdict.claim;
  return { occurrence, target, sentAt: wall(expiresAt - TOKEN_MS) };
}

function storedIn(text: string | undefined): readonly (readonly [string, Shown])[] {
  const list: unknown = JSON.parse(text ?? "[]");
  if (!isList(list)) return [];
  return list.flatMap((entry) => {
    if (!isList(entry)) return [];
    const [target, shown] = entry;
    if (typeof target !== "string" || typeof shown !== "object" || shown === null) return [];
    const { occurrence, sentAt, at }: { readonly [name: string]: unknown } = { ...shown };
    if (typeof occurrence !== "string" || typeof sentAt !== "number" || typeof at !== "number") return [];
    return [[target, { occurrence, sentAt: wall(sentAt), at: wall(at) }] as const];
  });
}

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
