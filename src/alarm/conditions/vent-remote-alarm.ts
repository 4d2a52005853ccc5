import { MINUTE_MS } from "../../domain/time.ts";
import { condition, GAP_MS, type Verdict, type View, WAITING } from "../condition.ts";
import { isStandby } from "../therapy.ts";

/** A contact that stood in alarm for so long before the watch belongs to a machine that is off, or a cable that is out. */
const STOOD_MS = 10 * MINUTE_MS;

export const ventRemoteAlarm = condition({
  id: "VENT_REMOTE_ALARM",
  rule: "the ventilator's remote-alarm contact, or the microphone that knows its alarm, says that it sounds",
  source: "clinical facts 1.9; design, section 2",
  scope: "bed",
  technical: false,
  liveOnly: true,
  canBeOff: true,
  settings: {
    clear_s: { default: 0, min: 0, max: 60, unit: "s", help: "quiet time that ends it" },
    settle_min: {
      default: { A: 90, B: 90, C: 0 },
      min: 0,
      max: 240,
      unit: "min",
      help: "after the watch began, while the contact has stood in alarm since long before it",
    },
  },
  priority: { A: "high", B: "high", C: "high" },
  rises: "",
  clears: "the contact is released, and heard to be",
  latch: "A",
  gating:
    "on watch, and off watch while the machine is known to treat: a normally closed contact is in alarm too when the " +
    "machine is switched off. One that has been so for 10 min when the watch begins waits settle_min",
  reads: ["remote_alarm", "therapy"],
  values: ["device"],
  judge: (view, { settle_min }) => isStandby(view) ?? judgeContacts(view, settle_min * MINUTE_MS),
});

function judgeContacts(view: View, settleMs: number): Verdict {
  const contacts = view.bed.latest("remote_alarm");
  const sounding = contacts.filter(({ value }) => value === 1);
  const heard = sounding.filter(({ ageMs }) => ageMs < GAP_MS);
  const quiet = contacts.filter(({ value, ageMs }) => value === 0 && ageMs < GAP_MS);
  const newest = (heard.length > 0 ? heard : quiet).reduce<(typeof contacts)[number] | undefined>(
    (last, one) => (last === undefined || one.at > last.at ? one : last),
    undefined,
  );
  // A contact that sounded and is not heard any more has not been released, whatever another one says.
  if (newest === undefined || (heard.length === 0 && sounding.length > 0)) {
    return view.bed.missing(["remote_alarm"]);
  }
  const evidence = { at: newest.at, values: { device: newest.device }, devices: [newest.device] };
  if (heard.length === 0) return { kind: "clear", coverMs: newest.coverMs, ...evidence };
  const stood = heard.every(({ at, sameMs }) => at - sameMs < view.watchFrom - STOOD_MS);
  if (view.onWatch && stood && view.now - view.watchFrom < settleMs) return WAITING;
  return { kind: "holds", ...(!isTreating(view) && { onlyOnWatch: true }), ...evidence };
}

const isTreating = (view: View): boolean => {
  const therapy = view.bed.reading("therapy");
  return therapy !== undefined && therapy.ageMs < GAP_MS && therapy.value === 1;
};
