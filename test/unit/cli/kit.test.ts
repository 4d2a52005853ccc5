import { describe, expect, test } from "vitest";
import { findDevice } from "../../../devices/index.ts";
import { KITS, MACHINES } from "../../../devices/kits.ts";
import { kitPage } from "../../../src/cli/kit.ts";
import { LANGUAGES } from "../../../src/domain/person.ts";
import { run } from "../../support/terminal.ts";

const FILES = { en: "kit.md", "zh-Hans": "kit.zh-Hans.md", "zh-Hant": "kit.zh-Hant.md" } as const;

describe("the kit page", () => {
  test.each(LANGUAGES)("docs say in %s what the table says", async (language) => {
    await expect(kitPage(language)).toMatchFileSnapshot(`../../../docs/${FILES[language]}`);
  });

  test("has two complete sets for China and two for elsewhere, each with a sensor that can carry a night", () => {
    for (const region of ["china", "elsewhere"]) {
      const kits = KITS.filter((kit) => kit.region === region);
      expect(kits).toHaveLength(2);
      for (const { parts } of kits) {
        const sensor = findDevice(parts[0]?.family ?? "");
        expect(sensor?.role).toBe("oximeter");
        expect(sensor?.evidence).toBe("real_bytes");
        expect(parts.length).toBeGreaterThanOrEqual(3);
      }
    }
  });

  test("names only families that exist", () => {
    for (const { families } of MACHINES) {
      for (const family of families) expect(findDevice(family), family).toBeDefined();
    }
  });

  test("is printed by the command line, in a language that exists", async () => {
    const { code, data } = await run(["kit", "--language", "zh-Hans"]);
    expect(code).toBe(0);
    expect(data).toContain("# 买什么");
    expect((await run(["kit", "--language", "fr"])).code).toBe(2);
  });
});
