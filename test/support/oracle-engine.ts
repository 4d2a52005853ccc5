import type { Condition } from "../../src/alarm/condition.ts";
import { CONDITIONS } from "../../src/alarm/conditions/index.ts";
import { resolveLimits } from "../../src/alarm/limits.ts";
import type { ConditionId } from "../../src/domain/alarm.ts";
import type { DependencyClass, ExpectedSource } from "../../src/domain/bed.ts";
import { MINUTE_MS } from "../../src/domain/time.ts";
import { ANNA, Bedside, OXIMETER } from "../unit/alarm/bedside.ts";
import type { OracleLine } from "./oracle-bed.ts";
import type { GivenLimits, Night, NightCommand, NightSecond, Resolved, Spoken } from "./oracle-night.ts";

const VENTILATOR: ExpectedSource = {
  device: "vent",
  role: "ventilator",
  signals: [
    "leak",
    "pressure_peak",
    "tidal_volume_exp",
    "minute_volume",
    "resp_rate",
    "therapy",
    "remote_alarm",
  ],
  simulated: false,
};

/** What is not part of the night is switched off, so that no condition gives way to one that is not there. */
function limitsOf(given: GivenLimits, among: readonly ConditionId[]): GivenLimits {
  const others = CONDITIONS.filter(({ id, canBeOff }) => canBeOff && !among.includes(id));
  const on = among.map((id) => [id, { on: true, ...given[id] }]);
  return Object.fromEntries([...others.map(({ id }) => [id, { on: false }]), ...on]) as GivenLimits;
}

/** The limits of a night as the oracle takes them. */
export const resolverOf =
  ({ cls, conditions }: { readonly cls: DependencyClass; readonly conditions: readonly ConditionId[] }) =>
  (given: GivenLimits): Resolved =>
    resolveLimits(limitsOf(given, conditions), cls);

const keyOf = (condition: ConditionId, subject: string | undefined): string =>
  subject === undefined || conditionOf(condition).ladder !== undefined
    ? condition
    : `${condition}/${subject}`;

function conditionOf(id: ConditionId): Condition {
  const found = CONDITIONS.find((one) => one.id === id);
  if (found === undefined) throw new RangeError(`the catalogue lacks ${id}`);
  return found;
}

/** The engine over the same night. */
export function engineOver(night: Night): readonly OracleLine[] {
  const bed = new Bedside({
    cls: night.cls,
    limits: limitsOf(night.limits, night.conditions),
    sources: [OXIMETER, VENTILATOR],
    conditions: CONDITIONS.filter(({ id }) => night.conditions.includes(id)),
  });
  let version = 0;
  for (const second of night.seconds) {
    const commands = second.commands ?? [];
    const isFirst = ({ kind }: NightCommand) => kind === "limits";
    for (const command of commands.filter(isFirst)) obey(bed, command, night, () => (version += 1));
    say(bed, "vent", second);
    say(bed, "oxi", second);
    bed.tick();
    for (const command of commands.filter((one) => !isFirst(one))) obey(bed, command, night, () => version);
    bed.second += 1;
  }
  const secondOf = (at: number): number => (at - bed.from) / 1000;
  const opened = new Map<string, number>();
  const lines = bed.events.map(({ kind, at, member, occurrence }) => {
    const { id, priority, subject } = occurrence;
    if (!opened.has(id)) opened.set(id, secondOf(at));
    const condition = keyOf(member?.condition ?? occurrence.condition, subject);
    const group = conditionOf(occurrence.condition).ladder?.name ?? condition;
    return { at: secondOf(at), kind, condition, priority, opened: opened.get(id) ?? -1, group };
  });
  return lines;
}

function say(bed: Bedside, device: "oxi" | "vent", second: NightSecond): void {
  const spoken: Spoken | undefined = second[device];
  if (spoken === undefined) return;
  bed.hear(device, {
    kind: "samples",
    samples: spoken.samples,
    ...(spoken.flags !== undefined && { flags: spoken.flags }),
  });
}

function obey(bed: Bedside, command: NightCommand, night: Night, version: () => number): void {
  const by = ANNA;
  switch (command.kind) {
    case "acknowledge": {
      for (const { id } of bed.fold.open) {
        bed.command({ kind: "acknowledge", occurrence: id, by, place: command.place });
      }
      return;
    }
    case "pause": {
      const { condition, priority, minutes } = command;
      bed.command({ kind: "pause", condition, priority, forMs: minutes * MINUTE_MS, by });
      return;
    }
    case "resume":
      bed.command({ kind: "resume", condition: command.condition, by });
      return;
    case "care":
      bed.command({ kind: "care", act: command.act, by });
      return;
    case "care_done":
    case "start_watch":
    case "end_watch":
      bed.command({ kind: command.kind, by });
      return;
    case "limits":
      bed.command({
        kind: "limits",
        version: version(),
        limits: limitsOf(command.limits, night.conditions),
        reason: "a trial",
        by,
      });
  }
}
