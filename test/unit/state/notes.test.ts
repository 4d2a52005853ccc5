import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { DutyBook } from "../../../src/domain/duty.ts";
import { type BedNote, currentNotes, earlierNotes, type NoteBody } from "../../../src/domain/note.ts";
import { nightOf, wall } from "../../../src/domain/time.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { createMemoryState, openSqliteStores } from "../../../src/store/state/state.ts";
import { temporaryFolder } from "../../support/home.ts";
import { silentLog } from "../../support/silent-log.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const note = (id: string, at: number, body: NoteBody, bed = "b1"): BedNote => ({
  ...{ id, bed, at: wall(at), writtenAt: wall(9_000), by: { id: "mei", name: "妈妈" }, body },
});
const breathless: NoteBody = { kind: "symptom", symptom: "breathless", severity: 2 };
const scores: NoteBody = { kind: "alsfrs_r", dyspnoea: 2, orthopnoea: 0, insufficiency: 4 };

describe("notes of a bed", () => {
  it("come newest first by when they were true, each kind and bed on its own", async () => {
    const state = createMemoryState();
    await state.addNote(note("a", 2_000, breathless));
    await state.addNote(note("b", 5_000, { ...breathless, severity: 3 }));
    await state.addNote(note("c", 3_000, breathless));
    await state.addNote(note("d", 4_000, scores));
    await state.addNote(note("e", 4_000, breathless, "b2"));
    expect((await state.notes("b1", "symptom", 10)).map(({ id }) => id)).toEqual(["b", "c", "a"]);
    expect((await state.notes("b1", "symptom", 1)).map(({ id }) => id)).toEqual(["b"]);
    expect(await state.notes("b1", "alsfrs_r", 10)).toEqual([note("d", 4_000, scores)]);
    expect(await state.notes("b1", "duty", 10)).toEqual([]);
  });

  it("are removed by who wrote them, by anybody only where that is not asked", async () => {
    const state = createMemoryState();
    await state.addNote(note("a", 1, breathless));
    expect(await state.removeNote("b1", "a", "somebody")).toBe(false);
    expect(await state.removeNote("b2", "a")).toBe(false);
    expect(await state.removeNote("b1", "a", "mei")).toBe(true);
    expect(await state.removeNote("b1", "a")).toBe(false);
  });

  it("are corrected once by whoever was first, and both are kept", async () => {
    const state = createMemoryState();
    const corrects = (id: string, replaces: string): BedNote => ({ ...note(id, 4_000, scores), replaces });
    expect(await state.addNote(note("a", 4_000, scores))).toBe(true);
    expect(await state.addNote(corrects("b", "a"))).toBe(true);
    expect(await state.addNote(corrects("c", "a"))).toBe(false);
    expect(await state.addNote(corrects("d", "zzz"))).toBe(false);
    expect(await state.addNote({ ...corrects("e", "b"), bed: "b2" })).toBe(false);
    expect(await state.addNote({ ...note("f", 1, breathless), replaces: "b" })).toBe(false);
    expect(await state.addNote(corrects("g", "b"))).toBe(true);
    const all = await state.notes("b1", "alsfrs_r", 10);
    expect(currentNotes(all).map(({ id }) => id)).toEqual(["g"]);
    const [newest] = currentNotes(all);
    expect(newest && earlierNotes(newest, all).map(({ id }) => id)).toEqual(["b", "a"]);
    // Taken back: what it took the place of counts again; a gap in the middle closes.
    expect(await state.removeNote("b1", "b", "mei")).toBe(true);
    const closed = await state.notes("b1", "alsfrs_r", 10);
    expect(closed.map(({ id, replaces }) => [id, replaces])).toEqual([
      ["g", "a"],
      ["a", undefined],
    ]);
    expect(await state.removeNote("b1", "g", "somebody")).toBe(false);
    expect((await state.notes("b1", "alsfrs_r", 10)).find(({ id }) => id === "g")?.replaces).toBe("a");
    expect(await state.removeNote("b1", "g", "mei")).toBe(true);
    expect(currentNotes(await state.notes("b1", "alsfrs_r", 10)).map(({ id }) => id)).toEqual(["a"]);
  });

  it("have one first report a night", async () => {
    const state = createMemoryState();
    const night = nightOf(wall(0), "UTC");
    const morning: NoteBody = { kind: "morning", night, answers: { headache: 2, pain: 0 } };
    expect(await state.addNote(note("a", 1, morning))).toBe(true);
    expect(await state.addNote(note("b", 1, morning))).toBe(false);
    expect(await state.addNote({ ...note("c", 1, { ...morning, answers: {} }), replaces: "a" })).toBe(true);
    expect(await state.addNote(note("d", 1, { ...morning, night: nightOf(wall(9e7), "UTC") }))).toBe(true);
    expect(await state.notes("b1", "morning", 10)).toHaveLength(3);
  });

  it("say who is on call, one version after the other", async () => {
    const state = createMemoryState();
    const book = (version: number): DutyBook => ({
      ...{ bed: "b1", version, at: wall(1), by: { id: "mei", name: "妈妈" }, change: "rota" },
      ...{ rota: [{ person: "mei", weekday: 1, from: 1_260, to: 540 }], handovers: [] },
    });
    expect(await state.duty("b1")).toBeUndefined();
    expect(await state.putDuty(book(1), 0)).toBe(true);
    expect(await state.putDuty(book(2), 0)).toBe(false);
    expect(await state.putDuty(book(2), 1)).toBe(true);
    expect(await state.duty("b1")).toEqual(book(2));
    expect(await state.duty("b2")).toBeUndefined();
  });

  it("outlive a restart, and are encrypted on disk with who wrote them", async () => {
    const folder = temporaryFolder();
    const options = {
      folder,
      key: new Uint8Array(32).fill(7),
      clock: createVirtualClock(wall(0)),
      log: silentLog,
    };
    const first = await openSqliteStores(options);
    await first.state.addNote(note("a", 1, breathless));
    await first.close();
    const files = readdirSync(folder).map((name) => readFileSync(path.join(folder, name)));
    const all = Buffer.concat(files);
    expect(all.includes("breathless")).toBe(false);
    expect(all.includes("妈妈")).toBe(false);
    const again = await openSqliteStores(options);
    closing.push(() => again.close());
    expect(await again.state.notes("b1", "symptom", 10)).toEqual([note("a", 1, breathless)]);
  });
});
