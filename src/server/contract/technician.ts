/** What the technician's page and the server say to each other; see contract.ts for what holds for every message. */
import type { ConditionId } from "../../domain/alarm.ts";
import type {
  CommissionedStep,
  CommissioningStep,
  StepResult,
  StepWitness,
} from "../../domain/commissioning.ts";
import type { BedId, DeviceId } from "../../domain/ids.ts";
import type { SignalId } from "../../domain/signal.ts";
import type { SourceView } from "../contract.ts";

/** GET /api/devices: of every bed of this box; GET /api/beds/:bed/devices: of one bed (technician, owner). */
export interface DevicesResponse {
  readonly devices: readonly DeviceView[];
  /** On a hub: the box that told of them. Absent where they are read here. */
  readonly box?: BoxHeard;
}

/** A bedside box as its hub hears it. */
export interface BoxHeard {
  readonly online: boolean;
  /** Newest heartbeat, epoch milliseconds; absent: none since this hub began. */
  readonly heardAt?: number;
}

export interface DeviceView extends SourceView {
  readonly bed: BedId;
  readonly address: string;
  readonly resolved?: string;
  readonly signals: readonly SignalId[];
  /** The serial number that the device told, and the one that belongs to the bed. */
  readonly serial?: { readonly found: string; readonly bound: string };
  readonly options: { readonly [name: string]: string | number | boolean };
  /** Longest silence of a healthy device. */
  readonly quietMs: number;
  /** Totals since the start of the box. */
  readonly counters: {
    readonly bytes: number;
    readonly frames: number;
    readonly rejects: number;
    readonly reopens: number;
    readonly observations: number;
    /** Readings further apart than `quietMs`. */
    readonly gaps: number;
  };
  /** From the arrival of bytes to the observation; absent before the first. */
  readonly latency?: { readonly newestMs: number; readonly worstMs: number };
  /** What the flight recorder has; `since`: its oldest, absent while there is nothing. */
  readonly recorded: { readonly bytes: number; readonly since?: number };
  readonly facts: FamilyFacts;
}

/** What is known of a device family. Sentences are English. */
export interface FamilyFacts {
  readonly vendor: string;
  readonly model: string;
  readonly connection: string;
  readonly averaging?: string;
  readonly evidence: "real_bytes" | "maker_document" | "inferred" | "unproven";
  readonly evidenceText: string;
  readonly night: { readonly suited: "yes" | "doubtful" | "no"; readonly reason: string };
}

/**
 * GET /api/beds/:bed/devices/:device/frames?anew=true (technician, owner). On a hub the box is asked, and goes on for as long
 * as this is asked for, at most 10 min; then `anew` begins another 10 min. Each looking is written down on the box.
 */
export interface FramesResponse {
  /** Newest last, at most 50; meanings were worked out for this answer. */
  readonly frames: readonly FrameLine[];
  /** On a hub: the box is being asked; they come; ten minutes are over. */
  readonly look?: "asking" | "live" | "over";
}

export interface FrameLine {
  readonly at: number;
  readonly direction: "in" | "out" | "rejected";
  readonly hex: string;
  readonly meaning: string;
}

/** GET /api/beds/:bed/devices/:device/recording?from=MS&to=MS (technician, owner): a transcript, at most 2 h. */

/** What can happen to the virtual patient. */
export type SimulationEvent =
  | "mask_off"
  | "mask_on"
  | "circuit_off"
  | "circuit_on"
  | "leak_large"
  | "leak_growing"
  | "leak_mended"
  | "secretions"
  | "obstruction"
  | "clear"
  | "rem"
  | "rem_end"
  | "apnea"
  | "apnea_end"
  | "mains_lost"
  | "mains_back"
  | "battery_low"
  | "ventilator_off"
  | "ventilator_on"
  | "probe_off"
  | "probe_on"
  | "motion"
  | "motion_end"
  | "cold_finger"
  | "warm_finger"
  | "calibrating"
  | "calibrated"
  | "switch_pressed"
  | "switch_released";

export type SimulationKnob = "leak" | "resistance" | "effort";

/** What can be done to the link of a simulated device. */
export type SimulationFault =
  | "flip"
  | "drop"
  | "cut"
  | "wrong_baud"
  | "unplug"
  | "plug_in"
  | "freeze"
  | "thaw"
  | "half_open"
  | "delay"
  | "swap"
  | "clean";

/** POST /api/simulation/:bed (technician, owner; only where the bed is simulated). */
export type SimulationRequest =
  | { readonly event: SimulationEvent }
  | { readonly knob: SimulationKnob; readonly value: number }
  | {
      readonly fault: SimulationFault;
      /** The name of its cable, as GET /api/simulation/:bed lists it. */
      readonly device: string;
      /** The other one, for `swap`. */
      readonly with?: string;
      /** Of the bytes or chunks that are hit, 0 to 1. */
      readonly share?: number;
      /** For `delay`. */
      readonly seconds?: number;
    }
  /** Null ends the one that plays; patient and links are then as at the beginning. */
  | { readonly scenario: string | null };

/** GET /api/simulation/:bed (technician, owner). */
export interface SimulationView {
  readonly knobs: readonly {
    readonly knob: SimulationKnob;
    readonly value: number;
    readonly min: number;
    readonly max: number;
    readonly step: number;
  }[];
  readonly devices: readonly {
    readonly device: DeviceId;
    /** Of its cable. */
    readonly name: string;
    /** What was done to its link and has not been undone, oldest first. */
    readonly faults: readonly SimulationFault[];
  }[];
  /** Those that come along and fit this bed's devices and class. */
  readonly scenarios: readonly ScenarioView[];
  readonly playing?: PlayedScenario;
}

export interface ScenarioView {
  readonly id: string;
  readonly name: string;
  readonly seconds: number;
}

/** A scenario under way, or the one that ended last. Times in s after its start. */
export interface PlayedScenario extends ScenarioView {
  readonly ageS: number;
  readonly over: boolean;
  readonly happens: readonly {
    readonly at: number;
    readonly event: string;
    readonly device?: string;
    /** It repeats itself so often. */
    readonly every?: number;
  }[];
  readonly expected: readonly {
    readonly condition: ConditionId;
    readonly after: number;
    readonly by: number;
    readonly device?: string;
    readonly state: "waiting" | "came" | "missed";
    /** Only with `came`. */
    readonly cameAt?: number;
  }[];
  /** What must not occur at all. */
  readonly never: readonly ConditionId[];
  /** Nothing of high priority may occur. */
  readonly calm: boolean;
  /** What occurred although it must not. */
  readonly wrong: readonly { readonly condition: ConditionId; readonly at: number }[];
}

/** POST /api/beds/:bed/commissionings/steps (technician, owner): one step of the protocol that is open, or of a new one. */
export interface CommissioningRequest {
  readonly step: CommissioningStep;
  readonly result: StepResult;
  /** `seen`: the box itself saw it; for the contact it is asked what it sees now. */
  readonly how: StepWitness;
  /** Minutes on battery; percent of seconds received. */
  readonly value?: number;
  readonly note?: string;
}

/** POST /api/beds/:bed/commissionings/close : ends the open protocol, which then changes no more; answers `{id}`. */
export interface CloseCommissioningRequest {
  readonly note: string;
}
export interface CloseCommissioningResponse {
  readonly id: string;
}

/** GET /api/beds/:bed/commissionings (technician, owner): newest first, at most 50. */
export interface CommissioningsResponse {
  readonly commissionings: readonly CommissioningView[];
  /** `before` of the next request; absent at the end. */
  readonly next?: string;
}

/** A protocol; without `closed` it is still being made. */
export interface CommissioningView {
  readonly id: string;
  readonly begunAt: number;
  readonly steps: readonly CommissionedStep[];
  readonly closed?: {
    readonly at: number;
    readonly by: string;
    readonly note: string;
    readonly about: CommissionedBed;
  };
}

/** The bed as it was when its protocol was closed. */
export interface CommissionedBed {
  readonly label: string;
  readonly version: string;
  readonly simulated: boolean;
  readonly sounder: boolean;
  readonly devices: readonly {
    readonly device: DeviceId;
    readonly label: string;
    readonly family: string;
    readonly role: string;
    readonly address: string;
    readonly link: string;
    readonly evidence: FamilyFacts["evidence"];
  }[];
}

/**
 * GET /api/beds/:bed/reception?from=MS&to=MS (technician, owner): how many seconds of at most 24 h hold something
 * received, whatever its value.
 */
export interface ReceptionResponse {
  readonly seconds: number;
  readonly devices: readonly {
    readonly device: DeviceId;
    /** The signal that was counted: the first that the device measures. */
    readonly signal: SignalId;
    readonly received: number;
    readonly longestGapS: number;
  }[];
}
