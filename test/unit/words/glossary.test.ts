import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { CARE_ACTS, CAUSE_IDS } from "../../../src/domain/alarm.ts";
import { ABSENCES } from "../../../src/domain/sample.ts";
import { SIGNAL_IDS } from "../../../src/domain/signal.ts";
import { wordsIn } from "../../../src/words/index.ts";

const text = readFileSync(path.join(import.meta.dirname, "../../../docs/glossary.md"), "utf8");
/** One id can stand in two sections: `sensor_off` is a reason and a cause. */
const row = (section: string, first: string) =>
  text
    .split("\n## ")
    .find((part) => part.startsWith(`${section}\n`))
    ?.split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) =>
      line
        .split("|")
        .map((cell) => cell.trim())
        .slice(1, -1),
    )
    .find(([cell]) => cell === first);

const languages = (["en", "zh-Hans", "zh-Hant"] as const).map(wordsIn);
const [en, hans, hant] = languages.map(({ terms }) => terms);

describe("the glossary", () => {
  test.each(SIGNAL_IDS)("names the signal %s as pages do", (id) => {
    const [, english, simplified, traditional] = row("Signals", id) ?? [];
    expect(english?.startsWith(en?.signals[id] ?? "?")).toBe(true);
    expect([simplified, traditional]).toEqual([hans?.signals[id], hant?.signals[id]]);
  });

  test.each(ABSENCES)("names the reason %s as pages do", (reason) => {
    expect(row("Why a number is not there", reason)?.slice(1)).toEqual(
      [en, hans, hant].map((terms) => terms?.absences[reason]),
    );
  });

  test.each(["patient", "caregiver", "therapist", "technician", "owner"] as const)(
    "names the %s as pages do",
    (role) => {
      expect(row("The people", role)?.slice(2)).toEqual([hans?.roles[role], hant?.roles[role]]);
    },
  );

  test.each(CARE_ACTS)("names the care act %s as pages do", (act) => {
    expect(row("Alarms", act)?.slice(1)).toEqual(languages.map(({ care }) => care.acts[act]));
  });

  test.each(CAUSE_IDS)("names the cause %s as pages do", (cause) => {
    expect(row("Alarms", cause)?.slice(1)).toEqual(languages.map(({ causes }) => causes[cause].title));
  });
});
