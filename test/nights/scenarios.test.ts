import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { rehearse } from "../../src/cli/nights.ts";
import { readScenario } from "../../src/rehearsal/scenario.ts";

/** Nine hours of it take minutes: `npm run nightly -- nights`. The week of short nights is in week.test.ts. */
const LONG: ReadonlySet<string> = new Set(["ordinary-night.yaml"]);

const folder = path.join(import.meta.dirname, "../../devices/scenarios");

describe("the whole home on virtual time, from the devices' bytes to the alarm", () => {
  for (const file of readdirSync(folder)) {
    if (LONG.has(file) !== (process.env["BREATHWATCH_LONG_NIGHTS"] === "true")) continue;
    const scenario = readScenario(parse(readFileSync(path.join(folder, file), "utf8")), file);
    test(`${scenario.name}: raises what it must and nothing that it must not`, {
      timeout: 600_000,
    }, async () => {
      const { problems } = await rehearse(scenario);
      expect(problems).toEqual([]);
    });
  }
});
