import { describe, expect, test } from "vitest";
import type { OptionSpecs } from "../../../src/driver/contract.ts";
import { fillOptions, optionsProblem } from "../../../src/driver/options.ts";

const SPECS: OptionSpecs = {
  format: { kind: "choice", values: ["auto", "2", "7"], default: "auto", help: "" },
  poll: { kind: "number", min: 1, max: 60, default: 5, unit: "s", help: "" },
  loud: { kind: "flag", default: false, help: "" },
  ups: { kind: "text", pattern: /[a-z]+\d*|\d+/, maxLength: 6, default: "", help: "" },
  name: { kind: "text", maxLength: 8, default: "bed", help: "" },
};

describe("options of a device", () => {
  test("that are not given have their defaults", () => {
    expect(fillOptions(SPECS, {})).toEqual({ format: "auto", poll: 5, loud: false, ups: "", name: "bed" });
  });

  test("a choice may be written as a number, as YAML reads it", () => {
    expect(fillOptions(SPECS, { format: 2, poll: 60, loud: true })).toEqual({
      format: "2",
      poll: 60,
      loud: true,
      ups: "",
      name: "bed",
    });
  });

  test("a text may be what YAML reads as a number, and the default need not match the pattern", () => {
    expect(fillOptions(SPECS, { ups: 42, name: "左" })).toMatchObject({ ups: "42", name: "左" });
    expect(fillOptions(SPECS, { ups: "" })).toMatchObject({ ups: "" });
  });

  test.each([
    [{ fromat: "2" }, 'it has no option "fromat"; it has format, poll, loud, ups, name'],
    [{ format: "3" }, '"format" is 3, but must be one of auto, 2, 7'],
    [{ format: true }, '"format" is true'],
    [{ poll: 0 }, '"poll" is 0, but must be a number from 1 to 60 s'],
    [{ poll: "5" }, '"poll" is 5'],
    [{ poll: Number.NaN }, '"poll" is NaN'],
    [{ loud: "yes" }, '"loud" is yes, but must be true or false'],
    [{ ups: "ups 1" }, '"ups" is ups 1, but must be a text of at most 6 characters, like /[a-z]+'],
    [{ ups: "longest" }, '"ups" is longest, but must be a text of at most 6 characters'],
    [{ ups: true }, '"ups" is true'],
    [{ name: "a\u0007" }, "at most 8 characters"],
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
