import { expect, test } from "vitest";
import { findingLine } from "../../../src/cli/check/finding.ts";
import { serviceFindingsOf } from "../../../src/cli/check/surroundings.ts";

const GOOD = { name: "breathwatch", enabled: true, active: true, watchdogMs: 30_000, restarts: true };
const lines = (units: Parameters<typeof serviceFindingsOf>[0]) => serviceFindingsOf(units).map(findingLine);

test("a service that comes back by itself is well", () => {
  expect(lines([{ ...GOOD, name: "breathwatch-hub", enabled: false, active: false }, GOOD])).toEqual([
    "ok  service breathwatch  starts with the machine; a hang is noticed within 30 s",
  ]);
});

test("no service at all, or none that is enabled, is named with what to do", () => {
  expect(lines([])).toEqual([
    expect.stringMatching(/^warning .*after a power cut {2}-> Install the package/),
  ]);
  const off = { ...GOOD, enabled: false, active: false };
  expect(lines([off])).toEqual([
    expect.stringMatching(/none of breathwatch starts .* -> systemctl enable --now/),
  ]);
});

test("each way in which a service does not come back has its own line", () => {
  expect(lines([{ ...GOOD, enabled: false, restarts: false, watchdogMs: 0 }])).toEqual([
    expect.stringMatching(/does not start with the machine/),
    expect.stringMatching(/not started again .*Restart=always/),
    expect.stringMatching(/nobody notices when it hangs .*WatchdogSec=30/),
  ]);
});
