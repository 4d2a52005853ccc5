import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { ABSENCES } from "../../../src/domain/sample.ts";
import { SIGNAL_IDS } from "../../../src/domain/signal.ts";
import { wordsIn } from "../../../src/words/index.ts";

const text = readFileSync(path.join(import.meta.dirname, "../../../docs/glossary.md"), "utf8");
const rows = text
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .map((line) =>
    line
      .split("|")
      .map((cell) => cell.trim())
      .slice(1, -1),
  );
const row = (first: string) => rows.find(([cell]) => cell === first);

const [en, hans, hant] = (["en", "zh-Hans", "zh-Hant"] as const).map((language) => wordsIn(language).terms);

describe("the glossary", () => {
  test.each(SIGNAL_IDS)("names the signal %s as pages do", (id) => {
    const [, english, simplified, traditional] = row(id) ?? [];
    expect(english?.startsWith(en?.signals[id] ?? "?")).toBe(true);
    expect([simplified, traditional]).toEqual([hans?.signals[id], hant?.signals[id]]);
  });

  test.each(ABSENCES)("names the reason %s as pages do", (reason) => {
    expect(row(reason)?.slice(1)).toEqual([en, hans, hant].map((terms) => terms?.absences[reason]));
  });

  test.each(["patient", "caregiver", "therapist", "technician", "owner"] as const)(
    "names the %s as pages do",
    (role) => {
      expect(row(role)?.slice(2)).toEqual([hans?.roles[role], hant?.roles[role]]);
    },
  );
});
