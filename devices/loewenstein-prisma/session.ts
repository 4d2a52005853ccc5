import type { SettingsBody } from "../../src/domain/observation.ts";
import { createOximetry, inWords } from "../../src/domain/oximetry.ts";
import { measured, type Samples } from "../../src/domain/sample.ts";
import { roundTo, type SignalId, WAVES, type WaveId } from "../../src/domain/signal.ts";
import { SECOND_MS, type Wall, wall } from "../../src/domain/time.ts";
import type { DeviceReading, Trace } from "../../src/driver/contract.ts";
import type { FileLink } from "../../src/port/link.ts";
import { pieces } from "../../src/wire/card.ts";
import { type Channel, type Element, elementsOf, numberAt, physicalOf, rawOf, type Wmedf } from "./codec.ts";

/** Names of signals, prisma LINE and VENT before SMART. */
const NUMBERS: readonly (readonly [SignalId, readonly string[]])[] = [
  ["pressure_insp", ["IPAPsoll", "IPAP"]],
  ["pressure_exp", ["EPAPsoll", "EPAP"]],
  ["leak", ["LeakFlowBreath"]],
  ["leak_total", ["TotalLeakage"]],
  ["tidal_volume_exp", ["BreathVolume"]],
  ["minute_volume", ["MV"]],
  ["resp_rate", ["BreathFrequency"]],
];

/** Two readings of a kind never have one time: pressure, which has a rate of its own, comes a record later. */
const WAVE_CHANNELS: readonly {
  readonly wave: WaveId;
  readonly labels: readonly string[];
  readonly lag: number;
}[] = [
  { wave: "flow", labels: ["RespFlow"], lag: 0 },
  { wave: "airway_pressure", labels: ["Pressure"], lag: 1 },
];

const STRETCH_RECORDS = 10;

/** The signals of one session, read on from where the last look ended. */
export interface SignalReader {
  /** Records that are there and were not read. */
  read(link: Pick<FileLink, "read">, path: string, bytes: number): AsyncGenerator<DeviceReading>;
  /** The session has ended. */
  end(): readonly DeviceReading[];
}

export function createSignalReader(wmedf: Wmedf, start: Wall, trace: Trace): SignalReader {
  const { channels, headerBytes, recordBytes, recordSeconds } = wmedf;
  const oximetry = createOximetry();
  let records = 0;
  let ended = false;
  const find = (labels: readonly string[]): Channel | undefined =>
    labels.flatMap((label) => channels.get(label) ?? [])[0];
  const numbers = NUMBERS.flatMap(([signal, labels]) => {
    const channel = find(labels);
    return channel === undefined ? [] : [{ signal, channel }];
  });
  const stretches = WAVE_CHANNELS.flatMap(({ wave, labels, lag }) => {
    const channel = find(labels);
    return channel === undefined ? [] : [{ wave, channel, lag, held: [] as number[] }];
  });
  const timeAfter = (record: number): Wall => wall(start + Math.round(record * recordSeconds * SECOND_MS));

  const samplesOf = (record: Uint8Array): Samples => {
    const samples: { [id in SignalId]?: Samples[id] } = { therapy: 1 };
    for (const { signal, channel } of numbers) {
      samples[signal] = measured(signal, physicalOf(channel, rawOf(record, channel)));
    }
    const spo2 = oximeterValue(record, channels.get("SpO2"));
    const pulse = oximeterValue(record, channels.get("HeartFrequency"));
    const has = channels.has("SpO2") || channels.has("HeartFrequency");
    return { ...samples, ...(has && oximetry(spo2, pulse, "not_measured")) };
  };

  /** What each wave has gathered up to the record that was just read, less what it lags behind. */
  const flush = (): readonly DeviceReading[] =>
    stretches.flatMap(({ wave, channel, lag, held }): DeviceReading[] => {
      const ready = held.length - lag * channel.samples;
      if (ready <= 0) return [];
      const values = held.splice(0, ready);
      return [
        {
          body: { kind: "wave", rateHz: channel.samples / recordSeconds, channels: { [wave]: values } },
          deviceAt: timeAfter(records - lag),
        },
      ];
    });

  return {
    async *read(link, path, bytes) {
      const whole = Math.floor((bytes - headerBytes) / recordBytes);
      if (whole <= records) return;
      const from = headerBytes + records * recordBytes;
      const to = headerBytes + whole * recordBytes;
      for await (const piece of pieces(link, path, { from, to, unit: recordBytes })) {
        for (let at = 0; at < piece.length; at += recordBytes) {
          const record = piece.subarray(at, at + recordBytes);
          records += 1;
          const samples = samplesOf(record);
          trace.frame(record, () => inWordsOf(samples));
          // The end that was told stands at this time already.
          if (!ended) yield { body: { kind: "samples", samples }, deviceAt: timeAfter(records) };
          ended = false;
          for (const { wave, channel, held } of stretches) {
            for (let i = 0; i < channel.samples; i++) {
              held.push(roundTo(physicalOf(channel, rawOf(record, channel, i)), WAVES[wave].resolution));
            }
          }
          if (records % STRETCH_RECORDS === 0) yield* flush();
        }
      }
      yield* flush();
    },
    end() {
      if (ended || records === 0) return [];
      ended = true;
      return [{ body: { kind: "samples", samples: { therapy: 0 } }, deviceAt: timeAfter(records + 1) }];
    },
  };
}

/** Signed bytes hold rates above 127 as negative numbers; 0 and -1 are no value. */
function oximeterValue(record: Uint8Array, channel: Channel | undefined): number | undefined {
  if (channel === undefined) return undefined;
  const raw = rawOf(record, channel);
  if (raw === 0 || raw === -1) return undefined;
  return physicalOf(channel, raw < 0 && channel.width === 1 ? raw + 256 : raw);
}

/** Events of the person, by number, and the status codes that they become. */
const EVENTS: { readonly [id: number]: string } = {
  101: "obstructive_apnea",
  102: "central_apnea",
  103: "unclassified_apnea",
  105: "unclassified_apnea",
  106: "unclassified_apnea",
  111: "hypopnea",
  112: "hypopnea",
  113: "hypopnea",
  121: "arousal",
  161: "critical_leak",
  181: "periodic_breathing",
};

const MODES: { readonly [mode: number]: string } = {
  1: "CPAP",
  2: "APAP",
  3: "ACSV",
  9: "AutoS",
  10: "AutoST",
};

const PARAMETER = { lineMode: 1003, volume: 1016, ipap: 1200, epap: 1201, smartMode: 6 } as const;

/** Times of a session's event file; both in order of time, events of one instant in one reading. */
export function marksOf(xml: string, start: Wall): readonly DeviceReading[] {
  const parameters = new Map<number, number>();
  const events = new Map<number, string[]>();
  for (const element of elementsOf(xml)) {
    if (element.name === "DeviceEvent") takeParameter(element, parameters);
    if (element.name === "RespEvent") takeEvent(element, events);
  }
  const settings = settingsOf(parameters);
  return [
    ...(settings === undefined ? [] : [{ body: settings, deviceAt: start }]),
    ...[...events]
      .toSorted(([a], [b]) => a - b)
      .map(
        ([tenths, codes]): DeviceReading => ({
          body: { kind: "status", codes },
          deviceAt: wall(start + tenths * (SECOND_MS / 10)),
        }),
      ),
  ];
}

/** The settings in force when the session began. */
function takeParameter(element: Element, parameters: Map<number, number>): void {
  const id = numberAt(element, "ParameterID");
  const value = numberAt(element, "NewValue");
  if (numberAt(element, "DeviceEventID") !== 0 || id === undefined || value === undefined) return;
  if (!parameters.has(id)) parameters.set(id, value);
}

function takeEvent(element: Element, events: Map<number, string[]>): void {
  const code = EVENTS[numberAt(element, "RespEventID") ?? 0];
  const end = numberAt(element, "EndTime");
  const duration = numberAt(element, "Duration");
  if (code === undefined || end === undefined || duration === undefined || duration < 0) return;
  const begin = Math.max(0, end - duration);
  events.set(begin, [...(events.get(begin) ?? []), code, `lasted_${Math.round(duration / 10)}_s`]);
}

function settingsOf(parameters: ReadonlyMap<number, number>): SettingsBody | undefined {
  const mode = parameters.get(PARAMETER.lineMode) ?? parameters.get(PARAMETER.smartMode);
  if (mode === undefined) return undefined;
  const single = mode === 1 || mode === 2;
  const hundredth = (id: number): number | undefined => {
    const value = parameters.get(id);
    return value === undefined || single ? undefined : value / 100;
  };
  const ipap = hundredth(PARAMETER.ipap);
  const epap = hundredth(PARAMETER.epap);
  const volume = single ? undefined : parameters.get(PARAMETER.volume);
  return {
    kind: "settings",
    settings: {
      mode: MODES[mode] ?? `mode ${mode}`,
      ...(ipap !== undefined && { ipap }),
      ...(epap !== undefined && { epap }),
      ...(volume !== undefined && volume > 0 && { tidal_volume_target: volume }),
    },
  };
}

const inWordsOf = (samples: Samples): string =>
  Object.entries(samples)
    .map(([signal, sample]) => `${signal} ${inWords(sample)}`)
    .join(", ");
