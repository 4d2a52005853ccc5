import type { HomeConfig } from "./config/config.ts";
import type { AlarmFold } from "./domain/alarm.ts";
import { softTexts } from "./notify/sounder/soft-words.ts";
import { createSounder, type RoomSpec, wholeHouse } from "./notify/sounder/sounder.ts";
import { createSpeechBank, type SpeechBank } from "./notify/sounder/speech-bank.ts";
import type { World } from "./port/world.ts";
import type { WakeReadiness } from "./server/contract.ts";

/** What the house itself does about an alarm: its rooms sound and speak. */
export interface House {
  /** A bed's newest alarms: what has to be heard is heard before this returns. */
  update(fold: AlarmFold): void;
  readonly readiness: Pick<WakeReadiness, "sounder" | "house">;
  /** A caregiver would hear it. */
  readonly sounds: boolean;
  readonly wav: SpeechBank["wav"];
  start(): void;
  stop(): void;
}

/** `onChange`: its readiness did; must not throw. */
export function composeHouse(
  { audio, audioAt, clock, log, speech: voice }: World,
  { language, sounder: wanted = {} }: HomeConfig,
  { onChange }: { readonly onChange: () => void },
): House {
  const rooms = wanted.rooms?.map(
    ({ device, ...room }): RoomSpec => ({ ...room, audio: device === undefined ? audio : audioAt(device) }),
  );
  const speaksSoftly = rooms?.some((room) => room.for === "patient") ?? false;
  const speech = createSpeechBank({
    ...{ speech: voice, clock, log, language, onChange },
    texts: speaksSoftly ? softTexts(language) : [],
  });
  const sounder = createSounder({
    ...{ clock, log, speech, language, onReadiness: onChange },
    rooms: rooms ?? [wholeHouse(audio)],
  });
  return {
    update: sounder.update,
    get readiness() {
      const { remark } = speech;
      return {
        sounder: { ...sounder.readiness, ...(remark === undefined ? {} : { remark }) },
        ...(rooms === undefined
          ? {}
          : { house: sounder.rooms.map(({ for: kind, ...room }) => ({ kind, ...room })) }),
      };
    },
    get sounds() {
      return sounder.readiness.ok;
    },
    wav: speech.wav,
    start() {
      sounder.start();
      speech.start();
    },
    stop() {
      sounder.stop();
      speech.stop();
    },
  };
}
