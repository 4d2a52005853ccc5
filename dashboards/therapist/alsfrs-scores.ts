import type { BedNote, NoteBody } from "../../src/domain/note.ts";

/** Items 10 to 12 of the ALSFRS-R. */
export const ITEMS = ["dyspnoea", "orthopnoea", "insufficiency"] as const;
export type Item = (typeof ITEMS)[number];
export type Scores = Extract<NoteBody, { kind: "alsfrs_r" }>;
export type ScoreNote = BedNote & { readonly body: Scores };

export const isScore = (note: BedNote): note is ScoreNote => note.body.kind === "alsfrs_r";

/** 0 to 12. */
export const sumOf = (scores: Scores): number => ITEMS.reduce((sum, item) => sum + scores[item], 0);
