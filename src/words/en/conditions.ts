import { house } from "./conditions/house.ts";
import { person } from "./conditions/person.ts";
import { ventilator } from "./conditions/ventilator.ts";

/**
 * What an alarm says to somebody just woken: what happened, what to look at first (person, mask, tube, machine),
 * and the sentence that is spoken aloud. Not medical advice; the family's emergency plan comes first.
 */
export const conditions = { ...person, ...ventilator, ...house } as const;
