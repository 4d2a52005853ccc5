import type { BedId, OccurrenceId } from "../domain/ids.ts";
import { SECOND_MS } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { PlannedSend } from "./incident.ts";

/** The newest message about an alarm, and whom it has not reached. */
export interface ToldSend {
  readonly send: PlannedSend;
  /** Ids of those whose provider has not taken it yet, or will not. */
  readonly waiting: readonly string[];
}

export interface ToldOptions {
  readonly clock: Clock;
  /** All that is told of a bed now, oldest message first. Must not throw. */
  readonly onTold: (bed: BedId, sends: readonly ToldSend[]) => void;
}

/** What people are being told, for whoever stands by to do it instead (docs/adr/0032). In memory. */
export interface Told {
  planned(send: PlannedSend, targets: readonly string[]): void;
  accepted(send: PlannedSend, target: string): void;
  /** Forgets what is not among these any more. */
  keep(occurrences: ReadonlySet<OccurrenceId>): void;
  stop(): void;
}

/** Plans are told at once, since a plan that is missing is what others act on; how they end is told together. */
const RESULTS_MS = 0.5 * SECOND_MS;
/** As many as a message holds (src/bus/messages.ts). */
const TOLD_MAX = 64;
const WAITING_MAX = 200;

export function createTold({ clock, onTold }: ToldOptions): Told {
  const lines = new Map<OccurrenceId, { readonly send: PlannedSend; readonly waiting: Set<string> }>();
  const later = new Map<BedId, () => void>();

  const tell = (bed: BedId): void => {
    later.get(bed)?.();
    later.delete(bed);
    const own = [...lines.values()].filter(({ send }) => send.bed === bed).slice(-TOLD_MAX);
    onTold(
      bed,
      own.map(({ send, waiting }) => ({ send, waiting: [...waiting].slice(0, WAITING_MAX) })),
    );
  };

  return {
    planned(send, targets) {
      // The newest is last: it is what is kept where there are too many.
      lines.delete(send.occurrence);
      lines.set(send.occurrence, { send, waiting: new Set(targets) });
      tell(send.bed);
    },
    accepted({ bed, occurrence, step, repeat }, target) {
      const line = lines.get(occurrence);
      if (line?.send.step !== step || line.send.repeat !== repeat || !line.waiting.delete(target)) return;
      if (!later.has(bed)) {
        later.set(
          bed,
          clock.after(RESULTS_MS, () => tell(bed)),
        );
      }
    },
    keep(occurrences) {
      for (const id of lines.keys()) if (!occurrences.has(id)) lines.delete(id);
    },
    stop() {
      for (const cancel of later.values()) cancel();
      later.clear();
    },
  };
}
