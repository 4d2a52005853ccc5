import { type Signal, useSignal } from "@preact/signals";
import type { Language } from "../../src/domain/person.ts";
import type { VoiceRecord, VoicesResponse } from "../../src/server/contract/voices.ts";
import type { SpokenKey } from "../../src/sound/choice.ts";
import type { Answer } from "../shared/api.ts";
import type { Asked } from "../shared/asked.ts";
import { type Page, usePage } from "../shared/page.ts";
import type { VoicePlayer } from "./voice-player.ts";

/** What every part of the card works with. */
export interface VoicesHere {
  readonly known: VoicesResponse;
  readonly asked: Asked<VoicesResponse>;
  readonly mayChange: boolean;
  /** Whose sentences are shown. */
  readonly language: Language;
  readonly player: VoicePlayer;
  readonly changes: VoiceChanges;
  /** The sentence that is being recorded: `language key`. */
  readonly recordedFor: Signal<string | undefined>;
}

/** What was done last, and what it takes to take it back. */
export interface VoiceTold {
  readonly id: string;
  readonly what: "saved" | "removed" | "undone";
  /** Absent: nothing to go back to. */
  readonly undo?: () => Promise<void>;
}

export interface VoiceChanges {
  readonly told: Signal<VoiceTold | undefined>;
  readonly busy: Signal<boolean>;
  /** Puts a recording in the place of what was there, or, without one, lets the machine speak. True: it was done. */
  change(record: VoiceAt, wav: Blob | undefined): Promise<boolean>;
}

/** A sentence with what is kept for it. */
export interface VoiceAt {
  readonly language: Language;
  readonly key: SpokenKey;
  readonly record: VoiceRecord | undefined;
}

export const voiceId = ({ language, key }: Pick<VoiceAt, "language" | "key">): string => `${language} ${key}`;

/** Where the box has it. */
export const voicePath = ({ language, key }: Pick<VoiceAt, "language" | "key">): string =>
  `/api/voices/${language}/${key}`;

/** Changes of recordings. The one before stays with the page until the next change, so that it can come back. */
export function useVoiceChanges(asked: Asked<VoicesResponse>): VoiceChanges {
  const page = usePage();
  const told = useSignal<VoiceTold | undefined>(undefined);
  const busy = useSignal(false);

  async function put(at: VoiceAt, wav: Blob | undefined): Promise<boolean> {
    const answer = await send(page, at, wav);
    if (answer.ok) page.speech.forget(at.key, at.language);
    return asked.changed(answer);
  }

  return {
    ...{ told, busy },
    async change(at, wav) {
      if (busy.value) return false;
      busy.value = true;
      try {
        const before = await beforeOf(page, at);
        if (!before.ok) return await asked.changed(before);
        if (!(await put(at, wav))) return false;
        const id = voiceId(at);
        const undo = async (): Promise<void> => {
          if (await put(at, before.value)) told.value = { id, what: "undone" };
        };
        // What could not be used is not worth going back to, and the box would not take it.
        const canUndo = at.record?.fault === undefined;
        told.value = { id, what: wav === undefined ? "removed" : "saved", ...(canUndo ? { undo } : {}) };
        return true;
      } finally {
        busy.value = false;
      }
    },
  };
}

const send = (page: Page, at: VoiceAt, wav: Blob | undefined): Promise<Answer<undefined>> =>
  wav === undefined ? page.api.remove(voicePath(at)) : page.api.putBytes(voicePath(at), wav, "audio/wav");

/** What is kept now: not until it is in hand is anything changed. */
async function beforeOf(page: Page, at: VoiceAt): Promise<Answer<Blob | undefined>> {
  if (at.record === undefined || at.record.fault !== undefined) return { ok: true, value: undefined };
  const answer = await page.api.download(voicePath(at));
  return answer.ok ? { ok: true, value: answer.value.content } : answer;
}
