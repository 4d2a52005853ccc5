import fc from "fast-check";
import { CARE_ACTS, type ConditionId } from "../../src/domain/alarm.ts";
import type { QualityFlag } from "../../src/domain/observation.ts";
import { type Absence, absent, type Sample, type Samples } from "../../src/domain/sample.ts";
import type { SignalId } from "../../src/domain/signal.ts";
import {
  deviceOf,
  type GivenLimits,
  type Night,
  type NightCommand,
  type NightSecond,
} from "./oracle-night.ts";

/** Some seconds of the same; what is not named is in good order. */
interface Stretch {
  readonly seconds: number;
  /** A device that is silent; everything else about it does not matter then. */
  readonly silent?: "oxi" | "vent" | "both" | undefined;
  readonly spo2?: Spoken;
  readonly pulse?: Spoken;
  readonly perfusion?: number;
  readonly flags?: readonly QualityFlag[] | undefined;
  readonly leak?: Spoken;
  readonly contact?: number;
}

/** A number, a reason why there is none, or "unsaid": the device speaks of other things. */
type Spoken = number | Absence | "unsaid" | undefined;

/** One command at a part of the whole night, in thousandths. */
interface Timed {
  readonly when: number;
  readonly command: NightCommand;
}

/** A small choice of good and bad seconds, told as stretches so that a failing night shrinks to a short one. */
export interface NightMix {
  readonly conditions: readonly ConditionId[];
  readonly limits: fc.Arbitrary<GivenLimits>;
  readonly stretches: fc.Arbitrary<readonly Stretch[]>;
  readonly commands?: fc.Arbitrary<readonly Timed[]>;
  /** Seconds in good order at the end, so that things end. */
  readonly tail?: number;
}

/** Nights that are told in short where a property fails. */
export const nights = ({
  conditions,
  limits,
  stretches,
  commands,
  tail = 0,
}: NightMix): fc.Arbitrary<Night> =>
  fc
    .record({
      cls: fc.constantFrom("A" as const, "B" as const, "C" as const),
      limits,
      stretches,
      commands: commands ?? fc.constant([]),
    })
    .map(({ cls, limits, stretches, commands }) => {
      const seconds = withCommands([...stretches, { seconds: tail }].flatMap(secondsOf), commands);
      const night = { cls, limits, conditions, seconds };
      return { ...night, [fc.toStringMethod]: () => told(night) };
    });

/** A night in few lines, for a report: runs of equal seconds, and of the devices' words only what is not as usual. */
function told({ cls, limits, seconds }: Night): string {
  const usual: Samples = { ...oximeter({ seconds: 1 }).samples, ...ventilator({ seconds: 1 }) };
  const tell = (second: NightSecond | undefined): string => {
    const samples: Samples = { ...second?.oxi?.samples, ...second?.vent?.samples };
    const said = Object.keys(usual)
      .filter((signal) => deviceOf(signal as SignalId) in (second ?? {}))
      .map((signal) => signal as SignalId)
      .filter((signal) => samples[signal] !== usual[signal])
      .map((signal) => `${signal} ${JSON.stringify(samples[signal]) ?? "unsaid"}`);
    const silent = ["oxi", "vent"].filter((device) => second?.[device as "oxi" | "vent"] === undefined);
    return [
      ...said,
      ...silent.map((device) => `${device} silent`),
      ...(second?.oxi?.flags ?? []),
      ...(second?.commands ?? []).map((one) => JSON.stringify(one)),
    ].join(" ");
  };
  const rows: string[] = [];
  for (const [t, second] of seconds.entries()) {
    const row = tell(second);
    if (t === 0 || row !== tell(seconds[t - 1])) rows.push(`${t}: ${row === "" ? "all well" : row}`);
  }
  return `class ${cls} ${JSON.stringify(limits)}\n${rows.join("\n")}\n(${seconds.length} seconds)`;
}

function secondsOf(stretch: Stretch): NightSecond[] {
  const { silent } = stretch;
  const second: NightSecond = {
    ...(silent !== "vent" && silent !== "both" && { vent: { samples: ventilator(stretch) } }),
    ...(silent !== "oxi" && silent !== "both" && { oxi: oximeter(stretch) }),
  };
  return Array.from({ length: stretch.seconds }, () => second);
}

const oximeter = ({ spo2 = 97, pulse = 60, perfusion = 2, flags }: Stretch) => ({
  samples: spoken({ spo2, pulse_rate: pulse, perfusion_index: perfusion }),
  ...(flags !== undefined && { flags }),
});

const ventilator = ({ leak = 8, contact = 0 }: Stretch): Samples =>
  spoken({
    leak,
    resp_rate: 14,
    pressure_peak: 18,
    tidal_volume_exp: 480,
    minute_volume: 7,
    therapy: 1,
    remote_alarm: contact,
  });

const spoken = (all: { readonly [signal: string]: Spoken }): Samples =>
  Object.fromEntries(
    Object.entries(all)
      .filter(([, said]) => said !== "unsaid" && said !== undefined)
      .map(([signal, said]): [string, Sample] => [
        signal,
        typeof said === "number" ? said : absent(said as Absence),
      ]),
  );

/** New limits come before the second's samples: not into a gap of ten seconds, which would be eleven there. */
function takesLimits(seconds: readonly NightSecond[], at: number): boolean {
  const { oxi, vent } = seconds[at - 1] ?? {};
  const said = { ...oxi?.samples, ...vent?.samples };
  const isWhole = Object.keys(said).length === 10 && Object.values(said).every((x) => typeof x === "number");
  return isWhole && seconds[at]?.commands?.some(({ kind }) => kind === "limits") !== true;
}

function withCommands(seconds: readonly NightSecond[], commands: readonly Timed[]): readonly NightSecond[] {
  const all = [...seconds];
  for (const { when, command } of commands) {
    const at = Math.min(all.length - 1, Math.floor((when * all.length) / 1000));
    const second = all[at];
    if (second === undefined || (command.kind === "limits" && !takesLimits(all, at))) continue;
    all[at] = { ...second, commands: [...(second.commands ?? []), command] };
  }
  return all;
}

const length = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 14 }) },
  { weight: 2, arbitrary: fc.integer({ min: 8, max: 12 }) },
  { weight: 2, arbitrary: fc.integer({ min: 15, max: 45 }) },
);

const silence = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(9, 10, 11, 12) },
  { weight: 1, arbitrary: fc.constantFrom(1, 2, 29, 30, 31, 60, 70) },
);

/** Values on both sides of every edge of the presets, and some far away. */
const SPO2 = [97, 91, 90, 89, 88, 87, 85, 82, 81, 80, 79, 78, 77, 70, 66] as const;
const PULSE = [60, 60, 60, 50, 49, 52, 53, 39, 72, 117, 118, 121, 151] as const;
const LEAK = [8, 8, 34, 35, 40, 41, 60] as const;
const NO_NUMBER = ["not_measured", "searching", "poor_signal", "unsaid"] as const;

const orGone = (values: readonly number[]): fc.Arbitrary<Spoken> =>
  fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...values) },
    { weight: 1, arbitrary: fc.constantFrom(...NO_NUMBER) },
  );

/** Numbers around their limits, single numbers missing, silence around the ten seconds that are borne. */
export const aroundTheLimits = (many: number): fc.Arbitrary<readonly Stretch[]> =>
  fc.array(
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({
          seconds: length,
          spo2: orGone(SPO2),
          pulse: orGone(PULSE),
          leak: orGone(LEAK),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          seconds: silence,
          silent: fc.constantFrom("oxi", "vent", "both"),
        }),
      },
    ),
    { minLength: 1, maxLength: many },
  );

const poor = fc.constantFrom<readonly QualityFlag[] | undefined>(
  undefined,
  undefined,
  ["motion"],
  ["low_perfusion", "artifact"],
  ["marginal_perfusion"],
);

/** Oxygen that falls, with samples that the oximeter doubts and others that bear them out. */
export const fallingOxygen = (many: number): fc.Arbitrary<readonly Stretch[]> => {
  const rest = {
    pulse: fc.constantFrom<Spoken>(60, 60, 60, 60, 66, 80, "searching"),
    flags: poor,
    perfusion: fc.constantFrom(2, 2, 0.3, 0.2),
    leak: fc.constantFrom<Spoken>(8, 8, 8, 8, 8, 8, 50),
    contact: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1),
  };
  const measured = fc.record({ seconds: length, spo2: fc.constantFrom<Spoken>(...SPO2), ...rest });
  // Whether depth x time counts a second or two without a value is not written anywhere.
  const gone = fc.integer({ min: 4, max: 30 });
  // Nor when SPO2_UNDER_RANGE without a pulse becomes unknown.
  const absent = fc.record({
    ...rest,
    seconds: gone,
    spo2: fc.constantFrom<Spoken>("under_range", "not_measured", "searching"),
    pulse: fc.constant(60),
  });
  const silent = fc.record({ seconds: gone, silent: fc.constant("oxi" as const), ...rest });
  return fc
    .array(
      fc.oneof(
        { weight: 7, arbitrary: measured },
        { weight: 1, arbitrary: absent },
        { weight: 1, arbitrary: silent },
      ),
      { minLength: 1, maxLength: many },
    )
    .map((stretches) => [{ seconds: 2 }, ...stretches]);
};

/** What a sensor, a cable and a radio do: off, gone, one number alone; after good values and after low ones. */
export const lostData = (many: number): fc.Arbitrary<readonly Stretch[]> =>
  fc.array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          seconds: length,
          spo2: fc.constantFrom<Spoken>(97, 97, 87, 85, 79, 72),
          pulse: fc.constantFrom<Spoken>(60, 60, 49, 39, 121),
          leak: fc.constantFrom<Spoken>(8, 8, 50),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          seconds: silence,
          spo2: fc.constantFrom<Spoken>("sensor_off", "not_measured", 97),
          pulse: fc.constantFrom<Spoken>("not_measured", "sensor_off", 60),
        }),
      },
      { weight: 1, arbitrary: fc.record({ seconds: silence, leak: fc.constant("not_measured" as const) }) },
      {
        weight: 2,
        arbitrary: fc.record({
          seconds: silence,
          silent: fc.constantFrom("oxi", "vent", "both"),
        }),
      },
    ),
    { minLength: 1, maxLength: many },
  );

/** Alarms that stay for as long as an acknowledgement or a pause does, and come back. */
export const longAlarms = (many: number): fc.Arbitrary<readonly Stretch[]> =>
  fc.array(
    fc.record({
      seconds: fc.constantFrom(3, 20, 61, 130, 181, 200, 400),
      silent: fc.constantFrom(undefined, undefined, undefined, undefined, undefined, "oxi" as const),
      spo2: fc.constantFrom<Spoken>(97, 87, 87, 79),
      pulse: fc.constantFrom<Spoken>(60, 49, 39),
    }),
    { minLength: 2, maxLength: many },
  );

/** Dips one after another, seconds or minutes apart, with longer rests at the edges of the rules. */
export const manyDips = (most: number): fc.Arbitrary<readonly Stretch[]> =>
  fc
    .array(
      fc.record({
        low: fc.record({
          seconds: fc.constantFrom(1, 1, 3, 12),
          spo2: fc.constantFrom<Spoken>(87, 87, 87, 87, 78, 75),
          pulse: fc.constantFrom<Spoken>(60, 49, 49),
        }),
        rest: fc.oneof(
          { weight: 40, arbitrary: fc.integer({ min: 2, max: 20 }) },
          { weight: 1, arbitrary: fc.constantFrom(595, 600, 601, 605, 899, 900, 905) },
        ),
      }),
      { minLength: 8, maxLength: most },
    )
    .map((dips) => dips.flatMap(({ low, rest }): Stretch[] => [low, { seconds: rest }]));

/** Delays and recoveries short enough for short nights, with those of the presets among them. */
export const shortDelays: fc.Arbitrary<GivenLimits> = fc
  .record({
    low: fc.constantFrom(0, 8, 12, 30),
    clear: fc.constantFrom(0, 3, 5),
    crit: fc.constantFrom(0, 5, 10),
    pulse: fc.constantFrom(0, 6, 15),
    leak: fc.constantFrom(10, 20),
  })
  .map(({ low, clear, crit, pulse, leak }) => ({
    SPO2_LOW: { delay_s: low, clear_s: clear },
    SPO2_CRIT: { delay_s: crit },
    SPO2_WARN: { delay_s: 60, clear_s: 10 },
    PR_LOW: { delay_s: pulse },
    PR_HIGH: { delay_s: pulse, clear_s: clear },
    VENT_LEAK_HIGH: { delay_s: leak },
  }));

const PAUSED = [
  "SPO2_LOW",
  "SPO2_CRIT",
  "SPO2_WARN",
  "PR_LOW",
  "PR_HIGH",
  "VENT_LEAK_HIGH",
  "DATA_STALE",
] as const;

const command: fc.Arbitrary<NightCommand> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("acknowledge" as const),
      place: fc.constantFrom("going" as const, "going" as const, "bedside" as const, "watching" as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("pause" as const),
      condition: fc.constantFrom(...PAUSED),
      priority: fc.constantFrom("low" as const, "medium" as const, "high" as const),
      minutes: fc.constantFrom(1, 2, 3, 4, 10, 11, 15, 16, 120, 121),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("resume" as const), condition: fc.constantFrom(...PAUSED) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("care" as const), act: fc.constantFrom(...CARE_ACTS) }),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom("care_done" as const, "end_watch" as const, "start_watch" as const)
      .map((kind) => ({ kind })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom<GivenLimits>(
        {},
        { SPO2_LOW: { on: false } },
        { PR_LOW: { on: false }, PR_HIGH: { on: false } },
        { SPO2_LOW: { delay_s: 5 }, PR_LOW: { delay_s: 0 } },
      )
      .map((limits) => ({ kind: "limits" as const, limits })),
  },
);

/** What people do, at any second. */
export const doings = (most: number): fc.Arbitrary<readonly Timed[]> =>
  fc.array(fc.record({ when: fc.integer({ min: 0, max: 999 }), command }), { maxLength: most });
