import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Of a small machine two: a box by the bed has four. */
const CORES = Math.max(2, availableParallelism());

// Two kinds of tests. `unit` runs in parallel and on virtual time. `system` starts real processes, browsers and
// brokers, after the others: two files a core and one more, since most of that is waiting (a whole minute of a night, a browser);
// and then, one at a time, those that measure how fast something is, so that nothing fights them for the two cores of a
// small machine.
const MEASURING = [
  "audio",
  "bench",
  "ble",
  "bus",
  "screens",
  "serial",
  "server-attack",
  "sound-server",
  "timeseries",
].map(systemTest);

/** Puts another module in a module's place: needs a process of its own. The others share theirs, which halves their time. */
const ALONE = ["test/unit/server/rights.test.ts"];

/** Files that take longest: begun last, one of them would keep the others waiting. */
const LONGEST = [
  "nights/scenarios",
  "devices/conformance",
  "alarm/oracle-limits",
  "alarm/restart",
  "alarm/oracle-commands",
  "devices/alarm-listener",
  "bench/alarms",
  "nights/week",
  "nights/standby",
  "system/pages-everywhere",
  "system/pages-phones",
  "system/state-damage",
  "system/path-firefox",
  "system/home-trouble",
  "system/home",
  "system/package",
  "system/pages-caregiver",
  "system/standby",
  "system/pages-notes",
  "system/two-machines",
  "system/pages-voices",
  "system/modem-call",
  "system/pages-hub-evening",
  "system/speech",
  "system/oidc",
  "system/deadman",
  "system/cli-pty",
  "system/pages-evening",
  "system/pages-therapist-limits",
  "system/cli",
  "system/pages-patient",
  "system/pages-people",
  "system/pages-morning",
  "system/pages-technician",
  "system/keyless",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const found = LONGEST.findIndex((name) => moduleId.endsWith(`${name}.test.ts`));
      return found === -1 ? LONGEST.length : found;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

function systemTest(name: string): string {
  return `test/system/${name}.test.ts`;
}

const system = (
  name: string,
  groupOrder: number,
  workers: number,
  include: string[],
  exclude: string[] = [],
) => ({
  extends: true as const,
  test: {
    name,
    include,
    exclude,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: workers,
    fileParallelism: workers > 1,
    sequence: { groupOrder },
  },
});

export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: CORES,
    execArgv: ["--disable-warning=ExperimentalWarning"],
    passWithNoTests: false,
    allowOnly: false,
    restoreMocks: true,
    sequence: { sequencer: LongestFirst },
    coverage: { provider: "v8", include: ["src/**", "devices/**"], reporter: ["text-summary", "html"] },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: [
            "test/unit/**/*.test.ts",
            "test/devices/**/*.test.ts",
            "test/nights/**/*.test.ts",
            "test/tidy.test.ts",
          ],
          exclude: ALONE,
          isolate: false,
          testTimeout: 30_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      { extends: true, test: { name: "unit-alone", include: ALONE, sequence: { groupOrder: 0 } } },
      system("system", 1, 2 * CORES + 1, ["test/system/**/*.test.ts"], MEASURING),
      system("system-measuring", 2, 1, MEASURING),
    ],
  },
});
