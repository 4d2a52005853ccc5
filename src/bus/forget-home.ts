import type { HomeId } from "../domain/ids.ts";
import type { Bus } from "../port/bus.ts";
import type { Clock } from "../port/clock.ts";
import { shardOf } from "./topics.ts";

/** A broker hands out what it retains at once; this long after the last of it there is no more. */
const QUIET_MS = 1_000;
const ROUNDS_MAX = 20;

/**
 * Empties every topic below a home that the broker retains, until it hands out no more: how many there were. To be called
 * after the home's boxes were put out. Rejects with BUS_UNREACHABLE; repeating it is harmless.
 */
export async function emptyRetained(
  { bus, clock }: { readonly bus: Bus; readonly clock: Pick<Clock, "sleep"> },
  home: HomeId,
): Promise<number> {
  const found = new Set<string>();
  const emptied = new Set<string>();
  const end = bus.subscribe(`breathwatch/1/${shardOf(home)}/${home}/#`, (topic, payload, retained) => {
    if (retained && payload !== "") found.add(topic);
  });
  try {
    for (let round = 0; round < ROUNDS_MAX; round += 1) {
      await clock.sleep(QUIET_MS);
      const left = [...found].filter((topic) => !emptied.has(topic));
      if (left.length === 0) break;
      for (const topic of left) {
        await bus.publish(topic, "", { retain: true });
        emptied.add(topic);
      }
    }
  } finally {
    end();
  }
  return emptied.size;
}
