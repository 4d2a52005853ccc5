import { describe, expect, test } from "vitest";
import { createNews } from "../../../src/domain/news.ts";
import type { ObservationBody } from "../../../src/domain/observation.ts";

const status = (...codes: string[]): ObservationBody => ({ kind: "status", codes });

describe("news", () => {
  test("are what changed, and what has not been said for a minute", () => {
    const isNews = createNews();
    expect(isNews(status("warming_up"), 0)).toBe(true);
    expect(isNews(status("warming_up"), 59_999)).toBe(false);
    expect(isNews(status("warming_up"), 60_000)).toBe(true);
    expect(isNews(status(), 60_001)).toBe(true);
    expect(isNews(status("warming_up"), 60_002)).toBe(true);
  });

  test("are all samples: a number that stays is still measured", () => {
    const isNews = createNews();
    for (let second = 0; second < 3; second++) {
      expect(isNews({ kind: "samples", samples: { spo2: 97 } }, second * 1000)).toBe(true);
    }
  });

  test("are told apart by kind", () => {
    const isNews = createNews();
    expect(isNews(status(), 0)).toBe(true);
    expect(isNews({ kind: "identity", serial: "1" }, 0)).toBe(true);
    expect(isNews(status(), 1)).toBe(false);
  });
});
