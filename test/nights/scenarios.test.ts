import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { rehearse } from "../../src/cli/nights.ts";
import { readScenario } from "../../src/rehearsal/scenario.ts";

const folder = path.join(import.meta.dirname, "../../devices/scenarios");

describe("the whole home on virtual time, from the devices' bytes to the alarm", () => {
  for (const file of readdirSync(folder)) {
    const scenario = readScenario(parse(readFileSync(path.join(folder, file), "utf8")), file);
    test(`${scenario.name}: raises what it must and nothing that it must not`, {
      timeout: 600_000,
    }, async () => {
      const { problems } = await rehearse(scenario);
      expect(problems).toEqual([]);
    });
  }
});
