import { expect, test } from "vitest";
import { foldJournal, toFold } from "../../../src/alarm/fold.ts";
import type { JournalEntry } from "../../../src/alarm/journal.ts";
import { ANNA, Bedside } from "./bedside.ts";

/** A journal's last line as it was written when each instance held its occurrence itself. */
function former(bed: Bedside): JournalEntry {
  const entry = structuredClone(bed.entries.at(-1)) as unknown as {
    core: { [name: string]: unknown; runtimes: { [key: string]: { [name: string]: unknown } } };
  };
  const { open } = bed.state.core;
  for (const runtime of Object.values(entry.core.runtimes)) {
    const one = open[String(runtime["in"])];
    delete runtime["in"];
    if (one === undefined) continue;
    runtime["occurrence"] = one.occurrence;
    if (one.acknowledgedUntil !== undefined) runtime["acknowledgedUntil"] = one.acknowledgedUntil;
  }
  for (const name of ["open", "past", "repeats", "causes", "pauses", "careDone", "baselines"]) {
    delete entry.core[name];
  }
  return entry as unknown as JournalEntry;
}

test("a home that was updated goes on from the journal of the version before: what was open is open, with its answer", () => {
  const bed = new Bedside().run(40, (one) => one.oxi(87, 45));
  const low = bed.open("SPO2_LOW");
  bed.command({ kind: "acknowledge", occurrence: low?.id ?? "", by: ANNA, place: "bedside" });
  const now = { mono: bed.mono(41), wall: bed.wall(41), trusted: true };
  const state = foldJournal([former(bed)], now, "b1");
  const open = toFold(state).open;
  expect(open.map(({ condition }) => condition).toSorted()).toEqual(["PR_LOW", "SPO2_LOW"]);
  expect(open.find(({ id }) => id === low?.id)?.acknowledgement?.by).toEqual(ANNA);

  Object.assign(bed, { state, second: 41 });
  bed.run(60, (one) => one.oxi(97, 70));
  expect(bed.fold.open).toEqual([]);
});
