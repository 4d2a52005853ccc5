// What caregivers wrote of a bed moves with a home: into the hub's file of that home, and back into a box.
import { expect, onTestFinished, test } from "vitest";
import { copyNotes } from "../../../src/cli/store-notes.ts";
import type { BedNote, NoteBody } from "../../../src/domain/note.ts";
import { DAY_MS, MINUTE_MS, type Night, wall } from "../../../src/domain/time.ts";
import { createMemoryStores } from "../../../src/store/state/state.ts";

const HOME = "homeaaaaaa";
const NOW = wall(Date.UTC(2026, 1, 1));
const ALL = { since: wall(0), until: wall(Number.MAX_SAFE_INTEGER) };
const MEI = { id: "meimeimeim", name: "Mei" };

function stores() {
  const made = createMemoryStores();
  onTestFinished(() => made.close());
  return made;
}

/** A hub that knows this home. */
async function hub() {
  const made = stores();
  const codeHash = "a".repeat(64);
  await made.registry.addClaimCode({
    ...{ codeHash, label: "Home", madeBy: "paaaaaaaaa", madeAt: NOW },
    expiresAt: wall(NOW + MINUTE_MS),
  });
  const secrets = { brokerPassword: "p", pairingKey: new Uint8Array(32) };
  const claim = { codeHash, publicKey: "key", made: { home: HOME, box: "boxaaaaaaa", ...secrets } };
  await made.registry.claim(claim, NOW);
  return made;
}

const note = (id: string, body: NoteBody, more: Partial<BedNote> = {}): BedNote => ({
  ...{ id, bed: "b1", at: NOW, writtenAt: NOW, by: MEI, body },
  ...more,
});
const score = { kind: "alsfrs_r", dyspnoea: 2, orthopnoea: 1, insufficiency: 1 } as const;
const morning = (headache: 0 | 1 | 2) =>
  ({ kind: "morning", night: "2026-01-31" as Night, answers: { headache } }) as const;
const NOTES = [
  note("aaaaaaaaa2", { kind: "symptom", symptom: "pain", severity: 2 }),
  note("aaaaaaaaa3", { kind: "care", act: "suction" }, { bed: "b2", at: wall(NOW - 30 * DAY_MS) }),
  note("aaaaaaaaa4", score),
  note("aaaaaaaaa5", morning(0)),
  note("aaaaaaaaa1", morning(2), { writtenAt: wall(NOW + MINUTE_MS), replaces: "aaaaaaaaa5" }),
];

/** A box with all of them. */
async function box() {
  const made = stores();
  for (const one of NOTES) expect(await made.state.addNote(one)).toBe(true);
  return made;
}

const said: string[] = [];
const say = (words: string): void => void said.push(words);

test("of a box become those of its home on a hub, corrections too, and once however often", async () => {
  const [from, to] = [await box(), await hub()];
  const copy = { from, to, home: HOME, plain: false, ...ALL };
  expect(await copyNotes(copy, say)).toBe(NOTES.length);
  const there = to.homes.of(HOME);
  expect(await there.notes("b1", "alsfrs_r", 9)).toEqual([NOTES[2]]);
  expect(await there.notes("b1", "morning", 9)).toEqual([NOTES[3], NOTES[4]]);
  expect(await there.notes("b2", "care", 9)).toEqual([NOTES[1]]);
  expect(await copyNotes(copy, say)).toBe(0);

  const back = stores();
  expect(await copyNotes({ ...copy, from: to, to: back, plain: true }, say)).toBe(NOTES.length);
  expect(await back.state.notes("b1", "symptom", 9)).toEqual([NOTES[0]]);
});

test("stay behind, and that is said, while the hub does not know the home", async () => {
  const [from, to] = [await box(), stores()];
  said.splice(0);
  expect(await copyNotes({ from, to, home: HOME, plain: false, ...ALL }, say)).toBe(0);
  expect(said).toEqual([
    `5 notes of beds stay behind: home ${HOME} is not there yet. Pair its box, then copy again.`,
  ]);
});

test("that the hub's own people have written since stay as they are", async () => {
  const [from, to] = [await box(), await hub()];
  const there = to.homes.of(HOME);
  const own = note("bbbbbbbbb2", morning(1), { writtenAt: wall(NOW + DAY_MS) });
  await there.addNote(own);
  const since = wall(NOW - DAY_MS);
  expect(await copyNotes({ from, to, home: HOME, plain: false, ...ALL, since }, say)).toBe(2);
  expect(await there.notes("b1", "morning", 9)).toEqual([own]);
  expect(await there.notes("b2", "care", 9)).toEqual([]);
});
