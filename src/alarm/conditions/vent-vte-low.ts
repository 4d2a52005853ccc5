import { breathCoverMs, freshBreaths, trailing } from "../breaths.ts";
import { condition, GAP_MS, unknown, type Verdict, type View, WAITING } from "../condition.ts";
import { drownsInLeak } from "../leak-gate.ts";
import { inBand, judgeLimit } from "../one-limit.ts";
import { isStandby } from "../therapy.ts";
import { usualLimit } from "../usual.ts";

/** Small breaths in a row that count, where each is told (S33). */
const BREATHS = 3;

export const ventVteLow = condition({
  id: "VENT_VTE_LOW",
  rule: "small breaths: the expired volume is far below what is usual for this person",
  source: "clinical facts 3.3; three breaths in a row (S33); volumes that leak are not judged (S49)",
  scope: "bed",
  technical: false,
  liveOnly: true,
  canBeOff: true,
  settings: {
    limit: { default: 70, min: 50, max: 90, unit: "%", help: "violated below this share of the usual value" },
    absolute: {
      default: 0,
      min: 0,
      max: 800,
      unit: "mL",
      help: "the therapist's own number, 0 for none; with both the higher one counts",
    },
    delay_s: {
      default: 30,
      min: 10,
      max: 180,
      unit: "s",
      help: "time of small breaths before it occurs, and at least three of them",
    },
    hysteresis: { default: 5, min: 0, max: 20, unit: "%", help: "ends so much of the usual value above" },
    clear_s: { default: 15, min: 0, max: 120, unit: "s", help: "time with good breaths that ends it" },
  },
  priority: { A: "medium", B: "medium", C: "high" },
  rises: "",
  clears: "good breaths for clear_s; one good breath before it occurs begins the count anew",
  latch: "V",
  gating:
    "unknown while more than 40 L/min leak, and without a usual value (median of valid nights), a volume that the " +
    "machine aims at or a therapist's number; not judged off watch while the machine is in standby",
  reads: ["tidal_volume_exp", "leak", "breath", "therapy"],
  values: ["tidal_volume_exp", "limit", "usual", "seconds"],
  judge: (view, settings) => isStandby(view) ?? drownsInLeak(view) ?? judgeVolume(view, settings),
});

interface VolumeSettings {
  readonly limit: number;
  readonly absolute: number;
  readonly hysteresis: number;
  readonly delay_s: number;
}

function judgeVolume(view: View, { limit, absolute, hysteresis, delay_s }: VolumeSettings): Verdict {
  const breaths = freshBreaths(view);
  const told = view.bed.reading("tidal_volume_exp");
  const isTold = told !== undefined && told.ageMs < GAP_MS;
  if (breaths.length === 0 && !isTold) return view.bed.missing(["tidal_volume_exp"]);
  const low = usualLimit(view, {
    ...{ signal: "tidal_volume_exp", share: limit, absolute, hysteresis },
    target: "tidal_volume_target",
  });
  if (low === undefined) return unknown("baseline:tidal_volume_exp");
  const rule = { side: "low", ...low } as const;
  if (breaths.length === 0) return judgeLimit(view, { signal: "tidal_volume_exp", ...rule });
  const last = breaths.at(-1);
  const device = view.bed.breathing()?.device;
  if (last === undefined || device === undefined) return WAITING;
  const small = trailing(breaths, ({ volumeMl }) => inBand(volumeMl, rule, view.held));
  const evidence = {
    at: last.at,
    values: { tidal_volume_exp: Math.round(last.volumeMl), limit: low.limit, ...low.values },
    devices: [device],
  };
  if (small === 0) return { kind: "clear", coverMs: breathCoverMs(breaths), ...evidence };
  // Fewer than three are no pattern yet, however slowly they come.
  return { kind: "holds", delayMs: small < BREATHS ? Number.POSITIVE_INFINITY : delay_s * 1000, ...evidence };
}
