import Type, { type Static } from "typebox";
import type { BedId } from "../domain/ids.ts";
import { type OutputConfig, OutputSchema, outputProblems, outputsWithDefaults } from "./outputs.ts";

/** The section `sounder` of the configuration: rooms of the house that sound, each through an output of its own. */
const closed = { additionalProperties: false } as const;

const ROOMS_MAX = 8;
const OUTPUTS_MAX = 8;

const RoomSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 40, description: "Name on the pages." }),
    for: Type.Union([Type.Literal("caregiver"), Type.Literal("patient")], {
      description:
        "caregiver: gets the siren. patient: is told softly that help has been called, and who is coming.",
    }),
    device: Type.Optional(
      Type.String({
        minLength: 1,
        description: "Audio output of this room as the sound system names it; default: audio.device.",
      }),
    ),
    siren: Type.Optional(
      Type.Union([Type.Literal("always"), Type.Literal("exhausted"), Type.Literal("never")], {
        description:
          "exhausted: once everybody was called and nobody has answered. never: where no other room can sound. " +
          "Default: always for a caregiver, exhausted for a patient.",
      }),
    ),
    bed: Type.Optional(
      Type.String({
        pattern: "^b[1-9][0-9]?$",
        description: "patient: this bed alone is spoken of; default: all.",
      }),
    ),
  },
  closed,
);

export const SounderSchema = Type.Object(
  {
    rooms: Type.Optional(
      Type.Array(RoomSchema, {
        minItems: 1,
        maxItems: ROOMS_MAX,
        description: "Rooms with a loudspeaker; default: one, for caregivers, with audio.device.",
      }),
    ),
    cantonese: Type.Optional(
      Type.Boolean({
        default: false,
        description: "Traditional Chinese is spoken as Cantonese, not as Mandarin.",
      }),
    ),
    outputs: Type.Optional(
      Type.Array(OutputSchema, {
        maxItems: OUTPUTS_MAX,
        description: "Lamps and bed shakers that follow the alarm of the caregivers.",
      }),
    ),
  },
  { ...closed, description: "Where the house sounds, and how (docs/operating.md)." },
);

type SounderFile = Static<typeof SounderSchema>;

/** A room after defaults. */
export interface RoomConfig {
  readonly name: string;
  readonly for: "caregiver" | "patient";
  readonly siren: "always" | "exhausted" | "never";
  /** Absent: the output of `audio`. */
  readonly device?: string;
  readonly bed?: BedId;
}

/** The section `sounder` after defaults; without rooms the house is one. */
export interface SounderConfig {
  readonly rooms?: readonly RoomConfig[];
  readonly outputs?: readonly OutputConfig[];
  /** Traditional Chinese is spoken as Cantonese; absent: as Mandarin. */
  readonly cantonese?: true;
}

export interface SounderProblem {
  readonly path: string;
  readonly what: string;
  readonly fix: string;
}

/** What the schema cannot say of it. */
export function sounderProblems(
  sounder: SounderFile | undefined,
  house: {
    readonly device?: string | undefined;
    readonly beds: readonly BedId[];
    /** Addresses of the beds' devices. */
    readonly ports: readonly string[];
  },
): readonly SounderProblem[] {
  const rooms = sounder?.rooms ?? [];
  const problems: SounderProblem[] = [...outputProblems(sounder?.outputs ?? [], house.ports)];
  const names = new Set<string>();
  const outputs = new Map<string | undefined, string>();
  rooms.forEach((room, index) => {
    const path = `/sounder/rooms/${index}`;
    if (names.has(room.name)) {
      problems.push({
        path: `${path}/name`,
        what: "two rooms have this name",
        fix: "Name each differently.",
      });
    }
    names.add(room.name);
    const device = room.device ?? house.device;
    const other = outputs.get(device);
    if (other !== undefined) {
      const what = `"${other}" sounds through ${device ?? "the default output"} already`;
      problems.push({ path, what, fix: "Give each room an output of its own; `aplay -L` lists them." });
    }
    outputs.set(device, room.name);
    if (room.bed !== undefined && !house.beds.includes(room.bed)) {
      const what = `there is no bed ${room.bed}`;
      problems.push({ path: `${path}/bed`, what, fix: `Name one of: ${house.beds.join(", ")}.` });
    }
    if (room.bed !== undefined && room.for === "caregiver") {
      const what = "a caregiver's room rings for every bed";
      problems.push({ path: `${path}/bed`, what, fix: "Leave bed out here." });
    }
  });
  if (rooms.length > 0 && !rooms.some((room) => room.siren === "always" || isDefaultSiren(room))) {
    const what = "no room has the siren when an alarm begins";
    const fix = "Let one be for: caregiver, or write siren: always.";
    problems.push({ path: "/sounder/rooms", what, fix });
  }
  return problems;
}

const isDefaultSiren = (room: NonNullable<SounderFile["rooms"]>[number]): boolean =>
  room.for === "caregiver" && room.siren === undefined;

export function sounderWithDefaults({ rooms, outputs, cantonese }: SounderFile): SounderConfig {
  return {
    ...(rooms === undefined
      ? {}
      : {
          rooms: rooms.map((room) => ({
            ...room,
            siren: room.siren ?? (room.for === "caregiver" ? "always" : "exhausted"),
          })),
        }),
    ...(cantonese === true ? { cantonese } : {}),
    ...(outputs === undefined ? {} : { outputs: outputsWithDefaults(outputs) }),
  };
}
