// What the conformance suite knows of each family beside its module: one line a family.
import type { ConformanceProfile } from "../support/conformance.ts";
import { noninSerialProfile } from "./profiles/nonin-serial.ts";

export const PROFILES: { readonly [id: string]: ConformanceProfile } = {
  "nonin-serial": noninSerialProfile,
};
