import Type from "typebox";
import { CAUSE_IDS, CONDITION_IDS } from "../domain/alarm.ts";
import { LANGUAGES } from "../domain/person.ts";
import { VOICE_FAULTS } from "../port/voices.ts";

/** The family's own voice over HTTP; types in contract/voices.ts. */

export const VoiceAnswer = Type.Object({
  language: Type.Enum(LANGUAGES),
  key: Type.Enum([...CAUSE_IDS, ...CONDITION_IDS] as const),
  seconds: Type.Optional(Type.Number()),
  fault: Type.Optional(Type.Enum(VOICE_FAULTS)),
});

export const VoicesAnswer = Type.Object({
  house: Type.Enum(LANGUAGES),
  voices: Type.Array(VoiceAnswer),
});
