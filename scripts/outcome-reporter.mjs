// What vitest's JSON report leaves out: errors that belong to no test. Written to BREATHWATCH_OUTCOME.
import { writeFileSync } from "node:fs";

export default class OutcomeReporter {
  /** @param {unknown} _modules @param {readonly { message?: string }[]} errors @param {string} reason */
  onTestRunEnd(_modules, errors, reason) {
    const outcome = { errors: errors.map(({ message }) => message ?? "unknown"), reason };
    writeFileSync(process.env.BREATHWATCH_OUTCOME ?? "/dev/null", JSON.stringify(outcome));
  }
}
