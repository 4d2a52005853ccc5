import { type Draft, setRuntime } from "./draft.ts";
import { end } from "./occurrences.ts";
import { raise } from "./raise.ts";
import type { Core } from "./state.ts";

const keyOf = (rule: string): string => `RULE_ERROR/${rule}`;

/** `rule`: the instance of the condition, or `input`. A rule threw: it is alone with its fault, RULE_ERROR is raised once for it, and the other rules go on. */
export function ruleFailed(draft: Draft, rule: string, detail: string): void {
  const key = keyOf(rule);
  const runtime = draft.core.runtimes[key];
  if (runtime?.in !== undefined) {
    if (runtime.clear !== undefined) {
      const { clear: _interrupted, ...rest } = runtime;
      setRuntime(draft, key, { ...rest, t0: draft.now, inBand: true });
    }
    return;
  }
  const fresh = { condition: "RULE_ERROR", t0: draft.now, inBand: true, devices: [] } as const;
  raise(draft, key, fresh, { priority: "high", values: { rule, detail: detail.slice(0, 200) } });
}

/** Whether any rule is failing, or has not worked again for long enough. */
export function hasRuleError({ runtimes }: Core): boolean {
  for (const key in runtimes) if (key.startsWith("RULE_ERROR")) return true;
  return false;
}

/** A rule judged without a fault; the time since the first such judgement is what clear_s counts. */
export function ruleWorked(draft: Draft, rule: string): void {
  const key = keyOf(rule);
  const runtime = draft.core.runtimes[key];
  if (runtime?.in === undefined) return;
  if (runtime.clear === undefined) {
    setRuntime(draft, key, { ...runtime, t0: draft.now, inBand: false, clear: { ms: 0, breaths: 0 } });
    return;
  }
  const clearS = draft.limits.RULE_ERROR.values["clear_s"] ?? 60;
  if (draft.now - (runtime.t0 ?? draft.now) >= clearS * 1000) end(draft, key, "recovered");
}
