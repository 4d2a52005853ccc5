import type { Occurrence } from "../domain/alarm.ts";
import type { OccurrenceId } from "../domain/ids.ts";
import type { Mono } from "../domain/time.ts";
import type { Core, Open, Runtime } from "./state.ts";

/** What an instance held before occurrences were kept by themselves. */
interface FormerRuntime extends Runtime {
  readonly occurrence?: Occurrence;
  readonly acknowledgedUntil?: Mono;
}

/**
 * A journal of an older version: its instances held their occurrences themselves. What was open stays open, with its
 * answer; a home that updates at noon goes on from where it was.
 */
export function upgraded(core: Core): Core {
  const open: { [id: OccurrenceId]: Open } = { ...core.open };
  const runtimes: { [key: string]: Runtime } = {};
  for (const [key, former] of Object.entries<FormerRuntime>(core.runtimes)) {
    const { occurrence, acknowledgedUntil, ...runtime } = former;
    if (occurrence === undefined) {
      runtimes[key] = runtime;
      continue;
    }
    runtimes[key] = { ...runtime, in: occurrence.id };
    open[occurrence.id] = {
      occurrence,
      raisedAt: runtime.t0 ?? core.settledAt,
      key,
      usual: {},
      ...(acknowledgedUntil !== undefined && { acknowledgedUntil, answered: true }),
    };
  }
  return { ...core, runtimes, open };
}
