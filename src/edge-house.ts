import type { HomeConfig } from "./config/config.ts";
import type { OutputConfig } from "./config/outputs.ts";
import type { AlarmFold } from "./domain/alarm.ts";
import { base32Id } from "./domain/ids.ts";
import { createKeys, type KeysOptions } from "./edge-keys.ts";
import { createMqttSwitch } from "./notify/outputs/mqtt-switch.ts";
import { createOutput } from "./notify/outputs/output.ts";
import { createOwnVoice, createVoices } from "./notify/sounder/own-voice.ts";
import { softTexts } from "./notify/sounder/soft-words.ts";
import { createSounder, type RoomSpec, wholeHouse } from "./notify/sounder/sounder.ts";
import { createSpeechBank, type SpeechBank } from "./notify/sounder/speech-bank.ts";
import type { Switch } from "./port/switch.ts";
import type { Voices } from "./port/voices.ts";
import type { World } from "./port/world.ts";
import type { WakeReadiness } from "./server/contract.ts";

/** What the house itself does about an alarm: its rooms sound and speak, lamps and shakers follow, and buttons answer. */
export interface House {
  /** A bed's newest alarms: what has to be heard is heard before this returns. */
  update(fold: AlarmFold): void;
  readonly readiness: Pick<WakeReadiness, "sounder" | "house">;
  /** A caregiver would hear it. */
  readonly sounds: boolean;
  readonly wav: SpeechBank["wav"];
  /** What the family speaks itself. */
  readonly voices: Voices;
  start(): void;
  stop(): Promise<void>;
}

/** `onChange`: its readiness did; must not throw. */
export function composeHouse(
  world: World,
  config: HomeConfig,
  { onChange, folds, trial, command }: Pick<KeysOptions, "onChange" | "folds" | "trial" | "command">,
): House {
  const { audio, audioAt, clock, disk, log, speech: voice } = world;
  const { language, sounder: wanted = {} } = config;
  const rooms = wanted.rooms?.map(
    ({ device, ...room }): RoomSpec => ({ ...room, audio: device === undefined ? audio : audioAt(device) }),
  );
  const speaksSoftly = rooms?.some((room) => room.for === "patient") ?? false;
  const speech = createSpeechBank({
    ...{ speech: voice, clock, log, language, onChange },
    ownVoice: createOwnVoice(disk, log),
    texts: speaksSoftly ? softTexts(language) : [],
  });
  const sounder = createSounder({
    ...{ clock, log, speech, language, onReadiness: onChange },
    rooms: rooms ?? [wholeHouse(audio)],
    onAlarm(isOn) {
      for (const { output } of outputs) output.follow(isOn);
    },
  });
  const outputs = (wanted.outputs ?? []).map((output) => ({
    name: output.name,
    output: createOutput({
      ...{ target: switchOf(world, output), pattern: output.pattern, clock, log, onReadiness: onChange },
    }),
  }));
  const keys = createKeys({ world, config, folds, trial, command, onChange });
  return {
    update: sounder.update,
    get readiness() {
      const { remark } = speech;
      const shown =
        rooms === undefined ? [] : sounder.rooms.map(({ for: kind, ...room }) => ({ kind, ...room }));
      const lamps = outputs.map(({ name, output }) => ({
        ...({ kind: "output", name } as const),
        ...output.readiness,
      }));
      const house = [...shown, ...lamps, ...keys.parts];
      return {
        sounder: { ...sounder.readiness, ...(remark === undefined ? {} : { remark }) },
        ...(house.length === 0 ? {} : { house }),
      };
    },
    get sounds() {
      return sounder.readiness.ok;
    },
    wav: speech.wav,
    voices: createVoices({ disk, log, language, onChange: speech.renew }),
    start() {
      sounder.start();
      speech.start();
      for (const { output } of outputs) output.start();
      keys.start();
    },
    async stop() {
      sounder.stop();
      speech.stop();
      await Promise.all([keys.stop(), ...outputs.map(({ output }) => output.stop())]);
    },
  };
}

function switchOf({ bus, gpio, random }: World, output: OutputConfig): Switch {
  if (output.kind === "gpio") return gpio(output);
  const { url, username, password } = output;
  const connection = bus.connect({
    ...{ url, clientId: `breathwatch-output-${base32Id(random.bytes(10))}` },
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  });
  return createMqttSwitch(connection, output);
}
