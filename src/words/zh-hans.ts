import type { Words } from "./en.ts";
import { conditions } from "./zh-hans/conditions.ts";
import { faults } from "./zh-hans/faults.ts";
import { pages } from "./zh-hans/pages.ts";
import { push } from "./zh-hans/push.ts";
import { terms } from "./zh-hans/terms.ts";

/** Simplified Chinese, as families on the mainland speak. */
export const zhHans = { conditions, terms, faults, push, pages } as const satisfies Words;
