import Type from "typebox";
import { Check } from "typebox/value";
import { type EdgeAbout, edgeAbout } from "./bus/bed-schemas.ts";
import type { Place } from "./bus/topics.ts";
import { KEPT_BED } from "./domain/bed.ts";
import { messageOf } from "./domain/fault.ts";
import { type BedId, qualifiedBed, splitBed } from "./domain/ids.ts";
import type { Log } from "./port/log.ts";
import type { BoxInUse } from "./port/registry.ts";
import type { HomeStates } from "./port/state.ts";

/** What beds were when they were last heard, kept in their homes' files: a hub that starts anew must miss them. */
export interface HubBeds {
  of(bed: BedId): EdgeAbout | undefined;
  /** Written beside. */
  keep(bed: BedId, about: EdgeAbout): void;
  delete(bed: BedId): void;
  /** Reads the beds of the homes whose boxes are in use, one after the other. Never rejects. */
  read(
    boxes: readonly BoxInUse[],
    signal: AbortSignal,
    found: (place: Place, about: EdgeAbout) => void,
  ): Promise<void>;
}

const KeptBed = Type.Object({ about: edgeAbout });

export function createHubBeds({ states, log }: { readonly states: HomeStates; readonly log: Log }): HubBeds {
  const abouts = new Map<BedId, EdgeAbout>();
  return {
    of: (bed) => abouts.get(bed),
    keep(bed, about) {
      const place = splitBed(bed);
      const isKnown = JSON.stringify(abouts.get(bed)) === JSON.stringify(about);
      abouts.set(bed, about);
      if (place === undefined || isKnown) return;
      states
        .of(place.home)
        .setValue(`${KEPT_BED}${place.bed}`, JSON.stringify({ about }))
        .catch((error: unknown) => log.note("hub.bed_unkept", { bed, why: messageOf(error) }, "warn"));
    },
    delete: (bed) => {
      abouts.delete(bed);
    },
    async read(boxes, signal, found) {
      for (const { box } of boxes) {
        if (signal.aborted) return;
        try {
          const values = Object.entries(await states.of(box.home).values());
          for (const [name, value] of values.filter(([each]) => each.startsWith(KEPT_BED))) {
            const bed = name.slice(KEPT_BED.length);
            const kept: unknown = JSON.parse(value);
            if (!Check(KeptBed, kept)) continue;
            const qualified = qualifiedBed(box.home, bed);
            if (!abouts.has(qualified)) abouts.set(qualified, kept.about);
            found({ home: box.home, bed }, kept.about);
          }
        } catch (error) {
          log.note("hub.home_unread", { home: box.home, why: messageOf(error) }, "error");
        }
      }
    },
  };
}
