import { type HomeId, splitBed } from "../../src/domain/ids.ts";
import type { Role } from "../../src/domain/person.ts";
import type { BedState } from "../../src/server/contract.ts";
import type { Page } from "./page.ts";

/** A home that somebody belongs to as a member, not through an organisation. */
export interface OwnHome {
  readonly home: HomeId;
  readonly role: Role;
  readonly beds: readonly BedState[];
  /** Its beds, for whoever has several homes. */
  readonly title: string;
  /** Of its first bed; the browser's where none was heard of. */
  readonly zone: string;
}

/** Undefined while nobody is signed in. */
export function ownHomes(page: Page): readonly OwnHome[] | undefined {
  const who = page.who.value;
  if (who.kind !== "known" || who.me.person === undefined) return undefined;
  const { me } = who;
  const all = page.heard.value?.beds ?? [];
  return (me.homes ?? [])
    .filter(({ through }) => through === undefined)
    .map(({ home, role }) => {
      const beds = all.filter((bed) => (splitBed(bed.bed)?.home ?? me.home) === home);
      return {
        ...{ home, role, beds },
        title: beds.map((bed) => bed.label).join(" · ") || home,
        zone: beds[0]?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
      };
    });
}
