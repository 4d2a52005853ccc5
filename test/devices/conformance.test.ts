// Every family in devices/index.ts, on virtual time, over a memory link: what a driver owes whoever relies on it.
import { describe, expect, test } from "vitest";
import { DEVICES } from "../../devices/index.ts";

describe("the list of devices", () => {
  test("names every family once", () => {
    const ids = DEVICES.map((device) => device.id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
