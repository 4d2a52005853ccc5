import { absent, type Samples } from "../../../src/domain/sample.ts";
import type { ConformanceProfile, ConformanceScene } from "../../support/conformance.ts";
import { steadyBed } from "../../support/steady-bed.ts";

type Format = "auto" | "2" | "7" | "8" | "13";

const scene = (
  format: Format,
  name: string,
  samples: Samples,
  expected: Samples = samples,
  seconds = 20,
): ConformanceScene => ({
  name: `format ${format}, ${name}`,
  options: { format },
  bed: steadyBed({ samples }),
  seconds,
  expected,
  kinds: format === "8" || format === "13" ? ["samples"] : ["samples", "wave", "identity"],
});

const both = (reason: Parameters<typeof absent>[0]): Samples => ({
  spo2: absent(reason),
  pulse_rate: absent(reason),
});

/** Values at which public decoders went wrong: bytes' ends, nine-bit pulses. */
const VALUES: readonly Samples[] = [
  { spo2: 97, pulse_rate: 72 },
  { spo2: 100, pulse_rate: 127 },
  { spo2: 61, pulse_rate: 128 },
  { spo2: 60, pulse_rate: 150 },
  { spo2: 35, pulse_rate: 255 },
  { spo2: 1, pulse_rate: 256 },
  { spo2: 88, pulse_rate: 300 },
  { spo2: 90, pulse_rate: 20 },
];

const FORMATS: readonly Format[] = ["2", "7", "8", "13"];

export const noninSerialProfile: ConformanceProfile = {
  kind: "binary frames",
  scenes: [
    ...FORMATS.flatMap((format) =>
      VALUES.map((samples) =>
        scene(format, `SpO2 ${String(samples.spo2)}, pulse ${String(samples.pulse_rate)}`, samples),
      ),
    ),
    scene("auto", "whatever the device sends", { spo2: 93, pulse_rate: 64 }),
    ...(["2", "7", "8"] as const).flatMap((format) => [
      scene(format, "finger out", both("sensor_off")),
      scene(format, "searching", both("searching")),
      scene(format, "sustained artifact", both("poor_signal")),
      scene(
        format,
        "SpO2 missing alone",
        { spo2: absent("under_range"), pulse_rate: 61 },
        { spo2: absent("not_measured"), pulse_rate: 61 },
      ),
      scene(
        format,
        "pulse missing alone",
        { spo2: 91, pulse_rate: absent("no_pulse") },
        { spo2: 91, pulse_rate: absent("not_measured") },
      ),
    ]),
    scene("2", "sensor not connected", both("not_connected")),
    scene("7", "sensor not connected", both("not_connected")),
    scene(
      "8",
      "sensor not connected, which format 8 cannot tell apart",
      both("not_connected"),
      both("sensor_off"),
    ),
    scene("13", "no measurement", both("searching"), both("not_measured")),
  ],
  streams: [
    "format 2, SpO2 97, pulse 72",
    "format 7, SpO2 35, pulse 255",
    "format 8, SpO2 60, pulse 150",
    "format 13, SpO2 97, pulse 72",
    "format auto, whatever the device sends",
  ],
  checksum: (options) => options["format"] !== "8",
  timeless: (reading) => reading,
};
