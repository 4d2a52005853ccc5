import type { ObservationBody, OwnAlarmBody } from "../../src/domain/observation.ts";
import { absent, measured, type Sample } from "../../src/domain/sample.ts";
import type { SettingId, SignalId } from "../../src/domain/signal.ts";
import type { Answer } from "./codec.ts";
import { EVERY_ROUND, MODES, type Parameter } from "./parameters.ts";

/** Collects the answers of a round. */
export interface Collector {
  /** An answer, whether somebody still waits for it or not: it is what the ventilator says now. */
  take(parameter: Parameter, answer: Answer): void;
  /** The ventilator does not know this id. */
  refuse(parameter: Parameter): void;
  /** What is complete, once. */
  drain(): ObservationBody[];
}

/**
 * A round is complete with the answer to its last id, or when an earlier id is answered again; what was not answered in
 * it is not spoken of. Which answers came decides, not when.
 */
export function createCollector(): Collector {
  const ready: ObservationBody[] = [];
  let samples: { [id in SignalId]?: Sample } = {};
  /** Place of the newest answer in the round; those that come by turns have none. */
  let place = -1;
  const alarms = new Map<string, OwnAlarmBody["alarms"][number]>();
  const settings: { [id in SettingId]?: number | string } = {};
  const identity: { serial?: string; firmware?: string } = {};

  const finish = (): void => {
    place = -1;
    if (Object.keys(samples).length > 0) ready.push({ kind: "samples", samples });
    samples = {};
    if (alarms.size > 0) ready.push({ kind: "ownAlarm", alarms: [...alarms.values()] });
    if (Object.keys(settings).length > 0) ready.push({ kind: "settings", settings: { ...settings } });
    if (Object.keys(identity).length > 0) ready.push({ kind: "identity", ...identity });
  };

  /** Ends the round before where this id begins another. */
  const step = (parameter: Parameter): boolean => {
    const now = EVERY_ROUND.indexOf(parameter);
    if (now < 0) return false;
    if (now <= place) finish();
    place = now;
    return now === EVERY_ROUND.length - 1;
  };

  const store = (parameter: Parameter, value: number | undefined): void => {
    switch (parameter.kind) {
      case "signal":
        samples[parameter.signal] =
          value === undefined ? absent("not_measured") : measured(parameter.signal, value);
        return;
      case "alarm": {
        const { code, name, priority } = parameter;
        if (value === undefined) alarms.delete(code);
        else alarms.set(code, { code, text: name, priority, active: value !== 0 });
        return;
      }
      case "setting":
        if (value === undefined) delete settings[parameter.setting];
        else settings[parameter.setting] = value;
        return;
      case "mode":
        if (value === undefined) delete settings.mode;
        else settings.mode = MODES[value] ?? `mode ${value}`;
        return;
      case "serial":
        if (value !== undefined) identity.serial = String(value);
        return;
      case "version":
        return;
    }
  };

  return {
    take(parameter, answer) {
      const isLast = step(parameter);
      if (answer.kind === "value") store(parameter, answer.value);
      if (answer.kind === "version" && parameter.kind === "version") identity.firmware = answer.text;
      if (isLast) finish();
    },
    refuse(parameter) {
      const isLast = step(parameter);
      if (parameter.kind === "signal") samples[parameter.signal] = absent("unsupported");
      else store(parameter, undefined);
      if (isLast) finish();
    },
    drain: () => ready.splice(0),
  };
}
