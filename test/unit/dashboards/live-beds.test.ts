import { describe, expect, test } from "vitest";
import { bedsAfter } from "../../../dashboards/shared/live-beds.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import type { BedState } from "../../../src/server/contract.ts";
import { createLiveModel } from "../../../src/server/live-model.ts";
import { BED, NOW, samples } from "../server/harness.ts";

const clock = createVirtualClock(NOW);
const names = ["b1", "b2", "b3"];
const model = createLiveModel({
  clock,
  log: { note() {} },
  beds: names.map((bed) => ({ ...BED, bed, label: bed })),
});
const target = { id: "t", label: "Phone", person: "Mei", channel: "web-push", provenAgeMs: 60_000 };
model.readiness({ sounder: { ok: true, detail: "" }, targets: [target], durable: true });
for (const bed of names) model.observe({ ...samples(clock, "oxiaaaaaaa", { spo2: 95 }), bed });
const known = { beds: model.states(), cursor: "run.3" };
const state = (more: object, beds: readonly BedState[] = []) => ({
  ...{ kind: "state" as const, at: NOW, cursor: "run.4", beds },
  ...more,
});
const spo2 = (beds: readonly BedState[] | undefined) => beds?.map(({ signals }) => signals.spo2);

describe("what a page knows of its beds", () => {
  test("is replaced by a whole picture, whatever was known before", () => {
    expect(bedsAfter(known, state({}, known.beds.slice(0, 1)), 900)).toEqual(known.beds.slice(0, 1));
    expect(bedsAfter(undefined, state({}, known.beds), 0)).toEqual(known.beds);
  });

  test("changes where a message says so, and ages by what passed where it does not", () => {
    const changed = { ...model.state("b2")!, label: "Renamed" };
    const after = bedsAfter(known, state({ since: "run.3" }, [changed]), 2_500)!;
    expect(after.map(({ label }) => label)).toEqual(["b1", "Renamed", "b3"]);
    expect(spo2(after)?.map((one) => one?.ageMs)).toEqual([2_500, 0, 2_500]);
    expect(after[0]!.sources.map(({ ageMs }) => ageMs)).toEqual([2_500, undefined]);
    expect(after[0]!.readiness.targets[0]!.provenAgeMs).toBe(62_500);
    // What is shown now is not touched.
    expect(spo2(known.beds)?.map((one) => one?.ageMs)).toEqual([0, 0, 0]);
  });

  test("loses beds that are not named any more, and shows none that nothing is known of", () => {
    const after = bedsAfter(known, state({ since: "run.3", all: ["b3", "b9", "b1"] }), 10);
    expect(after?.map(({ bed }) => bed)).toEqual(["b3", "b1"]);
  });

  test("has to be asked for anew when a message goes on from something else", () => {
    expect(bedsAfter(known, state({ since: "run.2" }), 10)).toBeUndefined();
    expect(bedsAfter(undefined, state({ since: "run.3" }), 10)).toBeUndefined();
  });
});
