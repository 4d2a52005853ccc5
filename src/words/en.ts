import { actions } from "./en/actions.ts";
import { care } from "./en/care.ts";
import { causes } from "./en/causes.ts";
import { conditions } from "./en/conditions.ts";
import { deadMan } from "./en/dead-man.ts";
import { evening } from "./en/evening.ts";
import { faults } from "./en/faults.ts";
import { leaving } from "./en/leaving.ts";
import { limits } from "./en/limits.ts";
import { morning } from "./en/morning.ts";
import { notes } from "./en/notes.ts";
import { pages } from "./en/pages.ts";
import { people } from "./en/people.ts";
import { phones } from "./en/phones.ts";
import { plan } from "./en/plan.ts";
import { privacy } from "./en/privacy.ts";
import { push } from "./en/push.ts";
import { rooms } from "./en/rooms.ts";
import { terms } from "./en/terms.ts";
import { voices } from "./en/voices.ts";
import type { Translation } from "./template.ts";

/** English, and the type that every other language satisfies: a missing text does not compile. */
export const en = {
  actions,
  conditions,
  causes,
  care,
  deadMan,
  leaving,
  limits,
  terms,
  evening,
  faults,
  privacy,
  push,
  morning,
  notes,
  pages,
  people,
  phones,
  plan,
  rooms,
  voices,
} as const;

/** All words of one language; texts with places keep them in their type (template.ts). */
export type Words = Translation<typeof en>;
