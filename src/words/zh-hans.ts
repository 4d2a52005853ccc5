import type { Words } from "./en.ts";
import { actions } from "./zh-hans/actions.ts";
import { care } from "./zh-hans/care.ts";
import { causes } from "./zh-hans/causes.ts";
import { conditions } from "./zh-hans/conditions.ts";
import { deadMan } from "./zh-hans/dead-man.ts";
import { evening } from "./zh-hans/evening.ts";
import { faults } from "./zh-hans/faults.ts";
import { leaving } from "./zh-hans/leaving.ts";
import { limits } from "./zh-hans/limits.ts";
import { morning } from "./zh-hans/morning.ts";
import { notes } from "./zh-hans/notes.ts";
import { pages } from "./zh-hans/pages.ts";
import { people } from "./zh-hans/people.ts";
import { phones } from "./zh-hans/phones.ts";
import { plan } from "./zh-hans/plan.ts";
import { privacy } from "./zh-hans/privacy.ts";
import { push } from "./zh-hans/push.ts";
import { rooms } from "./zh-hans/rooms.ts";
import { terms } from "./zh-hans/terms.ts";
import { voices } from "./zh-hans/voices.ts";

/** Simplified Chinese, as families on the mainland speak. */
export const zhHans = {
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
} as const satisfies Words;
