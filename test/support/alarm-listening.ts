/** How well the alarm listener hears: alarms learned and recognised in synthetic rooms, and what it takes for one. */
import { parseTemplates, type Template, templateText } from "../../devices/alarm-listener/codec.ts";
import { learn } from "../../devices/alarm-listener/learn.ts";
import { createRecogniser, type Recogniser } from "../../devices/alarm-listener/recognise.ts";
import { createAnalyser } from "../../devices/alarm-listener/spectrum.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import {
  ALARMS,
  type AlarmName,
  hiss,
  inRoom,
  loudRms,
  mixed,
  OTHERS,
  type OtherName,
  RATE_HZ,
  rms,
} from "./room-sounds.ts";

export const ALARM_NAMES = Object.keys(ALARMS) as AlarmName[];

export const OTHER_NAMES = Object.keys(OTHERS) as OtherName[];

/** A room that is neither bare nor muffled, seconds until an echo has died away. */
const ROOM_S = 0.35;
const LEARNED_S = 30;
/** The alarm test begins so late in the recording. */
const QUIET_S = 4;

/** What is learned of an alarm a metre away in a quiet room, by way of its text. */
export function learned(name: AlarmName, seed = 1): Template {
  const chance = chanceOf(seed);
  const sound = new Float32Array(LEARNED_S * RATE_HZ);
  sound.set(ALARMS[name](LEARNED_S - QUIET_S, chance), QUIET_S * RATE_HZ);
  const room = inRoom(sound, ROOM_S, chance);
  const result = learn(
    mixed([
      [room, 0.1 / loudRms(room)],
      [hiss(LEARNED_S, chance), 0.002],
    ]),
  );
  if (typeof result === "string") throw new Error(`${name} was not learned: ${result}`);
  const [template] = parseTemplates(templateText(result)) ?? [];
  if (template === undefined) throw new Error(`the template of ${name} cannot be read`);
  return template;
}

const chanceOf = (seed: number): (() => number) => {
  const random = createSeededRandom(seed);
  return () => random.uniform();
};

/** A situation: an alarm that begins in the middle of another sound. */
interface Situation {
  readonly alarm: AlarmName;
  readonly other: OtherName | "quiet";
  /** Loudness of the alarm while it sounds over that of the other sound while it does, dB. */
  readonly aboveDb: number;
  /** Echoes die away in so many seconds. */
  readonly roomS: number;
  readonly seed: number;
}

const BEFORE_S = 8;
const SOUNDS_S = 20;

/** Seconds from the alarm's first sound until it is recognised; undefined: not within twenty. */
export function secondsToRecognise(template: Template, situation: Situation): number | undefined {
  const chance = chanceOf(situation.seed);
  const seconds = BEFORE_S + SOUNDS_S;
  const sound = new Float32Array(seconds * RATE_HZ);
  sound.set(ALARMS[situation.alarm](SOUNDS_S, chance), BEFORE_S * RATE_HZ);
  const room = inRoom(sound, situation.roomS, chance);
  const other =
    situation.other === "quiet" ? new Float32Array(room.length) : OTHERS[situation.other](seconds, chance);
  const loudness = 0.05 * 10 ** (-situation.aboveDb / 20);
  const pcm = mixed([
    [room, 0.05 / loudRms(room)],
    [other, loudness / loudRms(other)],
    [hiss(seconds, chance), 0.001],
  ]);
  const { recognisers, push } = listenersOf([template]);
  for (let at = BEFORE_S * RATE_HZ, first = true; at < pcm.length; at += RATE_HZ / 4) {
    push(pcm.subarray(first ? 0 : at, at + RATE_HZ / 4));
    first = false;
    if (recognisers[0]?.sounds === true) return (at + RATE_HZ / 4) / RATE_HZ - BEFORE_S;
  }
  return undefined;
}

const PIECE_S = 60;

/** How often each template took a sound for its alarm, in so many hours of it at speaking loudness. */
export function falseAlarms(
  templates: readonly Template[],
  other: OtherName | AlarmName,
  hours: number,
  seed: number,
): readonly number[] {
  const chance = chanceOf(seed);
  const counts = templates.map(() => 0);
  const { recognisers, push } = listenersOf(templates);
  const sound = isAlarm(other) ? ALARMS[other] : OTHERS[other];
  const before = recognisers.map(() => false);
  for (let passed = 0; passed < hours * 3_600; passed += PIECE_S) {
    const piece = sound(PIECE_S, chance);
    const room = inRoom(piece, ROOM_S, chance);
    const pcm = mixed([
      [room, 0.06 / Math.max(rms(room), 1e-6)],
      [hiss(PIECE_S, chance), 0.001],
    ]);
    for (let at = 0; at < pcm.length; at += RATE_HZ) {
      push(pcm.subarray(at, at + RATE_HZ));
      recognisers.forEach(({ sounds }, index) => {
        if (sounds && before[index] !== true) counts[index] = (counts[index] ?? 0) + 1;
        before[index] = sounds;
      });
    }
  }
  return counts;
}

const isAlarm = (name: OtherName | AlarmName): name is AlarmName => Object.hasOwn(ALARMS, name);

function listenersOf(templates: readonly Template[]): {
  readonly recognisers: readonly Recogniser[];
  push(pcm: Int16Array): void;
} {
  const recognisers = templates.map(createRecogniser);
  const analyser = createAnalyser((power) => {
    for (const recogniser of recognisers) recogniser.take(power);
  });
  return { recognisers, push: (pcm) => analyser.push(pcm) };
}
