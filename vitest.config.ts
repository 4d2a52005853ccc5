import { defineConfig } from "vitest/config";

// Two kinds of tests. `unit` runs in parallel and on virtual time. `system` starts real processes, browsers and
// brokers: one file at a time, after the others, so that two of them never fight for the two cores of a small machine.
export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    execArgv: ["--disable-warning=ExperimentalWarning"],
    passWithNoTests: false,
    allowOnly: false,
    restoreMocks: true,
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
      {
        extends: true,
        test: {
          name: "system",
          include: ["test/system/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
