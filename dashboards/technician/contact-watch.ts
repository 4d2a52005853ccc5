import type { CommissioningStep } from "../../src/domain/commissioning.ts";
import { SECOND_MS } from "../../src/domain/time.ts";
import type { LiveSample } from "../../src/server/contract.ts";

/** What the alarm contact says now. */
export type ContactReading = "alarm" | "well" | "unplugged" | "unclear" | "nothing";

/** Which pairs of the contact are wired: closed in peace, closing in alarm, or both. */
export type Wiring = "nc" | "no" | "both";

export const CONTACT_STEPS = [
  "contact_rest",
  "contact_alarm",
  "contact_unplugged",
] as const satisfies readonly CommissioningStep[];

export type ContactStep = (typeof CONTACT_STEPS)[number];

/** Older says nothing about now. */
const FRESH_MS = 10 * SECOND_MS;

/** @param sinceMs how old the message is that the sample came with */
export function contactReading(live: LiveSample | undefined, sinceMs: number): ContactReading {
  if (live === undefined || live.ageMs + sinceMs > FRESH_MS) return "nothing";
  const { sample } = live;
  if (typeof sample === "number") return sample === 0 ? "well" : "alarm";
  return sample.absent === "not_connected" ? "unplugged" : "unclear";
}

/**
 * What a step must look like with this wiring (devices/remote-alarm-contact); undefined: it cannot be told. A pulled
 * cable looks like an alarm where the pair is closed in peace, and like peace where it closes in alarm.
 */
export function expectedReading(step: ContactStep, wiring: Wiring): ContactReading | undefined {
  if (step === "contact_rest") return "well";
  if (step === "contact_alarm") return "alarm";
  switch (wiring) {
    case "nc":
      return "alarm";
    case "no":
      return undefined;
    case "both":
      return "unplugged";
  }
}

/** How the contact itself stands in a step: what a meter at its ends would show. */
export function contactStateOf(step: ContactStep, wiring: Wiring): "open" | "closed" {
  if (step === "contact_unplugged") return "open";
  const isRest = step === "contact_rest";
  return isRest === (wiring === "no") ? "open" : "closed";
}

const isDefinite = (reading: ContactReading): boolean =>
  reading === "alarm" || reading === "well" || reading === "unplugged";

/** What was seen so far: a step counts when the contact was seen to change into it, so that a stuck line passes none. */
export class ContactWatch {
  #last: ContactReading | undefined;

  /** Takes a reading; the step that it shows, if it shows one that is not done yet. One change shows one step. */
  see(
    reading: ContactReading,
    wiring: Wiring,
    done: ReadonlySet<CommissioningStep>,
  ): ContactStep | undefined {
    if (!isDefinite(reading) || reading === this.#last) return undefined;
    const isChange = this.#last !== undefined;
    this.#last = reading;
    if (!isChange) return undefined;
    return CONTACT_STEPS.find((step) => !done.has(step) && expectedReading(step, wiring) === reading);
  }
}
