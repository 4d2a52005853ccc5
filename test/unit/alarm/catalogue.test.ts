import path from "node:path";
import { expect, test } from "vitest";
import { alarmsMarkdown } from "../../../src/alarm/catalogue.ts";
import { CONDITIONS } from "../../../src/alarm/conditions/index.ts";

const page = path.join(import.meta.dirname, "../../../docs/alarms.md");

test("docs/alarms.md is what the conditions say; `vitest run test/unit/alarm/catalogue.test.ts -u` writes it", async () => {
  await expect(alarmsMarkdown()).toMatchFileSnapshot(
    page,
    "docs/alarms.md is out of date. Write it anew: npx vitest run test/unit/alarm/catalogue.test.ts -u",
  );
});

test("it has a section for every condition with all its settings", () => {
  for (const { id, settings } of CONDITIONS) {
    const [, section = ""] = alarmsMarkdown().split(`\n### ${id}\n`);
    const own = section.split("\n### ")[0] ?? "";
    expect(own).toContain("- Priority: ");
    for (const name of Object.keys(settings)) expect(own).toContain(`| \`${name}\` |`);
  }
});
