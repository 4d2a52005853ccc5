import { condition, GAP_MS, type Verdict, type View, WAITING } from "../condition.ts";
import { inBand } from "../one-limit.ts";
import { isStandby } from "../therapy.ts";

/** Above the limit of SPO2_LOW: 90 % with its preset of 88, and lower with it for a person who is always low. */
const ABOVE_LOW = 2;

export const leakDesat = condition({
  id: "LEAK_DESAT",
  rule: "a leaking mask and oxygen that falls, both at once",
  source: "clinical facts 3.3",
  scope: "bed",
  ladder: { name: "leak", rank: 2 },
  technical: false,
  liveOnly: false,
  canBeOff: true,
  settings: {
    leak: { default: 24, min: 15, max: 60, unit: "L/min", help: "leak above this" },
    spo2: {
      default: 90,
      min: 75,
      max: 94,
      unit: "%",
      help: "oxygen below this, and never more than 2 above the limit of SPO2_LOW",
    },
    delay_s: { default: 60, min: 15, max: 300, unit: "s", help: "time of both together before it occurs" },
    clear_s: { default: 15, min: 0, max: 120, unit: "s", help: "in-range time of either that ends it" },
  },
  priority: { A: "high", B: "high", C: "high" },
  rises: "",
  clears: "leak 4 L/min below its limit or oxygen 1 % above its own, for clear_s",
  latch: "V",
  gating: "quality flags never block; not judged off watch while the machine is in standby",
  reads: ["leak", "spo2", "therapy"],
  values: ["leak", "spo2", "limit", "seconds"],
  judge: (view, settings) => isStandby(view) ?? judgeBoth(view, settings),
});

function judgeBoth(view: View, limits: { readonly leak: number; readonly spo2: number }): Verdict {
  const leak = view.bed.reading("leak");
  const spo2 = view.bed.reading("spo2");
  if (leak === undefined || leak.ageMs >= GAP_MS) return view.bed.missing(["leak"]);
  if (spo2 === undefined || spo2.ageMs >= GAP_MS) return view.bed.missing(["spo2"]);
  const low = view.limitOf("SPO2_LOW", "limit");
  const limit = low === undefined ? limits.spo2 : Math.min(limits.spo2, low + ABOVE_LOW);
  const leaks = inBand(leak.value, { side: "high", limit: limits.leak, hysteresis: 4 }, view.held);
  const sinks = inBand(spo2.value, { side: "low", limit, hysteresis: 1 }, view.held);
  if (!(leaks && sinks) && view.isAtRest === true) return WAITING;
  const newest = leak.at > spo2.at ? leak : spo2;
  const evidence = {
    at: newest.at,
    values: { leak: leak.value, spo2: spo2.value, limit },
    devices: [...new Set([leak.device, spo2.device])],
  };
  return leaks && sinks
    ? { kind: "holds", ...evidence }
    : { kind: "clear", coverMs: newest.coverMs, ...evidence };
}
