import { absent, type Samples } from "../../../src/domain/sample.ts";
import type { ConformanceProfile, ConformanceScene } from "../../support/conformance.ts";
import { steadyBed } from "../../support/steady-bed.ts";

const scene = (name: string, samples: Samples, expected: Samples = samples): ConformanceScene => ({
  name,
  bed: steadyBed({ samples }),
  seconds: 130,
  expected,
  kinds: ["samples"],
});

const FULL: Samples = { spo2: 94, pulse_rate: 72, perfusion_index: 3.5, motion: 4, tcco2: 44.3 };

const none = absent("not_measured");

export const csvImportProfile: ConformanceProfile = {
  kind: "files",
  scenes: [
    scene("ordinary values", FULL),
    scene("SpO2 100, pulse 127", { ...FULL, spo2: 100, pulse_rate: 127 }),
    scene("SpO2 61, pulse 128", { ...FULL, spo2: 61, pulse_rate: 128 }),
    scene("SpO2 60, pulse 150", { ...FULL, spo2: 60, pulse_rate: 150 }),
    scene(
      "pulse 255, which exports mean as none",
      { ...FULL, pulse_rate: 255 },
      { ...FULL, pulse_rate: none },
    ),
    scene(
      "nothing measured",
      {},
      { spo2: none, pulse_rate: none, perfusion_index: none, motion: none, tcco2: none },
    ),
    scene("SpO2 missing alone", { ...FULL, spo2: absent("under_range") }, { ...FULL, spo2: none }),
    {
      name: "SpO2 missing after a low value",
      bed: (clock) => ({
        ...steadyBed({ samples: FULL }),
        sample: (signal) =>
          signal === "spo2" ? (clock.mono() < 60_000 ? 64 : absent("under_range")) : (FULL[signal] ?? none),
      }),
      seconds: 130,
      expected: { spo2: absent("under_range"), pulse_rate: 72 },
      kinds: ["samples"],
    },
  ],
  streams: ["ordinary values"],
  checksum: () => false,
  timeless: (reading) => reading,
};
