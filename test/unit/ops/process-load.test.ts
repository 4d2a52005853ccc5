import { expect, test } from "vitest";
import { createProcessMeter } from "../../../src/ops/process-load.ts";

test("what the process uses is a number before it was started, and its delays are not there yet", () => {
  const { loopDelay, cpuSeconds, heapBytes, memoryBytes } = createProcessMeter().read();
  expect(loopDelay).toBeUndefined();
  expect(cpuSeconds).toBeGreaterThan(0);
  expect(memoryBytes).toBeGreaterThan(heapBytes);
  expect(heapBytes).toBeGreaterThan(1_000_000);
});
