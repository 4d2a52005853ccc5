// What the conformance suite knows of each family beside its module: one line a family.
import type { ConformanceProfile } from "../support/conformance.ts";
import { masimoAsciiProfile } from "./profiles/masimo-ascii.ts";
import { nellcorTextProfile } from "./profiles/nellcor-text.ts";
import { noninSerialProfile } from "./profiles/nonin-serial.ts";
import { puritanBennett840ParametersProfile } from "./profiles/puritan-bennett-840-parameters.ts";
import { puritanBennett840WaveformProfile } from "./profiles/puritan-bennett-840-waveform.ts";
import { sigPlxProfile } from "./profiles/sig-plx.ts";

export const PROFILES: { readonly [id: string]: ConformanceProfile } = {
  "nonin-serial": noninSerialProfile,
  "puritan-bennett-840-waveform": puritanBennett840WaveformProfile,
  "puritan-bennett-840-parameters": puritanBennett840ParametersProfile,
  "sig-plx": sigPlxProfile,
  "masimo-ascii": masimoAsciiProfile,
  "nellcor-text": nellcorTextProfile,
};
