import { condition, type Verdict, type View, WAITING } from "../condition.ts";
import { hasAllCome, isBreathless, type Owed, owedBy } from "../sources.ts";

/** A loss that began so shortly before the watch is DATA_STALE's. */
const GRACE_MS = 30_000;
/** A delayed source looks once a minute, and what it finds is a minute or two old. */
const DELAYED_S = 300;

export const dataNever = condition({
  id: "DATA_NEVER",
  rule: "an expected oximeter or ventilator has given no valid sample since the watch began",
  source: "law 1; BR-02",
  scope: "machine",
  technical: true,
  liveOnly: false,
  canBeOff: true,
  settings: {
    limit: {
      default: 60,
      min: 30,
      max: 300,
      unit: "s",
      help: "time since the watch began; delayed sources 300 s",
    },
    clear_s: { default: 5, min: 0, max: 60, unit: "s", help: "time with fresh samples that ends it" },
  },
  priority: { A: "medium", B: "high", C: "high" },
  rises: "",
  clears: "everything expected fresh for clear_s",
  latch: "V",
  gating:
    "on watch only. An oximeter owes SpO2 and pulse; a ventilator owes something, and every judged number that it " +
    "mentions as absent, except as unsupported",
  values: ["device", "signals", "seconds"],
  judge: (view, { limit }) => judgeArrival(view, limit),
});

function judgeArrival(view: View, limitS: number): Verdict {
  if (view.isAtRest === true && hasAllCome(view, GRACE_MS)) return WAITING;
  const owed = owedBy(view, GRACE_MS, false);
  if (owed === undefined) return WAITING;
  const { device, delivered } = owed;
  const missing = unseen(view, owed);
  const waitedMs = view.now - view.watchFrom;
  const evidence = { devices: [device] };
  if (missing.length > 0) {
    const waitS = view.device?.source.delayed === true ? Math.max(limitS, DELAYED_S) : limitS;
    if (waitedMs < waitS * 1000) return WAITING;
    return {
      kind: "holds",
      at: view.now,
      delayMs: 0,
      onlyOnWatch: true,
      values: { device, signals: missing.join(" "), seconds: Math.floor(waitedMs / 1000) },
      ...evidence,
    };
  }
  if (delivered.length === 0) return WAITING;
  const oldest = delivered.reduce((before, one) => (one.at < before.at ? one : before));
  return { kind: "clear", at: oldest.at, coverMs: oldest.coverMs, values: { device }, ...evidence };
}

function unseen(view: View, { delivered, missing, record }: Owed): readonly string[] {
  if (delivered.length === 0) return missing.length > 0 ? missing : ["device"];
  if (view.device?.source.role === "oximeter" || delivered.every(({ name }) => name === "device"))
    return missing;
  return missing.filter((name) => record?.signals[name] !== undefined && !isBreathless(view, name));
}
