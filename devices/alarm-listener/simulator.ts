import { isPresent } from "../../src/domain/sample.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import { type Pulse, parseTemplates, periodMs, RATE_HZ, sampleBytes, type Template } from "./codec.ts";

const PIECE_MS = 100;
const PIECE = (PIECE_MS * RATE_HZ) / 1_000;
/** A bedroom's noise and the alarm in it, of full scale. */
const NOISE = 0.004;
const LOUDNESS = 0.1;
/** Where an alarm was learned from one burst, it comes again after so long. */
const SILENCE_MS = 4_000;

/**
 * A microphone at the bed: noise, and the learned alarm while the bed's remote alarm is on. Where that is absent as
 * `device_off` it is muted, as `invalid` overdriven.
 */
export async function simulateMicrophone({
  bed,
  link,
  clock,
  random,
  options,
  signal,
}: SimulatorContext): Promise<void> {
  const [template] = parseTemplates(String(options["template"])) ?? [];
  let at = 0;
  let sinceMs = 0;
  while (!signal.aborted) {
    const slept = await clock.sleep(PIECE_MS, signal).then(
      () => true,
      () => false,
    );
    if (!slept) return;
    const alarm = bed.sample("remote_alarm");
    if (alarm !== 1) sinceMs = (at * 1_000) / RATE_HZ;
    const samples = new Int16Array(PIECE);
    for (let i = 0; i < PIECE; i++) {
      const atMs = ((at + i) * 1_000) / RATE_HZ;
      const tone = alarm === 1 && template !== undefined ? toneAt(template, atMs - sinceMs) : 0;
      samples[i] = Math.round((tone * LOUDNESS + (random.uniform() - 0.5) * 2 * NOISE) * 32_767);
    }
    at += PIECE;
    if (!isPresent(alarm)) {
      if (alarm.absent === "device_off") samples.fill(0);
      if (alarm.absent === "invalid")
        samples.forEach((sample, i) => (samples[i] = sample < 0 ? -32_768 : 32_767));
    }
    await link.write(sampleBytes(samples));
  }
}

function toneAt(template: Template, atMs: number): number {
  const { pulses, notes } = template;
  const last = pulses.at(-1);
  const period = periodMs(template) ?? periodMs({ notes, pulses: withSilence(pulses, last) }) ?? 1;
  let from = 0;
  const inside = atMs % period;
  for (const { note, onMs, offMs } of pulses) {
    if (inside >= from && inside < from + onMs) {
      const partials = notes[note] ?? [];
      return (
        partials.reduce((sum, hz) => sum + Math.sin((2 * Math.PI * hz * atMs) / 1_000), 0) / partials.length
      );
    }
    from += onMs + (offMs ?? 0);
  }
  return 0;
}

const withSilence = (pulses: readonly Pulse[], last: Pulse | undefined): readonly Pulse[] =>
  last === undefined ? pulses : [...pulses.slice(0, -1), { ...last, offMs: SILENCE_MS }];
