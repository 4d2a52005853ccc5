/** What the family speaks itself in the place of the machine's voice, as pages see it. */
import type { Language } from "../../domain/person.ts";
import type { VoiceRecord } from "../../port/voices.ts";

export type { VoiceRecord };

/** GET /api/voices : in no order. On a hub NOT_FOUND: a voice is recorded in the house. */
export interface VoicesResponse {
  /** What the house is spoken to in; pages speak in their own language. */
  readonly house: Language;
  readonly voices: readonly VoiceRecord[];
}

/**
 * GET /api/voices/:language/:key : audio/wav as it is kept. PUT: audio/wav of 16 bits, one channel, 8 to 96 kHz, 0.3 to
 * 10 s; answers what is kept now (VoiceRecord), or VOICE_REFUSED. DELETE: 204, also where there was nothing.
 */
