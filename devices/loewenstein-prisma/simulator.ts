import { localClock } from "../../src/domain/local-clock.ts";
import { createMeter } from "../../src/domain/meter.ts";
import { isPresent } from "../../src/domain/sample.ts";
import type { SignalId, WaveId } from "../../src/domain/signal.ts";
import { mono, SECOND_MS } from "../../src/domain/time.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import type { CardLink } from "../../src/port/link.ts";
import { writeEdfHeader } from "../../src/wire/edf.ts";

const SERIAL = "0000000042";
const VERSION = 0x31;

/** What fills a signal: a number of the bed, a wave, or nothing that the bed knows. */
interface Signal {
  readonly label: string;
  readonly unit: string;
  readonly width: 1 | 2;
  readonly isSigned: boolean;
  readonly step: number;
  readonly samples: number;
  readonly from?: { readonly number: SignalId } | { readonly wave: WaveId };
}

const signal = (
  label: string,
  unit: string,
  kept: "i8" | "u8" | "i16",
  step: number,
  more: { readonly samples?: number; readonly from?: Signal["from"] } = {},
): Signal => ({
  label,
  unit,
  width: kept === "i16" ? 2 : 1,
  isSigned: kept !== "u8",
  step,
  samples: more.samples ?? 1,
  ...(more.from === undefined ? {} : { from: more.from }),
});

/** As a real prisma LINE has them. */
const SIGNALS: readonly Signal[] = [
  signal("Pressure", "hPa", "i16", 0.01, { samples: 5, from: { wave: "airway_pressure" } }),
  signal("EEPAPsoll", "hPa", "i16", 0.01, { from: { number: "pressure_exp" } }),
  signal("IPAPsoll", "hPa", "i16", 0.01, { from: { number: "pressure_insp" } }),
  signal("EPAPsoll", "hPa", "i16", 0.01, { from: { number: "pressure_exp" } }),
  signal("RespFlow", "l/min", "i16", 1, { samples: 10, from: { wave: "flow" } }),
  signal("rAMV", "%", "i8", 1),
  signal("BreathVolume", "ml", "i16", 1, { from: { number: "tidal_volume_exp" } }),
  signal("BreathFrequency", "1/min", "i8", 1, { from: { number: "resp_rate" } }),
  signal("LeakFlowBreath", "l/min", "i8", 1, { from: { number: "leak" } }),
  signal("ObstructLevel", "%", "i8", 1),
  signal("SpO2", "%", "i8", 1, { from: { number: "spo2" } }),
  signal("HeartFrequency", "1/min", "i8", 1, { from: { number: "pulse_rate" } }),
  signal("SPRstatus", "", "i8", 1, { samples: 5 }),
  signal("InspExpirRel", "%", "i8", 1),
  signal("MV", "l/min", "u8", 0.1, { from: { number: "minute_volume" } }),
  signal("rMVFluctuation", "", "u8", 0.1),
  signal("TotalLeakage", "l/min", "u8", 1, { from: { number: "leak_total" } }),
  signal("RSBI", "", "u8", 1),
];

const RECORD_BYTES = SIGNALS.reduce((sum, { width, samples }) => sum + width * samples, 0);

/** Plays a machine that writes its files plain: who it is and the settings at once, then a record a second. */
export async function simulatePrisma(context: SimulatorContext<CardLink>): Promise<void> {
  const { bed, clock, link, zone = "UTC" } = context;
  const meter = createMeter(bed, clock.mono());
  const shown = localClock(clock.wall(), zone);
  const pad = (value: number): string => String(value).padStart(2, "0");
  const folder = `${SERIAL}/${shown.year}${pad(shown.month)}${pad(shown.day)}/0001`;
  const encoder = new TextEncoder();
  await link.write(
    "config.pscfg",
    0,
    encoder.encode(JSON.stringify({ devid: "0x92", dev: { sn: "0x0000002A" } })),
  );
  await link.write(`${folder}/event_000001.xml`, 0, encoder.encode(eventFile(context)));
  const header = headerOf(shown);
  const path = `${folder}/signal_000001.wmedf`;
  await link.write(path, 0, header);
  for (let records = 0; !context.signal.aborted; records++) {
    const slept = await clock.sleep(SECOND_MS, context.signal).then(
      () => true,
      () => false,
    );
    if (!slept) return;
    meter.look(clock.mono());
    const value = (id: SignalId): number | undefined => {
      const sample = bed.sample(id);
      return isPresent(sample) ? sample : meter.value(id, clock.mono());
    };
    await link.write(path, header.length + records * RECORD_BYTES, recordOf(context, value));
  }
}

function headerOf(start: ReturnType<typeof localClock>): Uint8Array {
  const bytes = writeEdfHeader({
    patient: "",
    recording: "",
    start,
    reserved: "#s",
    records: -1,
    recordSeconds: 1,
    signals: SIGNALS.map(({ label, unit, width, isSigned, step, samples }) => {
      const range = 256 ** width;
      const digitalMin = isSigned ? -range / 2 : 0;
      const digitalMax = digitalMin + range - 1;
      const physical = (digital: number): number => Number((digital * step).toFixed(2));
      return {
        label,
        dimension: unit,
        reserved: `#${width}`,
        physicalMin: physical(digitalMin),
        physicalMax: physical(digitalMax),
        digitalMin,
        digitalMax,
        samples,
      };
    }),
  });
  bytes[0] = VERSION;
  return bytes;
}

function recordOf(
  { bed, clock }: SimulatorContext<CardLink>,
  value: (id: SignalId) => number | undefined,
): Uint8Array {
  const now = clock.mono();
  const bytes = new Uint8Array(RECORD_BYTES);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { from, samples, step, width, isSigned } of SIGNALS) {
    for (let i = 0; i < samples; i++) {
      const instant = mono(now - SECOND_MS + ((i + 1) * SECOND_MS) / samples);
      const physical =
        from === undefined
          ? 0
          : "wave" in from
            ? (bed.wave(from.wave, instant) ?? 0)
            : (value(from.number) ?? 0);
      const raw = Math.round(physical / step);
      // A pulse above 127 overflows its signed byte, as it is said to on real machines.
      if (width === 2) view.setInt16(at, Math.min(32_767, Math.max(-32_768, raw)), true);
      else bytes[at] = Math.min(255, Math.max(isSigned ? -128 : 0, raw)) & 0xff;
      at += width;
    }
  }
  return bytes;
}

function eventFile({ bed }: SimulatorContext<CardLink>): string {
  const parameter = (id: number, value: number): string =>
    `  <DeviceEvent DeviceEventID="0" Time="0" ParameterID="${id}" NewValue="${value}"/>\n`;
  const hundredths = (value: unknown): number => Math.round(Number(value ?? 0) * 100);
  return [
    '<?xml version="1.0" encoding="utf-8"?>\n<desc>\n',
    parameter(1003, 10),
    parameter(1200, hundredths(bed.setting("ipap"))),
    parameter(1201, hundredths(bed.setting("epap"))),
    "</desc>\n",
  ].join("");
}
