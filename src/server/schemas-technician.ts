import Type from "typebox";
import { COMMISSIONING_STEPS, STEP_RESULTS, STEP_WITNESSES } from "../domain/commissioning.ts";

import { BedParams } from "./schemas.ts";

/** What the technician's page sends and gets, as JSON Schema; see schemas.ts. */

/** Epoch milliseconds. */
const Instant = Type.String({ pattern: "^[0-9]{1,15}$" });
/** Free text of a person on one line of a protocol. */
const Note = (maxLength: number) =>
  Type.String({ maxLength, pattern: "^[^\\p{Cc}\\u202A-\\u202E\\u2066-\\u2069]*$" });
const CableName = Type.String({ pattern: "^[a-z][a-z0-9_]{0,31}$" });

export const DeviceParams = Type.Object({
  ...BedParams.properties,
  device: Type.String({ pattern: "^[a-z0-9]{1,32}$" }),
});
export const FramesQuery = Type.Object({
  anew: Type.Optional(
    Type.Literal("true", { description: "on a hub: look again, after ten minutes were over" }),
  ),
});
export const TimeQuery = Type.Object({ from: Instant, to: Instant });

export const SIMULATION_EVENTS = [
  "mask_off",
  "mask_on",
  "circuit_off",
  "circuit_on",
  "leak_large",
  "leak_growing",
  "leak_mended",
  "secretions",
  "obstruction",
  "clear",
  "rem",
  "rem_end",
  "apnea",
  "apnea_end",
  "mains_lost",
  "mains_back",
  "battery_low",
  "ventilator_off",
  "ventilator_on",
  "probe_off",
  "probe_on",
  "motion",
  "motion_end",
  "cold_finger",
  "warm_finger",
  "calibrating",
  "calibrated",
  "switch_pressed",
  "switch_released",
] as const;

export const SIMULATION_FAULTS = [
  "flip",
  "drop",
  "cut",
  "wrong_baud",
  "unplug",
  "plug_in",
  "freeze",
  "thaw",
  "half_open",
  "delay",
  "swap",
  "clean",
] as const;

export const SIMULATION_KNOBS = ["leak", "resistance", "effort"] as const;

export const Simulate = Type.Union([
  Type.Object({ event: Type.Enum(SIMULATION_EVENTS) }),
  Type.Object({ knob: Type.Enum(SIMULATION_KNOBS), value: Type.Number({ minimum: 0, maximum: 1_000 }) }),
  Type.Object({
    fault: Type.Enum(SIMULATION_FAULTS),
    device: CableName,
    with: Type.Optional(CableName),
    share: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    seconds: Type.Optional(Type.Number({ minimum: 0, maximum: 600 })),
  }),
  Type.Object({ scenario: Type.Union([Type.String({ pattern: "^[a-z0-9-]{1,64}$" }), Type.Null()]) }),
]);

export const Commission = Type.Object({
  step: Type.Enum(COMMISSIONING_STEPS),
  result: Type.Enum(STEP_RESULTS),
  how: Type.Enum(STEP_WITNESSES),
  value: Type.Optional(Type.Number({ minimum: 0, maximum: 10_000 })),
  note: Type.Optional(Note(200)),
});
export const CloseCommissioning = Type.Object({ note: Note(500) });

const Time = Type.Number();

export const DevicesAnswer = Type.Object({
  box: Type.Optional(
    Type.Object(
      { online: Type.Boolean(), heardAt: Type.Optional(Time) },
      { description: "on a hub: who told" },
    ),
  ),
  devices: Type.Array(
    Type.Object({
      device: Type.String(),
      bed: Type.String(),
      family: Type.String(),
      label: Type.String(),
      link: Type.Enum(["opening", "open", "quiet", "lost", "refused", "stopped"] as const),
      simulated: Type.Boolean(),
      address: Type.String(),
      quietMs: Type.Number(),
      counters: Type.Record(Type.String(), Type.Number()),
      recorded: Type.Object({ bytes: Type.Number(), since: Type.Optional(Time) }),
      facts: Type.Object({ evidence: Type.String(), evidenceText: Type.String() }),
    }),
  ),
});
export const FramesAnswer = Type.Object({
  look: Type.Optional(Type.Enum(["asking", "live", "over"] as const)),
  frames: Type.Array(
    Type.Object({
      at: Time,
      direction: Type.Enum(["in", "out", "rejected"] as const),
      hex: Type.String(),
      meaning: Type.String(),
    }),
    { maxItems: 50 },
  ),
});
export const SimulationAnswer = Type.Object({
  knobs: Type.Array(Type.Object({ knob: Type.Enum(SIMULATION_KNOBS), value: Type.Number() })),
  devices: Type.Array(
    Type.Object({
      device: Type.String(),
      name: Type.String(),
      faults: Type.Array(Type.Enum(SIMULATION_FAULTS)),
    }),
  ),
  scenarios: Type.Array(Type.Object({ id: Type.String(), name: Type.String(), seconds: Type.Number() }), {
    maxItems: 200,
  }),
  playing: Type.Optional(Type.Object({ id: Type.String(), ageS: Type.Number(), over: Type.Boolean() })),
});

const Step = Type.Object({
  ...Commission.properties,
  at: Time,
  by: Type.String(),
  saw: Type.Optional(Type.String()),
});
/** Also what is kept of a bed as JSON text, and checked when it is read. */
export const CommissionedBedAnswer = Type.Object({
  label: Type.String(),
  version: Type.String(),
  simulated: Type.Boolean(),
  sounder: Type.Boolean(),
  devices: Type.Array(
    Type.Object({
      device: Type.String(),
      label: Type.String(),
      family: Type.String(),
      role: Type.String(),
      address: Type.String(),
      link: Type.String(),
      evidence: Type.Enum(["real_bytes", "maker_document", "inferred", "unproven"] as const),
    }),
  ),
});
export const CommissioningsAnswer = Type.Object({
  next: Type.Optional(Type.String({ description: "`before` of the next request" })),
  commissionings: Type.Array(
    Type.Object({
      id: Type.String(),
      begunAt: Time,
      steps: Type.Array(Step),
      closed: Type.Optional(
        Type.Object({
          at: Time,
          by: Type.String(),
          note: Type.String(),
          about: CommissionedBedAnswer,
        }),
      ),
    }),
    { maxItems: 50 },
  ),
});
export const ClosedAnswer = Type.Object({ id: Type.String() });
export const ReceptionAnswer = Type.Object({
  seconds: Type.Number(),
  devices: Type.Array(
    Type.Object({
      device: Type.String(),
      signal: Type.String(),
      received: Type.Number(),
      longestGapS: Type.Number(),
    }),
  ),
});
