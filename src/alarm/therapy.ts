import type { DeviceId } from "../domain/ids.ts";
import { MINUTE_MS, type Mono, mono } from "../domain/time.ts";
import { GAP_MS, unknown, type Verdict, type View } from "./condition.ts";

/**
 * Off watch, a machine that says it is in standby is not judged: it lies on the table. On watch it is, and nothing
 * that is open ends because of it.
 */
export function isStandby(view: View): Verdict | undefined {
  if (view.onWatch) return undefined;
  const therapy = view.bed.reading("therapy");
  const standby = therapy !== undefined && therapy.ageMs < GAP_MS && therapy.value === 0;
  return standby ? unknown("therapy_off") : undefined;
}

/** Whether the person is being treated, by whom we know, and since when. */
interface Treatment {
  readonly isOn: boolean;
  readonly since: Mono;
  readonly at: Mono;
  readonly device: DeviceId;
}

/** Cards speak once a minute and plugs every half: so long "on" may stand. "Off" stands until the next word. */
const STANDS_MS = 3 * MINUTE_MS;

/**
 * What is known of the treatment: a ventilator's fresh word, or the breaths that it tells, or else the newest word of
 * anything that watches it. A machine that says "off", as a card does at the end of a session and a machine before it is
 * unplugged, is off until something says "on". Undefined where nothing says either, or nothing ever could.
 */
export function treatmentOf({ bed }: View): Treatment | undefined {
  const words = bed.latest("therapy").map(({ value, sameMs, at, ageMs, device, role }) => {
    return { isOn: value === 1, since: mono(at - sameMs), at, ageMs, device, role };
  });
  // Who tells breaths alone can never say that there are none because the machine is off.
  if (words.length === 0) return undefined;
  const own = words.find(({ role, ageMs }) => role === "ventilator" && ageMs < GAP_MS);
  if (own !== undefined) return own;
  const breaths = bed
    .latest("resp_rate")
    .find(({ role, ageMs, value }) => role === "ventilator" && ageMs < GAP_MS && value > 0);
  if (breaths !== undefined) {
    return { isOn: true, since: breaths.at, at: breaths.at, device: breaths.device };
  }
  const newest = words.toSorted((a, b) => b.at - a.at)[0];
  return newest === undefined || (newest.isOn && newest.ageMs >= STANDS_MS) ? undefined : newest;
}
