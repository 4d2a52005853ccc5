import Type from "typebox";
import { CHECK_ENDS, CHECK_KINDS, CHECK_PHONES_MAX } from "../domain/evening.ts";
import { HomePhoneParams } from "./schemas-channels.ts";

/** The evening check and the loud drill over HTTP; types in contract/evening.ts. */

const Kind = Type.Enum(CHECK_KINDS);
const Phone = HomePhoneParams.properties.phone;
const text = Type.String();
const ms = Type.Optional(Type.Number());
const minute = Type.Integer({ minimum: 0, maximum: 1_439 });

export const CheckStart = Type.Object({
  kind: Kind,
  phones: Type.Optional(Type.Array(Phone, { minItems: 1, maxItems: CHECK_PHONES_MAX })),
  sounder: Type.Optional(Type.Boolean()),
});

export const SounderHeard = Type.Object({ heard: Type.Boolean() });

export const SetEvening = Type.Object({ on: Type.Boolean(), atMinute: minute });

const CheckAnswer = Type.Object({
  kind: Kind,
  startedAt: Type.Number(),
  by: Type.Optional(text),
  sounder: Type.Optional(Type.Boolean()),
  some: Type.Optional(Type.Boolean()),
  phones: Type.Array(
    Type.Object({
      ...{ id: text, label: text, person: text, name: text, channel: text },
      ...{ askedMs: ms, acceptedMs: ms, answeredMs: ms },
      trouble: Type.Optional(text),
      refused: Type.Optional(Type.Boolean()),
      mute: Type.Optional(Type.Boolean()),
    }),
  ),
  ...{ soundedMs: ms, heard: Type.Optional(Type.Boolean()), heardBy: Type.Optional(text) },
  end: Type.Optional(Type.Enum(CHECK_ENDS)),
  endedAt: ms,
});

export const EveningAnswer = Type.Object({
  now: Type.Number(),
  isHere: Type.Boolean(),
  box: Type.Optional(Type.Object({ online: Type.Boolean(), heardAt: ms })),
  running: Type.Optional(CheckAnswer),
  latest: Type.Optional(CheckAnswer),
  last: Type.Object({
    quiet: Type.Optional(CheckAnswer),
    loud: Type.Optional(CheckAnswer),
    pillow: Type.Optional(CheckAnswer),
  }),
  settings: Type.Optional(Type.Object({ on: Type.Boolean(), atMinute: Type.Integer() })),
  isDue: Type.Boolean(),
  sounder: Type.Boolean(),
  phones: Type.Array(
    Type.Object({
      ...{ id: text, label: text, person: text, channel: text, wakes: Type.Boolean() },
      personId: Type.Optional(text),
      ...{ provenAt: ms, loudAt: ms },
      loudDue: Type.Optional(Type.Enum(["never", "old", "changed"])),
      dead: Type.Optional(text),
    }),
  ),
});
