/** Sounds of a bedroom at night, synthesised for the alarm listener: machines' alarms and what is not one. */
import { PATTERNS, type SoundKind } from "../../src/sound/pattern.ts";
import { createVoice } from "../../src/sound/synthesis.ts";

export const RATE_HZ = 16_000;

/** 0 up to 1. */
type Chance = () => number;

/** Makes a stretch of a sound; calls follow one another. Amplitudes are around 1 at the loudest. */
type Sound = (seconds: number, chance: Chance) => Float32Array;

interface Partial {
  readonly hz: number;
  readonly amplitude: number;
}

/** Adds a chord with soft edges. Sines are made by turning a vector, which is quicker than asking for each. */
function addChord(
  out: Float32Array,
  { atS, lengthS, edgeS = 0.01 }: { atS: number; lengthS: number; edgeS?: number },
  partials: readonly Partial[],
): void {
  const from = Math.round(atS * RATE_HZ);
  const length = Math.min(Math.round(lengthS * RATE_HZ), out.length - from);
  const edge = Math.max(1, Math.round(edgeS * RATE_HZ));
  for (const { hz, amplitude } of partials) {
    const turn = (2 * Math.PI * hz) / RATE_HZ;
    const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
    let x = amplitude;
    let y = 0;
    for (let i = 0; i < length; i++) {
      const swell = i < edge ? (i + 1) / edge : length - i < edge ? (length - i) / edge : 1;
      out[from + i] = (out[from + i] ?? 0) + y * swell;
      const next = x * cos - y * sin;
      y = x * sin + y * cos;
      x = next;
    }
  }
}

/** A fundamental and harmonics that fall by so many dB each. */
const harmonics = (hz: number, count: number, fallDb: number): Partial[] =>
  Array.from({ length: count }, (_, i) => ({ hz: hz * (i + 1), amplitude: 10 ** ((-fallDb * i) / 20) / 2 }));

interface Step {
  readonly partials: readonly Partial[];
  readonly onS: number;
  readonly offS: number;
}

const step = (partials: readonly Partial[], onS: number, offS: number): Step => ({ partials, onS, offS });

/** A rhythm again and again; a piece begins at a chance place of it. */
const repeating =
  (steps: readonly Step[]): Sound =>
  (seconds, chance) => {
    const period = steps.reduce((sum, { onS, offS }) => sum + onS + offS, 0);
    const out = new Float32Array(Math.round((seconds + period) * RATE_HZ));
    for (let atS = 0; atS < seconds + period; ) {
      for (const { partials, onS, offS } of steps) {
        addChord(out, { atS, lengthS: onS }, partials);
        atS += onS + offS;
      }
    }
    const from = Math.floor(chance() * period * RATE_HZ);
    return out.subarray(from, from + Math.round(seconds * RATE_HZ));
  };

/** Ten pulses, 3 + 2 and 3 + 2, as IEC 60601-1-8 draws a high-priority burst. */
const high = (pitches: readonly number[], onS: number, silenceS: number): Step[] =>
  [0.1, 0.1, 0.35, 0.1, 0.5, 0.1, 0.1, 0.35, 0.1, silenceS].map((offS, index) =>
    step(harmonics(pitches[index % pitches.length] ?? 0, 5, 3), onS, offS),
  );

/** Alarms in the style of several machines' sounders; no recording of a machine is in them. */
export const ALARMS = {
  "IEC high, three notes": repeating(high([523.3, 440, 349.2, 440, 349.2], 0.15, 3)),
  "IEC high, one note": repeating(high([988], 0.1, 4)),
  "IEC medium, three notes": repeating([
    step(harmonics(523.3, 5, 3), 0.2, 0.2),
    step(harmonics(440, 5, 3), 0.2, 0.2),
    step(harmonics(349.2, 5, 3), 0.2, 5),
  ]),
  "two tones in turn": repeating([step(harmonics(700, 4, 6), 0.4, 0), step(harmonics(950, 4, 6), 0.4, 0)]),
  "beep 2.9 kHz, half a second": repeating([step(harmonics(2_900, 2, 14), 0.5, 0.5)]),
  "beeps 3.1 kHz, four quick": repeating([
    step([{ hz: 3_100, amplitude: 1 }], 0.1, 0.1),
    step([{ hz: 3_100, amplitude: 1 }], 0.1, 0.1),
    step([{ hz: 3_100, amplitude: 1 }], 0.1, 0.1),
    step([{ hz: 3_100, amplitude: 1 }], 0.1, 1),
  ]),
  "chirp 2.0 and 2.6 kHz": repeating([
    step([{ hz: 2_000, amplitude: 1 }], 0.15, 0.02),
    step([{ hz: 2_600, amplitude: 1 }], 0.15, 1.6),
  ]),
  "beep 2.3 kHz, every 2.5 s": repeating([step([{ hz: 2_300, amplitude: 1 }], 0.25, 2.25)]),
  "steady 2.4 kHz": (seconds) => {
    const out = new Float32Array(Math.round(seconds * RATE_HZ));
    addChord(out, { atS: 0, lengthS: seconds }, [{ hz: 2_400, amplitude: 1 }]);
    return out;
  },
} as const satisfies { readonly [name: string]: Sound };

export type AlarmName = keyof typeof ALARMS;

/** Noise with a slope towards low tones, breathing slowly; the motor's whine moves a little with it. */
const blower: Sound = (seconds, chance) => {
  const out = new Float32Array(Math.round(seconds * RATE_HZ));
  const breathS = 3 + 2 * chance();
  const motorHz = 350 + 500 * chance();
  let [slow, phase, harmonicPhase] = [0, 0, 0];
  for (let i = 0; i < out.length; i++) {
    const effort = 0.6 + 0.4 * Math.sin((2 * Math.PI * i) / RATE_HZ / breathS);
    slow += 0.08 * (chance() - 0.5 - slow);
    phase += (2 * Math.PI * motorHz * (1 + 0.05 * effort)) / RATE_HZ;
    harmonicPhase += (2 * Math.PI * motorHz * 3.1 * (1 + 0.05 * effort)) / RATE_HZ;
    out[i] =
      effort * (2 * slow + 0.05 * (chance() - 0.5)) + 0.02 * Math.sin(phase) + 0.01 * Math.sin(harmonicPhase);
  }
  return out;
};

/** Resonator of two poles: a formant. */
function createFormant(hz: number, widthHz: number): (input: number) => number {
  const radius = Math.exp((-Math.PI * widthHz) / RATE_HZ);
  const [first, second] = [2 * radius * Math.cos((2 * Math.PI * hz) / RATE_HZ), -(radius ** 2)];
  let [before, earlier] = [0, 0];
  return (input) => {
    const output = input * (1 - radius) + first * before + second * earlier;
    earlier = before;
    before = output;
    return output;
  };
}

const VOWELS: readonly (readonly [number, number, number])[] = [
  [730, 1_090, 2_440],
  [270, 2_290, 3_010],
  [300, 870, 2_240],
  [530, 1_840, 2_480],
  [570, 840, 2_410],
  [440, 1_020, 2_240],
];

const pick = <T>(list: readonly T[], chance: Chance): T => list[Math.floor(chance() * list.length)] as T;

/** Syllables of vowels with moving pitch, hisses and pauses, by a high or a low voice. */
const speech: Sound = (seconds, chance) => {
  const out = new Float32Array(Math.round(seconds * RATE_HZ));
  let pitch = 100 + 140 * chance();
  for (let at = 0; at < out.length; ) {
    const length = Math.round((0.08 + 0.25 * chance()) * RATE_HZ);
    const formants = pick(VOWELS, chance).map((hz, index) => createFormant(hz, 60 + 40 * index));
    const to = pitch * (0.75 + 0.5 * chance());
    const hiss = chance() < 0.25;
    for (let i = 0, phase = 0; i < length && at + i < out.length; i++) {
      phase += (pitch + ((to - pitch) * i) / length) / RATE_HZ;
      const pulse = phase >= 1 ? 30 : 0;
      phase -= phase >= 1 ? 1 : 0;
      const source = hiss ? 3 * (chance() - 0.5) : pulse;
      const swell = Math.min(1, i / 300, (length - i) / 300);
      out[at + i] = swell * formants.reduce((sum, formant) => sum + formant(source), 0) * 0.25;
    }
    pitch = Math.min(320, Math.max(80, to));
    at += length + Math.round((chance() < 0.15 ? 1.5 * chance() : 0.06 * chance()) * RATE_HZ);
  }
  return out;
};

/** Inhaling with a rattle of 25 to 70 Hz that excites formants, every four seconds or so. */
const snoring: Sound = (seconds, chance) => {
  const out = new Float32Array(Math.round(seconds * RATE_HZ));
  for (let at = 0; at < out.length; ) {
    const length = Math.round((1 + 0.8 * chance()) * RATE_HZ);
    const rattle = 25 + 45 * chance();
    const formants = [200 + 100 * chance(), 500 + 200 * chance(), 1_100].map((hz) => createFormant(hz, 120));
    for (let i = 0, phase = 0; i < length && at + i < out.length; i++) {
      phase += (rattle * (0.95 + 0.1 * chance())) / RATE_HZ;
      const source = (phase >= 1 ? 60 : 0) + 4 * (chance() - 0.5);
      phase -= phase >= 1 ? 1 : 0;
      out[at + i] =
        Math.sin((Math.PI * i) / length) * formants.reduce((sum, formant) => sum + formant(source), 0) * 0.3;
    }
    at += length + Math.round((1.8 + 1.5 * chance()) * RATE_HZ);
  }
  return out;
};

const semitone = (number: number): number => 440 * 2 ** (number / 12);

/** Melody, chords and beat on the tempered scale at a tempo of its own. */
const music: Sound = (seconds, chance) => {
  const out = new Float32Array(Math.round(seconds * RATE_HZ));
  const beatS = 0.25 + 0.35 * chance();
  const scale = [0, 2, 4, 5, 7, 9, 11].map((number) => number + Math.floor(12 * chance()) - 12);
  for (let atS = 0; atS < seconds; ) {
    const lengthS = beatS * pick([0.25, 0.5, 0.5, 1, 1, 2], chance);
    const hz = semitone(pick(scale, chance) + pick([-12, 0, 0, 12, 24], chance));
    const heldS = lengthS * (0.5 + 0.5 * chance());
    addChord(out, { atS, lengthS: heldS, edgeS: 0.02 }, harmonics(hz, 6, 4 + 4 * chance()));
    if (chance() < 0.3) {
      for (const third of [0, 4, 7]) {
        addChord(
          out,
          { atS, lengthS: 4 * beatS, edgeS: 0.05 },
          harmonics(semitone(pick(scale, chance) + third - 12), 4, 6),
        );
      }
    }
    atS += lengthS;
  }
  return out;
};

/** Scenes of speech, music and both, each of some seconds, with jingles and beeps of shows. */
const television: Sound = (seconds, chance) => {
  const out = new Float32Array(Math.round(seconds * RATE_HZ));
  for (let atS = 0; atS < seconds; ) {
    const lengthS = Math.min(4 + 20 * chance(), seconds - atS);
    const kind = chance();
    const scenes = kind < 0.4 ? [speech] : kind < 0.7 ? [music] : kind < 0.95 ? [speech, music] : [beeps];
    for (const scene of scenes) {
      scene(lengthS, chance).forEach((value, i) => {
        const at = Math.round(atS * RATE_HZ) + i;
        if (at < out.length) out[at] = (out[at] ?? 0) + value / scenes.length;
      });
    }
    atS += lengthS;
  }
  return out;
};

/** Beeps of any pitch and rhythm: game shows, lorries in reverse, hospital series. */
const beeps: Sound = (seconds, chance) => {
  const hz = 500 + 3_500 * chance();
  const onS = 0.05 + 0.6 * chance();
  const offS = 0.05 + 1.2 * chance();
  return repeating([step(harmonics(hz, 3, 8), onS, offS)])(seconds, chance);
};

/** Rings of old and new telephones, two seconds of four, each call of another kind. */
const telephone: Sound = (seconds, chance) => {
  const out = new Float32Array(Math.round(seconds * RATE_HZ));
  for (let atS = 0; atS < seconds; ) {
    const kind = Math.floor(3 * chance());
    const notes = Array.from({ length: 8 }, () => semitone(Math.floor(24 * chance())));
    for (let ring = 0; ring < 5; ring++, atS += 4) {
      for (let i = 0; i < 16; i++) {
        const hz = kind === 0 ? [1_600, 2_000][i % 2] : kind === 1 ? notes[i % 8] : [440, 480][i % 2];
        const at = atS + i * (kind === 1 ? 0.15 : 0.06) + (kind === 1 ? 0 : (ring % 2) * 0.01);
        if (at < seconds)
          addChord(out, { atS: at, lengthS: kind === 1 ? 0.13 : 0.06 }, harmonics(hz ?? 440, 4, 6));
      }
    }
    atS += 2 + 8 * chance();
  }
  return out;
};

/** Five beeps of a second at about 2 kHz, then a minute of hum. */
const microwave: Sound = (seconds, chance) => {
  const out = new Float32Array(Math.round(seconds * RATE_HZ));
  const hz = 1_950 + 150 * chance();
  for (let atS = 5 * chance(); atS < seconds; atS += 20) {
    for (let i = 0; i < 5; i++) addChord(out, { atS: atS + 2 * i, lengthS: 1 }, harmonics(hz, 2, 12));
  }
  return out;
};

/** The house's own alarms, as src/sound makes them. */
const sounder: Sound = (seconds, chance) => {
  const out = new Float32Array(Math.round(seconds * RATE_HZ));
  const voice = createVoice(RATE_HZ);
  const kinds = Object.keys(PATTERNS) as SoundKind[];
  for (let at = 0; at < out.length; ) {
    const alarm = voice.alarm(pick(kinds, chance));
    for (let i = 0; i < 2 * alarm.length && at + i < out.length; i++)
      out[at + i] = (alarm[i % alarm.length] ?? 0) / 32_768;
    at += 2 * alarm.length;
  }
  return out;
};

/** What must never be taken for the machine's alarm. */
export const OTHERS = {
  television,
  music,
  speech,
  snoring,
  blower,
  beeps,
  telephone,
  microwave,
  sounder,
} as const;

export type OtherName = keyof typeof OTHERS;

/** What a room does to a sound: the direct way, then thirty weaker echoes that die away in `reverberationS` (60 dB). */
export function inRoom(sound: Float32Array, reverberationS: number, chance: Chance): Float32Array {
  const out = sound.slice();
  for (let echo = 0; echo < 30; echo++) {
    const delayS = 0.004 + chance() ** 1.5 * reverberationS;
    const strength = 0.5 * 10 ** ((-3 * delayS) / reverberationS) * (chance() < 0.5 ? -1 : 1);
    const delay = Math.round(delayS * RATE_HZ);
    for (let i = delay; i < out.length; i++) out[i] = (out[i] ?? 0) + strength * (sound[i - delay] ?? 0);
  }
  return out;
}

export function rms(sound: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < sound.length; i++) sum += (sound[i] ?? 0) ** 2;
  return Math.sqrt(sum / sound.length);
}

/** Root mean square of a sound while it sounds: its loudest tenths of a second. */
export function loudRms(sound: Float32Array): number {
  const pieces: number[] = [];
  for (let at = 0; at + 1_600 <= sound.length; at += 1_600) pieces.push(rms(sound.subarray(at, at + 1_600)));
  return Math.max(...pieces, 1e-9);
}

/** Both with their factors, as a microphone's samples. */
export function mixed(parts: readonly (readonly [sound: Float32Array, factor: number])[]): Int16Array {
  const sum = new Float32Array(Math.max(...parts.map(([sound]) => sound.length)));
  for (const [sound, factor] of parts) {
    for (let i = 0; i < sound.length; i++) sum[i] = (sum[i] ?? 0) + (sound[i] ?? 0) * factor;
  }
  return Int16Array.from(sum, (value) => Math.max(-32_768, Math.min(32_767, Math.round(value * 32_767))));
}

/** A microphone's own noise, and a quiet room's. */
export const hiss: Sound = (seconds, chance) =>
  Float32Array.from({ length: Math.round(seconds * RATE_HZ) }, () => 1.7 * (chance() - 0.5));
