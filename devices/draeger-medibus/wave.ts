import { type BreathAccumulator, type BreathLoss, createBreathAccumulator } from "../../src/domain/breath.ts";
import { roundTo, WAVES, type WaveId } from "../../src/domain/signal.ts";
import type { Mono } from "../../src/domain/time.ts";
import type { DeviceReading } from "../../src/driver/contract.ts";
import { type Group, type Phase, valueOf } from "./realtime.ts";
import type { PlannedStream, StreamPlan } from "./streams.ts";

/** Turns samples into a waveform a second and, with the device's marks of inspiration, into breaths. */
export interface WaveCollector {
  /** False when the samples are none that were asked for. */
  take(group: Group): boolean;
  mark(phase: Phase, at: Mono): void;
  /** Samples are missing; nobody knows how many. */
  gap(): void;
  /** The readings since the last call, in order. */
  drain(): DeviceReading[];
}

/** Streams that come one by one may run apart by so much before samples must have been lost. */
const APART = 3;

/** `onLoss` is told of each breath that began and does not count. */
export function createWaveCollector(plan: StreamPlan, onLoss: (reason: BreathLoss) => void): WaveCollector {
  const { rateHz, streams } = plan;
  const second = Math.ceil(rateHz);
  const breaths: BreathAccumulator = createBreathAccumulator(rateHz);
  const readings: DeviceReading[] = [];
  const waiting: number[][] = streams.map(() => []);
  let rows: number[][] = streams.map(() => []);

  const at = (wave: WaveId): number => streams.findIndex((stream) => stream.wave === wave);
  const flowAt = at("flow");
  const pressureAt = at("airway_pressure");

  const lose = (loss: BreathLoss | undefined): void => {
    if (loss !== undefined) onLoss(loss);
  };

  const gap = (): void => {
    for (const values of waiting) values.length = 0;
    rows = streams.map(() => []);
    breaths.abandon();
  };

  const addRow = (row: readonly number[]): void => {
    row.forEach((value, index) => rows[index]?.push(value));
    const flow = row[flowAt];
    const pressure = row[pressureAt];
    if (flow !== undefined && pressure !== undefined) lose(breaths.add(flow, pressure));
    if ((rows[0]?.length ?? 0) < second) return;
    const channels = Object.fromEntries(streams.map(({ wave }, index) => [wave, rows[index] ?? []]));
    readings.push({ body: { kind: "wave", rateHz, channels } });
    rows = streams.map(() => []);
  };

  return {
    take(group) {
      for (const [stream, bin] of group) {
        const planned = streams[stream];
        const values = waiting[stream];
        if (planned === undefined || values === undefined) return false;
        values.push(waveValue(planned, bin));
      }
      if (waiting.some(({ length }) => length > APART)) gap();
      while (waiting.every(({ length }) => length > 0)) addRow(waiting.map((values) => values.shift() ?? 0));
      return true;
    },
    mark(phase, when) {
      if (phase !== "inspiration" || flowAt < 0 || pressureAt < 0) return;
      const outcome = breaths.end(when);
      if (typeof outcome === "string") lose(outcome);
      else if (outcome !== undefined) readings.push({ body: { kind: "breath", breath: outcome } });
      lose(breaths.begin(when, undefined));
    },
    gap,
    drain: () => readings.splice(0),
  };
}

const waveValue = ({ configuration, factor, wave }: PlannedStream, bin: number): number =>
  roundTo(valueOf(configuration, bin) * factor, WAVES[wave].resolution);
