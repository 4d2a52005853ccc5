import type { AlarmFold } from "../domain/alarm.ts";
import { HOUR_MS } from "../domain/time.ts";
import {
  type Incident,
  type Incidents,
  type Leaving,
  leavingOf,
  type Moment,
  type PlannedSend,
} from "./incident.ts";

/** A leaving is news for so long: a box that starts days later has nothing to tell. */
const NEWS_MS = HOUR_MS;

/**
 * Tells the others once, quietly, that the watch has been left, and when an end for good was taken back. `incidents`
 * is what was told before; the result belongs into the next.
 */
export function tellLeaving(
  incidents: Incidents,
  fold: AlarmFold,
  now: Moment,
): { readonly told: Incidents; readonly due: readonly PlannedSend[] } {
  const { watch, bed } = fold;
  const leaving = leavingOf(watch);
  const before = [...incidents].filter(([, { phase }]) => phase === "left");
  if (leaving === undefined) {
    const [ended] = before.filter(([id]) => isForGood(id));
    if (ended === undefined) return { told: new Map(), due: [] };
    const [id, incident] = ended;
    const back: Leaving = { reason: "undone", ...(watch.by === undefined ? {} : { by: watch.by }) };
    return { told: new Map(), due: [sendOf(bed, id, { ...incident, step: incident.step + 1 }, back, now)] };
  }
  const id = `${bed}-${leaving.reason}-${watch.since}`;
  const known = incidents.get(id);
  if (known?.phase === "left") return { told: new Map([[id, known]]), due: [] };
  const incident: Incident = {
    phase: "left",
    ...{ priority: "low", condition: "WATCH_REARM", simulated: false, drill: false },
    ...{ step: 0, repeat: 0, card: id, level: 0 },
  };
  const told: Incidents = new Map([[id, incident]]);
  if (Math.abs(now.wall - watch.since) > NEWS_MS) return { told, due: [] };
  return { told, due: [sendOf(bed, id, incident, leaving, now)] };
}

const isForGood = (id: string): boolean => id.includes("-transfer-") || id.includes("-death-");

function sendOf(
  bed: AlarmFold["bed"],
  occurrence: string,
  { step, repeat, priority, condition, simulated, drill }: Incident,
  left: Leaving,
  now: Moment,
): PlannedSend {
  return {
    ...{ bed, occurrence, kind: "left", step, repeat, priority, condition, simulated, drill },
    ...{ at: now.wall, left },
    ...(left.by === undefined ? {} : { audience: { except: left.by.id } }),
  };
}
