import { localClock } from "../../src/domain/local-clock.ts";
import { createMeter } from "../../src/domain/meter.ts";
import { isPresent } from "../../src/domain/sample.ts";
import type { SignalId, WaveId } from "../../src/domain/signal.ts";
import { mono, SECOND_MS } from "../../src/domain/time.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import type { CardLink } from "../../src/port/link.ts";
import { countOf, encodeHead } from "./codec.ts";

/** A session ends and another begins so often; a real one lasts as long as the machine runs. */
const SESSION_S = 120;
/** Numbers every two seconds, waves at 25 Hz. */
const NUMBER_EVERY_S = 2;
const RATE_HZ = 25;
const MOST_SESSIONS = 99;

const NUMBERS: readonly (readonly [string, SignalId, number])[] = [
  ["IPAP", "pressure_insp", 100],
  ["EPAP", "pressure_exp", 100],
  ["Leak", "leak", 10],
  ["Vt", "tidal_volume_exp", 1],
  ["MV", "minute_volume", 100],
  ["RR", "resp_rate", 10],
  ["Ti", "insp_time", 1000],
  ["SpO2", "spo2", 1],
  ["PR", "pulse_rate", 1],
];
const WAVES: readonly (readonly [string, WaveId])[] = [
  ["Pressure", "airway_pressure"],
  ["Flow", "flow"],
];

const text = (lines: readonly string[]): Uint8Array =>
  new TextEncoder().encode(`\u0001\u0000\u0000\u0000${lines.map((line) => `${line}\n`).join("")}`);

/** Plays a machine that writes the files of a session when it ends, every two minutes. */
export async function simulateResvent(context: SimulatorContext<CardLink>): Promise<void> {
  const { bed, clock, link, signal } = context;
  const meter = createMeter(bed, clock.mono());
  const hundredths = (value: unknown): number => Math.round(Number(value ?? 0) * 100);
  const config = (name: string, ...lines: string[]): Promise<void> =>
    link.write(`THERAPY/CONFIG/${name}`, 0, text(lines));
  await config("SYSCFG", "models=iBreeze simulated", "sn=SIMRESVENT1");
  await config("TCTRL", "VentMode=12");
  await config(
    "N_ST30",
    `IPAP=${hundredths(bed.setting("ipap"))}`,
    `EPAP=${hundredths(bed.setting("epap"))}`,
  );

  for (let session = 1; session <= MOST_SESSIONS && !signal.aborted; session++) {
    if (session > 1 && !(await seconds(context, 2))) return;
    const shown = localClock(clock.wall(), context.zone ?? "UTC");
    const shownMs = Date.UTC(shown.year, shown.month - 1, shown.day, shown.hour, shown.minute, shown.second);
    const numbers: number[][] = NUMBERS.map(() => []);
    const waves: number[][] = WAVES.map(() => []);
    for (let s = 0; s < SESSION_S; s += NUMBER_EVERY_S) {
      if (!(await seconds(context, NUMBER_EVERY_S))) return;
      const now = clock.mono();
      meter.look(now);
      NUMBERS.forEach(([, id, perUnit], i) => {
        const sample = bed.sample(id);
        const value = isPresent(sample) ? sample : (meter.value(id, now) ?? 0);
        numbers[i]?.push(Math.round(value * perUnit));
      });
      WAVES.forEach(([, wave], i) => {
        for (let n = 1; n <= NUMBER_EVERY_S * RATE_HZ; n++) {
          const at = mono(now - NUMBER_EVERY_S * SECOND_MS + (n * SECOND_MS) / RATE_HZ);
          waves[i]?.push(Math.round((bed.wave(wave, at) ?? 0) * 100));
        }
      });
    }
    const pad = (value: number): string => String(value).padStart(2, "0");
    const folder = `THERAPY/RECORD/${shown.year}${pad(shown.month)}/${pad(shown.day)}`;
    await link.write(`${folder}/P${pad(session)}_0`, 0, signalFile(NUMBERS, numbers));
    await link.write(`${folder}/W${pad(session)}_0`, 0, signalFile(WAVES, waves));
    const begin = Math.max(0, countOf(shownMs));
    await link.write(`${folder}/STAT${pad(session)}`, 0, text([`secStart=${begin}`, `secUsed=${SESSION_S}`]));
  }
  await seconds(context, Number.POSITIVE_INFINITY);
}

/** One chunk with all of a session. */
function signalFile(
  signals: readonly (readonly [string, ...unknown[]])[],
  values: readonly (readonly number[])[],
): Uint8Array {
  const head = encodeHead(
    SESSION_S,
    signals.map(([name], i) => ({ name, samples: values[i]?.length ?? 0 })),
  );
  const samples = values.flat();
  const bytes = new Uint8Array(head.length + 2 * samples.length);
  bytes.set(head);
  const view = new DataView(bytes.buffer);
  samples.forEach((value, i) => {
    view.setInt16(head.length + 2 * i, Math.min(32_767, Math.max(-32_768, value)), true);
  });
  return bytes;
}

/** False where the waiting was cut short. */
async function seconds({ clock, signal }: SimulatorContext<CardLink>, count: number): Promise<boolean> {
  for (let i = 0; i < count; i++) {
    const slept = await clock.sleep(SECOND_MS, signal).then(
      () => true,
      () => false,
    );
    if (!slept) return false;
  }
  return true;
}
