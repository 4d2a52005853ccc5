import { absent, measured, type Sample } from "../../src/domain/sample.ts";
import { roundTo, type SignalId, WAVES, type WaveId } from "../../src/domain/signal.ts";
import { type EdfScale, rawSample, toPhysical } from "../../src/wire/edf.ts";
import type { CardFile } from "./codec.ts";

/** What one channel of a PLD file becomes. */
interface NumberChannel {
  /** Air10 and Air11 first, then the S9's; cards in other languages have labels of their own, which are not known. */
  readonly labels: readonly string[];
  readonly signal: SignalId;
  /** From the unit in the header to the signal's; other units are refused. */
  readonly units: { readonly [dimension: string]: number };
  /**
   * What 0 says. `value`: itself. `before_first_breath`: nothing until the machine has counted breaths after the mask
   * went on, then itself. `nothing`: no value.
   */
  readonly zero: "value" | "before_first_breath" | "nothing";
  /** The card has inspiration to expiration in %, the signal is expiration to inspiration. */
  readonly inverted?: true;
}

const PRESSURE = { cmH2O: 1, hPa: 1, mbar: 1 } as const;

export const NUMBER_CHANNELS: readonly NumberChannel[] = [
  { labels: ["MaskPress.2s", "Mask Pres"], signal: "pressure_mean", units: PRESSURE, zero: "value" },
  {
    labels: ["Press.2s", "Insp Pres", "Therapy Pres"],
    signal: "pressure_insp",
    units: PRESSURE,
    zero: "value",
  },
  { labels: ["EprPress.2s", "Exp Pres"], signal: "pressure_exp", units: PRESSURE, zero: "value" },
  { labels: ["Leak.2s", "Leak"], signal: "leak", units: { "L/s": 60, "L/min": 1 }, zero: "value" },
  {
    labels: ["RespRate.2s", "RR"],
    signal: "resp_rate",
    units: { bpm: 1, "/min": 1 },
    zero: "before_first_breath",
  },
  {
    labels: ["TidVol.2s", "Vt"],
    signal: "tidal_volume_insp",
    units: { L: 1000, mL: 1 },
    zero: "before_first_breath",
  },
  {
    labels: ["MinVent.2s", "MV"],
    signal: "minute_volume",
    units: { "L/min": 1 },
    zero: "before_first_breath",
  },
  { labels: ["Ti.2s"], signal: "insp_time", units: { s: 1 }, zero: "nothing" },
  { labels: ["IERatio.2s"], signal: "ie_ratio", units: { "%": 0.01 }, zero: "nothing", inverted: true },
];

interface WaveChannel {
  readonly label: string;
  readonly wave: WaveId;
  readonly units: { readonly [dimension: string]: number };
}

const WAVE_CHANNELS: readonly WaveChannel[] = [
  { label: "Flow.40ms", wave: "flow", units: { "L/s": 60, "L/min": 1 } },
  { label: "Press.40ms", wave: "airway_pressure", units: PRESSURE },
];

/** A channel of an opened file. */
interface Channel<Kind> {
  readonly is: Kind;
  /** Number of the signal in the file. */
  readonly index: number;
  readonly scale: EdfScale;
  readonly samples: number;
  readonly factor: number;
}

const found = <Kind>(
  { header }: CardFile,
  is: Kind,
  labels: readonly string[],
  units: { readonly [dimension: string]: number },
): Channel<Kind>[] => {
  const index = labels
    .map((label) => header.signals.findIndex((signal) => signal.label === label))
    .find((place) => place >= 0);
  const signal = index === undefined ? undefined : header.signals[index];
  if (index === undefined || signal === undefined) return [];
  const factor = Object.hasOwn(units, signal.dimension) ? units[signal.dimension] : undefined;
  return factor === undefined ? [] : [{ is, index, scale: signal, samples: signal.samples, factor }];
};

/** The numbers of a PLD file. */
export interface NumberReader {
  /** In each record. */
  readonly instants: number;
  /**
   * All numbers of one instant. Before the machine has counted breaths, rate and volumes are not measured; once it has,
   * 0 is what it says.
   */
  at(record: Uint8Array, instant: number): { readonly [id in SignalId]?: Sample };
  /** Takes the night as one that is under way: breaths were counted. */
  goOn(): void;
}

/** Undefined where the file has no channel that is known, or they have different rates. */
export function createNumberReader(file: CardFile): NumberReader | undefined {
  const channels = NUMBER_CHANNELS.flatMap((channel) => found(file, channel, channel.labels, channel.units));
  const instants = commonRate(channels);
  if (instants === undefined) return undefined;
  const rate = channels.find(({ is }) => is.signal === "resp_rate");
  const samples = channels.map((channel) => remembered((raw) => numberOf(channel, valueOf(channel, raw))));
  let breathing = false;
  return {
    instants,
    goOn() {
      breathing = true;
    },
    at(record, instant) {
      if (!breathing && rate !== undefined) {
        breathing = (valueOf(rate, rawSample(record, file.layout, rate.index, instant)) ?? 0) > 0;
      }
      const now: { [id in SignalId]?: Sample } = {};
      for (const [i, { is, index }] of channels.entries()) {
        const sample = samples[i]?.(rawSample(record, file.layout, index, instant)) ?? NOT_MEASURED;
        now[is.signal] =
          sample === 0 && is.zero === "before_first_breath" && !breathing ? NOT_MEASURED : sample;
      }
      return now;
    },
  };
}

/** SpO2 and pulse of an SAD or SA2 file. */
export interface OximetryReader {
  readonly instants: number;
  at(
    record: Uint8Array,
    instant: number,
  ): { readonly spo2: number | undefined; readonly pulse: number | undefined };
}

const PLAIN = { "%": 1, bpm: 1, "/min": 1, "": 1 };

export function createOximetryReader(file: CardFile): OximetryReader | undefined {
  const spo2 = found(file, "spo2", ["SpO2.1s"], PLAIN)[0];
  const pulse = found(file, "pulse_rate", ["Pulse.1s"], PLAIN)[0];
  const instants = commonRate([spo2, pulse].filter((channel) => channel !== undefined));
  if (instants === undefined) return undefined;
  const value = (channel: Channel<string> | undefined, record: Uint8Array, instant: number) =>
    channel === undefined
      ? undefined
      : valueOf(channel, rawSample(record, file.layout, channel.index, instant));
  return {
    instants,
    at: (record, instant) => ({ spo2: value(spo2, record, instant), pulse: value(pulse, record, instant) }),
  };
}

/** The waves of a BRP file. */
export interface WaveReader {
  /** In each record. */
  readonly samples: number;
  /** Rounded to each wave's resolution; a wave with a sample out of range is left out. */
  waves(record: Uint8Array): { readonly [id in WaveId]?: readonly number[] };
  /** Share of the breaths beginning in this record that the person began, in %; undefined where nothing says so. */
  triggeredPercent(record: Uint8Array): number | undefined;
}

export function createWaveReader(file: CardFile): WaveReader | undefined {
  const channels = WAVE_CHANNELS.flatMap(({ label, wave, units }) => found(file, wave, [label], units));
  const samples = commonRate(channels);
  if (samples === undefined) return undefined;
  const values = channels.map((channel) =>
    remembered((raw) => {
      const value = valueOf(channel, raw);
      return value === undefined ? undefined : roundTo(value, WAVES[channel.is].resolution);
    }),
  );
  const triggers = createTriggerCount(file);
  return {
    samples,
    triggeredPercent: (record) => triggers(record),
    waves(record) {
      const waves: { [id in WaveId]?: readonly number[] } = {};
      for (const [i, { is, index }] of channels.entries()) {
        const wave: number[] = [];
        for (let at = 0; at < samples; at++) {
          const value = values[i]?.(rawSample(record, file.layout, index, at));
          if (value !== undefined) wave.push(value);
        }
        if (wave.length === samples) waves[is] = wave;
      }
      return waves;
    },
  };
}

/** Where breaths begin and how they end, AirCurve only. */
const TRIGGER_LABEL = "TrigCycEvt.40ms";
/** Codes of TrigCycEvt; each stands for 200 ms. */
const TRIGGERED_BY_PERSON = 1;
/** Begun by the machine: to be expected on machines with a backup rate, never seen (?); an S/T night would settle it. */
const TRIGGERED_BY_TIME = 2;

function createTriggerCount(file: CardFile): (record: Uint8Array) => number | undefined {
  const channel = found(file, "trigger", [TRIGGER_LABEL], PLAIN)[0];
  let before = 0;
  return (record) => {
    if (channel === undefined) return undefined;
    let person = 0;
    let machine = 0;
    for (let i = 0; i < channel.samples; i++) {
      const code = rawSample(record, file.layout, channel.index, i);
      if (code !== before && code === TRIGGERED_BY_PERSON) person += 1;
      if (code !== before && code === TRIGGERED_BY_TIME) machine += 1;
      before = code;
    }
    return person + machine === 0 ? undefined : (100 * person) / (person + machine);
  };
}

const NOT_MEASURED = absent("not_measured");

/**
 * A number in the signal's unit; undefined for what lies outside the channel's own digital range: -1 is how the machine
 * says that there is none, also where the range begins at 0 or 18.
 */
function valueOf(
  { scale, factor }: Pick<Channel<unknown>, "scale" | "factor">,
  raw: number,
): number | undefined {
  if (raw < scale.digitalMin || raw > scale.digitalMax) return undefined;
  return toPhysical(scale, raw) * factor;
}

function numberOf({ is }: Channel<NumberChannel>, value: number | undefined): Sample {
  if (value === undefined) return NOT_MEASURED;
  if (is.zero === "nothing" && Math.abs(value) < 1e-9) return NOT_MEASURED;
  return measured(is.signal, is.inverted === true ? 1 / value : value);
}

/** The rate that all channels have; undefined where they differ, or there is none. */
function commonRate(channels: readonly Channel<unknown>[]): number | undefined {
  const [samples, ...others] = new Set(channels.map((channel) => channel.samples));
  return others.length === 0 ? samples : undefined;
}

/** Works a value out once for each of the at most 65536 that a sample can have. */
function remembered<T>(of: (raw: number) => T): (raw: number) => T {
  const known = new Map<number, T>();
  return (raw) => {
    const before = known.get(raw);
    if (before !== undefined) return before;
    const value = of(raw);
    known.set(raw, value);
    return value;
  };
}
