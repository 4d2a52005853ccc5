/** Spectra and loudness of sampled sound, for tests that listen. */

/** Peak amplitude of the strongest line within `toleranceHz` of a frequency, in the units of the samples. */
export type LineAt = (hz: number, toleranceHz?: number) => number;

/** Spectrum of samples (Hann window, zero-padded to a power of two). */
export function spectrumOf(samples: ArrayLike<number>, sampleRateHz: number): LineAt {
  const size = 2 ** Math.ceil(Math.log2(samples.length * 4));
  const real = new Float64Array(size);
  const imaginary = new Float64Array(size);
  for (let i = 0; i < samples.length; i++) {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / (samples.length - 1));
    real[i] = (samples[i] ?? 0) * window;
  }
  transform(real, imaginary);
  return (hz, toleranceHz = 8) => {
    let highest = 0;
    const from = Math.max(0, Math.floor(((hz - toleranceHz) * size) / sampleRateHz));
    const to = Math.ceil(((hz + toleranceHz) * size) / sampleRateHz);
    for (let bin = from; bin <= to; bin++) {
      highest = Math.max(highest, Math.hypot(real[bin] ?? 0, imaginary[bin] ?? 0));
    }
    // A Hann window halves the amplitude; half of it lies in the mirrored half of the spectrum.
    return (highest * 4) / samples.length;
  };
}

/** Level of `a` relative to `b`, dB. */
export const decibels = (a: number, b: number): number => 20 * Math.log10(a / b);

/** Levels of harmonics 2 to 6 of one pulse relative to its fundamental, dB. */
export function harmonicsIn(pulse: ArrayLike<number>, sampleRateHz: number, hz: number): number[] {
  const line = spectrumOf(pulse, sampleRateHz);
  return [2, 3, 4, 5, 6].map((order) => decibels(line(hz * order), line(hz)));
}

/** Stretches of sound, seconds: where the loudness over 2 ms is above a share of the loudest. */
export function soundsIn(
  samples: ArrayLike<number>,
  sampleRateHz: number,
  threshold = 0.1,
): { readonly from: number; readonly to: number }[] {
  const step = Math.round(sampleRateHz * 0.002);
  const loudness: number[] = [];
  for (let from = 0; from < samples.length; from += step) {
    let highest = 0;
    for (let i = from; i < Math.min(samples.length, from + step); i++) {
      highest = Math.max(highest, Math.abs(samples[i] ?? 0));
    }
    loudness.push(highest);
  }
  const limit = Math.max(...loudness) * threshold;
  const sounds: { from: number; to: number }[] = [];
  let start: number | undefined;
  for (let i = 0; i <= loudness.length; i++) {
    const isLoud = (loudness[i] ?? 0) > limit;
    if (isLoud) start ??= i;
    else if (start !== undefined) {
      sounds.push({ from: start * 0.002, to: i * 0.002 });
      start = undefined;
    }
  }
  return sounds;
}

/** Iterative radix-2 fast Fourier transform in place. */
function transform(real: Float64Array, imaginary: Float64Array): void {
  const size = real.length;
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; (j & bit) !== 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [real[i], real[j]] = [real[j]!, real[i]!];
      [imaginary[i], imaginary[j]] = [imaginary[j]!, imaginary[i]!];
    }
  }
  for (let length = 2; length <= size; length *= 2) {
    for (let start = 0; start < size; start += length) {
      for (let k = 0; k < length / 2; k++) {
        const angle = (-2 * Math.PI * k) / length;
        const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
        const [a, b] = [start + k, start + k + length / 2];
        const re = real[b]! * cos - imaginary[b]! * sin;
        const im = real[b]! * sin + imaginary[b]! * cos;
        real[b] = real[a]! - re;
        imaginary[b] = imaginary[a]! - im;
        real[a] = real[a]! + re;
        imaginary[a] = imaginary[a]! + im;
      }
    }
  }
}
