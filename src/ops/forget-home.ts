import { KEPT_BED } from "../domain/bed.ts";
import { Fault } from "../domain/fault.ts";
import { type BedId, type HomeId, qualifiedBed, splitBed } from "../domain/ids.ts";
import type { Accounts } from "../port/accounts.ts";
import type { Clock } from "../port/clock.ts";
import type { BoxRecord, Registry } from "../port/registry.ts";
import type { HomeStates, State } from "../port/state.ts";
import type { Timeseries } from "../port/timeseries.ts";

/** What a hub keeps of homes. */
export interface HomeKeepers {
  readonly clock: Pick<Clock, "wall">;
  readonly registry: Pick<Registry, "home" | "removeHome">;
  readonly accounts: Pick<Accounts, "removeHome">;
  readonly homes: Pick<HomeStates, "of" | "remove">;
  readonly timeseries: Pick<Timeseries, "beds" | "remove">;
  /** Of the hub itself: the one line that remains is written there. */
  readonly state: Pick<State, "audit">;
}

/** What went with a home. */
export interface ForgottenHome {
  readonly beds: readonly string[];
  /** People who were nothing anywhere else. */
  readonly accounts: number;
  /** Boxes that were let in: their users at the broker have to go too. */
  readonly boxes: readonly BoxRecord[];
}

/**
 * Deletes a home and everybody in it from a hub for good. Each step may be repeated: after a failure in the middle the same
 * call goes on. What watches the home must have let go of it before. Rejects with NOT_FOUND, STATE_FAILED, STORE_FAILED.
 */
export async function forgetHome(keepers: HomeKeepers, home: HomeId): Promise<ForgottenHome> {
  const { clock, registry, accounts, homes, timeseries, state } = keepers;
  if ((await registry.home(home)) === undefined) {
    throw new Fault("NOT_FOUND", "There is no such home on this hub.", { permanent: true });
  }
  const beds = await bedsOf(keepers, home);
  for (const bed of beds) await timeseries.remove(bed);
  await homes.remove(home);
  const gone = await accounts.removeHome(home);
  // Last: until here the home is known, and can be asked for again.
  const boxes = await registry.removeHome(home);
  await state.audit({ at: clock.wall(), action: "home.forgotten", detail: `${beds.length} beds` });
  return { beds, accounts: gone, boxes };
}

/** Those with numbers, and those that were heard: of a bed whose numbers grew too old alarms and summaries are left. */
async function bedsOf({ timeseries, homes }: HomeKeepers, home: HomeId): Promise<readonly BedId[]> {
  const stored = (await timeseries.beds()).map(({ bed }) => bed);
  const heard = Object.keys(await homes.of(home).values()).filter((name) => name.startsWith(KEPT_BED));
  return [
    ...new Set([
      ...stored.filter((bed) => splitBed(bed)?.home === home),
      ...heard.map((name) => qualifiedBed(home, name.slice(KEPT_BED.length))),
    ]),
  ];
}
