import { expect, test } from "vitest";
import { CONDITION_IDS } from "../../../src/domain/alarm.ts";
import { run } from "../../support/terminal.ts";

const files = {
  "own.yaml": "SPO2_LOW: { limit: 84 }\nPR_LOW: { limit: 55 }\n",
  "bad.json": '{"SPO2_LOW": {"limit": 0}}',
};

test("breathwatch limits prints the whole of a file over the preset of the class", async () => {
  const { code, data, words } = await run(["limits", "--limits", "own.yaml", "--class", "C"], { files });
  expect(code).toBe(0);
  const limits = JSON.parse(data);
  expect(Object.keys(limits).toSorted()).toEqual([...CONDITION_IDS].toSorted());
  expect(limits.SPO2_LOW.settings.limit).toEqual({
    ...{ value: 84, preset: 88, min: 75, max: 95, unit: "%" },
    recommended: { min: 85, max: 92, source: expect.any(String) },
  });
  expect(limits.OXI_SENSOR_OFF.settings.delay_s.value).toBe(15);
  expect(words).toContain("wider than the preset: SPO2_LOW.limit 88 -> 84");
  expect(words).toContain("outside what is recommended: SPO2_LOW.limit 84");
  expect(words).not.toContain("PR_LOW");
});

test("breathwatch limits refuses an impossible file by the exact setting", async () => {
  const { code, data, words } = await run(["limits", "--limits", "bad.json"], { files });
  expect([code, data]).toEqual([1, ""]);
  expect(words).toMatch(/SPO2_LOW\.limit is 0.*75 to 95/);
  expect((await run(["limits", "--class", "X"])).code).toBe(2);
});
