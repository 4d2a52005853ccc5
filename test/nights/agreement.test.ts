// One virtual patient, every live device at the bed at once, each through its own bytes and its own driver: what they
// say agrees with the person and with one another, and what a device cannot know is absent for the right reason.
import { describe, expect, test } from "vitest";
import { DEVICES } from "../../devices/index.ts";
import type { MachineAlarm } from "../../src/domain/bed.ts";
import { type Absence, isPresent } from "../../src/domain/sample.ts";
import type { SignalId } from "../../src/domain/signal.ts";
import type { DeviceModule } from "../../src/driver/contract.ts";
import { fillOptions } from "../../src/driver/options.ts";
import { type Said, startWholeBed, type WholeBed } from "../support/whole-bed.ts";

/** Reads a ring once a minute: it is told of in a test of its own. */
const ONCE_A_MINUTE = "viatom-oxyii";
/** Knows a machine's sound only after it was taught: its own tests play sounds to it. */
const TAUGHT = "alarm-listener";
const LIVE = DEVICES.filter(
  ({ link, timeliness, id }) =>
    link !== "files" && timeliness === "live" && id !== ONCE_A_MINUTE && id !== TAUGHT,
);
const inRoles = (...roles: readonly DeviceModule["role"][]): readonly DeviceModule[] =>
  LIVE.filter(({ role }) => roles.includes(role));

/** How far a device may be from the person: its resolution, its averaging, and the seconds that its number is old. */
const WITHIN: { readonly [id in SignalId]?: number } = {
  spo2: 2,
  pulse_rate: 3,
  perfusion_index: 0.3,
  resp_rate: 1,
  tidal_volume_insp: 20,
  tidal_volume_exp: 20,
  minute_volume: 0.5,
  leak: 4,
  leak_total: 4,
  pressure_peak: 0.3,
  pressure_mean: 0.5,
  // One device means the plateau, another the mean of inspiration.
  pressure_insp: 1.2,
  pressure_exp: 0.3,
  insp_time: 0.1,
  ie_ratio: 0.5,
  triggered_percent: 20,
  apnea_duration: 4,
  etco2: 2,
  tcco2: 1,
};

/** Counts the litres of the last minute, where machines average a few breaths. */
const withinOf = ({ id }: DeviceModule, signal: SignalId): number =>
  signal === "minute_volume" && id === "puritan-bennett-840-waveform" ? 1.5 : (WITHIN[signal] ?? 0);

/** What only the device itself knows: its own battery, how much it was moved. */
const ITS_OWN: readonly SignalId[] = ["battery_percent", "battery_minutes", "motion"];

/** A plug speaks every few seconds, and a state that stays is said once. */
const windowOf = ({ role }: DeviceModule): number => (role === "plug" ? 90_000 : 5_000);

/** The reason that a family gives where others give another. */
type Excuses = { readonly [family: string]: Absence };

/** Everything that the devices say agrees with the person; a missing number must have one of the reasons. */
function expectAgreement(
  { devices, patient }: WholeBed,
  excuse: (said: Said, signal: SignalId) => Absence[],
): void {
  const wrong: string[] = [];
  for (const said of devices) {
    const { module } = said;
    for (const [id, sample] of Object.entries(said.samples(windowOf(module)))) {
      const signal = id as SignalId;
      if (ITS_OWN.includes(signal) && module.role !== "ventilator") continue;
      const truth = patient.sample(signal, module.role);
      const place = `${module.id} says ${signal} ${JSON.stringify(sample)}, the bed ${JSON.stringify(truth)}`;
      const reasons = excuse(said, signal);
      if (!isPresent(sample)) {
        if (!reasons.includes(sample.absent)) wrong.push(place);
      } else if (!isPresent(truth) || Math.abs(sample - truth) > withinOf(module, signal)) wrong.push(place);
    }
  }
  expect(wrong).toEqual([]);
}

const never = (): Absence[] => [];

/** The codes by which a family tells of what a ventilator sounds about; what it has no code for is left out. */
const CODES: { readonly [family: string]: { readonly [alarm in MachineAlarm]?: string } } = {
  "draeger-medibus": {
    disconnect: "disconnect",
    pressure_low: "pressure_low",
    leak_high: "leakage",
    apnea: "apnea",
    minute_volume_low: "minute_volume_low",
    obstruction: "tube_obstructed",
    mains_lost: "on_battery",
    battery_low: "battery_low",
  },
  "puritan-bennett-840-parameters": {
    disconnect: "disconnect",
    pressure_low: "pressure_peak_low",
    apnea: "apnea",
    minute_volume_low: "minute_volume_low",
    obstruction: "occlusion",
    mains_lost: "mains_lost",
    battery_low: "battery_low",
  },
  "philips-v60": {
    disconnect: "occlusion_or_disconnect",
    obstruction: "occlusion_or_disconnect",
    apnea: "apnea",
    minute_volume_low: "minute_volume_low",
  },
  "hamilton-polling": {
    disconnect: "disconnect",
    apnea: "apnea",
    minute_volume_low: "minute_volume_low",
    pressure_low: "general",
    leak_high: "general",
    obstruction: "general",
    mains_lost: "general",
    battery_low: "general",
  },
};

const activeIn = ({ alarms }: Said): string[] =>
  (alarms() ?? [])
    .filter(({ active }) => active)
    .map(({ code }) => code)
    .toSorted();

/** Every ventilator sounds for what the bed's machine sounds for, and the contact is on with them. */
function expectSounding({ devices, patient }: WholeBed, expected: readonly MachineAlarm[]): void {
  expect(patient.ownAlarms()).toEqual(expected);
  for (const said of devices) {
    const codes = CODES[said.module.id];
    if (codes === undefined) continue;
    const known = new Set(expected.flatMap((alarm) => codes[alarm] ?? []));
    expect(activeIn(said), said.module.id).toEqual([...known].toSorted());
  }
  expect(named(devices, "remote-alarm-contact").samples().remote_alarm).toBe(expected.length > 0 ? 1 : 0);
}

function named(devices: readonly Said[], id: string): Said {
  const found = devices.find(({ module }) => module.id === id);
  if (found === undefined) throw new Error(`no ${id} at the bed`);
  return found;
}

const seconds = (bed: WholeBed, count: number): Promise<void> => bed.clock.advance(count * 1_000);

describe("ventilators, capnographs, contact and plug at one bed", () => {
  const modules = inRoles("ventilator", "capnograph", "contact", "plug");
  /** What the waveform port cannot measure of a breath that has no volume to speak of. */
  const breathless = ({ module }: Said, signal: SignalId): Absence[] =>
    module.role === "capnograph"
      ? ["poor_signal"]
      : module.id === "puritan-bennett-840-waveform" && BREATH_SHAPE.has(signal)
        ? ["not_measured", "invalid"]
        : [];
  const BREATH_SHAPE = new Set<SignalId>(["tidal_volume_insp", "ie_ratio", "insp_time", "pressure_insp"]);

  test("say the same of every trouble, and sound together", async () => {
    const bed = startWholeBed(modules);
    await seconds(bed, 45);
    expectAgreement(bed, never);
    expectSounding(bed, []);
    for (const { module, samples } of bed.devices) {
      const told = new Set(Object.keys(samples(windowOf(module))));
      const missing = module.signals(fillOptions(module.options, {})).filter((signal) => !told.has(signal));
      expect(missing, module.id).toEqual([]);
    }

    bed.patient.apply("mask_off");
    await seconds(bed, 40);
    expectAgreement(bed, breathless);
    expectSounding(bed, ["disconnect", "pressure_low", "leak_high"]);
    bed.patient.apply("mask_on");
    await seconds(bed, 40);
    expectSounding(bed, []);

    bed.patient.apply("leak_large");
    await seconds(bed, 20);
    expectAgreement(bed, never);
    expectSounding(bed, []);
    bed.patient.turn("leak", 24);
    await seconds(bed, 40);
    expectAgreement(bed, never);
    expectSounding(bed, ["leak_high"]);
    bed.patient.apply("leak_mended");
    await seconds(bed, 15);

    bed.patient.apply("obstruction");
    await seconds(bed, 60);
    expectAgreement(bed, ({ module }) => (module.role === "capnograph" ? ["not_measured"] : []));
    expectSounding(bed, ["minute_volume_low", "obstruction"]);
    bed.patient.apply("clear");
    await seconds(bed, 80);
    expectAgreement(bed, never);
    expectSounding(bed, []);
    await bed.stop();
  }, 60_000);

  test("know of power what they can: the plug of the mains, the ventilator of its battery", async () => {
    const bed = startWholeBed(modules);
    await seconds(bed, 20);
    bed.patient.apply("mains_lost");
    await seconds(bed, 15);
    const unknown = ({ module }: Said, signal: SignalId): Absence[] =>
      module.role === "plug" && signal === "therapy" ? ["not_measured"] : [];
    expectAgreement(bed, unknown);
    expectSounding(bed, ["mains_lost"]);
    bed.patient.apply("battery_low");
    await seconds(bed, 12);
    expectAgreement(bed, unknown);
    expectSounding(bed, ["mains_lost", "battery_low"]);
    expect(named(bed.devices, "draeger-medibus").samples().battery_percent).toBe(6);
    // Whoever runs on a battery of its own has not lost it.
    expect(activeIn(named(bed.devices, "oridion-microstream"))).toEqual([]);
    bed.patient.apply("mains_back");

    bed.patient.apply("ventilator_off");
    await seconds(bed, 75);
    expectAgreement(bed, ({ module }) => (module.role === "capnograph" ? ["poor_signal"] : []));
    for (const { module, samples, view } of bed.devices) {
      if (module.role !== "ventilator") continue;
      expect(samples(), module.id).toEqual({});
      expect(view().link, module.id).toBe("quiet");
    }
    // The contact rests open without power; the plug sees a machine that takes little.
    expect(named(bed.devices, "remote-alarm-contact").samples().remote_alarm).toBe(1);
    expect(named(bed.devices, "metering-plug").samples(10_000)).toEqual({ mains: 1, therapy: 0 });

    bed.patient.apply("ventilator_on");
    await seconds(bed, 60);
    expectAgreement(bed, never);
    expectSounding(bed, []);
    await bed.stop();
  }, 60_000);

  test("in mode S, without a backup rate, count the seconds without a breath together", async () => {
    const bed = startWholeBed([...modules, ...inRoles("oximeter").slice(0, 4)], {}, { mode: "S" });
    await seconds(bed, 40);
    expectAgreement(bed, never);
    // Nothing at the bed claims a rate that nobody set.
    expect(bed.patient.setting("backup_rate")).toBeUndefined();
    expect(named(bed.devices, "draeger-medibus").settings().backup_rate).toBeUndefined();
    expect(named(bed.devices, "puritan-bennett-840-parameters").settings().backup_rate).toBeUndefined();
    bed.patient.apply("apnea");
    await seconds(bed, 57);
    expect(bed.patient.sample("apnea_duration")).toBeGreaterThan(50);
    const none: readonly SignalId[] = ["etco2", "resp_rate"];
    expectAgreement(bed, ({ module }, signal) =>
      module.role === "ventilator" || none.includes(signal) ? ["not_measured"] : [],
    );
    expectSounding(bed, ["apnea", "minute_volume_low"]);
    expect(activeIn(named(bed.devices, "oridion-microstream"))).toContain("no_breath");
    const low = bed.devices
      .filter(({ module }) => module.role === "oximeter")
      .map(({ samples }) => Number(samples().spo2));
    for (const spo2 of low) expect(spo2).toBeLessThan(90);
    await bed.stop();
  }, 60_000);
});

describe("all oximeters on one finger", () => {
  const modules = LIVE.filter(({ signals, options }) => signals(fillOptions(options, {})).includes("spo2"));
  /** These send the same for every reason: a number or none. */
  const cannotTell: Excuses = { "choicemmed-oximeter": "not_measured", "lpow-oximeter": "not_measured" };

  const allAbsent = (
    bed: WholeBed,
    usual: Absence,
    others: Excuses,
    silent: readonly string[] = [],
  ): void => {
    for (const { module, samples } of bed.devices) {
      const { spo2, pulse_rate, perfusion_index } = samples();
      const reason = { absent: others[module.id] ?? usual };
      const expected = silent.includes(module.id) ? undefined : reason;
      expect({ spo2, pulse_rate }, module.id).toEqual({ spo2: expected, pulse_rate: expected });
      if (perfusion_index !== undefined) expect(perfusion_index, module.id).toBeTypeOf("object");
    }
  };

  test("show one saturation and one pulse, and say why when they show none", async () => {
    const bed = startWholeBed(modules);
    await seconds(bed, 25);
    expectAgreement(bed, never);
    for (const { module, samples } of bed.devices) {
      expect(samples(), module.id).toMatchObject({
        spo2: expect.any(Number),
        pulse_rate: expect.any(Number),
      });
    }

    bed.patient.apply("probe_off");
    await seconds(bed, 20);
    // A ring that was taken off leaves the air.
    allAbsent(bed, "sensor_off", { ...cannotTell, "tosca-500": "invalid" }, ["viatom-ring"]);
    bed.patient.apply("probe_on");
    await seconds(bed, 25);
    expectAgreement(bed, never);

    bed.patient.apply("calibrating");
    await seconds(bed, 12);
    allAbsent(bed, "searching", {
      ...cannotTell,
      "contec-eb-hid": "sensor_off",
      "contec-eb-ble": "sensor_off",
      "jumper-oximeter": "sensor_off",
      "oridion-microstream": "no_pulse",
    });
    bed.patient.apply("calibrated");
    await seconds(bed, 14);

    bed.patient.apply("cold_finger");
    await seconds(bed, 10);
    expectAgreement(bed, never);
    for (const { module, flags, samples } of bed.devices) {
      if (samples().perfusion_index !== undefined)
        expect(samples().perfusion_index, module.id).toBeLessThan(0.5);
      if (TELLS_PERFUSION.includes(module.id)) expect(flags(), module.id).toContain("low_perfusion");
    }
    bed.patient.apply("warm_finger");
    await bed.stop();
  }, 60_000);

  const TELLS_PERFUSION = [
    "nonin-serial",
    "nonin-ble",
    "masimo-ascii",
    "sig-plx",
    "creative-pc60-ble",
    "yuwell-fe",
  ];
  const TELLS_MOTION = [
    "nonin-serial",
    "masimo-ascii",
    "sig-plx",
    "creative-pc60-ble",
    "yuwell-fe",
    "nellcor-text",
  ];

  test("mark what they show of a finger that moves, where they can", async () => {
    const bed = startWholeBed(modules);
    await seconds(bed, 20);
    bed.patient.apply("motion");
    const absences = new Set<string>();
    for (let second = 0; second < 20; second++) {
      await seconds(bed, 1);
      for (const { samples } of bed.devices) {
        const { spo2 } = samples(1_000);
        if (spo2 !== undefined && !isPresent(spo2)) absences.add(spo2.absent);
      }
    }
    for (const { module, flags } of bed.devices) {
      const marks = flags().filter((flag) => flag === "motion" || flag === "artifact");
      if (TELLS_MOTION.includes(module.id)) expect(marks.length, module.id).toBeGreaterThan(0);
    }
    for (const reason of absences) {
      expect(["poor_signal", "searching", "no_pulse", "invalid", "not_measured", "sensor_off"]).toContain(
        reason,
      );
    }
    bed.patient.apply("motion_end");
    await seconds(bed, 15);
    expectAgreement(bed, never);
    await bed.stop();
  }, 60_000);

  test("and a ring that is read once a minute is a minute old at most", async () => {
    const bed = startWholeBed(DEVICES.filter(({ id }) => id === ONCE_A_MINUTE));
    await seconds(bed, 130);
    const { spo2, pulse_rate } = named(bed.devices, ONCE_A_MINUTE).samples(65_000);
    expect(Math.abs(Number(spo2) - Number(bed.patient.sample("spo2")))).toBeLessThanOrEqual(2);
    expect(Math.abs(Number(pulse_rate) - Number(bed.patient.sample("pulse_rate")))).toBeLessThanOrEqual(5);
    bed.patient.apply("probe_off");
    await seconds(bed, 65);
    expect(named(bed.devices, ONCE_A_MINUTE).samples(62_000).spo2).toEqual({ absent: "sensor_off" });
    await bed.stop();
  }, 30_000);
});

test("what cards and files keep is what was shown, at the time when it was", async () => {
  const bed = startWholeBed(DEVICES.filter(({ link }) => link === "files"));
  await seconds(bed, 390);
  for (const { module, samples, ageMs } of bed.devices) {
    // A card is looked at once a minute, and some machines write a session when it ends.
    expect(ageMs(), module.id).toBeGreaterThanOrEqual(0);
    expect(ageMs(), module.id).toBeLessThan(240_000);
    const { spo2, pulse_rate, resp_rate, pressure_insp, leak } = samples(200_000);
    const kept = { spo2, pulse_rate, resp_rate, pressure_insp, leak };
    expect(Object.values(kept).some(isPresent), module.id).toBe(true);
    for (const [id, sample] of Object.entries(kept)) {
      if (sample === undefined) continue;
      const signal = id as SignalId;
      // Minutes old, and the pulse of a person at rest wanders.
      const within = 2 * (WITHIN[signal] ?? 0);
      const off = Math.abs(Number(sample) - Number(bed.patient.sample(signal)));
      expect(off, `${module.id} ${id} ${JSON.stringify(sample)}`).toBeLessThanOrEqual(within);
    }
  }
  await bed.stop();
}, 60_000);

test("REM takes ventilation, oxygen and carbon dioxide in the same direction everywhere", async () => {
  const some = [
    "draeger-medibus",
    "puritan-bennett-840-waveform",
    "nonin-serial",
    "masimo-ascii",
    "tosca-500",
  ];
  const bed = startWholeBed(DEVICES.filter(({ id }) => some.includes(id)));
  await seconds(bed, 60);
  const before = bed.devices.map(({ samples }) => samples());
  bed.patient.apply("rem");
  await seconds(bed, 150);
  expectAgreement(bed, never);
  const direction: { readonly [id in SignalId]?: -1 | 1 } = { minute_volume: -1, spo2: -1, tcco2: 1 };
  for (const [index, { module, samples }] of bed.devices.entries()) {
    for (const [id, sign] of Object.entries(direction)) {
      const [then, now] = [before[index]?.[id as SignalId], samples()[id as SignalId]];
      if (isPresent(then) && isPresent(now))
        expect(sign * (now - then), `${module.id} ${id}`).toBeGreaterThan(0);
    }
  }
  await bed.stop();
}, 60_000);
