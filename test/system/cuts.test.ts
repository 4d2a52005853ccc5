// A night of kills and cuts between a box, a real Mosquitto and a hub, each in a network namespace of its own.
// `npm run nightly -- cuts` plays 200 of them over a whole night.

import { expect } from "vitest";
import { type CutsPlan, playCuts } from "../support/cuts.ts";
import { namespacing } from "../support/namespaces.ts";

const { test } = namespacing();

const asked = process.env["BREATHWATCH_CUTS"];
const seed = Number(process.env["BREATHWATCH_CUTS_SEED"] ?? 1);
const plan: CutsPlan =
  asked === undefined
    ? { cuts: 12, seed, paceMs: 25, longestMs: 1_500, betweenMs: 300, healMs: 60_000 }
    : { cuts: Number(asked), seed, paceMs: 20, longestMs: 9_000, betweenMs: 1_500, healMs: 300_000 };

test(
  "everything that a box kept is in the hub's store once, whatever was killed and cut between them",
  async () => {
    const { done, said, kept, stored, healedMs, ...wrong } = await playCuts(plan);
    const about = `seed ${seed}: ${said} said, ${kept} kept, ${stored} stored, healed in ${Math.round(healedMs)} ms`;
    if (asked !== undefined) process.stdout.write(`${about}\n`);
    const whole = { lost: [], doubled: [], strange: [], wrongMarks: [] };
    expect(wrong, `${about}\n${done.join("\n")}`).toEqual(whole);
    expect(kept).toBeGreaterThan(plan.cuts);
    expect(done).toHaveLength(plan.cuts);
  },
  plan.cuts * 12_000 + plan.healMs,
);
