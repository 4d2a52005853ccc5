// The scenarios that last a whole night.
import { runTests } from "./tests.mjs";

/** @returns {boolean} whether every one went as it says */
export const nights = () =>
  runTests("unit", ["test/nights/scenarios.test.ts"], { BREATHWATCH_LONG_NIGHTS: "true" });
