import { describe, expect, test } from "vitest";
import type { OptionSpecs } from "../../../src/driver/contract.ts";
import { fillOptions, optionsProblem } from "../../../src/driver/options.ts";

const SPECS: OptionSpecs = {
  format: { kind: "choice", values: ["auto", "2", "7"], default: "auto", help: "" },
  poll: { kind: "number", min: 1, max: 60, default: 5, unit: "s", help: "" },
  loud: { kind: "flag", default: false, help: "" },
};

describe("options of a device", () => {
  test("that are not given have their defaults", () => {
    expect(fillOptions(SPECS, {})).toEqual({ format: "auto", poll: 5, loud: false });
  });

  test("a choice may be written as a number, as YAML reads it", () => {
    expect(fillOptions(SPECS, { format: 2, poll: 60, loud: true })).toEqual({
      format: "2",
      poll: 60,
      loud: true,
    });
  });

  test.each([
    [{ fromat: "2" }, 'it has no option "fromat"; it has format, poll, loud'],
    [{ format: "3" }, '"format" is 3, but must be one of auto, 2, 7'],
    [{ format: true }, '"format" is true'],
    [{ poll: 0 }, '"poll" is 0, but must be a number from 1 to 60 s'],
    [{ poll: "5" }, '"poll" is 5'],
    [{ poll: Number.NaN }, '"poll" is NaN'],
    [{ loud: "yes" }, '"loud" is yes, but must be true or false'],
    [{ toString: "x" }, 'no option "toString"'],
  ])("%j is refused with the reason", (given, reason) => {
    expect(optionsProblem(SPECS, given)).toContain(reason);
    expect(() => fillOptions(SPECS, given)).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });

  test("of a family without any are all refused", () => {
    expect(optionsProblem({}, { x: 1 })).toBe('it has no options, so no "x"');
    expect(optionsProblem({}, {})).toBeUndefined();
  });
});
