import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { WHOLE_BED } from "../../../src/bench/alarms.ts";
import { HAZARDS } from "../../../src/bench/alarms-sensitivity.ts";

const root = path.join(import.meta.dirname, "../../..");
const page = readFileSync(path.join(root, "docs/safety.md"), "utf8");

interface Row {
  readonly id: string;
  readonly hazard: string;
  readonly control: string;
  readonly test: string;
}

const rows: readonly Row[] = page.split("\n").flatMap((line) => {
  const found = /^\| (\d+|BR-\d\d) \| (.*) \| (.*) \| (.*) \|$/.exec(line);
  const [, id = "", hazard = "", control = "", told = ""] = found ?? [];
  return found === null ? [] : [{ id, hazard, control, test: told }];
});

/** `file` "title" pairs of a cell. */
const namedTests = (cell: string): readonly (readonly [file: string, title: string])[] =>
  [...cell.matchAll(/`([a-z0-9/-]+)` "([^"]+)"/g)].map(([, file = "", title = ""]) => [file, title]);

/** What is wrong with a row; empty when nothing is. */
function faultsOf({ id, hazard, control, test: told }: Row): readonly string[] {
  const faults: string[] = [];
  if (hazard.trim() === "") faults.push(`${id}: no hazard`);
  if (control.trim() === "") faults.push(`${id}: no control`);
  const tests = namedTests(told);
  if (tests.length === 0 && !/not yet: \w/.test(told)) faults.push(`${id}: no test`);
  for (const [name, title] of tests) {
    const file = path.join(root, "test", `${name}.test.ts`);
    const text = existsSync(file) ? readFileSync(file, "utf8") : undefined;
    if (text === undefined) faults.push(`${id}: test/${name}.test.ts does not exist`);
    else if (![`"${title}"`, `\`${title}\``].some((quoted) => text.includes(quoted))) {
      faults.push(`${id}: test/${name}.test.ts has no test "${title}"`);
    }
  }
  return faults;
}

describe("docs/safety.md", () => {
  test("has every hazard and every rule of the peers once, in order", () => {
    const hazards = Array.from({ length: 45 }, (_, index) => String(index + 1));
    const peers = Array.from({ length: 30 }, (_, index) => `BR-${String(index + 1).padStart(2, "0")}`);
    expect(rows.map(({ id }) => id)).toEqual([...hazards, ...peers]);
  });

  test.each(rows)("row $id has a control, and tests that exist", (row) => {
    expect(faultsOf(row)).toEqual([]);
  });

  test("names the bench exactly where the bench plays the row", () => {
    const played = new Set([...HAZARDS, ...WHOLE_BED].map(({ row }) => row));
    const named = rows.filter((row) => row.test.includes("`bench alarms`")).map(({ id }) => id);
    expect(named.filter((id) => !played.has(id))).toEqual([]);
    expect([...played].filter((id) => id !== "top" && !named.includes(id))).toEqual([]);
  });

  test("a row without a control or a test, or with one that does not exist, is found", () => {
    const row = { id: "1", hazard: "h", control: "c", test: "not yet: phones" };
    expect(faultsOf(row)).toEqual([]);
    expect(faultsOf({ ...row, control: " " })).toEqual(["1: no control"]);
    expect(faultsOf({ ...row, test: "`bench alarms`" })).toEqual(["1: no test"]);
    expect(faultsOf({ ...row, test: '`unit/nothing` "x"' })).toEqual([
      "1: test/unit/nothing.test.ts does not exist",
    ]);
    const unwritten = { ...row, test: '`unit/bench/statistics` "that nobody wrote"' };
    expect(faultsOf(unwritten)).toEqual([
      '1: test/unit/bench/statistics.test.ts has no test "that nobody wrote"',
    ]);
  });

  test("says what remains", () => {
    expect(page).toMatch(/^## Residual risks$/m);
  });
});
