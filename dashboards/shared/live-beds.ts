import { olderTargets } from "../../src/domain/proof-age.ts";
import { SIGNAL_IDS, type SignalId } from "../../src/domain/signal.ts";
import type { BedState, LiveMessage, LiveSample } from "../../src/server/contract.ts";

type StateMessage = Extract<LiveMessage, { kind: "state" }>;

/** The beds as a page knows them, and up to where. */
export interface Known {
  readonly beds: readonly BedState[];
  readonly cursor?: string | undefined;
}

/**
 * The beds after a message. What changed takes the place of what was known, and the rest is `elapsedMs` older than it was.
 * Undefined for a message that goes on from something else than what is known: the whole has to be asked for anew.
 */
export function bedsAfter(
  known: Known | undefined,
  message: StateMessage,
  elapsedMs: number,
): readonly BedState[] | undefined {
  const { since, all, beds } = message;
  if (since === undefined) return beds;
  if (known?.cursor !== since) return undefined;
  const changed = new Map(beds.map((bed) => [bed.bed, bed]));
  const before = new Map(known.beds.map((bed) => [bed.bed, bed]));
  return (all ?? [...before.keys()]).flatMap((name) => {
    const old = before.get(name);
    const bed = changed.get(name) ?? (old === undefined ? undefined : aged(old, elapsedMs));
    return bed === undefined ? [] : [bed];
  });
}

/** The same bed some time later, with nothing heard of it meanwhile. */
function aged(bed: BedState, ms: number): BedState {
  const signals: { [id in SignalId]?: LiveSample } = {};
  for (const signal of SIGNAL_IDS) {
    const held = bed.signals[signal];
    if (held !== undefined) signals[signal] = { ...held, ageMs: held.ageMs + ms };
  }
  const sources = bed.sources.map((source) =>
    source.ageMs === undefined ? source : { ...source, ageMs: source.ageMs + ms },
  );
  const targets = olderTargets(bed.readiness.targets, ms);
  return { ...bed, signals, sources, readiness: { ...bed.readiness, targets } };
}
