import type { CauseId, ConditionId } from "../domain/alarm.ts";
import type { Language } from "../domain/person.ts";

/** Why a recording cannot stand for the voice of the machine; the rule is in src/sound/own-voice.ts. */
export const VOICE_FAULTS = ["no_wav", "too_short", "too_long", "too_quiet"] as const;

export type VoiceFault = (typeof VOICE_FAULTS)[number];

/** One recording of the family. */
export interface VoiceRecord {
  readonly language: Language;
  /** The alarm or cause that it is spoken for. */
  readonly key: CauseId | ConditionId;
  /** Its length; absent: it is no sound that can be read. */
  readonly seconds?: number;
  /** Why it is not used, and the machine speaks; absent: it is used. */
  readonly fault?: VoiceFault;
}

/** What the family has spoken itself in the place of the voice, as it is kept on this machine. */
export interface Voices {
  /** What the house is spoken to in; open pages speak in their own. */
  readonly language: Language;
  /** Every recording that is kept, used or not. Rejects with DISK_FAILED. */
  list(): Promise<readonly VoiceRecord[]>;
  /** The file as it is kept; undefined: there is none. Rejects with DISK_FAILED. */
  read(language: Language, key: CauseId | ConditionId): Promise<Uint8Array | undefined>;
  /**
   * Keeps a WAV file in the place of what was there, durably, and lets the house speak it from the next silence on.
   * Rejects with VOICE_REFUSED, and then nothing has changed, or with DISK_FAILED.
   */
  keep(language: Language, key: CauseId | ConditionId, wav: Uint8Array): Promise<VoiceRecord>;
  /** The machine speaks again. False: there was nothing. Rejects with DISK_FAILED. */
  remove(language: Language, key: CauseId | ConditionId): Promise<boolean>;
}
