import { describe, expect, test } from "vitest";
import { DEVICES } from "../../devices/index.ts";
import { readState, write } from "../../src/bus/messages.ts";
import { wall } from "../../src/domain/time.ts";
import { createFamilies } from "../../src/driver/families.ts";
import { fillOptions } from "../../src/driver/options.ts";
import { toldFacts } from "../../src/edge-look.ts";
import type { BedPlan } from "../../src/edge-plan.ts";

type Planned = BedPlan["devices"][number];

function planned(id: string, given: { readonly port?: string; readonly secret?: string } = {}): Planned {
  const module = createFamilies(DEVICES).find("nonin-serial");
  if (module === undefined) throw new RangeError("nonin-serial comes along");
  const options = fillOptions(module.options, {});
  return {
    ...{ id, module },
    config: { family: module.id, port: given.port ?? "/dev/ttyUSB0", label: "Finger", options: {} },
    options: given.secret === undefined ? options : { ...options, apiToken: given.secret },
  };
}

describe("what a box tells its hub of its devices", () => {
  test("fits the message, without passwords of addresses and without options that are secrets", () => {
    const told = toldFacts([planned("oximeterxx", { port: "tcp://mei:hush@10.0.0.5:4001", secret: "hush" })]);
    expect(told).toHaveLength(1);
    expect(JSON.stringify(told)).not.toContain("hush");
    expect(told[0]?.options["apiToken"]).toBe("…");
    const state = { epoch: "run1", online: true, at: wall(1), simulated: false, devices: told };
    expect(readState(write(state))).toMatchObject({ ok: true, message: { devices: told } });
  });

  test("stays small enough for any broker, however many there are", () => {
    const many = Array.from({ length: 500 }, (_, index) => planned(`device${index}`));
    const told = toldFacts(many);
    expect(told.length).toBeGreaterThan(20);
    expect(JSON.stringify(told).length).toBeLessThan(100 * 1_024);
    const state = { epoch: "run1", online: true, at: wall(1), simulated: false, devices: told };
    expect(readState(write(state)).ok).toBe(true);
  });
});
