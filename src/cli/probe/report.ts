import { EVIDENCE } from "../evidence.ts";
import { configLines } from "../scan/found.ts";
import { type Hearing, isClear, type Outcome } from "./listen.ts";
import { lineName } from "./trials.ts";

/** A family that understood something, with the port on which it did. */
export interface Understood {
  readonly hearing: Hearing;
  readonly outcome: Outcome;
}

/** For people: what was understood, how well, and the lines for breathwatch.yaml. */
export function understoodText(understood: Understood): string {
  const { hearing, outcome } = understood;
  const { trial, frames, understoodBytes, refusedBytes, readings } = outcome;
  const { id, vendor, model, evidence, facts } = trial.module;
  return (
    `${id}${isClear(outcome) ? "" : " (not certain)"}  ${vendor} ${model}\n` +
    `  ${lineOf(hearing)}: ${frames} frames, ${understoodBytes} bytes understood, ${refusedBytes} refused, ` +
    `${readings} readings${hearing.simulated ? "; SIMULATED" : ""}\n` +
    `  the last frame: ${outcome.lastFrame()}\n` +
    `  as the sensor of a night: ${facts.night.suited}; ${facts.night.reason}\n` +
    `  evidence: ${EVIDENCE[evidence]}\n` +
    configLines(trial.module, hearing.resolved, trial.given)
      .map((line) => `    ${line}\n`)
      .join("")
  );
}

/** A serial server has its own settings; ours do nothing there. */
const lineOf = ({ line, resolved }: Hearing): string =>
  resolved.startsWith("tcp:") ? "as the server is set" : lineName(line.serial);

/** The same as data. */
export function understoodData({ hearing, outcome }: Understood) {
  const { trial, frames, understoodBytes, refusedBytes, readings } = outcome;
  const { id, evidence, facts } = trial.module;
  return {
    family: id,
    certain: isClear(outcome),
    line: lineOf(hearing),
    options: trial.given,
    ...{ frames, understoodBytes, refusedBytes, readings, evidence },
    lastFrame: outcome.lastFrame(),
    night: facts.night,
    simulated: hearing.simulated,
    config: configLines(trial.module, hearing.resolved, trial.given).join("\n"),
  };
}
