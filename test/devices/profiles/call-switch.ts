import type { BedView } from "../../../src/domain/bed.ts";
import { SECOND_MS } from "../../../src/domain/time.ts";
import type { Clock } from "../../../src/port/clock.ts";
import type { ConformanceProfile, ConformanceScene, StreamKind } from "../../support/conformance.ts";
import { steadyBed } from "../../support/steady-bed.ts";

/** Somebody who presses for half a second, every four seconds. */
const caller = (clock: Clock): BedView => {
  const startMs: number = clock.mono();
  const quiet = steadyBed({ samples: {} });
  return {
    ...quiet,
    calls: () => (clock.mono() - startMs) % (4 * SECOND_MS) >= 3.5 * SECOND_MS,
  };
};

const profile = (kind: StreamKind, scenes: readonly ConformanceScene[]): ConformanceProfile => ({
  kind,
  scenes,
  streams: [scenes[0]?.name ?? ""],
  checksum: () => false,
  timeless: ({ body }) => body,
});

export const callSwitchWireProfile = profile("packets", [
  { name: "a press", bed: caller, seconds: 8, expected: {}, kinds: ["status"] },
  {
    name: "a press of a switch that opens, on DSR",
    options: { line: "dsr", pressed: "open" },
    bed: caller,
    seconds: 8,
    expected: {},
    kinds: ["status"],
  },
]);

export const callSwitchKeyProfile = profile("binary frames", [
  { name: "a press", bed: caller, seconds: 8, expected: {}, kinds: ["status"] },
  {
    name: "a press of the chosen key",
    options: { key: 183 },
    bed: caller,
    seconds: 8,
    expected: {},
    kinds: ["status"],
  },
]);
