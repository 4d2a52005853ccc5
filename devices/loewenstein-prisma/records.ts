import { createOximetry, inWords } from "../../src/domain/oximetry.ts";
import { measured, type Samples } from "../../src/domain/sample.ts";
import { roundTo, type SignalId, WAVES, type WaveId } from "../../src/domain/signal.ts";
import { SECOND_MS, type Wall, wall } from "../../src/domain/time.ts";
import type { DeviceReading, Trace } from "../../src/driver/contract.ts";
import type { FileLink } from "../../src/port/link.ts";
import { pieces } from "../../src/wire/card.ts";
import { type Channel, physicalOf, rawOf, type Wmedf } from "./codec.ts";

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

const inWordsOf = (samples: Samples): string =>
  Object.entries(samples)
    .map(([signal, sample]) => `${signal} ${inWords(sample)}`)
    .join(", ");
