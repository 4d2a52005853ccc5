// A short flood of noise into every decoder; `breathwatch fuzz` is the long one, of ten million bytes a family.
import { expect, test } from "vitest";
import { DEVICES } from "../../devices/index.ts";
import { fuzzFamily } from "../../src/bench/fuzz.ts";
import { wall } from "../../src/domain/time.ts";
import { createVirtualClock } from "../../src/rehearsal/clock.ts";

const BYTES = 40_000;

test.each(DEVICES.map((module) => ({ id: module.id, module })))(
  "$id survives noise, says nothing dishonest, and understands what comes after it",
  async ({ module }) => {
    const { problems, bytes, frames } = await fuzzFamily(module, {
      bytes: BYTES,
      seed: 1,
      clock: createVirtualClock(wall(0)),
      signal: new AbortController().signal,
    });
    expect(problems).toEqual([]);
    expect(bytes).toBeGreaterThanOrEqual(BYTES);
    expect(frames).toBeGreaterThan(0);
  },
);
