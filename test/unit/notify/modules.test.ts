import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { LANGUAGES } from "../../../src/domain/person.ts";
import { CHANNEL_MODULES } from "../../../src/notify/modules.ts";
import type { Texts } from "../../../src/port/channel.ts";
import { bench } from "../../support/channel-bench.ts";

const folder = path.join(import.meta.dirname, "../../../src/notify");

const expectTexts = (texts: Texts, longest: number): void => {
  for (const language of LANGUAGES) {
    expect(texts[language].trim()).not.toBe("");
    expect(texts[language].length).toBeLessThanOrEqual(longest);
  }
  // Chinese is Chinese, and each script its own, wherever it is more than a name.
  if (texts.en.includes(" ")) expect(texts["zh-Hans"]).not.toBe(texts.en);
};

test("what wakes somebody stands before what only shows, and each once", () => {
  const ids = CHANNEL_MODULES.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const isQuiet = CHANNEL_MODULES.map(({ capabilities }) => capabilities.sounds === "notification");
  expect(isQuiet.indexOf(true)).toBeGreaterThan(isQuiet.lastIndexOf(false));
});

describe.each(CHANNEL_MODULES)("$id", (module) => {
  test("has a page, and an id that forms can use", () => {
    expect(module.id).toMatch(/^[a-z][a-z0-9-]{1,30}$/);
    const page = path.join(folder, module.id, "README.md");
    expect(existsSync(page) && readFileSync(page, "utf8").startsWith("# ")).toBe(true);
  });

  test("says everything in every language, shortly", () => {
    for (const language of LANGUAGES) expect(module.name[language].trim()).not.toBe("");
    expectTexts(module.summary, 120);
    expect(module.steps.length).toBeGreaterThan(0);
    for (const step of module.steps) expectTexts(step, 160);
    for (const { label, help, choices = [] } of [...module.access, ...module.target]) {
      expectTexts(label, 40);
      expectTexts(help, 160);
      for (const choice of choices) expectTexts(choice.label, 40);
    }
  });

  test("asks for what can be checked: patterns that compile, and that its own fallbacks and choices fit", () => {
    for (const fields of [module.access, module.target]) {
      const names = fields.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
      for (const { pattern, fallback, choices, kind, maxLength } of fields) {
        const whole = new RegExp(`^(?:${pattern ?? "[^]*"})$`, "u");
        if (fallback !== undefined) expect(fallback).toMatch(whole);
        expect((fallback ?? "").length).toBeLessThanOrEqual(maxLength);
        expect(kind === "choice").toBe(choices !== undefined);
        if (choices !== undefined) expect(choices.map(({ value }) => value)).toContain(fallback);
      }
    }
  });

  test("makes the channel that it names, which can do what it says", () => {
    const { deps } = bench({ outside: () => new Error("not asked") });
    const channel = module.create(deps);
    expect(channel.id).toBe(module.id);
    expect(channel.capabilities).toEqual(module.capabilities);
    // Asking alone may tell no more than that somebody picked up.
    if (channel.listen !== undefined) expect(module.capabilities.acknowledges).toBe(true);
  });
});
