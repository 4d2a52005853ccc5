/** A sentence ready to be played: samples of -1..1 at the rate of the voice that it joins, levelled to its tones. */
export type Sentence = Float32Array;

/**
 * Loudness of the spoken parts, of full scale: 4 to 5 dB below an alarm pulse of the same peak (0.45), as near as
 * speech comes without being squashed.
 */
const SPOKEN_RMS = 0.3;
/** No sample goes beyond this. */
const PEAK = 0.98;
/** Quieter than this share of the loudest is a pause between words, not speech. */
const PAUSE = 0.03;
/** Half the time that the limiter looks ahead and behind. */
const LIMITER_MS = 4;
/** Sine-and-window terms to each side in the resampler. */
const REACH = 10;

/**
 * Makes a sentence of rendered speech: without the silence around it, at the rate of the tones, as loud as tones can be
 * joined by, never clipped. Undefined when there is nothing to hear in it.
 */
export function prepareSentence(pcm: Int16Array, fromRateHz: number, toRateHz: number): Sentence | undefined {
  const spoken = trim(pcm);
  if (spoken === undefined) return undefined;
  const wave = resample(spoken, fromRateHz, toRateHz);
  const loudest = peakOf(wave);
  let power = 0;
  let count = 0;
  for (let i = 0; i < wave.length; i++) {
    const value = wave[i] ?? 0;
    if (Math.abs(value) < loudest * PAUSE) continue;
    power += value * value;
    count += 1;
  }
  const gain = SPOKEN_RMS / Math.sqrt(power / count);
  for (let i = 0; i < wave.length; i++) wave[i] = (wave[i] ?? 0) * gain;
  limit(wave, Math.max(1, Math.round((LIMITER_MS / 1_000) * toRateHz)));
  return wave;
}

/** Without the silence at both ends; undefined when there is nothing else. */
function trim(pcm: Int16Array): Int16Array | undefined {
  const threshold = Math.max(1, peakOf(pcm) * PAUSE);
  const from = pcm.findIndex((value) => Math.abs(value) >= threshold);
  if (from === -1) return undefined;
  const to = pcm.findLastIndex((value) => Math.abs(value) >= threshold);
  return pcm.subarray(from, to + 1);
}

function peakOf(wave: ArrayLike<number>): number {
  let highest = 0;
  for (let i = 0; i < wave.length; i++) highest = Math.max(highest, Math.abs(wave[i] ?? 0));
  return highest;
}

/**
 * Band-limited interpolation (Smith, "Digital Audio Resampling"): a windowed sine cardinal for each of the few phases
 * that two whole rates have to each other. The band ends below half of the lower rate.
 */
function resample(pcm: Int16Array, fromRateHz: number, toRateHz: number): Float32Array {
  const divisor = greatestCommonDivisor(fromRateHz, toRateHz);
  const phases = toRateHz / divisor;
  const step = fromRateHz / divisor;
  const cutoff = Math.min(1, toRateHz / fromRateHz) * 0.95;
  const reach = Math.ceil(REACH / cutoff);
  const kernel = new Float32Array(phases * 2 * reach);
  for (let phase = 0; phase < phases; phase++) {
    for (let tap = 0; tap < 2 * reach; tap++) {
      kernel[phase * 2 * reach + tap] = windowed(tap - reach + 1 - phase / phases, cutoff, reach);
    }
  }
  // With silence at both ends, so that every sum is whole.
  const input = new Float32Array(pcm.length + 2 * reach);
  for (let i = 0; i < pcm.length; i++) input[reach + i] = (pcm[i] ?? 0) / 32_768;
  const wave = new Float32Array(Math.ceil((pcm.length * phases) / step));
  for (let i = 0; i < wave.length; i++) {
    const first = Math.floor((i * step) / phases) + 1;
    const row = ((i * step) % phases) * 2 * reach;
    let sum = 0;
    for (let tap = 0; tap < 2 * reach; tap++) sum += (input[first + tap] ?? 0) * (kernel[row + tap] ?? 0);
    wave[i] = sum;
  }
  return wave;
}

/** The sine cardinal under a Hann window, at `x` samples from its middle. */
function windowed(x: number, cutoff: number, reach: number): number {
  if (Math.abs(x) >= reach) return 0;
  const cardinal = x === 0 ? 1 : Math.sin(Math.PI * cutoff * x) / (Math.PI * cutoff * x);
  return cutoff * cardinal * (0.5 + 0.5 * Math.cos((Math.PI * x) / reach));
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/**
 * Turns down what would go beyond PEAK, gently: the gain of a sample is the mean over its surroundings of the lowest
 * gain asked for in theirs, so it is never above what the sample itself asks for.
 */
function limit(wave: Float32Array, halfWindow: number): void {
  const asked = new Float32Array(wave.length);
  for (let i = 0; i < wave.length; i++) asked[i] = PEAK / Math.max(PEAK, Math.abs(wave[i] ?? 0));
  const lowest = slidingMinimum(asked, halfWindow);
  const before = new Float64Array(lowest.length + 1);
  for (let i = 0; i < lowest.length; i++) before[i + 1] = (before[i] ?? 0) + (lowest[i] ?? 1);
  for (let i = 0; i < wave.length; i++) {
    const from = Math.max(0, i - halfWindow);
    const to = Math.min(wave.length, i + halfWindow + 1);
    const gain = ((before[to] ?? 0) - (before[from] ?? 0)) / (to - from);
    wave[i] = (wave[i] ?? 0) * gain;
  }
}

/** The lowest of the values around each, `halfWindow` to each side. */
function slidingMinimum(values: Float32Array, halfWindow: number): Float32Array {
  const lowest = new Float32Array(values.length);
  /** Indices of falling importance: each value is lower than all before it. */
  const waiting = new Int32Array(values.length);
  let [first, end] = [0, 0];
  for (let i = 0; i < values.length + halfWindow; i++) {
    if (i < values.length) {
      while (end > first && (values[waiting[end - 1] ?? 0] ?? 1) >= (values[i] ?? 1)) end -= 1;
      waiting[end] = i;
      end += 1;
    }
    const middle = i - halfWindow;
    if (middle < 0) continue;
    while ((waiting[first] ?? 0) < middle - halfWindow) first += 1;
    lowest[middle] = values[waiting[first] ?? 0] ?? 1;
  }
  return lowest;
}
