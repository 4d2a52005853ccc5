import { type Breath, type BreathLoss, createBreathAccumulator } from "../../src/domain/breath.ts";
import { absent, measured, type Sample, type Samples } from "../../src/domain/sample.ts";
import type { Mono } from "../../src/domain/time.ts";
import type { DeviceReading } from "../../src/driver/contract.ts";
import { RATE_HZ, type WaveformLine } from "./codec.ts";

/**
 * Turns the port's lines into readings. All timing counts samples, 20 ms each, not arrivals: a stream that comes in
 * one piece gives the same readings as one that comes line by line. README.md says what each number means.
 */
export interface Collector {
  take(line: WaveformLine, at: Mono): void;
  /** A line came that could not be read: 20 ms passed. */
  lost(): void;
  /** Nobody knows what is missing here, only that about `ms` have passed: the open breath cannot be used. */
  gap(ms: number): void;
  /** The readings since the last call, in order. */
  drain(): DeviceReading[];
}

const SECOND = RATE_HZ;
/** Without a complete breath for so long, the numbers of the running time are sent every second. */
const WAITING = 5 * SECOND;
/** No breath for so long is reported as a rate of 0. */
const APNEA = 20 * SECOND;
/** Peak and mean pressure while waiting look back so far at most. */
const LOOK_BACK = 10 * SECOND;
/** Minute volume: the last breaths, none of them older. */
const MINUTE_BREATHS = 8;
const MINUTE = 60 * SECOND;
/** Breaths shorter than a second wait their turn; beyond so many the oldest are not sent. */
const QUEUE = 8;

/** A breath for the minute volume, times in samples. */
interface Recent {
  readonly expiredMl: number;
  readonly lasted: number;
  readonly endedAt: number;
}

/** `onLoss` is told of each breath that began and does not count. */
export function createCollector(
  onLoss: (reason: BreathLoss | "begins nowhere" | "interrupted") => void,
): Collector {
  const accumulator = createBreathAccumulator(RATE_HZ);
  const readings: DeviceReading[] = [];
  /** Samples since the start, lost ones included: the clock of all that follows. */
  let now = 0;
  let wave: { flow: number[]; pressure: number[] } = { flow: [], pressure: [] };
  let waveSentAt = 0;
  let samplesSentAt = -SECOND;
  let breathSentAt = -SECOND;
  /** The newest breath, while its numbers wait for the second to be over. */
  let held: Breath | undefined;
  /** Breaths to be sent, one a second, oldest first. */
  let queue: Breath[] = [];
  let breathAt = 0;
  let recent: Recent[] = [];
  /** Pressures since the last complete breath. */
  let pressures: number[] = [];
  /** Whether breaths were lost since the last complete one: then nobody can say that there were none. */
  let doubtful = false;

  const lose = (loss: Parameters<typeof onLoss>[0] | undefined): void => {
    if (loss === undefined) return;
    doubtful = true;
    onLoss(loss);
  };

  const minuteVolume = (): Sample => {
    recent = recent.filter(({ endedAt }) => now - endedAt < MINUTE).slice(-MINUTE_BREATHS);
    if (recent.length > 0) {
      const expiredMl = recent.reduce((sum, { expiredMl }) => sum + expiredMl, 0);
      const lasted = recent.reduce((sum, { lasted }) => sum + lasted, 0);
      // A breath under way is no pause until it lasts longer than those before it.
      const overdue = Math.max(0, now - breathAt - lasted / recent.length);
      // With the circuit open nothing comes back, and offsets leave the sum a little below zero: that is no volume, not
      // an invalid number.
      return measured("minute_volume", (Math.max(0, expiredMl) / 1000) * (MINUTE / (lasted + overdue)));
    }
    if (doubtful) return absent("poor_signal");
    return now - breathAt >= MINUTE ? 0 : absent("not_measured");
  };

  const send = (samples: Samples): void => {
    samplesSentAt = now;
    readings.push({ body: { kind: "samples", samples } });
  };

  /** Sends what a breath left to send, as far as a second has passed since the last of its kind. */
  const sendBreaths = (): void => {
    if (held !== undefined && now - samplesSentAt >= SECOND) {
      send(samplesOf(held, minuteVolume()));
      held = undefined;
    }
    const breath = queue[0];
    if (breath === undefined || now - breathSentAt < SECOND) return;
    queue.shift();
    breathSentAt = now;
    readings.push({ body: { kind: "breath", breath } });
  };

  const sendWaiting = (): void => {
    const waited = now - breathAt;
    const seen = pressures.slice(-LOOK_BACK);
    send({
      apnea_duration: measured("apnea_duration", Math.floor(waited / SECOND)),
      minute_volume: minuteVolume(),
      ...(seen.length > 0 && {
        pressure_peak: measured("pressure_peak", Math.max(...seen)),
        pressure_mean: measured("pressure_mean", seen.reduce((sum, value) => sum + value, 0) / seen.length),
      }),
      ...(waited >= APNEA && { ...NO_BREATH, resp_rate: doubtful ? absent("poor_signal") : 0 }),
    });
  };

  /** Another 20 ms have passed. */
  const tick = (): void => {
    now += 1;
    if (now - waveSentAt >= SECOND) {
      waveSentAt = now;
      if (wave.flow.length > 0) readings.push(waveReading(wave));
      wave = { flow: [], pressure: [] };
    }
    sendBreaths();
    if (now - breathAt >= WAITING && now - samplesSentAt >= SECOND) sendWaiting();
  };

  const complete = (breath: Breath): void => {
    const lasted = Math.round((breath.inspTimeS + breath.expTimeS) * RATE_HZ);
    recent.push({ expiredMl: breath.tidalVolumeExpMl, lasted, endedAt: now });
    breathAt = now;
    pressures = [];
    doubtful = false;
    held = breath;
    queue = [...queue, breath].slice(-QUEUE);
    sendBreaths();
  };

  const breakWave = (): void => {
    wave = { flow: [], pressure: [] };
  };

  return {
    take(line, at) {
      switch (line.kind) {
        case "start":
          return lose(accumulator.begin(at, line.breath));
        case "sample":
          lose(accumulator.add(line.flow, line.pressure));
          wave.flow.push(line.flow);
          wave.pressure.push(line.pressure);
          pressures.push(line.pressure);
          if (pressures.length > 2 * LOOK_BACK) pressures = pressures.slice(-LOOK_BACK);
          return tick();
        case "end": {
          const outcome = accumulator.end(at);
          if (outcome === undefined) return lose("begins nowhere");
          return typeof outcome === "string" ? lose(outcome) : complete(outcome);
        }
      }
    },
    lost() {
      lose(accumulator.lose());
      breakWave();
      tick();
    },
    gap(ms) {
      if (accumulator.abandon()) lose("interrupted");
      breakWave();
      pressures = [];
      now += Math.round((ms / 1000) * RATE_HZ);
      waveSentAt = now;
    },
    drain: () => readings.splice(0),
  };
}

/** What no breath for 20 s leaves to say of the last one. */
const NO_BREATH: Samples = {
  tidal_volume_insp: absent("not_measured"),
  tidal_volume_exp: absent("not_measured"),
  ie_ratio: absent("not_measured"),
  insp_time: absent("not_measured"),
  pressure_insp: absent("not_measured"),
  pressure_exp: absent("not_measured"),
};

function samplesOf(breath: Breath, minuteVolume: Sample): Samples {
  const inspired = breath.pressureInspMeanCmH2o;
  // Where flow never turned (an open circuit) nobody saw inspiration end.
  const ended = inspired !== undefined && breath.expTimeS > 0;
  return {
    resp_rate: measured("resp_rate", breath.rateMin),
    tidal_volume_insp: measured("tidal_volume_insp", breath.tidalVolumeInspMl),
    tidal_volume_exp: measured("tidal_volume_exp", Math.max(0, breath.tidalVolumeExpMl)),
    minute_volume: minuteVolume,
    ie_ratio: breath.ieRatio === undefined ? absent("not_measured") : measured("ie_ratio", breath.ieRatio),
    insp_time: ended ? measured("insp_time", breath.inspTimeS) : absent("not_measured"),
    pressure_peak: measured("pressure_peak", breath.pressurePeakCmH2o),
    pressure_mean: measured("pressure_mean", breath.pressureMeanCmH2o),
    pressure_insp: inspired === undefined ? absent("not_measured") : measured("pressure_insp", inspired),
    pressure_exp: measured("pressure_exp", breath.peepCmH2o),
    apnea_duration: 0,
  };
}

const waveReading = (wave: { readonly flow: number[]; readonly pressure: number[] }): DeviceReading => ({
  body: {
    kind: "wave",
    rateHz: RATE_HZ,
    channels: { flow: wave.flow, airway_pressure: wave.pressure },
  },
});
