import type { Words } from "./en.ts";
import { actions } from "./zh-hant/actions.ts";
import { care } from "./zh-hant/care.ts";
import { causes } from "./zh-hant/causes.ts";
import { conditions } from "./zh-hant/conditions.ts";
import { deadMan } from "./zh-hant/dead-man.ts";
import { evening } from "./zh-hant/evening.ts";
import { faults } from "./zh-hant/faults.ts";
import { leaving } from "./zh-hant/leaving.ts";
import { limits } from "./zh-hant/limits.ts";
import { morning } from "./zh-hant/morning.ts";
import { notes } from "./zh-hant/notes.ts";
import { pages } from "./zh-hant/pages.ts";
import { people } from "./zh-hant/people.ts";
import { phones } from "./zh-hant/phones.ts";
import { plan } from "./zh-hant/plan.ts";
import { privacy } from "./zh-hant/privacy.ts";
import { push } from "./zh-hant/push.ts";
import { rooms } from "./zh-hant/rooms.ts";
import { terms } from "./zh-hant/terms.ts";
import { voices } from "./zh-hant/voices.ts";

/** Traditional Chinese, as families in Taiwan and Hong Kong read it. */
export const zhHant = {
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
