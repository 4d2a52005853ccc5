import Type from "typebox";
import { Id } from "./schemas.ts";
import { Field, Open, Texts } from "./schemas-channels.ts";

/** Who is told if the box dies over HTTP; types in contract/dead-man.ts. */

export const DeadManParams = Type.Object({
  home: Id,
  way: Type.String({ pattern: "^dead-man-[a-z0-9-]{1,30}$" }),
});

const State = Type.Union([
  Type.Object({ kind: Type.Literal("resting") }),
  Type.Object({ kind: Type.Literal("beginning") }),
  Type.Object({ kind: Type.Literal("armed"), aheadMs: Type.Optional(Type.Number()) }),
  Type.Object({ kind: Type.Literal("failing"), since: Type.Number(), detail: Type.String() }),
]);

export const DeadMenAnswer = Type.Object({
  ledBy: Type.Optional(Type.String()),
  ways: Type.Array(
    Type.Object({
      id: Type.String(),
      name: Texts,
      summary: Texts,
      steps: Type.Array(Texts),
      fields: Type.Array(Field),
      time: Type.Enum(["ours", "service"]),
      isReady: Type.Boolean(),
      entered: Open,
      state: Type.Optional(State),
    }),
  ),
});
