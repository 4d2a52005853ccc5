import type { CallingResponse } from "../../src/server/contract/calling.ts";
import { hasKeys } from "../shared/api.ts";

export const isCalling = hasKeys<CallingResponse>("version", "rules", "phones", "plans");
