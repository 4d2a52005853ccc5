import type { HomeId } from "../domain/ids.ts";
import { NOTE_KINDS } from "../domain/note.ts";
import type { Wall } from "../domain/time.ts";
import type { State } from "../port/state.ts";
import type { DataFolder } from "./data-folder.ts";

type Stores = Pick<DataFolder["stores"], "state" | "homes" | "registry">;

/** As many of a bed and kind as are kept. */
const NOTES_MAX = 20_000;

/**
 * Copies the notes of beds from one data folder to another: how many were not there yet. With `home` those of a box become
 * those of that home on a hub; with `plain` those of that home become a box's. A box keeps them in its own file, a hub in one
 * for each home that it knows: what it does not know yet stays behind, and that is said. Rejects with STATE_FAILED.
 */
export async function copyNotes(
  copy: {
    readonly from: Stores;
    readonly to: Stores;
    readonly home: HomeId | undefined;
    readonly plain: boolean;
    /** When they were true; half-open. */
    readonly since: Wall;
    readonly until: Wall;
  },
  say: (words: string) => void,
): Promise<number> {
  let count = 0;
  for (const { of, from, to } of await filesOf(copy)) {
    const notes = await notesIn(from, copy);
    if (to !== undefined) count += await to.adoptNotes(notes);
    else if (notes.length > 0) {
      say(
        `${notes.length} notes of beds stay behind: home ${of} is not there yet. Pair its box, then copy again.`,
      );
    }
  }
  return count;
}

interface Files {
  readonly of: HomeId;
  readonly from: State;
  /** Undefined: the home is not known there. */
  readonly to: State | undefined;
}

async function filesOf({
  from,
  to,
  home,
  plain,
}: Parameters<typeof copyNotes>[0]): Promise<readonly Files[]> {
  const there = new Set((await to.registry.homes()).map(({ id }) => id));
  const onHub = (of: HomeId): State | undefined => (there.has(of) ? to.homes.of(of) : undefined);
  const homes = (await from.registry.homes()).map(({ id }) => id);
  if (plain) {
    return homes.filter((of) => of === home).map((of) => ({ of, from: from.homes.of(of), to: to.state }));
  }
  const own: Files =
    home === undefined
      ? { of: "", from: from.state, to: to.state }
      : { of: home, from: from.state, to: onHub(home) };
  return [own, ...homes.map((of) => ({ of, from: from.homes.of(of), to: onHub(of) }))];
}

async function notesIn(state: State, { since, until }: { readonly since: Wall; readonly until: Wall }) {
  const lists = (await state.notedBeds()).flatMap((bed) =>
    NOTE_KINDS.map((kind) => state.notes(bed, kind, NOTES_MAX)),
  );
  return (await Promise.all(lists)).flat().filter(({ at }) => at >= since && at < until);
}
