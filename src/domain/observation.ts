import type { Priority } from "./alarm.ts";
import type { Breath } from "./breath.ts";
import type { BedId, DeviceId } from "./ids.ts";
import type { Samples } from "./sample.ts";
import type { SettingId, WaveId } from "./signal.ts";
import type { Mono, Wall } from "./time.ts";

/** Signal-quality remarks of the device about the numbers beside them; they downgrade, they never block. */
export const QUALITY_FLAGS = [
  "low_perfusion",
  "marginal_perfusion",
  "artifact",
  "motion",
  "out_of_track",
] as const;

export type QualityFlag = (typeof QUALITY_FLAGS)[number];

/** Numbers of one second. `observed` lists nothing: a signal that is not a key was not spoken of. */
export interface SamplesBody {
  readonly kind: "samples";
  readonly samples: Samples;
  readonly flags?: readonly QualityFlag[];
  /** The device's own clock or counter, kept beside arrival time and never used for alarms. */
  readonly counter?: number;
}

/** A gapless stretch of waveform ending at the observation's time; a gap ends one body and starts another. */
export interface WaveBody {
  readonly kind: "wave";
  readonly rateHz: number;
  readonly channels: { readonly [id in WaveId]?: readonly number[] };
}

export interface SettingsBody {
  readonly kind: "settings";
  readonly settings: { readonly [id in SettingId]?: number | string };
}

/** The device's own alarm flags, unchanged; `active: false` is the device clearing it. */
export interface OwnAlarmBody {
  readonly kind: "ownAlarm";
  readonly alarms: readonly {
    readonly code: string;
    readonly text: string;
    readonly priority: Priority;
    readonly active: boolean;
  }[];
}

export interface IdentityBody {
  readonly kind: "identity";
  readonly serial?: string;
  readonly model?: string;
  readonly firmware?: string;
}

export interface BreathBody {
  readonly kind: "breath";
  readonly breath: Breath;
}

/** What the device says of itself beside numbers (battery low, warming up...): codes documented by its README. */
export interface StatusBody {
  readonly kind: "status";
  readonly codes: readonly string[];
}

export type ObservationBody =
  | SamplesBody
  | WaveBody
  | SettingsBody
  | OwnAlarmBody
  | IdentityBody
  | BreathBody
  | StatusBody;

export type BodyKind = ObservationBody["kind"];

/** Law 6: only live feeds every condition; delayed feeds conditions with a delay of 2 min and more; late never rings. */
export type Timeliness = "live" | "delayed" | "late";

/** What a device said, once, with who, when and how trustworthy. Identity is `(device, epoch, seq)`. */
export interface Observation {
  readonly device: DeviceId;
  readonly bed: BedId;
  /** Random per edge start; together with `seq` it makes repeats recognisable. */
  readonly epoch: string;
  /** Counts from 0 per device and epoch without gaps. */
  readonly seq: number;
  /** Edge wall clock at arrival; never repeated within (device, epoch, kind). */
  readonly at: Wall;
  /** Edge monotonic clock at arrival: the time that alarms use. Not sent on the wire. */
  readonly mono: Mono;
  /** True until the edge's clock is trusted; such `at` are re-stamped by the monotonic offset. */
  readonly unsynced?: true;
  /** Law 7: set at the link, travels everywhere. */
  readonly simulated: boolean;
  readonly timeliness: Timeliness;
  /** The device's own stamp where it has one. */
  readonly deviceAt?: Wall;
  readonly body: ObservationBody;
}
