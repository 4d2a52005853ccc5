import type { Words } from "../en.ts";
import { house } from "./conditions/house.ts";
import { person } from "./conditions/person.ts";
import { ventilator } from "./conditions/ventilator.ts";

export const conditions = { ...person, ...ventilator, ...house } as const satisfies Words["conditions"];
