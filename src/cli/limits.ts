import { boundsOf, outsideRecommended } from "../alarm/bounds.ts";
import { CONDITIONS } from "../alarm/conditions/index.ts";
import { classPreset, type Limits, resolveLimits } from "../alarm/limits.ts";
import { startsOn } from "../alarm/presets.ts";
import { changes, widening } from "../alarm/widening.ts";
import type { DependencyClass } from "../domain/bed.ts";
import { command } from "./command.ts";
import { classOf, readLimits } from "./limits-file.ts";

/** `breathwatch limits`: what a limits file comes to. */
export const limitsCommand = command({
  name: "limits",
  usage: "[--limits FILE] [--class A|B|C]",
  about:
    "Prints what rings by a limits file, whole: one JSON object of condition id to {on, presetOn, settings}, each\n" +
    "setting with its value, its preset and what is possible and recommended. What lies outside what is\n" +
    "recommended, and what comes later, less often or not any more than by the preset, is said on stderr. Exit\n" +
    "code 1 when the file is not possible. Nothing is changed: a home's own limits are set on its pages.",
  options: {
    limits: { type: "string", value: "FILE", help: "JSON or YAML, as for judge; default: the presets" },
    class: { type: "string", value: "A|B|C", help: "dependency class; default B" },
  },
  examples: [
    "breathwatch limits --class C | jq .SPO2_LOW",
    "breathwatch limits --limits low.yaml > before-it-is-signed.json",
  ],
  async run({ values }, terminal) {
    const cls = classOf(values.class ?? "B");
    const given = values.limits === undefined ? {} : await readLimits(values.limits, terminal);
    const limits = resolveLimits(given, cls);
    const preset = classPreset(cls);
    for (const { condition, setting, from, to } of widening(preset, limits)) {
      terminal.say(`wider than the preset: ${condition}.${setting} ${from} -> ${to}`);
    }
    for (const { condition, setting, value, source } of outsideRecommended(
      limits,
      changes(preset, limits),
      cls,
    )) {
      terminal.say(`outside what is recommended: ${condition}.${setting} ${value} (${source})`);
    }
    await terminal.print(`${JSON.stringify(wholeOf(limits, preset, cls), undefined, 2)}\n`);
    return 0;
  },
});

const wholeOf = (limits: Limits, preset: Limits, cls: DependencyClass): object =>
  Object.fromEntries(
    CONDITIONS.map(({ id, settings }) => [
      id,
      {
        on: limits[id].on,
        presetOn: startsOn(id, cls),
        settings: Object.fromEntries(
          Object.entries(settings).map(([name, { min, max, unit }]) => [
            name,
            {
              ...{ value: limits[id].values[name], preset: preset[id].values[name], min, max, unit },
              recommended: boundsOf(id, name, cls),
            },
          ]),
        ),
      },
    ]),
  );
