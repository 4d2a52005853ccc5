import type { ExpectedSource } from "../../../src/domain/bed.ts";
import type { Breath } from "../../../src/domain/breath.ts";
import type { Samples } from "../../../src/domain/sample.ts";
import { Bedside, type BedsideOptions, treated, VENTILATOR } from "./bedside.ts";

export const CONTACT: ExpectedSource = {
  device: "contact",
  role: "contact",
  signals: ["remote_alarm"],
  simulated: false,
};

export const MICROPHONE: ExpectedSource = { ...CONTACT, device: "microphone" };

export const PLUG: ExpectedSource = {
  device: "plug",
  role: "plug",
  signals: ["mains", "therapy"],
  simulated: false,
};

export const HOUSE: ExpectedSource = {
  device: "house",
  role: "power",
  signals: ["mains", "battery_percent", "battery_minutes"],
  simulated: false,
};

/** Noon in the bed's zone: outside the watch schedule. */
export const NOON = Date.UTC(2024, 0, 15, 12, 0, 0);

export const ventilatorBed = (options: BedsideOptions = {}): Bedside =>
  new Bedside({ sources: [VENTILATOR], ...options });

/** The ventilator's numbers once a second. */
export const ventilate = (bed: Bedside, seconds: number, change: Samples = {}): Bedside =>
  bed.run(seconds, () => bed.samples("vent", treated(bed.second, change)));

/** One of its own alarms begins or ends. */
export const say = (
  bed: Bedside,
  code: string,
  active: boolean,
  priority: "low" | "medium" | "high" = "high",
  device = "vent",
): void => {
  bed.hear(device, {
    kind: "ownAlarm",
    alarms: [{ code, text: `${code} of the machine`, priority, active }],
  });
};

/** The person's usual numbers, as medians of valid nights. */
export const know = (
  bed: Bedside,
  usual: { minute_volume?: number; tidal_volume_exp?: number; resp_rate?: number },
): void => {
  const baselines = Object.fromEntries(
    Object.entries(usual).map(([id, median]) => [id, { median, nights: 7 }]),
  );
  bed.command({ kind: "baselines", baselines });
};

/** A waveform every second and, every `everyS`, a complete breath of this volume and peak pressure. */
export const breathe = (
  bed: Bedside,
  seconds: number,
  {
    everyS = 4,
    volumeMl = 480,
    peakCmH2o = 18,
  }: { everyS?: number; volumeMl?: number; peakCmH2o?: number } = {},
): Bedside =>
  bed.run(seconds, () => {
    bed.hear("vent", { kind: "wave", rateHz: 1, channels: { flow: [bed.second % 7] } });
    if (bed.second % everyS !== 0) return;
    const breath: Breath = {
      start: bed.mono(bed.second - everyS),
      end: bed.mono(bed.second),
      inspTimeS: 1.2,
      expTimeS: everyS - 1.2,
      tidalVolumeInspMl: volumeMl + 20,
      tidalVolumeExpMl: volumeMl,
      rateMin: 60 / everyS,
      pressurePeakCmH2o: peakCmH2o,
      pressureMeanCmH2o: peakCmH2o / 2,
      peepCmH2o: 5,
    };
    bed.hear("vent", { kind: "breath", breath });
  });
