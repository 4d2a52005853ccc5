import { expect, test } from "vitest";
import { plainWords } from "../../../src/domain/plain-words.ts";

test("words in any language stay as they are", () => {
  for (const words of ["O2Ring 1234", "血氧指环 ❤", "Löwenstein"]) expect(plainWords(words)).toBe(words);
});

test.each([
  ["a terminal's escape", "\u001b[2Jring", "\uFFFD[2Jring"],
  ["a line end", "ring\r\nfamily: x", "ring\uFFFD\uFFFDfamily: x"],
  ["writing turned round", "ring\u202Egnir", "ring\uFFFDgnir"],
])("%s is taken out", (_what, words, plain) => {
  expect(plainWords(words)).toBe(plain);
});

test("endless words end", () => {
  expect(plainWords("x".repeat(100_000))).toHaveLength(200);
});
