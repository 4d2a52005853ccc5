import type { SignalId } from "../domain/signal.ts";
import type { Mono } from "../domain/time.ts";
import type { EvidenceOf } from "./causes.ts";
import { GAP_MS } from "./condition.ts";
import type { Core, Live, SignalRecord } from "./state.ts";

/** What the cards may rest on: the newest word of any device about each signal. */
export function evidenceOf(live: Live, core: Core, now: Mono): EvidenceOf {
  // A memory card that is minutes behind says nothing about now.
  const records = Object.values(live.devices).filter(({ timeliness }) => timeliness === "live");
  const newest = (id: SignalId): SignalRecord | undefined =>
    records.reduce<SignalRecord | undefined>((best, { signals }) => {
      const known = signals[id];
      return known !== undefined && (best === undefined || known.at > best.at) ? known : best;
    }, undefined);
  const usualOf = (id: SignalId): number | undefined => {
    const first = Object.values(core.open).find(({ usual }) => usual[id] !== undefined);
    return first?.usual[id] ?? newest(id)?.valid?.usual;
  };
  return {
    reading(id) {
      const valid = newest(id)?.valid;
      return valid === undefined
        ? undefined
        : { value: valid.value, ageMs: now - valid.at, usual: usualOf(id) };
    },
    absent(id) {
      const known = newest(id);
      return known !== undefined && (typeof known.sample !== "number" || now - known.at >= GAP_MS);
    },
    ownCodes: records.flatMap(({ own }) =>
      Object.values(own ?? {}).flatMap(({ code, active }) => (active ? [code] : [])),
    ),
  };
}
