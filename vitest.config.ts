import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

// Two kinds of tests. `unit` runs in parallel and on virtual time. `system` starts real processes, browsers and
// brokers, after the others: files that mostly wait (a whole minute of a night) beside one another, those that ask for
// no time of their own two at a time, and the rest, which measure time, one at a time, so that they never fight for the
// two cores of a small machine.
const WAITING = ["home", "home-trouble", "path-firefox"].map(systemTest);
const PATIENT = [
  "audit",
  "bedside-links",
  "ble-bluez",
  "cli-check",
  "cli-probe",
  "control",
  "modem-lines",
  "mqtt-source",
  "pages-caregiver",
  "pages-everywhere",
  "pages-patient",
  "pages-technician",
  "pages-therapist-limits",
  "pages-worker",
  "preset-code",
  "server",
  "tcp",
  "webhook",
  "wifi-card",
].map(systemTest);

/** Files that take longest, though they are small: begun last, one of them would keep the other worker waiting. */
const LONGEST = ["nights/scenarios", "alarm/oracle-limits", "alarm/oracle-commands", "nights/week"];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean =>
      LONGEST.some((name) => moduleId.endsWith(`${name}.test.ts`));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
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
    maxWorkers: 2,
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
          testTimeout: 30_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      system("system-waiting", 1, 3, WAITING),
      system("system-patient", 2, 2, PATIENT),
      system("system", 3, 1, ["test/system/**/*.test.ts"], [...WAITING, ...PATIENT]),
    ],
  },
});
