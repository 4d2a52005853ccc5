import { absent, type Samples } from "../../../src/domain/sample.ts";
import type { ConformanceProfile, ConformanceScene } from "../../support/conformance.ts";
import { steadyBed } from "../../support/steady-bed.ts";

type Form = "auto" | "bci" | "berry";

const scene = (
  form: Form,
  name: string,
  samples: Samples,
  expected: Samples = samples,
  kinds: ConformanceScene["kinds"] = ["samples", "wave"],
): ConformanceScene => ({
  name: `${form}, ${name}`,
  options: { form },
  bed: steadyBed({ samples }),
  seconds: 8,
  expected,
  kinds,
});

const both = (reason: Parameters<typeof absent>[0]): Samples => ({
  spo2: absent(reason),
  pulse_rate: absent(reason),
});

const VALUES: readonly Samples[] = [
  { spo2: 97, pulse_rate: 72 },
  { spo2: 100, pulse_rate: 127 },
  { spo2: 61, pulse_rate: 128 },
  { spo2: 60, pulse_rate: 150 },
  { spo2: 35, pulse_rate: 250 },
  { spo2: 1, pulse_rate: 254 },
  { spo2: 90, pulse_rate: 25 },
];

export const berryMedBciProfile: ConformanceProfile = {
  kind: "packets",
  cuttable: true,
  scenes: [
    ...(["bci", "berry"] as const).flatMap((form) => [
      ...VALUES.map((samples) =>
        scene(form, `SpO2 ${String(samples.spo2)}, pulse ${String(samples.pulse_rate)}`, samples),
      ),
      scene(form, "finger out", both("sensor_off"), both("sensor_off"), ["samples"]),
      scene(form, "probe unplugged", both("not_connected"), both("not_connected"), ["samples"]),
      scene(form, "searching", both("searching")),
      scene(
        form,
        "SpO2 missing alone",
        { spo2: absent("under_range"), pulse_rate: 61 },
        { spo2: absent("not_measured"), pulse_rate: 61 },
      ),
      scene(
        form,
        "pulse missing alone",
        { spo2: 91, pulse_rate: absent("no_pulse") },
        { spo2: 91, pulse_rate: absent("not_measured") },
      ),
    ]),
    scene("berry", "perfusion and battery", {
      spo2: 97,
      pulse_rate: 72,
      perfusion_index: 3.5,
      battery_percent: 85,
    }),
    scene("berry", "no pulse", both("no_pulse")),
    scene("bci", "no signal", both("poor_signal"), both("poor_signal")),
    scene("auto", "BCI", { spo2: 93, pulse_rate: 64 }),
  ],
  streams: ["bci, SpO2 97, pulse 72", "berry, SpO2 60, pulse 150", "auto, BCI"],
  checksum: (options) => options["form"] === "berry",
  timeless: (reading) => reading,
};
