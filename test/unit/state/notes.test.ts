import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { BedNote, NoteBody } from "../../../src/domain/note.ts";
import { wall } from "../../../src/domain/time.ts";
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
