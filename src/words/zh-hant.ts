import type { Words } from "./en.ts";
import { conditions } from "./zh-hant/conditions.ts";
import { faults } from "./zh-hant/faults.ts";
import { pages } from "./zh-hant/pages.ts";
import { push } from "./zh-hant/push.ts";
import { terms } from "./zh-hant/terms.ts";

/** Traditional Chinese, as families in Taiwan and Hong Kong read it. */
export const zhHant = { conditions, terms, faults, push, pages } as const satisfies Words;
