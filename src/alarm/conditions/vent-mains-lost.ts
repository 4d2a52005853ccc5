import { MINUTE_MS, SECOND_MS } from "../../domain/time.ts";
import { condition, GAP_MS, type Verdict, type View, WAITING } from "../condition.ts";
import { isStandby } from "../therapy.ts";

/** A plug tells every half minute; so long its "there" may stand. */
const STANDS_MS = 3 * MINUTE_MS;

export const ventMainsLost = condition({
  id: "VENT_MAINS_LOST",
  rule: "the ventilator's mains, its plug or the house's power is gone: it runs on its battery, or not at all",
  source: "clinical facts 1.9 and 3.3",
  scope: "bed",
  technical: true,
  liveOnly: true,
  canBeOff: true,
  settings: {
    delay_s: { default: 10, min: 0, max: 120, unit: "s", help: "time without mains before it occurs" },
    plug_s: {
      default: 120,
      min: 10,
      max: 600,
      unit: "s",
      help: "the same where a plug alone fell silent: it may have lost its network instead",
    },
    clear_s: { default: 10, min: 0, max: 120, unit: "s", help: "time with mains that ends it" },
  },
  priority: { A: "medium", B: "medium", C: "medium" },
  rises: "",
  clears: "every one that lost it says that it is back, for clear_s",
  latch: "V",
  gating:
    "a last word that it is gone stands until the next: a plug without mains cannot repeat it; not judged off watch " +
    "while the machine is in standby",
  reads: ["mains", "therapy"],
  values: ["device", "seconds"],
  judge: (view, { plug_s, clear_s }) =>
    isStandby(view) ?? judgeMains(view, plug_s * SECOND_MS, clear_s * SECOND_MS),
});

function judgeMains(view: View, plugMs: number, clearMs: number): Verdict {
  const words = view.bed.latest("mains");
  const lost = words.filter(({ value }) => value === 0);
  const [first] = lost;
  if (first !== undefined) {
    // What goes on saying so is there to say it; one last will may be that of a network.
    const isSure = lost.some(({ role, sameMs }) => role !== "plug" || sameMs > 0);
    return {
      kind: "holds",
      at: view.now,
      ...(!isSure && { delayMs: plugMs }),
      values: { device: first.device },
      devices: lost.map(({ device }) => device),
    };
  }
  const newest = words
    .filter(({ role, ageMs }) => ageMs < (role === "plug" ? STANDS_MS : GAP_MS))
    .toSorted((a, b) => b.at - a.at)[0];
  if (newest === undefined) return view.bed.missing(["mains"]);
  if (view.isAtRest === true) return WAITING;
  const { at, device, sameMs } = newest;
  // A plug that said twice that it is there was there in between.
  const coverMs = sameMs >= clearMs ? clearMs : newest.coverMs;
  return { kind: "clear", at, coverMs, values: { device }, devices: [device] };
}
