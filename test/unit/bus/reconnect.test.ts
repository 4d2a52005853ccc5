// Whether thousands of boxes come back after an outage of their broker: the waits as they are, everything else counted.
import { describe, expect, test } from "vitest";
import { retryWait } from "../../../src/bus/client-options.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";

const BOXES = 16_000;
/** What mosquitto lets in a second with so many inside; measured, TLS not counted. */
const PER_SECOND = 400;
/** How long a box waits to be let in before it starts over. */
const PATIENCE_S = 20;

/** Seconds until all are in, and the most attempts that any second saw. */
function outage(seed: number, downS: number): { readonly seconds: number; readonly peak: number } {
  const random = createSeededRandom(seed);
  const attempts = new Map<number, number[]>();
  const plan = (box: number, second: number, failures: number): void => {
    const at = second + Math.floor(retryWait(failures, true, random) / 1_000) + 1;
    const others = attempts.get(at);
    if (others === undefined) attempts.set(at, [box]);
    else others.push(box);
  };
  const failures = Array.from({ length: BOXES }, () => 0);
  for (let box = 0; box < BOXES; box++) plan(box, 0, failures[box]!++);
  let queue: { readonly box: number; readonly since: number }[] = [];
  let inside = 0;
  let peak = 0;
  for (let second = 0; second < 3_600; second++) {
    const arriving = attempts.get(second) ?? [];
    attempts.delete(second);
    if (second >= downS) peak = Math.max(peak, arriving.length);
    if (second < downS) {
      for (const box of arriving) plan(box, second, failures[box]!++);
      continue;
    }
    queue.push(...arriving.map((box) => ({ box, since: second })));
    const served = queue.splice(0, PER_SECOND);
    inside += served.length;
    for (const { box } of queue.filter(({ since }) => second - since >= PATIENCE_S))
      plan(box, second, failures[box]!++);
    queue = queue.filter(({ since }) => second - since < PATIENCE_S);
    if (inside === BOXES) return { seconds: second - downS, peak };
  }
  throw new Error(`${inside} of ${BOXES} came back within an hour`);
}

describe("reconnects at a shared broker", () => {
  test.each([1, 10, 60, 600])("16,000 boxes are back within 4 min after an outage of %i s", (downS) => {
    const { seconds, peak } = outage(downS, downS);
    expect(seconds).toBeLessThan(240);
    if (downS >= 60) expect(peak).toBeLessThan(2 * PER_SECOND);
  });

  test("one box that lost the connection for a moment tries again within 2 s", () => {
    const random = createSeededRandom(1);
    const waits = Array.from({ length: 1_000 }, () => retryWait(0, true, random));
    expect(Math.max(...waits)).toBeLessThanOrEqual(2_000);
    expect(Math.min(...waits)).toBeLessThan(100);
  });

  test("in one's own house it comes back within a tenth of a second at first, and every 10 s at last", () => {
    const random = createSeededRandom(1);
    expect(retryWait(0, false, random)).toBeLessThanOrEqual(100);
    expect(retryWait(40, false, random)).toBeLessThanOrEqual(10_000);
    expect(retryWait(40, false, random)).toBeGreaterThanOrEqual(5_000);
  });
});
